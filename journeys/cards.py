"""One card for each record id: what may be compared of it, with what is no evidence taken off and counted.

Off a card come blanks and placeholders, numbers whose check digit is wrong, telephones, e-mails and homes of more people
than the cap, and every address, postcode, telephone and e-mail of a record that is marked confidential. An NHS number or
UPN that two different people bear is taken off both.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from journeys.linkrules import LinkRules, folded_word
from lib.batches import plain_text
from lib.identifiers import is_nhs_number, is_upn

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SHARED = ("uprn", "address", "phone", "email")
PLACES = ("postcode", *SHARED)
"""What says where somebody lives or how to reach them: never evidence for a record that is marked confidential."""

NUMBERS = ("nhs_number", "upn")
SEXES = {"m": "m", "male": "m", "boy": "m", "1": "m", "f": "f", "female": "f", "girl": "f", "2": "f"}
POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")
LEFT_OUT = ("column", "because", "records")

_TEXT = ("record_id", "supplier", "first_name", "last_name", "date_of_birth", "turned", "born_in", "born_key", "sex")
_MORE = ("postcode_one", "phone_one", "email_one", "nhs_number", "upn", "names_key", "first_3", "last_3")
_LISTS = ("last_names", "last_parts", "called", "uprns", "homes", "postcodes", "districts", "phones", "emails")


class Cards:
    """The cards of some records, sorted by record id, and what was taken off them: `left_out` counts records."""

    def __init__(self, records: pd.DataFrame, rules: LinkRules) -> None:
        self.rules = rules
        self.gone: dict[tuple[str, str], set[str]] = defaultdict(set)
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in records.to_dict("records"):
            rows[str(row["record_id"])].append(row)
        self.ids = sorted(rows)
        self.confidential = {i for i in self.ids if any(row.get("confidential") is True for row in rows[i])}
        read = {i: [self._row(i, row) for row in rows[i]] for i in self.ids}
        self._cap(read)
        self.cards = [self._card(i, read[i]) for i in self.ids]

    @property
    def left_out(self) -> pd.DataFrame:
        """What was taken off, by column and reason, and off how many records; never a value."""
        import pandas as pd

        rows = [(column, because, len(ids)) for (column, because), ids in sorted(self.gone.items())]
        return pd.DataFrame(rows, columns=list(LEFT_OUT)).astype({"records": "int64"})

    def doubt(self, column: str, doubted: Iterable[int]) -> None:
        """Take a number off the cards of those who bear one that is borne by two different people."""
        for at in doubted:
            card = self.cards[at]
            card[column] = None
            self.gone[column, "borne by two different people"].add(card["record_id"])

    def table(self) -> pa.Table:
        """The cards as `lib.pairing` compares them."""
        import pyarrow as pa

        columns: dict[str, Any] = {"card": pa.array(range(len(self.cards)), pa.int32())}
        columns |= {n: pa.array([c[n] for c in self.cards], pa.string()) for n in (*_TEXT, *_MORE)}
        columns |= {n: pa.array([c[n] or None for c in self.cards], pa.list_(pa.string())) for n in _LISTS}
        return pa.table(columns)

    def _row(self, record: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row's values as they are compared; empty for what is no evidence."""
        out: dict[str, Any] = {"from": row.get("from_date"), "to": row.get("to_date")}
        for column in ("first_name", "last_name", "address", "uprn", "phone", "email", "postcode", "sex", *NUMBERS):
            given = row.get(column)
            text = plain_text(given) if isinstance(given, str) else ""
            out[column] = self._value(record, column, text) if text else None
        born = row.get("date_of_birth")
        is_day = isinstance(born, dt.date) and born == born
        if is_day and born in self.rules.placeholders["date_of_birth"]:
            self.gone["date_of_birth", "placeholder"].add(record)
        out["date_of_birth"] = (
            f"{born:%Y%m%d}" if is_day and born not in self.rules.placeholders["date_of_birth"] else None
        )
        if record in self.confidential:
            for column in PLACES:
                if out[column] is not None:
                    self.gone[column, "confidential"].add(record)
                out[column] = None
        return out

    def _value(self, record: str, column: str, text: str) -> str | None:
        marks = self.rules.placeholders
        word = folded_word(text)
        if not word or word in marks["any"] or word in marks.get(column, ()):
            self.gone[column, "placeholder"].add(record)
            return None
        value, because = _READ[column](text)
        if value is not None and column == "postcode" and any(value.startswith(p) for p in marks["postcode"]):
            value, because = None, "placeholder"
        if value is not None and column == "phone" and (value in marks["phone"] or len(set(value[1:])) == 1):
            value, because = None, "placeholder"
        if because:
            self.gone[column, because].add(record)
        return value

    def _cap(self, read: Mapping[str, list[dict[str, Any]]]) -> None:
        """Take off what more people share than one home or one family has; people are told apart by first name and birth date."""
        sharers: dict[tuple[str, str], set[tuple[Any, Any]]] = defaultdict(set)
        for rows in read.values():
            for row in rows:
                for column in SHARED:
                    if row[column] is not None:
                        sharers[column, _at(column, row)].add((row["first_name"], row["date_of_birth"]))
        # Those who give neither name nor birth date look like one person: count their records instead.
        nameless = Counter(
            (column, _at(column, row))
            for rows in read.values()
            for row in rows
            for column in SHARED
            if row[column] is not None and row["first_name"] is None and row["date_of_birth"] is None
        )
        most = self.rules.caps.shared_by
        over = {key for key, who in sharers.items() if len(who) + nameless[key] > most}
        because = f"shared by more than {most}"
        for record, rows in read.items():
            for row in rows:
                for column in [c for c in SHARED if row[c] is not None and (c, _at(c, row)) in over]:
                    self.gone[column, because].add(record)
                    row[column] = None

    def _card(self, record: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """All rows of one record id as one card: its latest name and the one birth date, sex and number that its rows agree on."""
        one = {c: self._agreed(record, c, rows) for c in ("date_of_birth", "sex", *NUMBERS)}
        latest = max(rows, key=lambda r: (_day(r["to"], dt.date.max), _day(r["from"], dt.date.min), _names(r)))
        first, last = latest["first_name"], latest["last_name"]
        first = first or max((r["first_name"] or "" for r in rows), default="") or None
        last = last or max((r["last_name"] or "" for r in rows), default="") or None
        born = one["date_of_birth"]
        turned = born[:4] + born[6:] + born[4:6] if born else None
        postcodes = _all(rows, "postcode")
        homes = sorted({_at("address", r) for r in rows if r["address"]})
        phones, emails = _all(rows, "phone"), _all(rows, "email")
        short = [form for part in [first] if part for form in self.rules.short_forms.get(part.replace(" ", ""), ())]
        return {
            "record_id": record,
            "supplier": record.split(":", 1)[0],
            "first_name": first,
            "last_name": last,
            **one,
            "turned": turned if turned and turned != born else None,
            "born_in": born[:4] if born else None,
            "born_key": born[:4] + "".join(sorted([born[4:6], born[6:]])) if born else None,
            "postcode_one": postcodes[0] if len(postcodes) == 1 else None,
            "phone_one": phones[0] if len(phones) == 1 else None,
            "email_one": emails[0] if len(emails) == 1 else None,
            "names_key": "|".join(sorted([first, last])) if first and last else None,
            "first_3": first[:3] if first else None,
            "last_3": last[:3] if last else None,
            "last_names": sorted({r["last_name"] for r in rows if r["last_name"]}),
            "last_parts": sorted({p for p in (last or "").split() if len(p) > 2}),
            "called": sorted({*short, *([first] if first else [])}),
            "uprns": _all(rows, "uprn"),
            "homes": homes,
            "postcodes": postcodes,
            "districts": sorted({p[:-3] for p in postcodes}),
            "phones": phones,
            "emails": emails,
        }

    def _agreed(self, record: str, column: str, rows: Sequence[dict[str, Any]]) -> str | None:
        values = {r[column] for r in rows if r[column] is not None}
        if len(values) > 1:
            self.gone[column, "the record's own rows differ"].add(record)
        return values.pop() if len(values) == 1 else None


def _all(rows: Sequence[dict[str, Any]], column: str) -> list[str]:
    return sorted({r[column] for r in rows if r[column] is not None})


def _at(column: str, row: Mapping[str, Any]) -> str:
    """A value as it is shared: an address belongs to its postcode, since every town has a High Street."""
    return f"{row[column]}|{row['postcode'] or ''}" if column == "address" else str(row[column])


def _day(given: Any, empty: dt.date) -> dt.date:
    return given if isinstance(given, dt.date) and given == given else empty


def _names(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["last_name"] or "", row["first_name"] or ""


def folded_name(text: str) -> str | None:
    """A name as it is compared: letters and single blanks, without accents, in small letters.

    >>> folded_name("O'Brien-Núñez "), folded_name("…")
    ('obrien nunez', None)
    """
    plain = unicodedata.normalize("NFKD", text.replace("'", "").replace("’", "")).casefold()
    letters = "".join(c if c.isalpha() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split()) or None


def _name(text: str) -> tuple[str | None, str]:
    return folded_name(text), ""


def _plain(text: str) -> tuple[str | None, str]:
    return folded_word(text) or None, ""


def _postcode(text: str) -> tuple[str | None, str]:
    word = folded_word(text)
    return (word, "") if POSTCODE.fullmatch(word) else (None, "not a whole postcode")


def _uprn(text: str) -> tuple[str | None, str]:
    digits = text.strip().lstrip("0")
    return (digits, "") if digits.isascii() and digits.isdigit() and len(digits) <= 12 else (None, "not a UPRN")


def _phone(text: str) -> tuple[str | None, str]:
    digits = "".join(c for c in text if c in "0123456789")
    digits = re.sub(r"^(0044|44)0?", "0", digits)
    return (digits, "") if 9 <= len(digits) <= 15 else (None, "not a telephone number")


def _email(text: str) -> tuple[str | None, str]:
    small = text.casefold().strip()
    return (small, "") if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", small) else (None, "not an e-mail address")


def _nhs(text: str) -> tuple[str | None, str]:
    if not re.fullmatch(r"[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}", text) or not is_nhs_number(text):
        return None, "check digit"
    return "".join(c for c in text if c.isdigit()), ""


def _upn(text: str) -> tuple[str | None, str]:
    capitals = text.upper().replace(" ", "")
    shape = re.fullmatch(r"[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", capitals)
    return (capitals, "") if shape and is_upn(capitals) else (None, "check letter")


def _sex(text: str) -> tuple[str | None, str]:
    return SEXES.get(folded_word(text)), ""


_READ = {
    "first_name": _name,
    "last_name": _name,
    "address": _plain,
    "uprn": _uprn,
    "phone": _phone,
    "email": _email,
    "postcode": _postcode,
    "sex": _sex,
    "nhs_number": _nhs,
    "upn": _upn,
}
