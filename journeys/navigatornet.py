"""What one point of contact might have made needless, beside its own time: a range, and a net that may be negative."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from journeys.columns import TABLES
from journeys.navigator import FallAway
from journeys.spending import read
from lib.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from lib.engine import Table

POUNDS = ("costed", "uncosted", "pounds_low", "pounds_high")


def navigator(
    found: Table, costs: Table | None = None, visit_pounds: tuple[float, float] | None = None
) -> pd.DataFrame:
    """Three rows: what might have fallen away, the point of contact's own visits, and the net of the two.

    `found` from `could_fall_away`. The least is what no doubt touches, the most all that is proposed, struck-out rows left
    out, each contact once. One point of contact's own visits are those of rules/navigator.yml, for every family of the
    review. The net runs from the least less the most own to the most less the least own: below 0, it is more work.

    `costs`, if given, is what `fj.costs` gives, of which the fiscal ones are read, each contact once; `visit_pounds` the
    least and most that one own visit costs. Without costs no pound is named, and without `visit_pounds` no own pound and
    no net. Contacts with no unit cost are counted as `uncosted` and are in no sum, so where there are any the pounds are
    too low. Pounds are what was spent on these contacts: whether any could be taken out is another question.

    Returns a frame with the columns of `columns.TABLES["navigator"]`. Raises `RequestError` for anything else.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.navigator import could_fall_away
    >>> navigator(could_fall_away(build_journeys(read_contacts("sample"))))["part"].tolist()
    ['might have fallen away', 'its own visits', 'net']
    """
    import pandas as pd

    owner = getattr(found, "owner", None)
    if not isinstance(owner, FallAway):
        raise RequestError("found is not what could_fall_away gives. Write found = fj.could_fall_away(review) first.")
    if costs is None and visit_pounds is not None:
        raise RequestError("visit_pounds goes with costs. Give the costs of the contacts as well.")
    rows = found.df()
    certain = rows.groupby("contact_id")["is_certain"].all()
    least, most = certain.index[certain.astype(bool)], certain.index
    own = [visits * len(owner.review) for visits in owner.rules.own.visits]
    numbers = [(len(least), len(most)), (own[0], own[1]), (len(least) - own[1], len(most) - own[0])]
    families = [rows["family_id"].nunique(), len(owner.review), len(owner.review)]
    parts = ("might have fallen away", "its own visits", "net")
    names = [c.name for c in TABLES["navigator"] if c.name not in POUNDS]
    lines = [
        (part, *pair, some, len(owner.review), owner.base, owner.struck)
        for part, pair, some in zip(parts, numbers, families, strict=True)
    ]
    frame = pd.DataFrame(lines, columns=names)
    return frame if costs is None else frame.join(_pounds(costs, list(least), list(most), own, visit_pounds))


def _pounds(
    costs: Table, least: list[str], most: list[str], own: list[int], a_visit: tuple[float, float] | None
) -> pd.DataFrame:
    import pandas as pd

    spent = {line.contact_id: line.amounts for line in read(costs) if line.kind == "fiscal"}
    some = [c for c in most if c in spent]
    low = _sum([spent[c][0] for c in least if c in spent], least)
    high = _sum([spent[c][2] for c in some], most)
    rows: list[tuple[float | None, ...]] = [(len(some), len(most) - len(some), low, high), (None,) * 4, (None,) * 4]
    if a_visit is not None:
        if not 0 <= a_visit[0] <= a_visit[1]:
            raise RequestError("visit_pounds is (least, most), in pounds.")
        mine = (own[0] * a_visit[0], own[1] * a_visit[1])
        net = (None if low is None else low - mine[1], None if high is None else high - mine[0])
        rows[1:] = [(None, None, *mine), (None, None, *net)]
    kinds = {"costed": "Int64", "uncosted": "Int64", "pounds_low": "float64", "pounds_high": "float64"}
    return pd.DataFrame(rows, columns=list(POUNDS)).astype(kinds)


def _sum(amounts: list[Decimal], of: list[str]) -> float | None:
    """The sum; nothing where there are contacts and none has a cost, which is not the same as £0."""
    return float(sum(amounts)) if amounts or not of else None
