"""Unit costs and price series, read from files: what one contact, day, week, month or year of something costs.

Three shapes are read: a list with a row per figure (the kit's own, and a council's), the sheets of the Unit Cost Database
as its owner publishes them, and HM Treasury's GDP deflators. All are read as text, and nothing in them is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lib import smallfiles
from lib.errors import DataError, in_words, listed
from lib.prices import Deflator, decimal, financial_year

KINDS = ("fiscal", "economic", "social")
"""Costs to public purses, to the economy, and to people. Three different things: they are never added to one another."""

NEEDED = ("code", "says", "unit", "bearer", "kind", "value", "price_year", "source")
MAY = ("low", "high", "rag", "published_2015_16")

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
"""How many days each length of time has, where a cost runs by the day."""

CODE = re.compile(r"[A-Z]{1,3}(&[A-Z]{1,2})?\d+(\.\d+)+")
NOTHING = ("", "-", "–", "n/a", "na")


@dataclass(frozen=True)
class UnitCost:
    """One figure of one kind, at the prices of its own year; low and high are the figure where its source gives no range."""

    code: str
    says: str
    unit: str
    bearer: str
    kind: str
    low: Decimal
    value: Decimal
    high: Decimal
    price_year: str
    rag: str
    source: str
    published: str = ""

    @property
    def has_range(self) -> bool:
        """Whether the source gives a low and a high."""
        return self.low != self.high

    @property
    def period(self) -> str:
        """The length of time that the unit names (hour, day, week, month, year, longer), or nothing: it is per thing done.

        >>> per = lambda unit: UnitCost("X1.0", "", unit, "", "fiscal", *[Decimal(1)] * 3, "", "", "").period
        >>> per("Per bed day"), per("Per person per year"), per("Per incident")
        ('day', 'year', '')
        """
        words = re.findall(r"[a-z]+", self.unit.casefold())
        if "over" in words or "lifetime" in words:
            return "longer"
        return next((w for w in ("hour", *DAYS) if w in words or f"{w}s" in words), "")


Costs = Mapping[str, Mapping[str, UnitCost]]
"""Unit costs by code and kind."""


def read_list(path: Path, sheet: str = "") -> list[UnitCost]:
    """A list with a row per code and kind: code, says, unit, bearer, kind, value, price_year, source; low and high, rag.

    Low and high stand both or not at all, on either side of the value. Raises `DataError` with the line.

    >>> from journeys.sources import RULES
    >>> kit = read_list(RULES / "costs" / "ucd_v1_4.csv")
    >>> len({cost.code for cost in kit}), kit[0].code, kit[0].value, kit[0].price_year
    (291, 'CR1.0', Decimal('500'), '2002/03')
    """
    found: dict[tuple[str, str], UnitCost] = {}
    for line, row in smallfiles.rows(path, NEEDED, MAY, sheet):
        where = f"{path.name}, line {line}"
        for name in ("code", "unit", "kind", "value", "price_year", "source"):
            if not row[name]:
                raise DataError(f"{where}: '{name}' is empty. A figure without it cannot be used.")
        if row["kind"] not in KINDS:
            raise DataError(f"{where}: '{row['kind'][:40]}' is no kind of cost. Use {listed(KINDS)}.")
        if row["rag"] not in ("", "R", "A", "G"):
            raise DataError(f"{where}: rag is R, A or G, or is left empty.")
        if bool(row["low"]) != bool(row["high"]):
            raise DataError(f"{where}: low and high go together. Give both, as the source does, or neither.")
        value = _amount(row["value"], "value", where)
        low = _amount(row["low"], "low", where) if row["low"] else value
        high = _amount(row["high"], "high", where) if row["high"] else value
        if not low <= value <= high:
            raise DataError(f"{where}: the value does not lie between low and high. Correct the row.")
        key = (row["code"], row["kind"])
        if key in found:
            raise DataError(f"{where}: {row['code']} has a {row['kind']} figure already. Keep one.")
        found[key] = UnitCost(
            *(row["code"], row["says"], row["unit"], row["bearer"], row["kind"], low, value, high),
            *(_year(row["price_year"], where), row["rag"], row["source"], row["published_2015_16"]),
        )
    return list(found.values())


def read_database(path: Path, names: Iterable[str]) -> list[UnitCost]:
    """Sheets of the Unit Cost Database, as v1.4 and later ones lay them out.

    Cost code in column C, detail D, unit E, who bears it F (and G), the fiscal value H and its price year I. Economic and
    social values, the source and the rating are read where the first row names their columns. Lines with no code, and
    figures that are left empty, are passed over. Raises `DataError` with sheet and row for what cannot be used.
    """
    found: dict[tuple[str, str], UnitCost] = {}
    for name in names:
        rows = smallfiles.grid(path, name)
        heads = [head.casefold() for head in rows[0][1]] if rows else []
        coded = [(at, cells) for at, cells in rows if len(cells) > 8 and CODE.fullmatch(cells[2])]
        if not coded:
            raise DataError(
                f"{path.name}, sheet '{name[:40]}': there is no cost code in column C. Is it a sheet of costs?"
            )
        others = ((k, _place(heads, f"{k} cost") or _place(heads, f"{k} value")) for k in KINDS[1:])
        places = [("fiscal", 7), *((k, at) for k, at in others if at)]
        source, rag = (_place(heads, head) for head in ("original source", "rag assessment"))
        for at, cells in coded:
            where = f"{path.name}, sheet '{name[:40]}', row {at}"
            for kind, column in places:
                written, year = cells[column], cells[column + 1]
                if written.casefold() in NOTHING:
                    continue
                value = _amount(written, f"the {kind} value", where)
                key = (cells[2], kind)
                if key in found:
                    raise DataError(f"{where}: the code {cells[2]} has a {kind} value already. Keep one.")
                found[key] = UnitCost(
                    *(cells[2], " ".join(cells[3].split()), cells[4], cells[5], kind, value, value, value),
                    *(
                        _year(year, where),
                        cells[rag][:1] if rag else "",
                        " ".join(cells[source].split()) if source else "",
                    ),
                )
    return list(found.values())


def read_deflator(path: Path, source: str, sheet: str = "") -> Deflator:
    """A series of price indices by financial year: `financial_year` and `index`, or HM Treasury's columns B and C.

    Raises `DataError`, with the line, for a calendar year, an index that is no number above 0, a year twice or left out.

    >>> from journeys.sources import RULES
    >>> series = read_deflator(RULES / "costs" / "gdp_deflator_march_2015.csv", "HM Treasury, March 2015")
    >>> series.first, series.last, series.at("2015/16")
    ('1989/90', '2019/20', Decimal('195.9697'))
    """
    rows = smallfiles.grid(path, sheet)
    heads = [cell.casefold() for cell in rows[0][1]] if rows else []
    named = "financial_year" in heads and "index" in heads
    year_at, index_at = (heads.index("financial_year"), heads.index("index")) if named else (1, 2)
    found: dict[str, Decimal] = {}
    for line, cells in rows[1:] if named else rows:
        written = cells[year_at] if len(cells) > index_at else ""
        if not (re.match(r"\d{4}", written) or (named and any(cells))):
            continue
        where = f"{path.name}, {'row' if sheet else 'line'} {line}"
        year = _year(written, where)
        index = decimal(cells[index_at])
        if not index:
            raise DataError(f"{where}: the index of {year} is no number above 0.")
        if year in found:
            raise DataError(f"{where}: {year} stands twice. Keep one.")
        found[year] = index
    if not found:
        raise DataError(f"{path.name}: no financial year stands in column B with its index in column C.")
    years = sorted(int(year[:4]) for year in found)
    if gaps := [y for y in range(years[0], years[-1]) if y not in years]:
        raise DataError(f"{path.name}: the series has no {gaps[0]}/{(gaps[0] + 1) % 100:02d}. Give every year.")
    return Deflator(found, source)


def one_name(costs: Iterable[UnitCost]) -> dict[str, str]:
    """One spelling for each bearer, where sources differ in capitals alone: the first by the alphabet."""
    names: dict[str, str] = {}
    for cost in costs:
        key = cost.bearer.casefold()
        names[key] = min(names.get(key, cost.bearer), cost.bearer)
    return names


def _place(heads: list[str], head: str) -> int | None:
    return heads.index(head) if head in heads else None


def _amount(text: str, what: str, where: str) -> Decimal:
    value = decimal(text)
    if value is None:
        raise DataError(
            f"{where}: {what} is not a plain number of pounds, as 38 or 38.43. Take out signs, commas and words."
        )
    return value


def _year(text: str, where: str) -> str:
    try:
        return financial_year(text)
    except ValueError as error:
        raise DataError(f"{where}: {error}.".replace("..", ".")) from None


def in_kinds(costs: Mapping[str, UnitCost]) -> str:
    """Which kinds of figure a code has, in words.

    >>> in_kinds({"fiscal": None, "social": None})
    'fiscal and social'
    """
    return in_words(k for k in KINDS if k in costs)
