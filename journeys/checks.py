"""What is wrong or doubtful in contacts and members: one row each, with what to do. Nothing is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import sources
from journeys.columns import TABLES, identifying
from journeys.contacts import Session, cut_texts, intake_account, session_of
from journeys.families import fit, load_members
from lib.csvs import manner
from lib.dates import day_number, say
from lib.engine import Table
from lib.errors import RequestError, count
from lib.readers import is_text

if TYPE_CHECKING:
    import pandas as pd

FAULTS = {
    "rejected_file": "the whole file could not be read: {detail}",
    "empty_file": "it holds no records: ask the supplier whether that is right",
    "list_missing": "the list is not in the file: nothing of it was read. If it should be there, ask the supplier for it",
    "set_aside": "{records} could not be used: {detail}",
    "text_cut": "{records} with more than 65,536 letters in '{detail}': the contact is kept, its text is cut there and says so. "
    "`python -m journeys check` keeps the whole record in private/kept_whole, for the data's owner alone. See there whether a "
    "quotation mark was left open; if none was, nothing is to be mended",
    "identical_no_id": "{contacts} the same in every value that is read, with no id of their own: all kept. If they are one, "
    "ask the supplier for an id",
    "garbled": "{rows} with letters such as Ã© where one was meant: read in a wrong encoding before it came here. Ask the "
    "supplier for UTF-8",
    "month_first": "{rows} with a day that fits only if the month is written first: the whole file may be written so, and then "
    "its other days are wrong too. Ask the supplier; mend `dates` of the format",
    "error_cells": "{rows} with an error such as #N/A in a cell that was read as nothing. Ask the supplier what belongs there",
    "decimal_ids": "{rows} with an id such as 12.0: a program took ids for numbers on the way, and noughts before them may be "
    "lost. The same id without .0 is another: ask for an export as text",
    "padded_ids": "{rows} with an id that the sheet shows with noughts before it and holds as a number without them: read without. "
    "Where other files write the noughts they name somebody else: ask for the column as text",
    "changed_ids": "{rows} with an id in quotation marks, with an apostrophe or = before it, or such as Mar-04: a spreadsheet program "
    "changed it on the way, or was kept from it. The same id as its system writes it is another: ask for an export as text",
    "placeholder_ids": "{rows} whose person or family is a word such as 'unknown', or noughts alone: read as one id, which "
    "strangers may share. Add the word to `blanks` of the format, and such rows are set aside",
    "placeholder_contacts": "{rows} whose own id is a word such as 'unknown', or noughts: those that share it are taken as versions of one "
    "contact, of which the latest holds. Add the word to `blanks` of the format, and each is a contact of its own",
    "id_of_others": "{records} with an id that others have about somebody else: taken as versions of one contact, of which the latest "
    "holds, so that the others are in nobody's journey. If the supplier uses ids again, name the columns that tell them apart "
    "as `key` of the format; if a record was moved to whom it is about, nothing is to be mended",
    "serial_days": "{times} written as a number of days, as spreadsheets count them: read by the workbook's own calendar",
    "hidden_rows": "{rows} hidden in the sheet: read as the others. Ask the supplier whether they belong there",
    "lone_midnight": "{times} exactly midnight among true times: read as no time. If midnight is a time here, write "
    "`midnight: time` in sources.yml",
    "clock_gap": "a time that did not exist, in the hour when clocks go forward: kept",
    "clock_twice": "a time that happened twice, when clocks go back: read as the earlier",
    "clock_disorder": "{pairs} of timed contacts on one day out of order once their offsets are counted: no duration is "
    "given for them",
    "time_in_words": "the time is a word and not hours and minutes: read as no time",
    "same_id_two_suppliers": "{ids} in more than one file of {detail}: kept as different contacts. If the files are "
    "one system's, give them one `series` in sources.yml",
    "unmapped": "{contacts} of the kind '{detail}', which is in no line of activities.yml: kept under that name, and in no move. "
    "Add them to data/<name>/rules/activities.yml",
    "no_recorded_on": "{contacts} with no day of recording: taken as known on the day it happened",
    "recorded_before": "{contacts} with a day of recording before the day itself: kept, and taken as known from then on. If these are no "
    "appointments, one of the two days is wrong: ask the supplier",
    "ends_before": "{contacts} whose end lies before its day: kept, both days as written. Ask the supplier which is right",
    "replace_each_other": "{contacts} that each say they replace the other: both are kept, since nobody can tell which holds. See "
    "whether the column only links records, and then take `replaces` out of the format",
    "imprecise": "{contacts} known to a month, a year or about: kept, and outside moves and waits where their day "
    "matters",
    "coverage_not_declared": "{detail} declares no coverage: taken as its first to last contact",
    "future": "{contacts} dated after today: kept. If they are appointments, and not yet what happened, ask for an extract "
    "without them",
    "outside_coverage": "{contacts} outside the days that {detail} says it covers",
    "no_family": "the contact fits no family: its person is in no family on that day",
    "span_crosses": "the day is not known exactly, and its person changed family within the span",
    "two_families": "its person is in two families on that day, and nothing says so. If parents are separated, write "
    "`separated parents` on both rows of the members file",
    "log_and_members_disagree": "the log names one family and the members file another: the log's is kept",
    "referred_to_nobody": "{referrals} with nobody named as asked: no handover is shown",
}
"""Every fault by name, and what it says: `{contacts}` and the like count, `{detail}` is never a person."""

_PEOPLE = """
SELECT 'no_family' AS fault, c.source_file, c.source_row, c.contact_id, 1 AS n, '' AS detail FROM {contacts} AS c
WHERE c.family_id_given IS NULL AND NOT EXISTS (SELECT 1 FROM candidates AS d WHERE d.c = c.c)
UNION ALL
SELECT v.verdict AS fault, c.source_file, c.source_row, c.contact_id, 1 AS n, '' AS detail
FROM {contacts} AS c JOIN verdicts AS v ON c.c = v.c WHERE c.family_id_given IS NULL AND v.verdict <> 'fits'
UNION ALL
SELECT 'log_and_members_disagree' AS fault, c.source_file, c.source_row, c.contact_id, 1 AS n, '' AS detail
FROM {contacts} AS c JOIN candidates AS d ON c.c = d.c WHERE c.family_id_given IS NOT NULL
GROUP BY c.source_file, c.source_row, c.contact_id, c.version, c.family_id_given
HAVING count(*) FILTER (WHERE d.family_id = c.family_id_given) = 0
"""

_FILES = """
SELECT s.fault, p.source_file, CASE WHEN s.fault = 'identical_no_id' THEN NULL ELSE s.source_row END AS source_row,
  c.contact_id, s.n, '' AS detail
