"""Small invented families that have what the figures need of a journey, and nothing else of the kit."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import networkx as nx
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from journeys.columns import TABLES
from lib import lettering

NAMES = {
    "school": "School", "early_help": "Early help", "social_care": "Children's social care", "police": "Police",
    "health_visitor": "Health visiting", "gp": "GP", "hospital": "Hospital (A&E)", "housing": "Housing",
    "camhs": "CAMHS", "mental_health": "Adult mental health", "family": "The family", "voluntary": "Voluntary sector",
}  # fmt: skip
WORDS = {
    "absence_unexplained": "Absent, no reason yet", "visit": "Visit", "birth": "A baby is born",
    "plan_opened": "Plan opened", "waiting_list": "On a waiting list", "benefit_award": "Benefit in payment",
    "moved_home": "The family moves", "job_lost": "A job is lost", "separation": "Parents separate",
    "new_job": "A new job", "bereavement": "Somebody dies", "temporary_housing": "Temporary accommodation",
}  # fmt: skip
CRISES = ("ae_attendance", "domestic_abuse_incident", "homelessness_approach")


class Activities:
    def label(self, activity: str) -> str:
        return WORDS.get(activity, activity.replace("_", " ").capitalize())

    def agency(self, agency: str) -> str:
        return NAMES.get(agency, agency)

    def is_crisis(self, activity: str) -> bool:
        return activity in CRISES

    def is_help(self, activity: str) -> bool:
        return activity == "help_started"


@dataclass
class About:
    purpose: str = "Review of eight families for the early help board"
    invented: bool = True
    selection: str = ""
    owner: str = ""
    marking: str = ""
    safeguarding_contact: str = ""
    published: dict | None = None
    name: str = "sample"


@dataclass
class Review:
    start: dt.date = dt.date(2022, 4, 1)
    end: dt.date = dt.date(2025, 3, 31)
    as_at: dt.date | None = None
    about: About = field(default_factory=About)
    activities: Activities = field(default_factory=Activities)
    coverage: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["agency", "from_date", "to_date", "is_declared"])
    )

    def once(self, what: str, work: Callable[[], Any]) -> Any:
        return work()


@dataclass
class Journey:
    family_id: str
    steps: pd.DataFrame
    review: Review

    @property
    def start(self) -> dt.date:
        return self.review.start

    @property
    def end(self) -> dt.date:
        return self.review.end


def contact(agency: str, activity: str, nature: str, day: str | tuple[str, str], **more: Any) -> dict[str, Any]:
    """One row of steps; `day` is a date, or the first and last of a span."""
    exact = isinstance(day, str)
    first, last = (day, day) if exact else day
    row = {
        "contact_id": f"{agency}:{activity}:{first}:{last}", "agency": agency, "activity": activity, "nature": nature,
        "date": first if exact else None, "earliest": first, "latest": last, "before_period": first < "2022-04-01",
        "precision": "day" if exact else "month", "raw_activity": activity, "family_id": "F0003",
    }  # fmt: skip
    return row | more


def steps(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[c.name for c in TABLES["steps"]])
    for column in TABLES["steps"]:
        if column.type == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        elif column.type == "text":
            frame[column.name] = frame[column.name].astype("string")
    frame["before_period"] = frame["before_period"].fillna(False).astype(bool)
    return frame


def firing(day: str, says: str, evidence: list[str], certainty: str = "certain", **more: Any) -> dict[str, Any]:
    row = {
        "firing_id": f"{says}:{day}", "trigger": says, "family_id": "F0003", "fired_on": day, "known_on": day,
        "evidence": evidence, "certainty": certainty, "answered_on": None, "is_open": False, "says": says,
    }  # fmt: skip
    return row | more


def firings(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=[c.name for c in TABLES["firings"]])
    for column in ("fired_on", "known_on", "answered_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return frame


LIFE = [
    ("birth", "2022-04-20"), ("job_lost", "2022-09-18"), ("moved_home", "2023-02-05"), ("moved_home", "2023-06-12"),
    ("separation", "2023-11-20"), ("new_job", "2024-08-05"), ("bereavement", "2025-01-15"),
]  # fmt: skip
KINDS = {
    "school": [("absence_unexplained", "signal"), ("meeting", "touch"), ("referral", "referral")],
    "police": [("domestic_abuse_incident", "touch"), ("referral", "referral"), ("case_note", "record")],
    "hospital": [("ae_attendance", "touch")],
    "gp": [("consult", "touch"), ("referral", "referral")],
    "social_care": [("visit", "touch"), ("assessment", "touch"), ("no_further_action", "decision")],
    "housing": [("call", "touch"), ("rent_arrears", "signal"), ("homelessness_approach", "touch")],
    "health_visitor": [("visit", "touch"), ("visit", "touch"), ("referral", "referral")],
    "early_help": [("visit", "touch"), ("closed", "decision"), ("old code 7", "unknown")],
    "camhs": [("appointment", "touch"), ("appointment_missed", "record")],
}


def family(contacts: int, seed: int = 1) -> Journey:
    """A family with so many contacts over nine agencies, spread over three years, its life and some periods."""
    dice = random.Random(seed)
    agencies = list(KINDS)
    rows = []
    for i in range(contacts):
        agency = agencies[i % len(agencies)]
        activity, nature = dice.choice(KINDS[agency])
        first = agencies.index(agency) * 60
        day = dt.date(2022, 4, 1) + dt.timedelta(days=dice.randrange(first, 1095))
        staff = f"{agency}-{dice.randrange(6)}" if nature in ("touch", "referral") else None
        exact: Any = str(day)
        if dice.random() < 0.04:
            exact = (str(day.replace(day=1)), str(day.replace(day=28)))
        rows.append(contact(agency, activity, nature, exact, professional_id=staff, contact_id=f"{agency}:{i}"))
    rows += [contact("family", a, "life", d, contact_id=f"life:{i}") for i, (a, d) in enumerate(LIFE)]
    rows += [
        contact("housing", "temporary_housing", "status", "2023-06-12", ends_on="2024-08-03", contact_id="housing:t"),
        contact("camhs", "waiting_list", "status", "2023-09-20", ends_on="2024-02-20", contact_id="camhs:w"),
        contact("social_care", "plan_opened", "decision", "2024-01-10", ends_on="2024-11-10", contact_id="sc:p"),
        contact("gp", "consult", "touch", "2021-12-01", contact_id="gp:before"),
    ]
    review = Review()
    review.coverage = pd.DataFrame(
        [
            {"agency": "gp", "from_date": "2023-01-01", "to_date": "2025-03-31", "is_declared": True},
            {"agency": "police", "from_date": "2022-04-01", "to_date": "2024-12-31", "is_declared": True},
            {"agency": "school", "from_date": "2022-04-01", "to_date": "2025-03-31", "is_declared": True},
            {"agency": "voluntary", "from_date": "2022-04-01", "to_date": "2025-03-31", "is_declared": True},
        ]
    )
    return Journey("F0003", steps(rows), review)


def first_ids(journey: Journey, nature: str, count: int) -> list[str]:
    rows = journey.steps[(journey.steps["nature"] == nature) & ~journey.steps["before_period"]]
    return list(rows.sort_values(["earliest", "contact_id"])["contact_id"][:count])


def three() -> tuple[Journey, pd.DataFrame]:
    rows = [
        contact("school", "meeting", "touch", "2023-05-16", professional_id="t1"),
        contact("early_help", "help_started", "touch", "2023-06-06", professional_id="e1"),
        contact("early_help", "visit", "touch", "2023-07-11", professional_id="e1"),
        contact("family", "new_job", "life", "2023-04-24"),
        contact("family", "moved_home", "life", "2023-07-11"),
    ]
    fired = firing("2023-05-16", "The school asks what has changed at home", [rows[0]["contact_id"]],
                   answered_on="2023-06-06")  # fmt: skip
    return Journey("F0007", steps([r | {"family_id": "F0007"} for r in rows]), Review()), firings(
        fired | {"family_id": "F0007"}
    )


def months_only() -> tuple[Journey, pd.DataFrame]:
    def month(year: int, m: int) -> tuple[str, str]:
        last = (dt.date(year + m // 12, m % 12 + 1, 1) - dt.timedelta(days=1)).isoformat()
        return f"{year}-{m:02d}-01", last

    rows = [contact("gp", "consult", "touch", month(2022, 6)), contact("gp", "consult", "touch", month(2024, 2))]
    rows += [contact("school", "absence_unexplained", "signal", month(2022, m)) for m in (9, 11)]
    rows += [contact("school", "referral", "referral", month(2023, 2), professional_id="s1")]
    rows += [contact("housing", "not_eligible", "decision", ("2023-01-01", "2023-12-31"), precision="year")]
    rows += [contact("housing", "case_note", "record", month(2022, 10))]
    rows += [contact("police", "domestic_abuse_incident", "touch", d) for d in ("2023-04-20", "2024-06-10")]
    rows += [contact("police", "domestic_abuse_incident", "touch", month(2023, 11))]
    rows += [contact("social_care", "visit", "touch", month(2024, m)) for m in (1, 3, 5)]
    rows += [contact("family", "moved_home", "life", month(2022, 7)), contact("family", "birth", "life", "2023-09-04")]
    fired = firing("2023-02-28", "School refers, and nobody answers in 10 working days", [rows[4]["contact_id"]],
                   certainty="possible")  # fmt: skip
    return Journey("F0005", steps([r | {"family_id": "F0005"} for r in rows]), Review()), firings(
        fired | {"family_id": "F0005"}
    )


def many_firings(journey: Journey, number: int) -> pd.DataFrame:
    signals = first_ids(journey, "signal", 200)
    rows = []
    for i in range(number):
        day = (dt.date(2022, 8, 1) + dt.timedelta(days=i * 900 // number)).isoformat()
        says = ("Three unexplained absences in 28 days", "Three domestic-abuse incidents in 12 months")[i % 2]
        rows.append(firing(day, says, signals[i : i + 1], "possible" if i == 2 else "certain"))
    return firings(*rows)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def map_of(edges: list[tuple[str, str, float]], by: str = "agency", **more: Any) -> nx.DiGraph:
    """A map of moves as a review gives it, from (from, to, moves)."""
    about = {"by": by, "order": "moments", "tied_share": 0.09, "imprecise": 3, "families": 8, "review": Review()}
    graph = nx.DiGraph(moves=sum(n for *_, n in edges), **(about | more))
    for a, b, n in edges:
        graph.add_edge(a, b, moves=float(n), families=min(int(n) + 1, 8), days_median=12.0)
    for node in graph:
        out = sum(d["moves"] for *_, d in graph.out_edges(node, data=True))
        graph.nodes[node].update(contacts=int(out) + 2, families=5, starts=0.5, ends=1.0)
    return graph


RUNNING_EXAMPLE = [
    ("register request", "examine casually", 3), ("register request", "examine thoroughly", 1),
    ("register request", "check ticket", 2), ("examine casually", "check ticket", 4), ("examine casually", "decide", 2),
    ("check ticket", "decide", 6), ("check ticket", "examine casually", 2), ("check ticket", "examine thoroughly", 1),
    ("examine thoroughly", "check ticket", 2), ("examine thoroughly", "decide", 1), ("decide", "reject request", 3),
    ("decide", "pay compensation", 3), ("decide", "reinitiate request", 3), ("reinitiate request", "check ticket", 1),
    ("reinitiate request", "examine casually", 1), ("reinitiate request", "examine thoroughly", 1),
]  # fmt: skip
"""The 16 edges and 36 moves of the published running example."""


def tangle(seed: int = 3) -> nx.DiGraph:
    """A map of eleven agencies in which nearly everything follows everything."""
    dice = random.Random(seed)
    agencies = [*KINDS, "voluntary", "mental_health"]
    edges = [
        (a, b, dice.choice([1, 1, 2, 2, 3, 4, 5, 8, 12]) * (1 if i <= j else 0.5))
        for i, a in enumerate(agencies)
        for j, b in enumerate(agencies)
        if dice.random() < 0.75
    ]
    return map_of(edges)


HOSTILE = (
    "$\\frac{1}{0}$ and $x^2$", "tea\u202efour\u0000two", "</text><script>x</script>", "a_{b}^{c} % & ~ \\",
    "\U0001f600 \u4e2d\u6587 \u0639", "W" * 300, "many words " * 40, "", " ", "e\u0301\u2028line", "-1e9", "{0} %s",
)  # fmt: skip


def hostile_words() -> list[str]:
    """Text that a log can lawfully hold and a figure must only show; more of it where FJ_EXTRA_DATA says."""
    found = list(HOSTILE)
    extra = os.environ.get("FJ_EXTRA_DATA")
    if extra:
        for path in sorted(Path(extra).rglob("payloads.txt")):
            rows = path.read_text(encoding="utf-8").splitlines()
            found += [json.loads(row.split("\t")[2]) for row in rows if row.count("\t") >= 2 and row[0] != "#"]
    return found


@pytest.fixture
def invented() -> SimpleNamespace:
    """Everything above, under one name."""
    return SimpleNamespace(**globals())


@pytest.fixture(params=["shipped", pytest.param("fallback", marks=pytest.mark.nightly)])
def font(request, monkeypatch) -> str:
    """Draw once with the font that is shipped and once with the plain one that stands in for it."""
    if request.param == "fallback":
        monkeypatch.setattr(lettering, "FONTS", ("DejaVu Sans",))
    return request.param


def printed(figure: Figure) -> list[tuple[str, float, Bbox]]:
    """Every text of a figure with its size and the box that the renderer gives it, in points."""
    renderer = figure.canvas.get_renderer()
    found = []
    for text in figure.findobj(Text):
        if not text.get_text() or not text.get_visible() or not text.axes:
            continue
        box = text.get_window_extent(renderer)
        found.append((text.get_text(), text.get_fontsize(), Bbox(box.get_points() * 72 / figure.dpi)))
    return found


def sound(figure: Figure) -> None:
    """No text over text, none cut by the sheet's edge, none under 8 points."""
    boxes = printed(figure)
    width, height = figure.get_size_inches() * 72
    for words, size, box in boxes:
        assert size >= 8, f"{words!r} is {size} pt"
        assert box.x0 >= -0.5 and box.y0 >= -0.5, f"{words!r} is cut"
        assert box.x1 <= width + 0.5 and box.y1 <= height + 0.5, f"{words!r} is cut"
    for i, (words, _, a) in enumerate(boxes):
        for other, _, b in boxes[i + 1 :]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            # A box is as high as the font's tallest letters, more than the words fill: lines may share its margins.
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            lowest = min(a.height, b.height)
            assert across <= 0.5 or down <= 0.22 * lowest, f"{words!r} over {other!r}"
