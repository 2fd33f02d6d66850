"""The suppliers' files: each contact as its supplier writes it, then the mess of real logs, all of it counted."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from journeys.sample.dates import END
from journeys.sample.planted import Contact, Family, Person
from journeys.sample.planter import Planter
from journeys.sample.suppliers import STAMP, Supplier

Row = dict[str, str]
"""One row of a file: header -> what is written there."""

COLOURS = ("amber", "blue", "green")
UNLISTED = {
    "session": ("am",),
    "tea or coffee": ("tea", "coffee"),
    "in their words": ("we managed", "nobody rang back", "it was a hard year"),
}
"""What stands in columns that no format lists, so that they are seen to stay outside; elsewhere a colour."""


def written(supplier: Supplier, planter: Planter) -> bytes:
    """One supplier's file: its contacts as it would write them, then what is wrong with it, all of it counted."""
    rng = Random(f"{planter.truth.seed}/{supplier.stem}")
    contacts = planter.contacts[supplier.stem]
    contacts.sort(key=lambda contact: (contact.recorded, contact.day, contact.time))
    rows: list[tuple[Row, str]] = []
    later: list[tuple[date, Row]] = []
    noise: list[Row] = []
    for number, contact in enumerate(contacts, start=1):
        contact.number = f"{supplier.ids}{10_000 + 7 * number}" if supplier.ids else ""
        row = _row(supplier, planter, contact, rng)
        if contact.earlier:
            code, recorded = contact.earlier
            first = row | {supplier.header("activity"): code, supplier.header("recorded_on"): _day(supplier, recorded)}
            rows.append((first, "accepted"))
            later.append((contact.recorded, row))
        else:
            rows.append((row, "accepted"))
        if contact.is_noise:
            noise.append(row)
    rows += [(row, "accepted") for _, row in later]
    truth = planter.truth
    for kind, number in Counter(supplier.mess).items():
        enough = noise if kind in OF_ORDINARY_ROWS else rows
        if added := sum(MESS[kind](supplier, rng, rows, noise) for _ in range(number) if enough):
            truth.mess.append({"file": supplier.file, "kind": kind, "rows": added})
    if later:
        truth.mess.append({"file": supplier.file, "kind": "amended mark", "rows": len(later)})
    if late := sum((contact.recorded - contact.day).days >= 14 for contact in contacts):
        truth.mess.append({"file": supplier.file, "kind": "recorded late", "rows": late})
    if unmapped := sum(contact.activity == "befriending walk" for contact in contacts):
        truth.mess.append({"file": supplier.file, "kind": "unmapped activity", "rows": unmapped})
    fates = Counter(fate for _, fate in rows)
    truth.account[supplier.file] = {
        "read": len(rows),
        **{fate: fates[fate] for fate in ("accepted", "set_aside", "collapsed")},
        "in_no_family": sum(1 + bool(c.earlier) for c in planter.strangers if c.stem == supplier.stem),
    }
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=supplier.delimiter, lineterminator=supplier.newline)
    writer.writerow(supplier.columns)
    writer.writerows([row[header] for header in supplier.columns] for row, _ in rows)
    return text.getvalue().encode(supplier.encoding)


def _row(supplier: Supplier, planter: Planter, contact: Contact, rng: Random) -> Row:
    """A contact as its supplier writes it."""
    who = contact.who
    values = {
        "contact_id": contact.number,
        "person_id": planter.number(who, supplier.stem) if isinstance(who, Person) else "",
        "family_id": who.name if isinstance(who, Family) else "",
        "date": _when(supplier, contact),
        "time": contact.time,
        "agency": "" if supplier.stem == "police" else supplier.who,
        "activity": supplier.words.get(contact.activity, contact.activity),
        "reason": contact.reason,
        "need_id": contact.need,
        "outcome": contact.outcome,
        "referred_to": contact.referred_to,
        "professional_id": contact.professional,
        "recorded_on": _day(supplier, contact.recorded),
        "ends_on": _day(supplier, contact.ends) if contact.ends else "",
        "note": "",
    }
    return {
        header: values[name] if name else rng.choice(UNLISTED.get(header, COLOURS))
        for header, name in supplier.columns.items()
    }


def _pattern(supplier: Supplier) -> str:
    """How the supplier writes a day that has no time."""
    return supplier.dates.replace(" %H:%M", "").replace("T%H:%M:%S", "")


def _day(supplier: Supplier, day: date) -> str:
    """A day without a time, as the supplier writes it."""
    return f"{day:{_pattern(supplier)}}"


def _when(supplier: Supplier, contact: Contact) -> str:
    """The day of a contact as the supplier writes it, with the time where the date holds one."""
    if contact.precision != "day":
        return f"{contact.day:%m/%Y}" if contact.precision == "month" else f"{contact.day:%Y}"
    if supplier.dates == STAMP:
        return f"{_day(supplier, contact.day)} {contact.time}".strip()
    if "T" in supplier.dates:
        return f"{_day(supplier, contact.day)}T{contact.time}:00"
    return _day(supplier, contact.day)