FROM store.faults AS s JOIN store.files AS p ON s.f = p.f
  LEFT JOIN {contacts} AS c ON s.f = c.f AND s.source_row = c.source_row AND s.part = c.part
UNION ALL
SELECT 'set_aside' AS fault, p.source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, s.because AS detail
FROM store.set_aside AS s JOIN store.files AS p ON s.f = p.f GROUP BY p.source_file, s.because
UNION ALL
SELECT 'text_cut' AS fault, p.source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(DISTINCT r.source_row) AS n,
  r.at_fault AS detail FROM ({cut}) AS r JOIN store.files AS p ON r.f = p.f GROUP BY p.source_file, r.at_fault
UNION ALL
SELECT 'unmapped' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, activity AS detail
FROM {contacts} WHERE NOT is_mapped AND nature = 'unknown' GROUP BY source_file, activity
UNION ALL
SELECT 'id_of_others' AS fault, c.source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(DISTINCT c.source_row) AS n,
  '' AS detail
FROM {contacts} AS c JOIN (
  SELECT contact_id FROM {contacts} WHERE contact_id IN (SELECT contact_id FROM {contacts} WHERE version > 1)
  GROUP BY contact_id HAVING count(DISTINCT coalesce(person_id, family_id_given)) > 1
) AS o ON c.contact_id = o.contact_id GROUP BY c.source_file
UNION ALL
SELECT 'no_recorded_on' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE recorded_day IS NULL GROUP BY source_file
UNION ALL
SELECT 'recorded_before' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE recorded_day < earliest GROUP BY source_file
UNION ALL
SELECT 'ends_before' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE ends_day < earliest GROUP BY source_file
UNION ALL
SELECT 'replace_each_other' AS fault, a.source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(DISTINCT a.contact_id) AS n,
  '' AS detail
