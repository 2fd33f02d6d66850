"""What contacts and periods cost, by sourced unit costs: a row per costed contact, and a count of those that have none.

A cost is a consequence of what was done. It is what was spent, as far as unit costs can say: not what could be saved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from journeys.columns import as_arrow, identifying
from journeys.costrules import CostRules, Line, Priced, load_costs
from journeys.journey import Journeys, check_review
from journeys.unitcosts import DAYS
from lib.dates import day_number, to_date
from lib.dialect import literal
from lib.engine import Table
from lib.errors import count
from lib.prices import financial_year, pence

if TYPE_CHECKING:
    import pandas as pd

ROWS = """
SELECT f.name AS family, c.contact_id, c.agency, c.activity, c.nature, c.reason, c.day, c.earliest, c.latest, c.ends_day
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c JOIN {at}families AS f ON s.family = f.code
WHERE c.nature <> 'life' AND c.agency <> 'family' AND c.activity IN ({activities})
ORDER BY family, c.contact_id
"""

ALL = """
SELECT c.agency, c.activity, c.nature, count(DISTINCT s.c) AS contacts
FROM {steps} AS s JOIN {contacts} AS c ON s.c = c.c
WHERE c.nature <> 'life' AND c.agency <> 'family' AND c.latest >= {start}
GROUP BY c.agency, c.activity, c.nature ORDER BY c.agency, c.activity
"""
"""Every contact of the period, costed or not. What happened in a family's life is nobody's contact."""

ASKED = ("touch", "referral", "decision")
"""Natures of contacts on which somebody's time was surely spent; the others are marks, records and states."""

NO_LINE = "no unit cost is agreed"
NO_END = "no last day is recorded, so how long it lasted is not known"
NO_START = "the day on which it began is not known"

SPENT = (
    "This is what was spent, as far as unit costs can say. It is not what could be saved: whether money could be taken out "
    "(cashable), time used otherwise (non-cashable) or later costs avoided are three other questions, and no log answers them."
)
"""Stands with every sum: spending is neither cashable nor non-cashable nor avoided."""

Key = tuple[str, str, str]
"""An agency, an activity and its nature."""


@dataclass(frozen=True)
class Costed:
    """What came of the costs beside the rows themselves: the rules in force, and how many contacts have none."""

    review: Journeys
    rules: CostRules
    contacts: Counter[Key]
    costed: Counter[Key]
    no_period: Counter[tuple[Key, str]]
    codes: frozenset[str]

    @property
    def base_year(self) -> str:
        """The financial year at whose prices all amounts stand."""
        return self.rules.base_year

    @property
    def attribution(self) -> str:
        """Whose figures these are, as their licences ask, and the series of prices."""
        whose = sorted({self.rules.attributions[code] for code in self.codes})
        return "; ".join([*whose, self.rules.deflator.source])

    @property
    def is_old(self) -> bool:
        """Whether the base year had ended before the last day of the period under review."""
        return self.base_year < year_of(day_number(self.review.over_by))

    @property
    def prices(self) -> str:
        """At which prices the amounts stand, how many contacts have one, and whose figures they are."""
        n, of = sum(self.costed.values()), sum(self.contacts.values())
        return f"{self.at_prices}. {coverage(n, of, self._met())} Unit costs: {self.attribution}."

    @property
    def at_prices(self) -> str:
        """The base year, and what to think of it."""
        return f"{self.base_year} prices{', old, likely too low' if self.is_old else ''}"

    def _met(self) -> str:
        met = [sum(v for k, v in some.items() if k[2] in ASKED) for some in (self.costed, self.contacts)]
        return f" ({met[0]:,} of {met[1]:,} touches, referrals and decisions)"

    @property
    def note(self) -> str:
        """What stands with every figure and table."""
        return f"What was spent, not what could be saved, at {self.prices}"

    def uncosted(self) -> pd.DataFrame:
        """One row per agency, activity and reason: contacts with no unit cost, and why they have none."""
        import pandas as pd

        rows = []
        for key in sorted(self.contacts):
            missing = self.contacts[key] - self.costed[key]
            for (other, why), n in sorted(self.no_period.items()):
                if other == key:
                    rows.append((*key, n, why))
                    missing -= n
            line = self.rules.find(key[0], key[1], None)
            if missing:
                rows.append((*key, missing, line.why if line is not None and not line.code else NO_LINE))
        return pd.DataFrame(rows, columns=["agency", "activity", "nature", "contacts", "why"])


def coverage(costed: int, of: int, beside: str = "") -> str:
    """How many contacts have a unit cost and how many have none, in a sentence.

    >>> coverage(1, 3)
    '1 of 3 contacts has an agreed unit cost; 2 have none and are in no sum.'
    """
    rest = of - costed
    return (
        f"{costed:,} of {count(of, 'contact')} {'has' if costed == 1 else 'have'} an agreed unit cost{beside}; "
        f"{rest:,} {'has' if rest == 1 else 'have'} none and {'is' if rest == 1 else 'are'} in no sum."
    )


class _Seen(NamedTuple):
    """A contact as the costs see it."""

    family: str
    id: str
    agency: str
    activity: str
    nature: str
    reason: str | None
    day: int | None
    earliest: int
    latest: int
    ends: int | None


class _Counted(NamedTuple):
    """What is counted of a contact: the days it lies on, how many units they are, and whether it goes on."""

    earliest: int
    latest: int
    days: int | None
    is_open: bool


