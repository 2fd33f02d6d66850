"""Chances to help: proposed by rule, each with the hindsight check, until a reviewer confirms a missed opportunity.

Openings of one family that rest on a contact in common are one chance, and so on along the chain; days that are merely
near do not join, or a hard year would be one chance. No proposal says that anybody failed: it asks what in the system
made it hard to help.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from journeys.book import read_book
from journeys.columns import TABLES, as_arrow, identifying
from journeys.journey import Journeys
from journeys.knowledge import Knowledge, who_knew_what
from journeys.openings import Kinds, Opening, Row, families, load_kinds, openings
from journeys.triggers import Firings, find_triggers
from journeys.verdicts import decide, verdicts
from lib.dates import day_number, say_short, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import PermissionRefused, RequestError, count, in_words

if TYPE_CHECKING:
    import pandas as pd

DONE_WITHIN_DAYS = 30

RECORDED = (
    "SELECT DISTINCT c.contact_id, c.agency FROM {contacts} AS c JOIN rests_on AS r ON c.contact_id = r.contact_id"
)

MARKED = """
SELECT f.name AS family, s.earliest, s.latest
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.activity IN ({activities}) ORDER BY family, s.latest, s.earliest
"""


@dataclass(frozen=True)
class Chances:
    """What came of the search beside the rows: the kinds in force, and whether hindsight could be tested."""

    review: Journeys
    kinds: Kinds
    compared: int | None
    why_not: str
    proposed: frozenset[str]


def find_chances(review: Journeys, firings: Table | None = None, known: Table | None = None) -> Table:
    """Moments at which somebody could have offered help, each proposed until a reviewer decides.

    `review` from `build_journeys`; `firings` from `find_triggers` and `known` from `who_knew_what`, if they are at hand
    (those of services' deadlines are left out: they say nothing of a family). The kinds are those of rules/chances.yml.
    Returns a Table with the columns of `columns.TABLES["chances"]`, a row per chance, in order of family and day. What
    reviewers decided in the review book is in `status`: see `write_book`.

    Beside each chance stands the hindsight check: on that day, how many comparison families had the same facts known
    (or, where no fact shows in the evidence, had met the same trigger or come to the same kind of moment), and how many
    of these came to crisis afterwards, by `review.over_by`. A family already in crisis by that day did not look the
    same. Without a comparison group that the sources permit it is "seen with hindsight; not tested".

    Raises `PermissionRefused` where a source may not be used for triggers, `RuleError` for a kind that cannot be used,
    `RequestError` where firings or known are of another kind.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> chances = find_chances(build_journeys(read_contacts("sample")))
    >>> chances.columns[:4]
    ['chance_id', 'family_id', 'on', 'kind']
    """
    review.session.folder.require("triggers")
    kinds = load_kinds(review.session.folder.rule_files("chances.yml"), review.activities)
    looked = _Looked(review, kinds, firings, known)
    compared, why_not = _compared(review, kinds)
    decided = verdicts(read_book(review))
    proposed = list(_rows(looked, compared))
    rows = decide(proposed, decided, review)
    table = review.engine.fresh_name("chances")
    review.engine.load(table, as_arrow("chances", [[row.get(c.name) for c in TABLES["chances"]] for row in rows]))
    ids = frozenset(row["chance_id"] for row in proposed)
    owner = Chances(review, kinds, len(compared.review.families) if compared else None, why_not, ids)
    select = f'SELECT * FROM {table} ORDER BY family_id, "on", chance_id'
    return Table(review.engine, "chances", select, identifying("chances"), owner)


class Known(NamedTuple):
    """An agency that knew a fact, the day from which it did, and the contacts that showed it."""

    fact: str
    says: str
    agency: str
    on: int
    evidence: tuple[str, ...]


class _Looked:
    """A group of families, looked at once: openings, facts known, triggers met, help and crisis."""

    def __init__(
        self, review: Journeys, kinds: Kinds, firings: Table | None = None, known: Table | None = None
    ) -> None:
        self.review, self.kinds = review, kinds
        for given, owner, verb in ((firings, Firings, "find_triggers"), (known, Knowledge, "who_knew_what")):
            if given is not None and not isinstance(given.owner, owner):
                raise RequestError(f"this is not what {verb} gives. Write fj.{verb}(review) first.")
        self._firings, self._known = firings, known

    @cached_property
    def known(self) -> pd.DataFrame:
        """Every fact that an agency of these families knew."""
        return self._known_table.df()

    @cached_property
    def known_by_family(self) -> dict[str, list[Known]]:
        """The same as rows of each family, in order of fact."""
        found: dict[str, list[Known]] = defaultdict(list)
        columns = ("family_id", "fact", "says", "agency", "known_on", "evidence")
        for family, fact, says, agency, on, evidence in zip(*(self.known[c] for c in columns), strict=True):
            found[family].append(Known(fact, says, agency, day_number(on.date()), tuple(evidence)))
        return {family: sorted(some, key=lambda row: row.fact) for family, some in found.items()}

    @cached_property
    def _known_table(self) -> Table:
        return self._known if self._known is not None else who_knew_what(self.review)

    @cached_property
    def firings(self) -> pd.DataFrame:
        """The firings of triggers about families."""
        table = self._firings if self._firings is not None else find_triggers(self.review)
        frame, rules = table.df(), table.owner.rules.triggers
        return frame[frame["trigger"].isin([name for name, rule in rules.items() if rule.about == "family"])]

    @cached_property
    def openings(self) -> list[Opening]:
        """Every moment that a kind in force proposes."""
        needed = {name: fact.needed_by for name, fact in self._known_table.owner.rules.facts.items()}
        return openings(self.review, self.kinds, self.rows, self.firings, self.known, needed)

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The contacts of each family that show what was done."""
        return families(self.review, self.kinds)

    @cached_property
    def helped(self) -> dict[str, list[tuple[int, int]]]:
        """The help that each family had: first and last day on which it may have fallen."""
        return self._marked("help")

    @cached_property
    def crises(self) -> dict[str, list[tuple[int, int]]]:
        """The crises of each family."""
        return self._marked("crisis")

    def _marked(self, mark: str) -> dict[str, list[tuple[int, int]]]:
        activities = self.review.activities.marked(mark)
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        if activities:
            select = MARKED.format(
                steps=self.review.coded,
                contacts=self.review.session.contacts,
                at=self.review.codes,
                activities=", ".join(literal(a) for a in activities),
            )
            for family, earliest, latest in self.review.engine.rows(select):
                found[family].append((earliest, latest))
        return found

    @cached_property
    def signs(self) -> dict[tuple[str, str], dict[str, int]]:
        """For each sign, the families that showed it and the first day on which it could be seen."""
        shown: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for sign, family, day in self._shown():
            shown[sign][family] = min(day, shown[sign].get(family, day))
        return shown

    def _shown(self) -> Iterator[tuple[tuple[str, str], str, int]]:
        for row in self.known.itertuples():
            yield ("fact", row.fact), row.family_id, day_number(row.known_on.date())
        for row in self.firings.itertuples():
            yield ("trigger", row.trigger), row.family_id, day_number(row.known_on.date())
        for opening in self.openings:
            yield ("kind", opening.kind), opening.family, opening.on


def _compared(review: Journeys, kinds: Kinds) -> tuple[_Looked | None, str]:
    """The comparison families, looked at once for every review of a session that they stand beside; or why there are none."""
    try:
        group = review.comparison
    except PermissionRefused:
        return None, "the sources do not permit a comparison group"
    if not group.families:
        return None, "no comparison family is in the data"
    if not review.is_whole:
        return _Looked(group, kinds), ""
    files = [f for name in ("chances.yml", "facts.yml", "triggers.yml") for f in review.session.folder.rule_files(name)]
    rules = tuple(path.read_bytes() for path in files)
    key = (group.start, group.end, group.as_at, tuple(group.families), rules)
    return review.session.once("compared", key, lambda: _Looked(group, kinds)), ""


def _rows(looked: _Looked, compared: _Looked | None) -> Iterator[dict[str, Any]]:
    """A row for each chance, as proposed."""
    known = looked.known_by_family
    recorded, label = _recorded(looked), looked.review.activities.agency
    for together in joined(looked.openings):
        family, on = together[0].family, min(o.on for o in together)
        evidence = sorted({c for o in together for c in o.evidence})
        facts = list(_facts_by(known.get(family, ()), on))
        shown = {("fact", fact) for fact, _, _, ids in facts if set(evidence) & ids}
        signs = shown or {sign for o in together if o.on == on for sign in o.signs}
        same, crisis = hindsight(signs, on, compared) if compared else (None, None)
        first_help, lost = _help(looked, family, on)
        row = {
            "chance_id": hashlib.sha256("\n".join((family, *evidence)).encode()).hexdigest()[:12],
            "family_id": family,
            "on": on,
            "kind": " + ".join(sorted({o.kind for o in together})),
            "says": _says(together),
            "known_by": in_words(sorted({label(recorded[c]) for c in evidence})),
            "what_was_known": "; ".join(f"{says} ({in_words(map(label, who))})" for _, says, who, _ in facts),
            "what_was_done": _done(looked, family, on, evidence),
            "first_help_on": first_help,
            "days_lost": lost,
            "is_open": first_help is None and lost is not None,
            "looked_the_same": same,
            "came_to_crisis": crisis,
            "hindsight": in_hindsight(same, crisis),
            "evidence": evidence,
        }
        yield row


def joined(found: Iterable[Opening]) -> list[list[Opening]]:
    """Openings of one family that rest on a contact in common, together, and so on along the chain.

    >>> def opening(day, *ids): return Opening("F1", day, "k", frozenset(ids), "", frozenset())
    >>> [len(some) for some in joined([opening(1, "c1", "c2"), opening(5, "c2", "c3"), opening(5, "c4")])]
    [2, 1]
    """
    chains: dict[str, list[tuple[set[str], list[Opening]]]] = defaultdict(list)
    for opening in found:
        # A record that names two agencies is two contacts, and still one thing that happened.
        ids, members, apart = {c.split("#")[0] for c in opening.evidence}, [opening], []
        for theirs, some in chains[opening.family]:
            if theirs & ids:
                ids, members = ids | theirs, some + members
            else:
                apart.append((theirs, some))
        chains[opening.family] = [*apart, (ids, members)]
    order = [(family, min(o.on for o in some), sorted(ids), some) for family, c in chains.items() for ids, some in c]
    return [some for *_, some in sorted(order, key=lambda c: c[:3])]


def _says(together: Iterable[Opening]) -> str:
    """What each opening of a chance says, in order of day; several of one trigger, or one kind, by the first of them."""
    alike: dict[tuple[str, frozenset[tuple[str, str]]], list[Opening]] = {}
    for opening in sorted(together, key=lambda o: (o.on, o.kind, o.says)):
        alike.setdefault((opening.kind, opening.signs), []).append(opening)
    return "; ".join(
        f"{some[0].says}{f', and {len(some) - 1} more like it' * (len(some) > 1)}" for some in alike.values()
    )


def hindsight(signs: Iterable[tuple[str, str]], on: int, compared: _Looked) -> tuple[int, int]:
    """On a day, how many families showed all of these signs and were not in crisis yet; how many came to crisis later."""
    by = day_number(compared.review.over_by)
    same = set(compared.review.families)
    for sign in signs:
        same &= {family for family, day in compared.signs.get(sign, {}).items() if day <= on}
    same = {family for family in same if all(earliest > on for earliest, _ in compared.crises.get(family, ()))}
    return len(same), sum(any(latest <= by for _, latest in compared.crises.get(f, ())) for f in same)


def in_hindsight(same: int | None, crisis: int | None) -> str:
    """The hindsight check in a sentence.

    >>> in_hindsight(4, 1)
    '4 comparison families looked the same that day; 1 came to crisis'
    >>> in_hindsight(None, None)
    'seen with hindsight; not tested'
    """
    if same is None:
        return "seen with hindsight; not tested"
    if not same:
        return "no comparison family looked the same that day"
    came = "none" if not crisis else str(crisis)
    return f"{count(same, 'comparison family', 'comparison families')} looked the same that day; {came} came to crisis"


def _recorded(looked: _Looked) -> dict[str, str]:
    """Which agency recorded each contact that a chance rests on."""
    import pyarrow as pa

    engine = looked.review.engine
    ids = sorted({c for opening in looked.openings for c in opening.evidence})
    engine.load("rests_on", pa.table({"contact_id": pa.array(ids, pa.string())}))
    found = dict(engine.rows(RECORDED.format(contacts=looked.review.session.contacts)))
    engine.drop("rests_on")
    return found


def _facts_by(known: Sequence[Known], on: int) -> Iterator[tuple[str, str, list[str], set[str]]]:
    """The facts that any agency knew by a day: name, sentence, who knew, and the contacts that showed it."""
    for fact, rows in itertools.groupby((row for row in known if row.on <= on), key=lambda row: row.fact):
        some = list(rows)
        yield fact, some[0].says, sorted(row.agency for row in some), {c for row in some for c in row.evidence}


def _done(looked: _Looked, family: str, on: int, evidence: Sequence[str]) -> str:
    after = [
        r
        for r in looked.rows.get(family, ())
        if r.id not in evidence
        and r.earliest >= on
        and r.latest <= on + DONE_WITHIN_DAYS
        and r.nature in ("touch", "referral", "decision")
    ]
    if not after:
        return f"Nothing is recorded in the {DONE_WITHIN_DAYS} days after"
    first = min(after, key=lambda r: (r.latest, r.second or 0, r.id))
    words = looked.review.activities
    more = f", and {count(len(after) - 1, 'more contact')} in {DONE_WITHIN_DAYS} days" if len(after) > 1 else ""
    return f"{words.label(first.activity)}, {words.agency(first.agency)}, {say_short(to_date(first.latest))}{more}"


def _help(looked: _Looked, family: str, on: int) -> tuple[int | None, int | None]:
    """The first help from a day on, and the days until then, or so far; in a published case no days run on."""
    later = [latest for earliest, latest in looked.helped.get(family, ()) if earliest >= on]
    by = day_number(looked.review.over_by)
    if later:
        return min(later), min(later) - on
    return None, None if looked.review.session.folder.entry.published else by - on