FROM {contacts} AS a JOIN {contacts} AS b ON a.replaces = b.contact_id AND b.replaces = a.contact_id AND a.contact_id <> b.contact_id
GROUP BY a.source_file
UNION ALL
SELECT 'imprecise' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE precision <> 'day' GROUP BY source_file
UNION ALL
SELECT 'future' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE earliest > {today} GROUP BY source_file
UNION ALL
SELECT 'referred_to_nobody' AS fault, source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM {contacts} WHERE nature = 'referral' AND referred_to IS NULL GROUP BY source_file
UNION ALL
SELECT 'coverage_not_declared' AS fault, '' AS source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), 1 AS n,
  agency AS detail FROM store.coverage WHERE NOT is_declared AND agency <> 'family'
UNION ALL
SELECT 'outside_coverage' AS fault, c.source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, c.agency AS detail
FROM {contacts} AS c JOIN store.coverage AS v ON c.agency = v.agency
WHERE v.is_declared AND c.nature <> 'life' AND (c.latest < v.from_day OR c.earliest > v.to_day) GROUP BY c.source_file, c.agency
UNION ALL
SELECT 'same_id_two_suppliers' AS fault, '' AS source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n,
  agency AS detail
FROM (SELECT agency, own_id FROM {contacts} WHERE own_id IS NOT NULL GROUP BY agency, own_id
      HAVING count(DISTINCT source_file) > 1 AND count(DISTINCT contact_id) > 1) AS d GROUP BY agency
UNION ALL
SELECT 'clock_disorder' AS fault, '' AS source_file, CAST(NULL AS INTEGER), CAST(NULL AS VARCHAR), count(*) AS n, '' AS detail
FROM (SELECT t_utc, lag(t_utc) OVER (PARTITION BY person_id, family_id_given, day ORDER BY second) AS before
      FROM {contacts} WHERE second IS NOT NULL) AS p WHERE t_utc < before HAVING count(*) > 0
