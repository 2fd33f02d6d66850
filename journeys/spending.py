"""Costs added up: by agency, year, bearer, family, activity or class of demand, and day by day for one family.

A contact of two families is one contact in every sum. Parts add to the whole to the penny, whatever they are parts of.
Nothing here is a rate, a year's worth or an area's: sums hold for the families reviewed, and for no others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from journeys.columns import TABLES
from journeys.costing import SPENT, Costed, amount, year_of
from journeys.unitcosts import KINDS
from lib.dates import day_number, to_date
from lib.engine import Table
from lib.errors import RequestError, did_you_mean, in_words, listed
from lib.prices import Money, total

if TYPE_CHECKING:
    import pandas as pd

BY = ("agency", "year", "bearer", "family", "activity", "demand")
SAVING = (
    "saving",
    "savings",
    "saved",
    "cashable",
    "non-cashable",
    "non_cashable",
    "noncashable",
    "avoided",
    "avoidable",
)
DEMAND = ("value", "failure", "unknown")
NOT_KNOWN, NOT_SAID = "not known", "not said"
ALL = "All"


class Line(NamedTuple):
    """What one contact cost, of one kind: once, however many families it belongs to."""

    contact_id: str
    kind: str
    families: tuple[str, ...]
    agency: str
    activity: str
    bearer: str
    earliest: int
    latest: int
    days: int | None
    per: str
    units: tuple[Decimal, Decimal, Decimal]
    has_range: bool
    base_year: str

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """Low, value and high."""
        return self.by_day(self.latest)

    def by_day(self, day: int) -> tuple[Decimal, ...]:
        """Low, value and high of what was spent for certain by the end of a day."""
        if self.days is None:
            return self.units if day >= self.latest else (Decimal(0),) * 3
        days = min(max(day - self.earliest + 1, 0), self.days)
        return tuple(amount(unit, days, self.per) for unit in self.units)


Amounts = tuple[Decimal, ...]


def read(costs: Table) -> Sequence[Line]:
    """The lines behind a table of costs, each contact once. Raises `RequestError` for what is no such table."""
    if not isinstance(costs, Table) or not isinstance(costs.owner, Costed):
        raise RequestError("costs is not what fj.costs gives. Write costs = fj.costs(review) first.")
    names = [column.name for column in TABLES["costs"]]
    if missing := [name for name in names if name not in costs.columns]:
        raise RequestError(f"these costs have lost the column '{missing[0]}'. Give the table as fj.costs gave it.")
    return costs.owner.review.once(f"lines of {costs.select}", lambda: _read(costs, names))


def _read(costs: Table, names: Sequence[str]) -> Sequence[Line]:
    families: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    select = f"SELECT {', '.join(names)} FROM ({costs.select}) AS t"
    for given in costs.engine.rows(select):
        row = dict(zip(names, given, strict=True))
        key = (row["contact_id"], row["kind"])
        families[key].add(row["family_id"])
        rows[key] = row
    return tuple(
        Line(
            *(row["contact_id"], row["kind"], tuple(sorted(families[key])), row["agency"], row["activity"]),
            *(
                row["bearer"] or NOT_SAID,
                day_number(row["earliest"]),
                day_number(row["latest"]),
                row["days"],
                row["per"],
            ),
            *((row["unit_low"], row["unit"], row["unit_high"]), row["has_range"], row["base_year"]),
        )
        for key, row in sorted(rows.items())
    )


def years(line: Line) -> Iterator[tuple[str, Amounts]]:
    """A line's financial years and what falls into each: a period day by day, a contact into its own, where it is known."""
    if line.days is None:
        first, last = year_of(line.earliest), year_of(line.latest)
        yield (first if first == last else NOT_KNOWN), line.amounts
        return
    before: Amounts = (Decimal(0),) * 3
    day = line.earliest
    while day <= line.latest:
        year = year_of(day)
        while day < line.latest and year_of(day + 1) == year:
            day += 1
        so_far = line.by_day(day)
        # What is spent by the end of each year is rounded once, so that the years add up to the whole.
        yield year, tuple(a - b for a, b in zip(so_far, before, strict=True))
        before, day = so_far, day + 1


def add_up(costs: Table, by: str, demand: Mapping[str, str] | pd.DataFrame | None = None) -> pd.DataFrame:
    """What `measures.costs` gives: a row per group, and one for all."""
    import pandas as pd

    if by in SAVING:
        raise RequestError(f"costs cannot be told by '{by}'. {SPENT}")
    if by not in BY:
        raise RequestError(f"costs cannot be told by '{by}'.{did_you_mean(by, BY)} Choose {listed(BY)}.")
    if (demand is not None) != (by == "demand"):
        raise RequestError(
            "by='demand' and demand= go together: give the class of each contact (value, failure or unknown), as "
            "fj.measures.costs(costs, by='demand', demand=classes)."
        )
    lines = read(costs)
    classes = _classes(demand)
    parts: dict[str, list[tuple[Line, Amounts]]] = defaultdict(list)
    for line in lines:
        for group, amounts in _groups(line, by, classes):
            parts[group].append((line, amounts))
    rows = [_row(group, parts[group]) for group in _order(by, lines, set(parts), costs.owner)]
    rows.append(_row(ALL, [(line, line.amounts) for line in lines]))
    return pd.DataFrame(rows, columns=[by, "contacts", "fiscal_low", "fiscal", "fiscal_high", "economic", "social"])


