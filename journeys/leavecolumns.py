"""The tables that may leave: what names their rows, which columns count families, and what rests on what.

No column of contacts leaves but as a sum over enough families, and no column that is not listed here leaves at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Leaves:
    """A table that may leave. `by`: the columns that name a row. `counts`: columns that count families, and their meaning.

    `rests`: columns that rest on these: a kind of figure (sum, share, weeks) and the counts without which it is hidden.
    """

    says: str
    by: tuple[str, ...]
    counts: Mapping[str, str]
    rests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


LEAVES = {
    "agencies": Leaves(
        "Families that each agency met",
        ("agency",),
        {"families": "families of whom it recorded anything"},
        {"contacts": ("sum", "families"), "percent_of_families": ("share", "families", "all_families")},
    ),
    "demand": Leaves(
        "Families that asked, and for what",
        ("period",),
        {
            "families": "families that asked at all",
            "value": "of these, families that asked because it mattered to them",
            "failure": "of these, families that asked again because something was not done, or not done right",
            "unknown": "of these, families of whom nobody could say why",
        },
        {"percent_failure": ("share", "failure", "families")},
    ),
    "triggers": Leaves(
        "Families for whom each trigger was met",
        ("trigger",),
        {
            "families": "families for whom it was met",
            "answered": "of these, families whom help reached in the agreed days",
            "open": "of these, families for whom the days have not run out",
            "not_answered": "of these, families whom it did not reach",
        },
        {"weeks_to_help": ("weeks", "answered")},
    ),
    "links": Leaves(
        "Families that went from one agency to the next",
        ("from_agency", "to_agency"),
        {"families": "families whose next touch or referral was so"},
    ),
}
"""By the name under which `fj.publish` knows them."""
