"""All that is held about somebody, put together for an access request: for a person to read before anything is given
out.

What the law lets a controller keep back, and what is about somebody else, is flagged and not decided: that takes a
human.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeys import kept, keyplace
from journeys.contacts import Session, open_store
from journeys.families import ALWAYS, STILL, fit, load_members
from journeys.held import Held, found, named
from journeys.persons import all_ids
from journeys.pseudonymous import extracts_of
from journeys.readerpage import reader_rules
from journeys.readerwords import Record as Seen
from journeys.reports import REPORTS
from journeys.sources import PRIVATE, Folder, open_folder
from lib.dates import to_date
from lib.errors import KitError, RequestError, count
from lib.files import private_dir, write_whole
from lib.pseudonyms import Pseudonyms
from lib.sheets import Filled, Heading, workbook

CONTACTS = """
SELECT DISTINCT c.c, c.contact_id, c.person_id, f.family_id, c.source_file, c.source_row, c.agency, c.activity, c.nature,
  c.asked_by, c.referred_to, c.outcome, c.reason, c.raw_activity, c.earliest
FROM contacts AS c LEFT JOIN fits AS f ON c.c = f.c ORDER BY c.source_file, c.source_row, c.contact_id, f.family_id
"""

THIRD_PARTY = "it is about another person of the family: a third party's data"
NO_PERSON = "it is about the family, and names no person: it may be about others"
NOT_READ = "columns that no format lists were never read: look at this line of the file"


@dataclass(frozen=True)
class Bundle:
    """Where the bundle is, and how much is in it, sheet by sheet."""

    folder: Path
    rows: dict[str, int]
    flagged: int


def subject(data: str | Path, people: Sequence[str], reports: Path = REPORTS, *, absent: bool = False) -> Bundle:
    """Put together what is held about somebody, in a folder for its owner alone below the data folder's `private`.

    `people`: every id of the one person, as the kit writes them. Returns where it is. The workbook holds a sheet each
    for records (with what to look at before they are given out), memberships, the rest of their family's contacts (who
    they are about is left out), the review book, reports, releases and extracts. Raises `RequestError` for an unknown
    person.
    """
    folder = open_folder(data)
    what = found(folder, people, absent=absent)
    people = all_ids(folder, people)
    session = open_store(folder)
    load_members(session, session.engine)
    fit(session, session.engine, session.contacts)
    contacts = session.engine.frame(CONTACTS).to_dict("records")
    is_them = named(people)
    mine = [row for row in contacts if _text(row["person_id"]) and is_them(row["person_id"])]
    families = {row["family_id"] for row in mine if _text(row["family_id"])} | {row[1] for row in what.members}
    sheets = {
        "records": list(_records(folder, session, what, mine)),
        "memberships": [_membership(row) for row in what.members],
        "family": list(_of_family(contacts, mine, families)),
        "review book": list(_book(folder, {row["contact_id"] for row in mine}, people, families)),
        "reports": list(_reports(folder, what, reports)),
        "extracts": list(_extracts(folder, people)),
    }
    assert folder.path is not None
    name = f"subject {dt.date.today():%Y-%m-%d} {secrets.token_hex(3)}"
    place = private_dir(private_dir(folder.path / PRIVATE) / name)
    flagged = sum(bool(row.get("look")) for rows in sheets.values() for row in rows)
    filled = [_read_me(folder, what, sheets, flagged)] + [_sheet(title, rows) for title, rows in sheets.items()]
    write_whole(place / "held.xlsx", workbook(filled, "What is held about one person"))
    return Bundle(place, {title: len(rows) for title, rows in sheets.items()}, flagged)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _records(folder: Folder, session: Session, what: Held, mine: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each record of theirs, whether it came in, and what to look at before it is given out."""
    rules = reader_rules(folder, session.activities)
    select = (
        "SELECT p.source_file, s.source_row, s.because FROM store.set_aside AS s JOIN store.files AS p ON s.f = p.f"
    )
    aside = {(file, row): because for file, row, because in session.engine.rows(select)}
    known: dict[tuple[str, int], dict[str, Any]] = {(r["source_file"], int(r["source_row"])): r for r in mine}
    for record in what.records:
        row = None if record.is_linkage else known.get((record.file, record.row))
        state = (
            "accepted" if row else f"set aside: {aside.get((record.file, record.row), 'a repeat of another record')}"
        )
        look = "it did not come in: read it in the file"
        if row:
            names = ("activity", "agency", "nature", "asked_by", "referred_to", "outcome")
            what_it_was = {name: _text(row[name]) for name in names}
            seen = Seen(about="reader", texts=(_text(row["reason"]), _text(row["raw_activity"])), **what_it_was)
            reasons = [h.because for h in rules.held_back.values() if any(kind.fits(seen) for kind in h.rows)]
            look = "; ".join(dict.fromkeys(reasons))
        if record.is_linkage:
            state, look = (
                "says who a number stands for",
                "where they live may be protected: see the file, and ask its supplier",
            )
        entry = (
            folder.entry.linkage[record.file] if record.is_linkage else folder.entry.files[folder.file_of(record.file)]
        )
        yield {
            "file": record.file,
            "line": record.line,
            "controller": entry.controller or "",
            "state": state,
            "held": "; ".join(f"{name}: {value}" for name, value in record.cells.items()),
            "look": "; ".join(filter(None, (look, NOT_READ))),
        }


