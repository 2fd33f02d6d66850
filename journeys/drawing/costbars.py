"""Costs drawn: a row of bars per agency over the financial years, on one scale, beside what they come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from journeys.costing import Costed
from journeys.drawing.limits import GRID, NAVY, SMALL, source, tag, use
from journeys.spending import NOT_KNOWN, Line, first_met, read, years
from lib.engine import Table
from lib.figures import Frame, KeyItem, Picture, alt_text, open_picture, rule
from lib.lettering import INK, SECOND_INK, clean, count, shorten, width, write
from lib.prices import pounds, whole_pounds

NAMES, TOTALS = 116.0, 84.0
TALLEST, ROOM_ABOVE = 34.0, 17.0


@dataclass(frozen=True)
class Cell:
    """What one agency's contacts of one year came to, and how many they were."""

    contacts: int
    low: Decimal
    value: Decimal
    high: Decimal


def _cell(parts: Sequence[tuple[Line, tuple[Decimal, ...]]]) -> Cell:
    low, value, high = (sum((a[n] for _, a in parts), Decimal(0)) for n in range(3))
    return Cell(len({line.contact_id for line, _ in parts}), low, value, high)


def draw(costs: Table, level: str, shown: bool) -> Axes:
    """Draw fiscal costs by agency and financial year, framed or not, and return the Axes (points across and down)."""
    owner: Costed = costs.owner
    lines = [line for line in read(costs) if line.kind == "fiscal"]
    found: dict[tuple[str, str], list[tuple[Line, tuple[Decimal, ...]]]] = defaultdict(list)
    for line in lines:
        for year, amounts in years(line):
            found[line.agency, year].append((line, amounts))
    cells = {key: _cell(parts) for key, parts in found.items()}
    agencies = [a for a in first_met(owner) if any(key[0] == a for key in cells)]
    columns = _columns({year for _, year in cells})
    whole = _cell([(line, line.amounts) for line in lines])
    names = {a: clean(owner.review.activities.agency(a)) for a in agencies}
    ranged = any(line.has_range for line in lines)
    words = Frame(
        finding(owner, whole),
        f"Cost to public purses by the agency that recorded the contact and by financial year, {owner.base_year} prices; "
        "agencies in the order of first contact",
        tag(owner.review, level),
        _key(ranged),
        _footer(owner, whole, agencies, ranged, _labels_fit(columns), level),
    )
    row = TALLEST + ROOM_ABOVE + 9
    height = 8 + row * max(len(agencies), 1) + (58 if agencies else 0)
    ax, _ = open_picture(words, SMALL, height, left=SMALL.margin, right=SMALL.margin, shown=shown)
    if not agencies:
        write(ax, 0, height / 2, "No contact has an agreed unit cost to public purses: there is nothing to draw.", 10.5)
    else:
        _bars(ax, cells, agencies, columns, names, row)
        _foot(ax, found, agencies, columns, whole, 8 + row * len(agencies))
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    picture.data = table(cells, agencies, columns, names, whole)
    picture.alt = _alt(owner, whole, agencies, columns, ranged)
    return ax


def finding(owner: Costed, whole: Cell) -> str:
    """The title: what the costed contacts came to, and how many contacts are in no sum."""
    missing = sum(owner.contacts.values()) - whole.contacts
    if not whole.contacts:
        return f"None of {count(missing, 'contact')} has an agreed unit cost"
    between = f" ({whole_pounds(whole.low)} to {whole_pounds(whole.high)})" if whole.low != whole.high else ""
    rest = f"{missing:,} more {'has' if missing == 1 else 'have'} none and {'is' if missing == 1 else 'are'} in no sum"
    costed = count(whole.contacts, "contact")
    return f"{whole_pounds(whole.value)} was spent{between} on {costed} that {_have(whole)} a unit cost; {rest}"


def _have(whole: Cell) -> str:
    return "has" if whole.contacts == 1 else "have"


def _columns(found: set[str]) -> list[str]:
    """The financial years from first to last, those in between too; a year that is not known stands last."""
    known = sorted(int(y[:4]) for y in found - {NOT_KNOWN})
    between = [f"{y}/{(y + 1) % 100:02d}" for y in range(known[0], known[-1] + 1)] if known else []
    return between + ([NOT_KNOWN] if NOT_KNOWN in found else [])


def _step(columns: Sequence[str]) -> float:
    return min((SMALL.width - 2 * SMALL.margin - NAMES - TOTALS) / max(len(columns), 1), 110.0)


def _labels_fit(columns: Sequence[str]) -> bool:
    return _step(columns) >= width("£99,999", 9) + 4


def _x(columns: Sequence[str], n: int) -> float:
    return NAMES + 10 + _step(columns) * (n + 0.5)


def _bars(
    ax: Axes,
    cells: dict[tuple[str, str], Cell],
    agencies: Sequence[str],
    columns: Sequence[str],
    names: dict[str, str],
    row: float,
) -> None:
    most = max((cell.high for cell in cells.values()), default=Decimal(0)) or Decimal(1)
    right = _x(columns, len(columns) - 1) + _step(columns) / 2
    for i, agency in enumerate(agencies):
        base = 8 + row * (i + 1) - 5
        write(ax, NAMES, base - 12, shorten(names[agency], NAMES, 9.5), 9.5, ha="right")
        rule(ax, [NAMES + 10, right], [base, base], "#8C8C8C", 0.6, above=3)
        for n, year in enumerate(columns):
            cell, x = cells.get((agency, year)), _x(columns, n)
            if cell is None:
                write(ax, x, base - 6, "–", 9, color=SECOND_INK, ha="center")
                continue
            height, across = float(cell.value / most) * TALLEST, min(_step(columns) * 0.62, 46)
            bar = Rectangle((x - across / 2, base - height), across, height, fc=NAVY, ec="none", zorder=2, gid="bar")
            ax.add_patch(bar)
            top = float(cell.high / most) * TALLEST
            if cell.low != cell.high:
                _whisker(ax, x + across / 2 + 4, base - float(cell.low / most) * TALLEST, base - top)
            if _labels_fit(columns):
                write(ax, x, base - top - 7.5, whole_pounds(cell.value), 9, ha="center")