def _groups(line: Line, by: str, classes: Mapping[str, str]) -> Iterable[tuple[str, Amounts]]:
    if by == "year":
        return years(line)
    one = {
        "agency": line.agency,
        "activity": line.activity,
        "bearer": line.bearer,
        "family": in_words(line.families) + (" (shared)" if len(line.families) > 1 else ""),
        "demand": classes.get(line.contact_id, "unknown"),
    }
    return [(one[by], line.amounts)]


def _classes(demand: Mapping[str, str] | pd.DataFrame | None) -> Mapping[str, str]:
    if demand is None:
        return {}
    if isinstance(demand, Mapping):
        classes = dict(demand)
    else:
        if not {"contact_id", "label"} <= set(getattr(demand, "columns", ())):
            raise RequestError("demand is a mapping of contact_id to its class, or a frame with contact_id and label.")
        pairs = sorted({*zip(demand["contact_id"], demand["label"], strict=True)})
        classes = dict(pairs)
        if len(classes) < len(pairs):
            raise RequestError("demand gives two classes to one contact. Decide on one.")
    if wrong := sorted({str(c) for c in classes.values()} - {*DEMAND}):
        raise RequestError(f"'{wrong[0]}' is no class of demand.{did_you_mean(wrong[0], DEMAND)} Use {listed(DEMAND)}.")
    return classes


def _order(by: str, lines: Sequence[Line], groups: set[str], owner: Costed) -> list[str]:
    """Groups in an order that ranks nobody: by time, by name, or as they first met a family."""
    if by == "demand":
        return [c for c in DEMAND if c in groups]
    if by in ("year", "family"):
        return sorted(groups, key=lambda g: (g == NOT_KNOWN, g))
    if by == "agency":
        return [a for a in first_met(owner) if a in groups]
    first: dict[str, int] = {}
    for line in lines:
        group = getattr(line, by)
        first[group] = min(line.earliest, first.get(group, line.earliest))
    return sorted(groups, key=lambda g: (first[g], g))


def first_met(owner: Costed) -> list[str]:
    """The agencies in the order in which they first met a family under review, then by name."""
    review = owner.review
    return [
        agency
        for agency, _ in review.engine.rows(
            f"SELECT c.agency, min(s.earliest) AS met FROM {review.coded} AS s JOIN {review.session.contacts} AS c "
            "ON s.c = c.c WHERE c.nature <> 'life' GROUP BY c.agency ORDER BY met, c.agency"
        )
    ]


def _row(group: str, parts: Sequence[tuple[Line, Amounts]]) -> tuple[Any, ...]:
    sums = {kind: _sum([(line, amounts) for line, amounts in parts if line.kind == kind]) for kind in KINDS}
    contacts = len({line.contact_id for line, _ in parts})
    return group, contacts, *sums["fiscal"], sums["economic"][1], sums["social"][1]


def _sum(parts: Sequence[tuple[Line, Amounts]]) -> tuple[Decimal | None, ...]:
    """Low, value and high; nothing where no contact has a figure of this kind, which is not the same as £0."""
    if not parts:
        return None, None, None
    return tuple(total(Money(amounts[n], line.base_year) for line, amounts in parts).pounds for n in range(3))


def so_far(costs: Table, family: str, kind: str = "fiscal") -> pd.DataFrame:
    """What `measures.cost_so_far` gives: a row per day on which a family's sum grew."""
    import pandas as pd

    if kind not in KINDS:
        raise RequestError(f"there is no kind of cost '{kind}'.{did_you_mean(kind, KINDS)} Choose {listed(KINDS)}.")
    every = read(costs)
    families = costs.owner.review.families
    if family not in families:
        raise RequestError(
            f"family '{family}' is not in this review.{did_you_mean(str(family), families)} Families: {listed(families)}."
        )
    lines = [line for line in every if family in line.families and line.kind == kind]
    end = day_number(costs.owner.review.over_by)
    grew: dict[int, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for line in lines:
        before: Amounts = (Decimal(0),) * 3
        for day in [line.latest] if line.days is None else range(line.earliest, line.latest + 1):
            now = line.by_day(day)
            at = min(day, end)
            grew[at] = [g + a - b for g, a, b in zip(grew[at], now, before, strict=True)]
            before = now
    rows, held = [], [Decimal(0)] * 3
    for day in sorted(grew):
        held = [h + g for h, g in zip(held, grew[day], strict=True)]
        rows.append((pd.Timestamp(to_date(day)), *held))
    frame = pd.DataFrame(rows, columns=["day", "low", "value", "high"]).astype({"day": "datetime64[us]"})
    shared = sum(len(line.families) > 1 for line in lines)
    frame.attrs |= {"contacts": len(lines), "shared": shared, "has_range": any(line.has_range for line in lines)}
    return frame
