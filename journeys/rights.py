"""What people may ask of those who hold data about them, and what the law asks: to be forgotten, and kept no longer.

Nothing here changes a file that a supplier sent. Who is forgotten is stopped at the door, each time the files are read;
what was made from their records before is taken out; and what the kit cannot reach is said.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from journeys import aside, kept, keyplace, linkasks, sources
from journeys.bookfile import Row
from journeys.contacts import Session, open_store, read_contacts, store_key
from journeys.families import fit, load_members, read_members
from journeys.forgotten import put_on_list
from journeys.held import Held, found, named
from journeys.judgements import Sheet
from journeys.persons import all_ids
from journeys.pseudonymous import check_reason, projects_of, who_asks
from journeys.reports import LOCK, REPORTS
from journeys.sources import Folder
from lib.dates import say
from lib.errors import KitError, count
from lib.files import lock, shown

BUNDLE_DAYS = 90
"""How long the bundle of an access request is kept: a month to answer, and two more where the law allows them."""


@dataclass
class Done:
    """What forgetting did, and what is left for people to do."""

    held: Held
    questions: int = 0
    book_rows: int = 0
    book_to_read: int = 0
    stores: int = 0
    stores_open: int = 0
    runs: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Theirs:
    """The contacts of people, the families these fit, those that nobody else is in, needs that are theirs alone,
    and how many contacts of these families name no person.
    """

    contacts: frozenset[str]
    families: frozenset[str]
    families_alone: frozenset[str]
    needs: frozenset[str]
    of_nobody: int


def forget(
    data: str | Path, people: Sequence[str], reason: str, reports: Path = REPORTS, *, absent: bool = False
) -> Done:
    """Take somebody out of all that was made from a folder's files, and keep them out when the files come again.

    `people`: every id of the one person, as the kit writes them. `absent`: go on although no file names them now. Their
    records are set aside as `forgotten` from now on, so that each file's account still adds up; the store, the review
    book and every run that rests on a file with their records lose them. Raises `RequestError` for an unknown person, a
    missing reason or a key that is not well kept; then nothing has changed.
    """
    words = check_reason(reason)
    folder = sources.open_folder(data)
    what = found(folder, people, absent=absent)
    people = all_ids(folder, people)
    kept.check_book_closed(folder)
    keyplace.key()
    session = open_store(folder)
    theirs = _theirs(session, people)
    del session
    assert folder.path is not None
    # No report is built meanwhile. What was made from their records goes first and the list is written after it, so that
    # whoever is stopped on the way can do it again from the beginning.
    with lock(folder.path / ".store" / LOCK):
        done = Done(what, questions=linkasks.take_out(folder, named(people)))
        _take_out_of_book(folder, theirs, people, done)
        runs = [r for r in kept.runs_of(folder, reports) if absent or r.may_rest_on(_names(folder, what))]
        done.released, done.runs = kept.released(folder), [run.says for run in runs]
        kept.take_out(runs)
        old = _stores(folder)
        put_on_list(folder, people, words, who_asks())
        aside.clear(folder)
        open_store(folder)
        _, done.stores_open = kept.sweep_stores(folder, store_key(folder))
        done.stores = len(old - _stores(folder))
        done.by_hand = [*_by_hand(folder, what, theirs), *_refresh_book(folder)]
        done.projects = projects_of(folder)
    return done


def _take_out_of_book(folder: Folder, theirs: _Theirs, people: Sequence[str], done: Done) -> None:
    """Take out of the review book what rests on them, names them, or speaks of a family that nobody else is in."""
    book = kept.read_own_book(folder)
    if book is None:
        return
    is_them = named(people)

    def gone(sheet: Sheet, row: Row) -> bool:
        need = row.cells.get("need_id") if sheet.name == "needs" else None
        return (
            any(contact in theirs.contacts for contact in kept.contacts_in(row))
            or any(is_them(person) for person in kept.people_in(row))
            or row.cells.get("family_id") in theirs.families_alone
            or (need in theirs.needs and row.cells.get("family_id") in theirs.families)
        )

    rows, done.book_rows = kept.without(book, gone)
    left = (row for some in rows.values() for row in some if row.cells.get("family_id") in theirs.families)
    done.book_to_read = sum(1 for _ in left)
    kept.rewrite_book(folder, book, rows)


def _by_hand(folder: Folder, what: Held, theirs: _Theirs) -> Iterator[str]:
    for name, at in what.lines.items():
        where = f"{name}: their records begin on {_lines(at)}."
        yield f"{where} The kit changes no file of a supplier's: ask for an extract without them."
    if theirs.of_nobody:
        yield f"{count(theirs.of_nobody, 'contact')} of their family name nobody, and stay: see whether they are about this person."
    if folder.entry.persons and what.records:
        yield (
            f"{folder.entry.persons} joins their numbers: run `python -m journeys link {folder.name}`, which leaves them out. "
            "The ledgers of persons and families in the private folder keep their numbers, and no name, until the folder goes."
        )
    if what.members:
        yield f"{folder.entry.members}: take out {count(len(what.members), 'row')} that names them."
    for path in kept.bundles(folder):
        yield f"{shown(path)}: the bundle of an access request, perhaps of this person. Read it, and delete it."
    for name in what.unread:
        yield f"{name} could not be read, so nobody knows whether it names them."


def forget_no_more(data: str | Path, people: Sequence[str], reason: str) -> None:
    """Take somebody off the list again, by a line that says so. What was taken out of reports and book stays out."""
    words = check_reason(reason)
    folder = sources.open_folder(data)
    found(folder, people)
    put_on_list(folder, all_ids(folder, people), words, who_asks(), undone=True)


def _theirs(session: Session, people: Sequence[str]) -> _Theirs:
    load_members(session, session.engine)
    fit(session, session.engine, session.contacts)
    is_them = named(people)
    select = "SELECT DISTINCT c.person_id, c.contact_id, f.family_id, c.need_id FROM contacts AS c LEFT JOIN fits AS f ON c.c = f.c"
    found_rows = session.engine.rows(select)
    rows = [(bool(row[0]) and is_them(row[0]), *row[1:]) for row in found_rows]
    families = frozenset(family for mine, _, family, _ in rows if mine and family)
    others = {family for mine, _, family, _ in rows if not mine}
    needs_of_others = {(family, need) for mine, _, family, need in rows if not mine}
    needs = {need for mine, _, family, need in rows if mine and need and (family, need) not in needs_of_others}
    contacts = frozenset(contact for mine, contact, _, _ in rows if mine)
    of_nobody = sum(not person and family in families for person, _, family, _ in found_rows)
    return _Theirs(contacts, families, families - others, frozenset(needs), of_nobody)


def _stores(folder: Folder) -> frozenset[Path]:
    assert folder.path is not None
    return frozenset((folder.path / ".store").glob("*.duckdb"))


def _names(folder: Folder, what: Held) -> frozenset[str]:
    """The files by which a run can hold them: theirs, and any that could not be read to see."""
    own = {folder.entry.members} if what.members and folder.entry.members else set()
    own |= {folder.entry.persons} if what.records and folder.entry.persons else set()
    return frozenset({*what.lines, *what.unread, *own})


def _lines(at: Sequence[int], most: int = 12) -> str:
    more = f" and {len(at) - most} more" if len(at) > most else ""
    return f"line{'s' if len(at) > 1 else ''} {', '.join(map(str, at[:most]))}{more}"


def _refresh_book(folder: Folder) -> list[str]:
    """Fill in the book's given columns anew, which may say what the forgotten's records once showed."""
    from journeys.filling import write_book
    from journeys.journey import build_journeys

    assert folder.path is not None
    if kept.book_path(folder) is None:
        return []
    try:
        write_book(build_journeys(read_contacts(folder.path), read_members(folder.path)))
    except KitError as error:
        return [f"the review book was not filled in anew ({error}): run `python -m journeys book` when that is mended."]
    finally:
        kept.forget_book_before(folder)
    return []


# Kept no longer


@dataclass(frozen=True)
class Due:
    """One thing that is not to be kept: what it is, why, and how it is removed; where only people can, nothing."""

    what: str
    because: str
    remove: Callable[[], object] | None = None


def due(data: str | Path, reports: Path = REPORTS) -> Iterator[Due]:
    """What a folder should hold no longer: past `keep_until`, or from a file that sources.yml names no more.

    Runs and stores are removed whole, rows of the review book that name contacts of such a file one by one. A
    supplier's file is never removed: it is named, for people to delete.
    """
    folder = sources.open_folder(data)
    past = {n: e.keep_until for n, e in folder.entry.files.items() if e.keep_until and sources.today() > e.keep_until}
    current = {*folder.entry.files, *filter(None, (folder.entry.members, folder.entry.persons))}
    runs = kept.runs_of(folder, reports)
    for run in runs:
        why = [f"{n}, to be kept until {say(day)}" for n, day in past.items() if n in run.rests_on]
        why += [f"{n}, which sources.yml names no more" for n in sorted(run.rests_on - current)]
        if past and not run.says_its_files:
            why = ["files that it does not name, some of which are past their day"]
        if why:
            yield Due(f"run {run.says}", f"it rests on {'; '.join(why)}", lambda run=run: kept.take_out([run]))  # type: ignore[misc]
            for name in kept.released(folder, run):
                yield Due(
                    f"release {name}", "it rests on that run, has left the partnership, and cannot be called back"
                )
    keep = "" if past else store_key(folder)
    assert folder.path is not None
    old = [p for p in (folder.path / ".store").glob("*.duckdb") if not keep or p.stem.split("-")[0] != keep]
    if old:
        why_store = "it holds what is past its day" if past else "it was made from files as they were before"
        yield Due(f"{count(len(old), 'store')} of {folder.name}", why_store, lambda: kept.sweep_stores(folder, keep))
    if aside.rooms_of(folder) and (past or old):
        yield Due(
            f"the records of {folder.name} that were set aside, or kept whole beside a text that was cut",
            "they may be of files past their day, or as they were before; check writes them anew",
            lambda: aside.clear(folder),
        )
    for path in kept.bundles(folder):
        age = (sources.today() - dt.date.fromtimestamp(path.stat().st_mtime)).days
        if age > BUNDLE_DAYS:
            why_bundle = f"an access request is answered within {BUNDLE_DAYS} days, and its bundle is then deleted"
            yield Due(f"bundle {path.name}", why_bundle, lambda path=path: shutil.rmtree(path))  # type: ignore[misc]
    yield from _book_due(folder, past)
    for name, day in past.items():
        yield Due(
            f"the file {shown(folder.path / name)}", f"it was to be kept until {say(day)}: delete it, and its line"
        )


def _book_due(folder: Folder, past: Collection[str]) -> Iterator[Due]:
    book = kept.read_own_book(folder)
    if book is None:
        return
    staying = {supplier for name, supplier in folder.suppliers.items() if name not in past}

    def gone(sheet: Sheet, row: Row) -> bool:
        ids = [one for one in (*kept.contacts_in(row), *kept.people_in(row)) if ":" in one]
        return any(not any(one.startswith(f"{s}:") for s in staying) for one in ids)

    rows, many = kept.without(book, gone)
    if many:
        what = f"{count(many, 'row')} of the review book"
        yield Due(what, "they name contacts of such a file", lambda: kept.rewrite_book(folder, book, rows))