def _whisker(ax: Axes, x: float, low: float, high: float) -> None:
    """From low to high: a thin line with end caps, beside the bar."""
    rule(ax, [x, x], [low, high], INK, 1.1, above=4, name="range")
    for y in (low, high):
        rule(ax, [x - 2.2, x + 2.2], [y, y], INK, 1.1, above=4)


def _foot(
    ax: Axes,
    found: dict[tuple[str, str], list[tuple[Line, tuple[Decimal, ...]]]],
    agencies: Sequence[str],
    columns: Sequence[str],
    whole: Cell,
    top: float,
) -> None:
    """The years under the bars, the sums of all agencies beneath, and each agency's sum at the right."""
    right, room = SMALL.width - 2 * SMALL.margin, TALLEST + ROOM_ABOVE + 9
    every = 1
    while _step(columns) * every < width("2024/25", 9) + 5:
        every += 1
    rule(ax, [0, right], [top + 18, top + 18], GRID, 0.8, above=1)
    write(ax, NAMES, top + 33, "All agencies", 9.5, weight="semibold", ha="right")
    for n, year in enumerate(columns):
        if n % every == 0:
            write(ax, _x(columns, n), top + 7, year, 9, color=SECOND_INK, ha="center")
        parts = [part for agency in agencies for part in found.get((agency, year), [])]
        if parts and _labels_fit(columns):
            write(ax, _x(columns, n), top + 33, whole_pounds(_cell(parts).value), 9.5, weight="semibold", ha="center")
    for i, agency in enumerate(agencies):
        parts = [part for (a, _), some in found.items() if a == agency for part in some]
        _sum(ax, right, 8 + room * (i + 1) - 17, _cell(parts), "regular")
    _sum(ax, right, top + 33, whole, "bold")


def _sum(ax: Axes, right: float, y: float, cell: Cell, weight: str) -> None:
    write(ax, right, y, whole_pounds(cell.value), 11 if weight == "bold" else 9.5, weight=weight, ha="right")
    write(ax, right, y + 12, count(cell.contacts, "contact"), 8, color=SECOND_INK, ha="right")


def _key(ranged: bool) -> list[KeyItem]:
    def bar(ax: Axes, x: float, y: float) -> None:
        ax.add_patch(Rectangle((x + 1, y - 5), 9, 10, fc=NAVY, ec="none"))

    items = [KeyItem(bar, 12, "cost to public purses in the year")]
    if ranged:
        items.append(KeyItem(lambda ax, x, y: _whisker(ax, x + 4, y + 5, y - 5), 8, "low to high, as the source gives"))
    return [*items, KeyItem(lambda ax, x, y: None, 0, "–  no costed contact")]


def _footer(owner: Costed, whole: Cell, agencies: Sequence[str], ranged: bool, labelled: bool, level: str) -> list[str]:
    silent = [a for a in first_met(owner) if a not in agencies and a != "family"]
    none = ", ".join(clean(owner.review.activities.agency(a)) for a in silent)
    families = count(len(owner.review.families), "family", "families")
    first = f"n = {count(whole.contacts, 'costed contact')}, {families}. {source(owner.review)}"
    second = "Bars on one scale; order of first contact, not rank. A contact of two families counts once. Amounts are "
    second += "rounded to the pound and may not sum; the table has the pennies."
    second += "" if ranged else " There is no range in the source of any figure drawn."
    second += "" if labelled else " There is no room for amounts: they are in the table."
    second += f" No costed contact, so not drawn: {none}." if silent else ""
    return [first, clean(owner.note), second, use(owner.review, level)]


def table(
    cells: dict[tuple[str, str], Cell],
    agencies: Sequence[str],
    columns: Sequence[str],
    names: dict[str, str],
    whole: Cell,
) -> pd.DataFrame:
    """Every number drawn: a row per agency and financial year with a costed contact, and the whole."""
    rows: list[tuple[object, ...]] = [
        (names[a], year, cell.contacts, cell.low, cell.value, cell.high)
        for a in agencies
        for year in columns
        if (cell := cells.get((a, year))) is not None
    ]
    rows.append(("All agencies", "all", whole.contacts, whole.low, whole.value, whole.high))
    return pd.DataFrame(rows, columns=["agency", "financial_year", "contacts", "low", "cost", "high"])


def _alt(owner: Costed, whole: Cell, agencies: Sequence[str], columns: Sequence[str], ranged: bool) -> str:
    what = f"Bars of cost by {count(len(agencies), 'agency', 'agencies')} and {count(len(columns), 'financial year')}."
    between = f"{pounds(whole.low)} to {pounds(whole.high)}" if ranged else "no range in the source"
    old = ", old, likely too low" if owner.is_old else ""
    return alt_text(
        what,
        f"{pounds(whole.value)} for {count(whole.contacts, 'contact')} ({between}), {owner.base_year} prices{old}.",
        f"{sum(owner.contacts.values()) - whole.contacts:,} contacts have no unit cost.",
        "What was spent, not what could be saved.",
        invented=owner.review.about.invented,
    )
