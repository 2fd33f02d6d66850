"""The linkage files of a data folder, read strictly: names, birth dates, homes and numbers, for joining records alone.

What is read here lives in memory while records are joined, and goes nowhere else: no store, no report, no message.
Records read = accepted + set aside + collapsed, for each file, always.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.declared import LINKAGE_TARGETS
from journeys.forgotten import REASON, who_is
from journeys.layouts import LINKAGE_DAYS
from journeys.linkrules import LinkRules, folded_word, load_link_rules
from journeys.sources import Folder, open_folder
from lib.batches import Source
from lib.dates import FIRST_YEAR, LAST_YEAR, to_date
from lib.dialect import dates_read
from lib.doubts import PLACEHOLDER
from lib.engine import Engine
from lib.errors import DataError, PartMissing, RequestError
from lib.readers import batches, digest

if TYPE_CHECKING:
    import pandas as pd

RECORD = (
    *("record_id", "supplier", "first_name", "last_name", "date_of_birth", "sex", "postcode", "address", "uprn"),
    *("nhs_number", "upn", "phone", "email", "household_id", "parent_ids", "from_date", "to_date", "confidential"),
    *("source_file", "source_row"),
)
"""The columns of records, in their order."""

ACCOUNT = ("file", "read", "accepted", "set_aside", "collapsed", "rejected_because")
ASIDE = ("source_file", "source_row", "source_line", "reason", "column", "fix")

FIXES = {
    "empty row": "nothing, if the row is a footer; else fill it in",
    "no person id": "ask the supplier for the id that its contacts use",
    "a word for nothing in place of a person id": "ask the supplier for the id: by such a word strangers would be one person",
    "bad date": "write the day as sources.yml declares it under `dates`, or add the format there",
    "year out of range": "ask the supplier for the true day",
    "ends before it begins": "`to` is the first day on which it no longer holds: mend one of the two days",
    REASON: "nothing: this person asked to be forgotten",
}
_TEXTS = tuple(
    t for t in LINKAGE_TARGETS if t not in ("date_of_birth", "from", "to", "person_id", "household_id", "parent_ids")
)
SLIPPED = ("too few fields", "too many fields", "cut short", "a quotation mark left open", "merged cells")
"""How it begins to be said why a row cannot be used, where its fields may stand in other places than their own."""

_NO = frozenset({"", "no", "n", "false", "0", "none", "not protected"})


@dataclass(frozen=True)
class Linkage:
    """What the linkage files tell: records (a row per accepted row), the account of each file, and rows set aside.

    It shows how many there are and never who: the records hold names and birth dates.
    """

    records: pd.DataFrame
    account: pd.DataFrame
    set_aside: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Linkage: {len(self.records):,} records of {self.records['supplier'].nunique()} suppliers>"


def read_linkage(data: str | Path | Folder) -> Linkage:
    """The linkage files of a folder, as `linkage:` in its sources.yml declares them: who the suppliers' ids stand for.

    `data` is a folder's name under `data/`, a path to one, or an open folder. Returns records (a row per accepted row,
    columns `RECORD`: `record_id` is `<supplier>:<id>`, `parent_ids` a tuple of record ids, `from_date` the first day on
    which the row holds and `to_date` the first on which it no longer does), the account (a row per file: read = accepted
    + set aside + collapsed) and the rows set aside (file, row, line, reason, column, what to do; never a value).

    A record that any row of its own marks as confidential is confidential in all of them; whatever is not plainly a no
    counts as a mark.

    Raises `PermissionRefused` where a file may not be used for linkage, `DataError` where one cannot be read at all.

    >>> import pandas as pd
    >>> from journeys.sources import from_frames
    >>> pupils = pd.DataFrame({"No": ["7", "7", ""], "Forename": ["Ada"] * 3, "DOB": ["01/02/2015", "01/02/2015", ""]})
    >>> entry = {"supplier": "school", "columns": {"person_id": "No", "first_name": "Forename", "date_of_birth": "DOB"}}
    >>> about = {"purpose": "An example", "invented": True, "files": {}, "linkage": {"pupils.csv": entry}}
    >>> read = read_linkage(from_frames({"pupils.csv": pupils}, about))
    >>> read, read.records["record_id"].tolist()
    (<Linkage: 1 records of 1 suppliers>, ['school:7'])
    >>> read.account[["read", "accepted", "set_aside", "collapsed"]].iloc[0].tolist()
    [3, 1, 1, 1]
    """
    import pandas as pd

    folder = data if isinstance(data, Folder) else open_folder(data)
    if not folder.entry.linkage:
        raise RequestError(
            f"{folder.at('files')}: no linkage file is declared. Add a block `linkage:` that names the files that say who "
            "the suppliers' ids stand for."
        )
    linkage = take_linkage(folder)
    for row in linkage.account.itertuples(index=False):
        if row.rejected_because:
            raise DataError(row.rejected_because)
    assert isinstance(linkage.records, pd.DataFrame)
    return linkage


def take_linkage(folder: Folder) -> Linkage:
    """As `read_linkage`, and a file that cannot be read at all is in the account with the reason."""
    import pandas as pd

    folder.require_linkage()
    reading = _Reading(folder, load_link_rules(folder.rule_files("linkage.yml")))
    sources = folder.linkage_sources()
    accounts = [reading.take(source) for source in sources]
    for at, source in enumerate(sources):
        # One table may be missing from a database; where all are, it is another kind of file.
        if all(other.name in reading.missing for other in sources if other.path == source.path):
            accounts[at] = (*accounts[at][:5], reading.missing[source.name])
    frame = pd.DataFrame(reading.records, columns=list(RECORD), dtype=object)
    frame["confidential"] = frame["record_id"].isin(reading.confidential).astype(bool)
    frame["source_row"] = frame["source_row"].astype("int64")
    account = pd.DataFrame(accounts, columns=list(ACCOUNT)).astype(dict.fromkeys(ACCOUNT[1:5], "int64"))
    return Linkage(frame, account, pd.DataFrame(reading.aside, columns=list(ASIDE)))


class _Reading:
    """One reading of all linkage files, in the order in which they are declared."""

    def __init__(self, folder: Folder, rules: LinkRules) -> None:
        self.is_forgotten = who_is(folder) or (lambda person: False)
        self.rules, self.engine = rules, Engine()
        self.records: list[dict[str, Any]] = []
        self.aside: list[tuple[Any, ...]] = []
        self.confidential: set[str] = set()
        self.seen: set[tuple[Any, ...]] = set()
        self.files: set[tuple[Any, ...]] = set()
        self.missing: dict[str, str] = {}

    def take(self, source: Source) -> tuple[Any, ...]:
        """Read one file; its line of the account."""
        before = len(self.records), len(self.aside), set(self.seen)
        read = accepted = aside = 0
        try:
            key = (digest(source), source.supplier, *sorted(source.columns.items()), *source.formats)
            is_copy = key in self.files
            for row in self._rows(source):
                read += 1
                if is_copy:
                    continue
                because, column = self._reason(source, row)
                if because:
                    fix = FIXES.get(because, "mend the row, or ask the supplier for it again")
                    self.aside.append((source.name, row["row"], row["line"], because, column, fix))
                    aside += 1
                    continue
                accepted += self._accept(source, row)
            self.files.add(key)
        except PartMissing as error:
            self.missing[source.name] = str(error)
            return (source.name, 0, 0, 0, 0, "")
        except DataError as error:
            del self.records[before[0] :], self.aside[before[1] :]
            self.seen = before[2]
            return (source.name, 0, 0, 0, 0, str(error))
        return (source.name, read, accepted, aside, read - accepted - aside, "")

    def _rows(self, source: Source) -> Iterator[dict[str, Any]]:
        for batch in batches(source):
            dates = {d: source.formats for d in sorted(LINKAGE_DAYS) if d in batch.column_names}
            self.engine.replace(
                "typed", batch, dates_read(dates, batch.column_names) if dates else "SELECT * FROM incoming"
            )
            yield from self.engine.arrow("SELECT * FROM typed ORDER BY row").to_pylist()

    def _reason(self, source: Source, row: dict[str, Any]) -> tuple[str, str]:
        """Why a row cannot be used, and in which column; a mark of confidentiality on it holds all the same."""
        person = row.get("person_id")
        # Where the fields of a row have slipped, what it says of confidentiality may stand in another column.
        has_slipped = "confidential" in source.columns and (row["problem"] or "").startswith(SLIPPED)
        if person and (has_slipped or folded_word(row.get("confidential") or "") not in _NO):
            self.confidential.add(f"{source.supplier}:{person}")
        for day in sorted(LINKAGE_DAYS):
            row[f"{day}_given"] = self._day(row, day)
        if row["problem"]:
            return row["problem"], ""
        if not any(row.get(t) for t in LINKAGE_TARGETS) and not any(row[f"{d}_given"] for d in LINKAGE_DAYS):
            return "empty row", ""
        if not person:
            return "no person id", source.columns["person_id"]
        if re.search(PLACEHOLDER, person) or folded_word(person) in self.rules.placeholders["any"]:
            return "a word for nothing in place of a person id", source.columns["person_id"]
        if self.is_forgotten(f"{source.supplier}:{person}"):
            return REASON, ""
        for day in sorted(LINKAGE_DAYS):
            if isinstance(given := row[f"{day}_given"], str):
                return given, source.columns[day]
        start, end = row["from_date_given"], row["to_date_given"]
        return ("ends before it begins", source.columns["to_date"]) if start and end and end <= start else ("", "")

    def _day(self, row: dict[str, Any], day: str) -> dt.date | str | None:
        """The day, nothing, or why it cannot be used."""
        if row.get(f"{day}_blank", True) or folded_word(row.get(day) or "") in self.rules.placeholders["any"]:
            return None
        if row[f"{day}_day"] is None:
            return "bad date"
        found = to_date(row[f"{day}_day"])
        if found in self.rules.placeholders["date_of_birth"]:
            return found if day == "date_of_birth" else None
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else "year out of range"

    def _accept(self, source: Source, row: dict[str, Any]) -> bool:
        """Keep a row, unless one of the same supplier with the same values is kept already."""
        texts = {t: row.get(t) for t in _TEXTS}
        # One number to a row, its kind beside it: a kind that nobody has listed is no evidence.
        if kind := source.words.get("identifier_kind", {}).get((row.get("identifier_kind") or "").casefold()):
            texts[kind] = row.get("identifier")
        record = {name: texts.get(name) for name in RECORD} | {
            "record_id": f"{source.supplier}:{row['person_id']}",
            "supplier": source.supplier,
            "date_of_birth": row["date_of_birth_given"],
            "from_date": row["from_date_given"],
            "to_date": row["to_date_given"],
            "household_id": f"{source.supplier}:{row['household_id']}" if row.get("household_id") else None,
            "parent_ids": tuple(
                f"{source.supplier}:{p.strip()}" for p in (row.get("parent_ids") or "").split(";") if p.strip()
            ),
        }
        key = tuple(record[name] for name in RECORD[:-2])
        if key in self.seen:
            return False
        self.seen.add(key)
        self.records.append(record | {"source_file": source.name, "source_row": row["row"]})
        return True