def costs(review: Journeys) -> Table:
    """What each contact cost, where a unit cost is agreed for it; the others are counted and in no sum.

    `review` from `build_journeys`. Returns a Table with the columns of `columns.TABLES["costs"]`, a row per family,
    contact and kind of cost, in pounds at the prices of `base_year` of rules/costs.yml. A unit is value × index of the
    base year ÷ index of the price year, rounded half up to the penny once; a contact costs one unit, and a period its
    days (both ends counted, inside the period under review) over the days of the unit. `.owner.note` is the line that
    stands with every figure; `fj.measures.uncosted` names what has no cost, and why.

    Raises `PermissionRefused` where a source may not be used for cost, `RuleError` or `DataError` for a line or a figure
    that cannot be used: one past the series of prices, of a calendar year, or one contact in two lines.

    Source of the rule and of the kit's figures: Unit Cost Database v1.4 (New Economy, now GMCA, 2015), CC BY 4.0.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> spent = costs(build_journeys(read_contacts("sample")))
    >>> spent.owner.prices.split(".")[0]
    '2015/16 prices, old, likely too low'
    """
    check_review(review)
    folder = review.session.folder
    folder.require("cost")
    review.engine.tell_if_old()
    rules = load_costs(folder.rule_files("costs.yml"), review.activities)
    names = {"steps": review.coded, "contacts": review.session.contacts, "at": review.codes}
    start, end = day_number(review.start), day_number(review.over_by)
    contacts: Counter[Key] = Counter()
    for *key, n in review.engine.rows(ALL.format(start=start, **names)):
        contacts[tuple(key)] += n
    activities = ", ".join(sorted({literal(line.activity) for line in rules.costed})) or "''"
    seen = [_Seen(*row) for row in review.engine.rows(ROWS.format(activities=activities, **names))]
    found, costed, no_period = _find(seen, rules, start, end)
    for row in {row.id: row for row, _, _ in found}.values():
        # A period that began earlier and lasts into this one is a contact of this period too.
        if row.latest < start:
            contacts[row.agency, row.activity, row.nature] += 1
    owner = Costed(review, rules, contacts, costed, no_period, frozenset(line.code for _, line, _ in found))
    table = review.engine.fresh_name("costs")
    review.engine.load(table, as_arrow("costs", list(_rows(found, rules))))
    select = f"SELECT * FROM {table} ORDER BY earliest, contact_id, family_id, kind"
    return Table(review.engine, "costs", select, identifying("costs"), owner)


def _find(
    seen: list[_Seen], rules: CostRules, start: int, end: int
) -> tuple[list[tuple[_Seen, Line, _Counted]], Counter[Key], Counter[tuple[Key, str]]]:
    """The contacts that have a cost, each once per family; counts by key of those and of periods with no length."""
    found = []
    costed: dict[str, Key] = {}
    without: dict[str, tuple[Key, str]] = {}
    for row in seen:
        line = rules.find(row.agency, row.activity, row.reason)
        if line is None or not line.code:
            continue
        counted = _counted(row, line, start, end)
        key = (row.agency, row.activity, row.nature)
        if isinstance(counted, str):
            without[row.id] = (key, counted)
        elif counted is not None:
            costed[row.id] = key
            found.append((row, line, counted))
    return found, Counter(costed.values()), Counter(without.values())


def _counted(row: _Seen, line: Line, start: int, end: int) -> _Counted | str | None:
    """What of a contact lies in the period under review; the reason where a period's length is not known; or nothing."""
    if line.per == "contact":
        return _Counted(row.earliest, row.latest, None, False) if row.latest >= start else None
    if row.ends is None or row.day is None:
        return (NO_END if row.ends is None else NO_START) if row.latest >= start else None
    first, last = max(row.day, start), min(row.ends, end)
    return _Counted(first, last, last - first + 1, row.ends > end) if first <= last else None


def amount(unit: Decimal, days: int | None, per: str) -> Decimal:
    """What a contact, or so many days of a period, come to, rounded half up to the penny once.

    >>> amount(Decimal("116.64"), None, "contact"), amount(Decimal("117.04"), 10, "week")
    (Decimal('116.64'), Decimal('167.20'))
    """
    return unit if days is None else pence(Fraction(unit) * days / DAYS[per])


def year_of(day: int) -> str:
    """The financial year of a day, from 1 April to 31 March.

    >>> year_of(19813), year_of(19814)  # 31 March and 1 April 2024
    ('2023/24', '2024/25')
    """
    date = to_date(day)
    first = date.year - ((date.month, date.day) < (4, 1))
    return financial_year(f"{first}/{(first + 1) % 100:02d}")


def _rows(found: list[tuple[_Seen, Line, _Counted]], rules: CostRules) -> Iterator[tuple[Any, ...]]:
    families = Counter(row.id for row, _, _ in found)
    for row, line, counted in found:
        for priced in rules.priced[line.code]:
            yield _row(row, line, counted, priced, rules.base_year, families[row.id] > 1)


def _row(row: _Seen, line: Line, counted: _Counted, priced: Priced, base_year: str, shared: bool) -> tuple[Any, ...]:
    cost = priced.cost
    units = [money.pounds for money in (priced.low, priced.value, priced.high)]
    low, value, high = (amount(unit, counted.days, line.per) for unit in units)
    exact = row.day is not None and counted.earliest == counted.latest
    day = counted.earliest if exact or counted.days is not None else None
    return (
        *(row.family, row.id, cost.kind, day, counted.earliest, counted.latest, row.agency, row.activity, cost.code),
        *(line.per, counted.days, units[1], low, value, high, cost.has_range, units[0], units[2], cost.bearer or None),
        *(cost.price_year, base_year, cost.source, cost.rag or None, shared, counted.is_open),
    )
