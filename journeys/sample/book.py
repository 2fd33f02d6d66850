"""The invented review book: what eight invented families and an invented review team say, written by hand.

Nobody said any of it. Consent is as uneven as in life: some words may go before a board, some stay with the team, and
some are shown to nobody, which a test looks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from journeys.bookfile import Row, as_bytes
from journeys.judgements import SHEETS
from journeys.predictions import fix
from journeys.sample.planted import Planted
from journeys.sample.planter import Planter
from journeys.sample.stories import EIGHT

DECIDED = date(2025, 4, 14)
PANEL = "early help panel"
SECRET = "This is for nobody else to read."
"""Words with no consent: no page, figure or table may hold them."""

SCORED = {
    0: ("mother", "We can sort most things out ourselves", "board", (2, 3, 2, 4, 5, 6, 7, 7, 8, 8, 9, 9), 90),
    1: ("mother", "Somebody listens to us", "board", (3, 4, 3, 4, 3, 4, 3), 140),
    3: ("young person", "I know whom to ring", "nobody", (2, 2, 1, 2, 2, 1), 150),
}
"""Story -> who, what matters, consent, their scores, and the days between two of them."""

NEEDS = {
    (0, 1): ("Getting her to school in the morning without a row", date(2022, 9, 28), date(2023, 3, 20), "mother"),
    (3, 1): ("Staying in our home, and some peace in it", date(2022, 9, 5), None, ""),
    (3, 2): ("Somebody for him to talk to", date(2023, 5, 15), None, ""),
    (4, 1): ("A night's sleep, and a second pair of hands", date(2022, 10, 10), date(2023, 12, 11), "mother"),
    (7, 1): ("Somebody to ask how he is", date(2023, 11, 6), None, ""),
}

QUOTES = (
    (1, "mother", "Every new person started again from the beginning.", date(2025, 3, 3), "board"),
    (3, "mother", "They were kind, each of them. Nobody stayed.", date(2025, 2, 24), "team"),
    (2, "mother", SECRET, date(2025, 3, 10), "nobody"),
    (7, "young person", "I thought somebody would ring back.", date(2025, 3, 12), "team"),
)

RESOURCES = (
    (0, "family", "the children's aunt"),
    (0, "paid help", "one early help worker"),
    (1, "neighbours and friends", "the neighbour with the spare key"),
    (1, "community", "a walking group"),
    (2, "family", "grandmother"),
    (4, "family", "grandparents on both sides"),
    (4, "own strengths", "two parents who still talk to each other"),
    (7, "school or work", "the art room at dinner time"),
)

FACTS = (
    (0, "money_stopped", "early_help", date(2022, 12, 12)),
    (0, "rent_owed", "early_help", date(2022, 10, 17)),
    (0, "low_mood", "early_help", date(2022, 10, 17)),
    (0, "missed_appointments", "early_help", date(2023, 2, 6)),
    (1, "Nobody at home could read the letters", "", None),
    (5, "He had nobody to mind the child when he was ill", "voluntary", date(2023, 9, 4)),
)

ANSWERS = (
    ("answer", "Every agency did its own work, and none could see the whole."),
    ("answer", "Where one person stayed from the start, there was soon less to do."),
    ("cannot tell", "What adult services outside the area knew: nobody asked them."),
    ("purpose", "Help me and my family to live our life the way we want to."),
    ("thinking", "If each service is good, the whole is good."),
)

DECISIONS = (
    ("Let a school ring one person who may act the same day", "In two schools, from September; days from concern to help will tell."),
    ("Stop closing a request without asking what the family needs", "For one term; count how many ask again."),
    ("Let what one agency knows travel with the family, if it agrees", "A consent form is drafted; the share of tellings will tell."),
)  # fmt: skip

PLANS: tuple[dict[str, Any], ...] = (
    {
        "plan": "One early help worker rings two schools every morning",
        "prediction": "The median days from a concern to help fall below 30",
        "measure": "days_to_help",
        "start": date(2025, 9, 1),
        "stop": date(2026, 3, 31),
    },
)


def book(p: Planter, planted: Planted, about: str) -> bytes:
    """The book's file, about those of the invented families that are there."""
    names = {place % len(EIGHT): name for place, name in reversed(list(enumerate(planted.reviewed)))}
    rows = {sheet: [_row(sheet, cells) for cells in some] for sheet, some in _sheets(p, planted, names).items()}
    return as_bytes(about, rows)


def fix_plans(folder: Path) -> None:
    """Write beside the book, in its folder, that the predictions stand, each since its start."""
    for plan in PLANS:
        fix(folder, PLANS, plan["start"])


def _row(sheet: str, cells: dict[str, Any]) -> Row:
    said = {"decided_by": cells.pop("by", PANEL), "decided_on": DECIDED}
    return Row(0, {f.name: None for f in SHEETS[sheet].columns} | said | cells)