"""


def check_contacts(contacts: Table, members: Table | pd.DataFrame | None = None) -> Table:
    """What is wrong or doubtful, one row per fault; nothing is dropped.

    `contacts` from `read_contacts`; `members` from `read_members` (by default the folder's own). Returns a Table with
    the columns of `columns.TABLES["faults"]`: the fault's name, where it is, how many contacts it touches, and a
    sentence with what to do.

    >>> from journeys.contacts import read_contacts
    >>> check_contacts(read_contacts("sample")).columns
    ['fault', 'source_file', 'source_row', 'contact_id', 'contacts', 'says']
    """
    session = contacts.owner if isinstance(contacts, Table) else None
    if not isinstance(session, Session):
        raise RequestError("contacts is not what read_contacts gives. Write contacts = fj.read_contacts(data) first.")
    return _faults(session, members)


def account(data: str | Path | Table) -> pd.DataFrame:
    """Per file: records read = accepted + set aside + collapsed, always; and how many accepted fit no family.

    `data` is a folder's name or path, or the contacts that `read_contacts` gave. A file that is rejected whole is listed
    with the reason. Returns a DataFrame with the columns of
    `columns.TABLES["account"]`.

    >>> frame = account("sample")
    >>> bool((frame["read"] == frame["accepted"] + frame["set_aside"] + frame["collapsed"]).all())
    True
    """
    return full_account(session_of(data))


def full_account(session: Session) -> pd.DataFrame:
    """The account of an open session, with how many accepted records fit no family."""
    frame = intake_account(session)
    select = (
        "SELECT source_file, count(DISTINCT source_row) AS n FROM ({}) AS p WHERE fault IN ({}) GROUP BY source_file"
    )
    _lay_people(session, None)
    kinds = "'no_family', 'span_crosses', 'two_families'"
    nowhere = dict(session.engine.rows(select.format(_PEOPLE.format(contacts=session.contacts), kinds)))
    frame.insert(5, "in_no_family", [int(nowhere.get(f, 0)) for f in frame["file"]])
    return frame


def _lay_people(session: Session, members: Table | pd.DataFrame | None) -> None:
    load_members(session, session.engine, members)
    fit(session, session.engine, session.contacts)


def _faults(session: Session, members: Table | pd.DataFrame | None) -> Table:
    import pyarrow as pa

    engine = session.engine
    _lay_people(session, members)
    rows = engine.rows(_PEOPLE.format(contacts=session.contacts)) + engine.rows(
        _FILES.format(contacts=session.contacts, cut=cut_texts(), today=day_number(sources.today()))
    )
    missing = {row[1] for row in rows if row[0] == "list_missing"}
    frame = intake_account(session)
    for row in frame.itertuples():
        if row.rejected_because:
            rows.append(("rejected_file", row.file, None, None, 1, row.rejected_because))
        elif not row.read and row.file not in missing:
            rows.append(("empty_file", row.file, None, None, 0, ""))
    order = {name: n for n, name in enumerate(FAULTS)}
    rows.sort(key=lambda r: (order[r[0]], r[1] or "", r[2] or 0, r[3] or "", str(r[5])))
    label = session.activities.agency
    said = [
        (f, file or None, row, contact, n, _says(f, n, label(detail) if f in _OF_AGENCIES else detail))
        for f, file, row, contact, n, detail in rows
    ]
    kinds = {"text": pa.string(), "whole number": pa.int64()}
    fields = TABLES["faults"]
    columns = list(zip(*said, strict=True)) or [()] * len(fields)
    name = engine.fresh_name("faults")
    engine.load(name, pa.table({f.name: pa.array(c, kinds[f.type]) for f, c in zip(fields, columns, strict=True)}))
    return Table(engine, "faults", f"SELECT * FROM {name}", identifying("faults"), session)


_OF_AGENCIES = ("coverage_not_declared", "outside_coverage")


def how_read(session: Session) -> Iterator[str]:
    """A line for each file of text: its encoding, what parts its fields, and how many columns are not read."""
    for source in session.folder.sources():
        if not is_text(source) or source.name in session.rejected:
            continue
        encoding, delimiter, above, left = manner(source)
        how = (
            f"{encoding}{' (declared)' if source.encoding else ''}, fields parted by {_PARTS.get(delimiter, delimiter)}"
        )
        over = (
            f"; {'line 1' if above == 1 else f'lines 1 to {above}'}, above the column names, passed over"
            if above
            else ""
        )
        at = ", ".join(map(str, left[:12])) + (" …" if len(left) > 12 else "")
        more = f"; {count(len(left), 'column')} not read (position {at})" if left else ""
        yield f"{source.name}: {how}{over}{more}"


_PARTS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright lines"}


def _says(fault: str, n: int, detail: Any) -> str:
    nouns = ("record", "row", "time", "pair", "id", "contact", "referral")
    detail = detail.rstrip(".") if isinstance(detail, str) else detail
    said = FAULTS[fault].format(detail=detail, **{f"{noun}s": count(n, noun) for noun in nouns})
    return said[0].upper() + said[1:] + "."


def data_to(session: Session) -> str:
    """To which day the agencies' records run, in one line: the last end, how many agencies, and who ends earlier."""
    cover = session.coverage()
    cover = cover[cover["agency"] != "family"]
    if cover.empty:
        return "no records"
    ends = cover["to_date"].dt.date
    last = max(ends)
    early = [session.activities.agency(a) for a, end in zip(cover["agency"], ends, strict=True) if end < last]
    whole = f"{say(last)}; {count(len(cover), 'agency', 'agencies')}"
    if not early:
        return whole
    return f"{whole}, {len(early)} ending earlier" + (f" ({', '.join(early)})" if len(early) <= 3 else "")
