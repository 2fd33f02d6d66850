"""Money of different years: whole pennies, a series of price indices by financial year, and nothing added across years.

Money is `Decimal` in pounds, never a float: £116.635 is rounded half up to £116.64, once, and what is shown adds up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from lib.errors import RequestError, in_words

PENNY = Decimal("0.01")

_NUMBER = re.compile(r"\d+(\.\d+)?")
_YEAR = re.compile(r"(\d{4})[/-](\d{2}|\d{4})")
_CALENDAR = re.compile(r"\d{4}")


def decimal(text: str) -> Decimal | None:
    """A plain number of 0 or more as it is written; nothing where the text is anything else.

    >>> decimal("38.43"), decimal("1,473"), decimal("-2"), decimal("1e3")
    (Decimal('38.43'), None, None, None)
    """
    return Decimal(text) if _NUMBER.fullmatch(text) and text.isascii() else None


def pence(value: Fraction | Decimal) -> Decimal:
    """Pounds, rounded half up to the penny: exactly, whatever the fraction.

    >>> pence(Fraction(233285, 2000)), pence(Decimal("116.635"))
    (Decimal('116.64'), Decimal('116.64'))
    """
    return Decimal(math.floor(Fraction(value) * 100 + Fraction(1, 2))) * PENNY


def financial_year(text: str) -> str:
    """A financial year as `2015/16`, from the ways in which it is written.

    Raises `ValueError`, with words for the reader, for a calendar year and for what is no year.

    >>> financial_year("2015-16"), financial_year("1999/00"), financial_year("2015/2016")
    ('2015/16', '1999/00', '2015/16')
    """
    found = _YEAR.fullmatch(text.strip())
    if found and int(found[2]) % 100 == (int(found[1]) + 1) % 100:
        return f"{found[1]}/{int(found[2]) % 100:02d}"
    if _CALENDAR.fullmatch(text.strip()):
        raise ValueError(
            f"{text.strip()} is a calendar year, and has no place in a series of financial years. Prices of a calendar "
            "year need a series of calendar years, which is not read here. Find the figure at prices of a financial year."
        )
    raise ValueError("a financial year is written as 2015/16")


class Money(NamedTuple):
    """Pounds at the prices of one financial year."""

    pounds: Decimal
    year: str


def total(amounts: Iterable[Money]) -> Money:
    """The sum of amounts at the prices of one year.

    Raises `RequestError` for amounts of two price years, and for none.

    >>> total([Money(Decimal("349.92"), "2015/16"), Money(Decimal("156.76"), "2015/16")]).pounds
    Decimal('506.68')
    """
    given = list(amounts)
    years = sorted({a.year for a in given})
    if not years:
        raise RequestError("there is no amount to add.")
    if len(years) > 1:
        raise RequestError(
            f"amounts at {in_words(years)} prices cannot be added: a pound of one year buys more than a pound of "
            "another. Bring them to one price year first."
        )
    return Money(sum((a.pounds for a in given), Decimal(0)), years[0])


@dataclass(frozen=True)
class Deflator:
    """A series of price indices by financial year, in order and without a gap. `source` is said with every figure."""

    index: Mapping[str, Decimal]
    source: str

    @property
    def first(self) -> str:
        """The first year of the series."""
        return min(self.index)

    @property
    def last(self) -> str:
        """The last year of the series: nothing is brought past it."""
        return max(self.index)

    def at(self, year: str) -> Decimal:
        """The index of a year. Raises `ValueError`, with words for the reader, for a year outside the series."""
        year = financial_year(year)
        if year not in self.index:
            past = f"ends at {self.last}" if year > self.last else f"begins at {self.first}"
            raise ValueError(
                f"{year} is outside the series of prices, which {past} ({self.source}). Give a series that holds the "
                "year: HM Treasury publishes a new one each quarter."
            )
        return self.index[year]

    def bring(self, value: Decimal, price_year: str, base_year: str) -> Money:
        """A value at the prices of another year: value × index(base year) ÷ index(price year), rounded once.

        Raises `ValueError`, with words for the reader, for a year that the series does not hold.

        >>> series = Deflator({"2011/12": Decimal("183.1272"), "2015/16": Decimal("195.9697")}, "an example")
        >>> series.bring(Decimal(109), "2011/12", "2015/16")
        Money(pounds=Decimal('116.64'), year='2015/16')
        """
        before, base = Fraction(self.at(price_year)), Fraction(self.at(base_year))
        return Money(pence(Fraction(value) * base / before), financial_year(base_year))


def pounds(amount: Decimal) -> str:
    """An amount as it is written.

    >>> pounds(Decimal("1202.8")), pounds(Decimal("0"))
    ('£1,202.80', '£0.00')
    """
    return f"£{amount:,.2f}"


def whole_pounds(amount: Decimal) -> str:
    """An amount without its pennies, for a picture.

    >>> whole_pounds(Decimal("10651.71"))
    '£10,652'
    """
    return f"£{math.floor(amount + Decimal('0.5')):,}"


def short_pounds(amount: Decimal) -> str:
    """An amount for an axis or a label: whole pounds, and thousands from ten thousand on.

    >>> short_pounds(Decimal("720.49")), short_pounds(Decimal(9999)), short_pounds(Decimal(40200))
    ('£720', '£9,999', '£40k')
    """
    if amount + Decimal("0.5") < 10_000:
        return whole_pounds(amount)
    return f"£{math.floor(amount / 1000 + Decimal('0.5')):,}k"