def _sheets(p: Planter, planted: Planted, names: dict[int, str]) -> dict[str, Iterator[dict[str, Any]]]:
    of = {story: {"family_id": name} for story, name in names.items()}
    return {
        "needs": (
            of[s]
            | {"need_id": f"{names[s]}-N{n}", "words": w, "first_asked_on": a, "met_on": m, "met_by_whose_view": v}
            for (s, n), (w, a, m, v) in NEEDS.items()
            if s in of
        ),
        "facts": (
            of[s] | {"fact": fact, "agency": agency, "known_on": on, "by": "family"}
            for s, fact, agency, on in FACTS
            if s in of
        ),
        "matters": _scores(of),
        "quotes": (
            of[s] | {"who": who, "words": words, "on": on, "share_with": share, "by": who}
            for s, who, words, on, share in QUOTES
            if s in of
        ),
        "demand": _labels(p, names),
        "chances": _confirmed(planted),
        "conditions": _conditions(planted, names),
        "resources": (of[s] | {"kind": kind, "who": who, "by": "family"} for s, kind, who in RESOURCES if s in of),
        "answer": ({"part": part, "words": words} for part, words in ANSWERS),
        "decisions": ({"order": n, "decision": d, "how": how} for n, (d, how) in enumerate(DECISIONS, start=1)),
        "plans": (dict(plan) for plan in PLANS),
        "families": (of[s] | {"share_with": "board", "by": "mother"} for s in (0, 1) if s in of),
    }


def _scores(of: dict[int, dict[str, str]]) -> Iterator[dict[str, Any]]:
    for story, (who, statement, share, values, apart) in SCORED.items():
        for n, value in enumerate(values if story in of else ()):
            day = date.fromordinal(date(2022, 5, 9).toordinal() + n * apart)
            yield of[story] | {
                "who": who,
                "statement": statement,
                "on": day,
                "score": value,
                "share_with": share,
                "family_checked": "yes" if story < 3 else "no",
                "delivered": "one worker who stayed" if story == 0 else "assessments, and letters",
                "by": who,
            }


ASKED = {
    "benefit_award": ("value", "money to live on"),
    "support_session": ("value", "time with the worker who stayed"),
    "request_for_help": ("value", "help with something new"),
    "intake": ("value", "help with something new"),
    "csc_contact": ("value", "somebody who worried about the children"),
    "homelessness_approach": ("failure", "going back because nobody had answered"),
    "ae_attendance": ("failure", "nowhere else to go that night"),
    "chase": ("failure", "finding out what was happening"),
}
"""How the families put it, as two invented reviewers wrote it down: activity -> their class and the words."""


def _labels(p: Planter, names: dict[int, str]) -> Iterator[dict[str, Any]]:
    """What reviewers made of every ask but visits to the doctor, which nobody asked the families about."""
    for name in sorted(names.values()):
        asks = sorted((c.day, c.contact_id, c.activity) for c in p.families[name].contacts if c.activity in ASKED)
        for _, contact, activity in asks:
            label, kind = ASKED[activity]
            yield {"contact_id": contact, "family_id": name, "label": label, "kind": kind}


def _confirmed(planted: Planted) -> Iterator[dict[str, Any]]:
    """A second referral within the year, after the first was closed, confirmed as a missed opportunity."""
    for firing in planted.firings:
        unanswered = firing["trigger"] == "re_referral" and firing["state"] == "not answered"
        if unanswered and firing["family_id"] in planted.reviewed:
            yield {
                "family_id": firing["family_id"],
                "on": firing["known_on"],
                "kind": "trigger_unanswered",
                "evidence": sorted(firing["evidence"]),
                "status": "confirmed",
                "condition": CLOSED,
            }


CLOSED = "A request below the threshold is closed without asking what the family needs"
APART = "What one agency knows does not travel with the family"


def _conditions(planted: Planted, names: dict[int, str]) -> Iterator[dict[str, Any]]:
    """Two conditions that each explain events in two families or more, and one that is a hunch."""
    reviewed = set(planted.reviewed)
    closed = {"category": "thresholds", "condition": CLOSED, "thinking": "Demand is rationed by saying no early"}
    for firing in planted.firings:
        if firing["trigger"] == "re_referral" and firing["family_id"] in reviewed:
            yield closed | {"family_id": firing["family_id"], "evidence": sorted(firing["evidence"])}
    apart = {"category": "information and consent", "condition": APART, "thinking": "Each service owns its records"}
    for family, evidence in sorted(_known(planted, reviewed).items()):
        yield apart | {"family_id": family, "evidence": evidence}
    if 7 in names:
        rung = [h["shown_by"] for h in planted.handovers if h["family_id"] == names[7]]
        hunch = {"category": "procedure", "condition": "A referral by telephone is written down by nobody"}
        yield hunch | {"thinking": "A form is safer than a talk", "family_id": names[7], "evidence": sorted(rung)}


def _known(planted: Planted, reviewed: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for known in planted.known:
        if known["family_id"] in reviewed:
            found.setdefault(known["family_id"], []).append(known["contact_id"])
    return {family: sorted(set(ids)) for family, ids in found.items()}
