"""The public page of a review: what it may say in words, and counts of a wider area; nothing counted of those reviewed.

Only what is made here may stand on a public page: words without numbers, and tables that came through
`journeys.release`. Each carries what it says beside how it looks, so that the page can be checked when it is built, and
again when it is released.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from journeys import release, voice
from journeys.activities import spelled
from journeys.book import read_book
from journeys.journey import Journeys, check_review
from lib.errors import BuildError, PermissionRefused
from lib.shown import Shown

if TYPE_CHECKING:
    from journeys.release import Leaving, Released

MIME = "application/vnd.family-journeys.public+json"
"""What a page's part says, in data: never shown, and dropped from the page."""

COUNTED = re.compile(
    r"\d|\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundreds?|thousands?|dozens?|both|half|halves|thirds?|quarters?|twice|thrice|couple|majority|most|pair|"
    r"per cent|percent|one of|one family|one child|one mother|one father|single|only one|another)\b",
    re.IGNORECASE,
)
"""What counts, in figures or in words: such a sentence about those reviewed is not said in public."""

INTRODUCED = (
    "This page is about a review of families’ journeys through public services. The families under review were chosen, "
    "and are no sample. Nothing on this page is counted of them: of a small group, any number could tell of one family."
)
STANDS = (
    "Figures are compared with those released before. One that has changed by fewer families than may be shown stands as it "
    "was, since the difference would tell of those few. In a small service that may be so for long. So that no figure stands "
    "for ever, one that has stood for the time that the policy names (a year, unless a partnership agreed another) is "
    "counted afresh once as many families have come or gone as may be shown: the change then tells of no fewer. A figure "
    "that stands is never further from the truth than the smallest count that is shown, and half the rounding. A service "
    "that meets too few families to be shown is named without a figure, and stays so: ask for a longer time, or a wider area."
)


@dataclass(frozen=True)
class Part:
    """Words on a public page, paragraph by paragraph."""

    paragraphs: Sequence[str]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        said = {"kind": "words", "paragraphs": list(self.paragraphs)}
        return {"text/html": as_html(said), "text/plain": "\n\n".join(self.paragraphs), MIME: said}


@dataclass(frozen=True)
class Tabled:
    """A table on a public page, as it leaves."""

    one: Leaving

    def said(self) -> dict[str, Any]:
        """What it says, in data."""
        one = self.one
        rows = [list(row) for row in one.rows]
        made = {"kind": "table", "caption": one.caption, "columns": list(one.columns), "rows": rows, "note": one.note}
        return {**made, "record": dict(one.record)}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        said = self.said()
        return {"text/html": as_html(said), "text/plain": repr(_shown(said)), MIME: said}


def said(review: Journeys) -> Part:
    """What the review says in words: what it asks for and what it found in the system, as people wrote it, and no number.

    A sentence that counts anything, in figures or in words, or names a family, is left out, and the page says that some
    were. Words of the families themselves stand here only where they agreed to the public.
    """
    check_review(review)
    book = read_book(review)
    asked = [row["decision"] for row in sorted(book.rows("decisions"), key=lambda r: (r["order"], r["decision"]))]
    found = sorted({row["condition"] for row in book.rows("conditions")})
    thought = sorted({row["thinking"] for row in book.rows("conditions") if row["thinking"]})
    quoted = [f"“{q.words}”" for q in voice.quotes(review, "public")]
    paragraphs, left = [INTRODUCED], 0
    for heading, words in (
        ("What the review asks for", asked),
        ("What in the system made it hard to help", found),
        ("What was believed to be right, and made it so", thought),
        ("In the words of families who agreed to share them with everybody", quoted),
    ):
        fit = [_sentence(one) for one in words if may_be_said(one, review)]
        left += len(words) - len(fit)
        if fit:
            paragraphs.append(f"{heading}: {' '.join(fit)}")
    if left:
        paragraphs.append(
            "Some of what was written is not said here, since it counts something, or could tell of a family."
        )
    if len(paragraphs) == 1:
        paragraphs.append("Nobody has yet written down what the review asks for, or found, in words for everybody.")
    return Part(paragraphs)


def may_be_said(words: str, review: Journeys) -> bool:
    """Whether words of people may stand on a public page: they count nothing, name no family, and are nobody's own who did
    not agree that everybody read them."""
    names = [family for family in review.families if not family.isdigit()]
    named = any(re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", words) for name in names)
    if not words.strip() or COUNTED.search(words) or named:
        return False
    said = f" {spelled(words)} "
    return not any(f" {held} " in said for held in voice.withheld(review, "public"))


@dataclass(frozen=True)
class Area:
    """The tables of a wider area, as they leave; or, in words, why there are none."""

    released: Released | None
    why: str

    def table(self, name: str) -> Tabled | Part:
        """A table by its name; where there is none, why."""
        return Part([self.why]) if self.released is None else Tabled(self.released.tables[name])

    def stands(self) -> Part:
        """How figures are kept from telling on each other over time."""
        return Part([STANDS] if self.released else [self.why])


def area(review: Journeys) -> Area:
    """The registered tables over all families of the folder, or in words why nothing is counted.

    Nothing is, where the sources do not allow comparison, and where too few families are at hand beside those reviewed.
    """
    released, why = counted(review)
    return Area(released, why)


def counted(review: Journeys, **more: Any) -> tuple[Released | None, str]:
    """The tables of an area as `release.together` gives them, or why there are none."""
    try:
        everyone = release.everyone(review)
        found = release.together(release.area_frames(everyone), **more)
    except PermissionRefused:
        return (
            None,
            "Nothing is counted here: the sources do not allow families to be compared, or to be counted for all.",
        )
    if all(table.record["audit"] == "withheld" for table in found.tables.values()):
        return None, "Nothing is counted here: too few families are at hand beside those under review."
    return found, ""


def as_html(said: Mapping[str, Any]) -> str:
    """How a part of a public page looks: all that it shows is in what it says.

    >>> as_html({"kind": "words", "paragraphs": ["a < b"]})
    '<p>a &lt; b</p>'
    """
    if said["kind"] == "words":
        return "".join(f"<p>{escape(one)}</p>" for one in said["paragraphs"])
    return _shown(said)._repr_html_()


def check_page(notebook: Any) -> list[dict[str, Any]]:
    """What every part of an executed notebook says; the parts that show nothing are left out.

    Raises `BuildError`, naming the cell, where one shows something that was not made here, or looks otherwise than it says.
    """
    found: list[dict[str, Any]] = []
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type not in ("display_data", "execute_result"):
                continue
            said = output.data.get(MIME)
            if said is None or as_html(said) != "".join(output.data.get("text/html", "")):
                raise BuildError(
                    f"cell {number} of this notebook shows something that did not come through the door for the public. Show "
                    "only fj.public.said and the tables of fj.public.area."
                )
            found.append(json.loads(json.dumps(said)))
    return found


def _shown(said: Mapping[str, Any]) -> Shown:
    import pandas as pd

    frame = pd.DataFrame([list(row) for row in said["rows"]], columns=list(said["columns"]), dtype=object)
    return Shown(frame, said["caption"], said["note"])


def _sentence(words: str) -> str:
    words = words.strip()
    return words if words[-1] in ".!?”" else f"{words}."