def _some(rng: Random, rows: list[tuple[Row, str]], supplier: Supplier) -> Row:
    """A row of which there is one version only."""
    key = supplier.header("contact_id")
    versions = Counter(row[key] for row, _ in rows)
    return rng.choice([row for row, fate in rows if fate == "accepted" and versions[row[key]] == 1])


def _repeat(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row sent twice, with the same id."""
    rows.append((dict(_some(rng, rows, supplier)), "collapsed"))
    return 1


def _repeat_spaced(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row sent twice, the second time with a space after each value."""
    row = _some(rng, rows, supplier)
    rows.append(({header: f"{value} " if value else value for header, value in row.items()}, "collapsed"))
    return 1


def _repeat_recoloured(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row sent twice, with another value in the columns that no format lists."""
    other = {header: "red" for header, name in supplier.columns.items() if not name}
    rows.append((_some(rng, rows, supplier) | other, "collapsed"))
    return 1


def _amended(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row with the id of an ordinary contact, another outcome, and a later day of recording."""
    recorded, changed = supplier.header("recorded_on"), supplier.header("outcome") or supplier.header("reason")
    pattern = _pattern(supplier)
    days = timedelta(days=3 + rng.randrange(18))
    earlier = [row for row in noise if datetime.strptime(row[recorded], pattern).date() + days <= END]
    if not earlier:
        return 0
    row = rng.choice(earlier)
    noise.remove(row)
    later = datetime.strptime(row[recorded], pattern) + days
    rows.append((row | {changed: "amended on review", recorded: f"{later:{pattern}}"}, "accepted"))
    return 1


def _without_order(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """Two rows with one id and one day of recording that say different things: nobody can tell which came later."""
    row = rng.choice(noise) | {supplier.header("contact_id"): f"{supplier.ids}X{len(rows)}"}
    changed = supplier.header("outcome") or supplier.header("ends_on")
    values = ("seen", "not seen") if changed == supplier.header("outcome") else ("", _day(supplier, END))
    rows += [(row | {changed: value}, "set_aside") for value in values]
    return 2


def _31_february(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row on a day that no year has."""
    row = dict(rows[0][0]) | {supplier.header("contact_id"): f"{supplier.ids}X{len(rows)}"}
    row[supplier.header("date")] = "31-02-2023" if "-" in supplier.dates else "31/02/2023"
    rows.append((row, "set_aside"))
    return 1


def _nobody(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """A row that names nobody."""
    row = dict(rows[0][0]) | {supplier.header("contact_id"): f"{supplier.ids}X{len(rows)}"}
    rows.append((row | {supplier.header("person_id"): ""}, "set_aside"))
    return 1


def _footer(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """The line that a spreadsheet adds up with."""
    first, *others = supplier.columns
    rows.append(({first: f"Total: {len(rows)}"} | dict.fromkeys(others, ""), "set_aside"))
    return 1


def _capitals(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """Some activities in capitals, each in every row of its contact."""
    header = supplier.header("activity")
    chosen = [noise.pop(rng.randrange(len(noise))) for _ in range(min(5, len(noise)))]
    return _rewrite(supplier, rows, chosen, lambda row: row | {header: row[header].upper()})


def _spaces(supplier: Supplier, rng: Random, rows: list[tuple[Row, str]], noise: list[Row]) -> int:
    """Some rows with spaces at the end of their activity."""
    header = supplier.header("activity")
    chosen = [noise.pop(rng.randrange(len(noise))) for _ in range(min(5, len(noise)))]
    return _rewrite(supplier, rows, chosen, lambda row: row | {header: row[header] + "  "})


def _rewrite(supplier: Supplier, rows: list[tuple[Row, str]], chosen: list[Row], change: Callable[[Row], Row]) -> int:
    """Change some rows, and every repeat of them with them, so that a repeat stays a repeat."""
    key = supplier.header("contact_id")
    ids = {row[key].strip() for row in chosen}
    changed = 0
    for number, (row, fate) in enumerate(rows):
        if row[key].strip() in ids:
            rows[number] = (change(row), fate)
            changed += 1
    return changed


MESS: dict[str, Callable[[Supplier, Random, list[tuple[Row, str]], list[Row]], int]] = {
    "repeat": _repeat,
    "repeat with spaces": _repeat_spaced,
    "repeat with another colour": _repeat_recoloured,
    "amended": _amended,
    "amended without an order": _without_order,
    "31 February": _31_february,
    "empty person": _nobody,
    "footer": _footer,
    "capitals": _capitals,
    "trailing spaces": _spaces,
}


OF_ORDINARY_ROWS = frozenset({"amended", "amended without an order", "capitals", "trailing spaces"})