def _membership(row: Sequence[Any]) -> dict[str, Any]:
    person, family, first, last, because = row
    days = [None if day in (ALWAYS, STILL) else to_date(day) for day in (first, last)]
    return {"person": person, "family": family, "from": days[0], "to": days[1], "because": because}


def _of_family(
    contacts: Sequence[dict[str, Any]], mine: Sequence[dict[str, Any]], families: set[str]
) -> Iterator[dict[str, Any]]:
    """The other contacts of their family: where each is, and that it is not theirs alone. What it says is left out."""
    own = {row["c"] for row in mine}
    for row in contacts:
        if row["c"] not in own and row["family_id"] in families:
            yield {
                "file": row["source_file"],
                "record": int(row["source_row"]),
                "agency": row["agency"],
                "look": THIRD_PARTY if _text(row["person_id"]) else NO_PERSON,
            }


def _book(folder: Folder, contacts: set[str], people: Sequence[str], families: set[str]) -> Iterator[dict[str, Any]]:
    """The rows of the review book that rest on a contact of theirs, name them, or speak of their family."""
    book = kept.read_own_book(folder)
    is_them = named(people)
    for name, rows in book.sheets.items() if book else ():
        for row in rows:
            is_own = any(c in contacts for c in kept.contacts_in(row)) or any(map(is_them, kept.people_in(row)))
            if is_own or row.cells.get("family_id") in families:
                cells = {n: v for n, v in row.cells.items() if v not in ("", None, ()) and n not in ("basis", "look")}
                said = "; ".join(f"{n}: {', '.join(v) if isinstance(v, tuple) else v}" for n, v in cells.items())
                look = "" if is_own else "it speaks of the family: see who said it, and of whom"
                yield {"sheet": name, "line": row.line, "held": said, "look": look}
    for name in book.others if book else ():
        yield {"sheet": name, "line": None, "held": "", "look": "a sheet that people added: read it"}


def _reports(folder: Folder, what: Held, reports: Path) -> Iterator[dict[str, Any]]:
    files = {*what.lines, *what.unread, *([folder.entry.members] if what.members and folder.entry.members else [])}
    runs = [run for run in kept.runs_of(folder, reports) if run.may_rest_on(files)]
    for run in runs:
        yield {
            "run": run.says,
            "made": str(run.record.get("started", "")),
            "look": "it rests on a file that names them",
        }
    for name in kept.released(folder):
        yield {
            "run": f"release {name}",
            "made": "",
            "look": "it has left the partnership: counts of families, perhaps theirs among them",
        }


def _extracts(folder: Folder, people: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The projects that had rows of this folder, and the pseudonym under which they have this person."""
    made = extracts_of(folder)
    try:
        ring = keyplace.ring() if made else {}
    except KitError:
        ring = {}
    for one in made:
        key = ring.get(str(one["kid"]))
        theirs = [Pseudonyms(key, f"project:{one['project']}").of("P", person) for person in people] if key else []
        yield {
            "project": one["project"],
            "made": one["on"],
            "pseudonym": ", ".join(theirs) or "the key it was made with is not here",
            "look": "ask the project whether its rows hold this pseudonym",
        }


def _read_me(folder: Folder, what: Held, sheets: dict[str, list[dict[str, Any]]], flagged: int) -> Filled:
    about = folder.about
    lines = [
        ("what this is", f"What {folder.name} holds about one person, for an access request. {about.purpose}"),
        ("before anything is given out", f"{count(flagged, 'row')} are flagged in the column 'look'. The kit decides nothing: whoever "
         "answers for the data reads each, and consults the agency that recorded it, before it is given out or kept back."),
        ("what the flags mean", "Third party: about somebody else, or told by them. The other flags are reasons for which this "
         "council agreed to hold a row back from a family's own page; serious harm, crime and child protection are among them."),
        ("what is not here", "Columns that no format lists, which the kit never reads; letters, case files and systems of the agencies; "
         "what people wrote elsewhere. Each record's line leads to the supplier's file."),
        *((f"could not be read: {name}", "nobody knows whether it names them: mend it, and run this again") for name in what.unread),
        *((title, count(len(rows), "row")) for title, rows in sheets.items()),
        ("when the request is closed", "Delete this folder: it is the plainest copy of one person's data that there is."),
    ]  # fmt: skip
    headings = [Heading("about", width=30, is_given=True), Heading("says", width=110, is_given=True)]
    return Filled("read me", headings, [{"about": a, "says": b} for a, b in lines])


def _sheet(title: str, rows: Sequence[dict[str, Any]]) -> Filled:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["nothing is held here"]
    widths = {"held": 80, "look": 60, "because": 40, "run": 50}
    headings = [Heading(name, width=widths.get(name, 16), is_given=True) for name in names]
    return Filled(title, headings, [{n: _short(v) for n, v in row.items()} for row in rows])


def _short(value: Any) -> Any:
    """A cell that fits a workbook; what does not fit says so, and where to read it."""
    if isinstance(value, str) and len(value) > 30_000:
        return f"{value[:30_000]} … cut here: read the rest in the file"
    return value


def check_people(people: Sequence[str]) -> Sequence[str]:
    """The ids that were given. Raises `RequestError` for an empty one."""
    if not people or not all(person.strip() for person in people):
        raise RequestError("whose? Give a person's number, as <supplier>:<number>.")
    return people
