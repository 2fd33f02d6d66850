"""`link`: the agencies' linkage records into persons and families, written with a ledger, whole or not at all.

What is written: persons.csv and members.csv in the data folder; in its private room the ledgers of persons and of
families, the evidence that made each family, and who was held for a person to look at.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.evidence import Evidence, read_evidence
from journeys.families import ALWAYS, STILL
from journeys.forgotten import who_is
from journeys.kindecisions import FILE, Decided, not_obeyed, of_people, read_decisions
from journeys.kinrules import Kinship, load_kinship
from journeys.kinship import Because, Families, Member, as_groups, explained, find_families, placed
from journeys.persons import COLUMNS, OWN
from journeys.reports import LOCK
from journeys.sources import LINKED, PRIVATE, Folder, open_folder
from lib import files
from lib.dates import to_date
from lib.errors import DataError, RequestError
from lib.lineage import Change, Group, Lineage, Run, as_line, carried, changes, from_line, replayed

if TYPE_CHECKING:
    import pandas as pd

FAMILY = "F-{:05d}"
PERSONS, MEMBERS = "persons.csv", "members.csv"
OF_PERSONS, OF_FAMILIES = "persons.jsonl", "families.jsonl"
EVIDENCE, HELD = "family_evidence.csv", "families_to_look_at.csv"


@dataclass(frozen=True)
class People:
    """The linkage records, the person behind each, why records were joined, and how many by each rule."""

    records: pd.DataFrame
    persons: Mapping[str, str]
    why: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, int] = field(default_factory=dict)
    to_ask: int = 0


@dataclass(frozen=True)
class Found:
    """What one run found: how it stands, and what it changes."""

    people: People
    persons: Mapping[str, str]
    members: Sequence[Member]
    pieces: Sequence[Because]
    families: Families
    evidence: Evidence
    rules: Kinship
    of_persons: tuple[Change, ...]
    of_families: tuple[Change, ...]
    faults: Sequence[str]


@dataclass(frozen=True)
class Linked:
    """A run of `link`: what was found, whether anything was written, and what is left to do."""

    found: Found
    is_written: bool
    is_new: bool
    lines_to_add: Sequence[str]


def link(data: str | Path, *, replace_members: bool = False, dry_run: bool = False) -> Linked:
    """Make persons and families of a folder, and write them with what changed and why.

    `replace_members`: write over a members or persons file that `link` did not write. `dry_run`: write nothing. Raises
    `RequestError` where a file written by hand would be lost, `DataError` for records or a ledger that cannot be used,
    `BusyError` where another run holds the folder; then nothing has changed.
    """
    folder = open_folder(data, to_link=True)
    assert folder.path is not None
    with files.lock(files.private_dir(folder.path / ".store") / LOCK):
        if dry_run and (folder.path / PRIVATE / LINKED).is_dir():
            raise DataError(f"{folder.name}: `link` was stopped on its way. Run it once without --dry-run first.")
        _end(folder)
        _check_targets(folder, replace_members or dry_run)
        found = find(folder, read_people(folder))
        texts = _texts(folder, found)
        is_new = _is_new(folder, found, texts)
        if is_new and not dry_run:
            _begin(folder, found, texts)
            _end(folder)
        return Linked(found, is_new and not dry_run, is_new, _lines_to_add(folder))


# What is found


def read_people(folder: Folder) -> People:
    """The folder's linkage records and the persons behind them; those who asked to be forgotten are left out."""
    from journeys import people

    linkage = people.read_linkage(folder)
    records = _without_forgotten(folder, linkage.records)
    links = people.link_people(records)
    pairs = links.pairs
    same = pairs[pairs["outcome"] == "same"]
    why: dict[str, str] = {}
    for row in same.itertuples():
        for record in (row.record_a, row.record_b):
            why[record] = min(why.get(record, row.because), row.because)
    joined = {str(k): int(n) for k, n in same.groupby("because").size().items()}
    return People(records, links.persons, why, joined, int((pairs["outcome"] == "ask").sum()))


def _without_forgotten(folder: Folder, records: pd.DataFrame) -> pd.DataFrame:
    is_forgotten = who_is(folder)
    if is_forgotten is None:
        return records
    return records[[not is_forgotten(str(one)) for one in records["record_id"]]].reset_index(drop=True)


def find(folder: Folder, people: People) -> Found:
    """Persons and families as they stand now, under the ids that they keep, and what that changes."""
    of_persons, of_families = (replayed(c for r in ledger.runs() for c in r.changes) for ledger in _ledgers(folder))
    persons, person_changes = _persons(of_persons, people)
    rules = load_kinship(folder.rule_files("kinship.yml"))
    decided = of_people(_decisions(folder), persons)
    evidence = read_evidence(people.records, persons, rules)
    made = find_families(evidence, rules, decided.together, decided.never)
    became = _became(of_persons, persons)
    ids = carried(
        {name: _renamed(group, became) for name, group in of_families.items()},
        as_groups(made.members),
        FAMILY.format,
        _used(of_families),
    )
    named = [Member(ids[m.family], m.person, m.start, m.end, m.because) for m in made.members]
    families = Families(tuple(named), made.held)
    faults = not_obeyed(decided, families, set(ids.values()))
    by_hand = [member for member, _ in decided.within if member.family in set(ids.values())]
    members, pieces = explained(placed(named, by_hand), evidence, rules, decided.together)
    why = _Why(members, pieces, families, set(persons.values()), became, decided)
    told = changes(of_families, as_groups(members), why.of)
    return Found(people, persons, members, pieces, families, evidence, rules, person_changes, told, faults)


def _ledgers(folder: Folder) -> tuple[Lineage, Lineage]:
    assert folder.path is not None
    room = folder.path / PRIVATE
    return Lineage(room / OF_PERSONS), Lineage(room / OF_FAMILIES)


def _decisions(folder: Folder) -> list[Any]:
    assert folder.path is not None
    return read_decisions(folder.path / FILE)


def _persons(before: Mapping[str, Group], people: People) -> tuple[dict[str, str], tuple[Change, ...]]:
    """The person's own number behind each record, and what that changes."""
    records: dict[str, set[str]] = defaultdict(set)
    for record, label in people.persons.items():
        records[label].add(record)
    groups = {label: Group(frozenset(some)) for label, some in records.items()}
    ids = carried(before, groups, OWN.format, _used(before))

    def why(change: Change) -> str:
        reasons = {people.why[record] for record in change.members if record in people.why}
        if change.what in ("left", "gone"):
            return "in no record any more, or no link joins it"
        return "; ".join(sorted(reasons)) or "a record that no link joins to another"

    told = changes(before, {ids[label]: group for label, group in groups.items()}, why)
    return {record: ids[label] for label, some in records.items() for record in some}, told


def _used(before: Mapping[str, Group]) -> int:
    return max((int(name.rpartition("-")[2]) for name in before), default=0)


def _became(before: Mapping[str, Group], persons: Mapping[str, str]) -> dict[str, str]:
    """For each own number that nobody has any more, the person who has most of its records."""
    found = {}
    current = set(persons.values())
    for old, group in before.items():
        if old not in current and group.now:
            many = Counter(persons[record] for record in group.now if record in persons)
            if many:
                found[old] = min(many, key=lambda one: (-many[one], one))
    return found


def _renamed(group: Group, became: Mapping[str, str]) -> Group:
    now = frozenset(became.get(one, one) for one in group.now)
    return Group(now, frozenset(became.get(one, one) for one in group.once) - now)


class _Why:
    """Why each thing happened to a family, from the evidence as it stands."""

    def __init__(
        self,
        members: Iterable[Member],
        pieces: Iterable[Because],
        families: Families,
        people: set[str],
        became: Mapping[str, str],
        decided: Decided,
    ) -> None:
        self.people, self.became = people, became
        self.held = {spell.member for spell in families.held if spell.end == STILL}
        self.by_hand = {member.person for member, _ in decided.within}
        self.says: dict[tuple[str, str], set[str]] = defaultdict(set)
        for member in members:
            if member.because:
                self.says[member.family, member.person].add(member.because)
        self.joins: dict[tuple[str, str], set[str]] = defaultdict(set)
        for piece in pieces:
            self.joins[piece.family, piece.a].add(piece.because)
            self.joins[piece.family, piece.b].add(piece.because)

    def of(self, change: Change) -> str:
        """The reasons of one change, in words."""
        found: set[str] = set()
        for person in change.members:
            if change.what in ("made", "split", "joined"):
                theirs = (change.group, person)
                found |= self.joins.get(theirs) or self.says.get(theirs, set())
            elif person in self.became:
                found.add("found to be one person with another")
            elif person not in self.people:
                found.add("in no linkage record any more")
            elif person in self.held:
                found.add("held for a person to look at")
            elif person in self.by_hand:
                found.add("decided by hand")
            elif change.what == "merged":
                found |= self.joins.get((change.other, person), set())
            else:
                found.add(
                    "what joined them has ended" if change.what in ("left", "was") else "nothing joins them any more"
                )
        return "; ".join(sorted(found))


# What is written


def _texts(folder: Folder, found: Found) -> dict[str, str]:
    """Every file that a run writes, by its place in the data folder."""
    members, persons = _targets(folder)
    held = sorted({(s.member, *_days(s.start, s.end)) for s in found.families.held})
    return {
        persons: _csv(COLUMNS, sorted(found.persons.items())),
        members: _csv(
            ("person_id", "family_id", "from", "to", "because"),
            [(m.person, m.family, *_days(m.start, m.end), m.because) for m in found.members],
        ),
        f"{PRIVATE}/{EVIDENCE}": _csv(
            ("family_id", "person_a", "person_b", "because", "from", "to"),
            [(p.family, p.a, p.b, p.because, *_days(p.start, p.end)) for p in found.pieces],
        ),
        f"{PRIVATE}/{HELD}": _csv(("person_id", "from", "to"), held),
    }


def _targets(folder: Folder) -> tuple[str, str]:
    return folder.entry.members or MEMBERS, folder.entry.persons or PERSONS


def _days(*days: int) -> tuple[str, ...]:
    return tuple("" if day in (ALWAYS, STILL) else to_date(day).isoformat() for day in days)


def _csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_targets(folder: Folder, may_replace: bool) -> None:
    """Stop before a file that `link` did not write is lost."""
    assert folder.path is not None
    runs = _ledgers(folder)[1].runs()
    wrote = runs[-1].notes.get("files", {}) if runs else {}
    for key, name in zip(("members", "persons"), _targets(folder), strict=True):
        if name in folder.entry.files:
            raise RequestError(
                f"{folder.at(key)}: {name} is a supplier's file, and `link` writes over none. Name another: {key}: {key}.csv"
            )
        path = folder.path / name
        if path.suffix.casefold() != ".csv":
            raise RequestError(f"{folder.at(key)}: `link` writes CSV. Name a file so: {key}: {key}.csv")
        if not may_replace and path.is_file() and _sha256(path.read_bytes()) != wrote.get(name):
            by = "was changed by hand since `link` wrote it" if name in wrote else "was not written by `link`"
            raise RequestError(
                f"{files.shown(path)} {by}, and nothing was written over it. Keep a copy, and put what people decided into "
                f"{FILE}; then add --replace-members. To see what would come of it: --dry-run."
            )


def _is_new(folder: Folder, found: Found, texts: Mapping[str, str]) -> bool:
    assert folder.path is not None
    if found.of_persons or found.of_families:
        return True
    paths = {folder.path / name: text.encode() for name, text in texts.items()}
    return any(not path.is_file() or path.read_bytes() != text for path, text in paths.items())


def _begin(folder: Folder, found: Found, texts: Mapping[str, str]) -> None:
    """All that a run writes, in a folder that appears at once: from here on the run is known, and is ended if stopped."""
    assert folder.path is not None
    room = files.private_dir(folder.path / PRIVATE)
    aside = room / f".{LINKED}"
    shutil.rmtree(aside, ignore_errors=True)
    files.private_dir(aside)
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    digest = _sha256(json.dumps(texts, sort_keys=True).encode())
    notes = {
        "files": {name: _sha256(text.encode()) for name, text in texts.items()},
        "rules": found.rules.version,
        "records": len(found.persons),
        "persons": len(set(found.persons.values())),
    }
    runs = {
        OF_PERSONS: as_line(Run(f"{now} {digest[:8]}", found.of_persons, notes)),
        OF_FAMILIES: as_line(Run(f"{now} {digest[:8]}", found.of_families, notes)),
    }
    files.write_whole(aside / "run.json", json.dumps({"texts": texts, "runs": runs}).encode())
    files.appear(aside, room / LINKED)


def _end(folder: Folder) -> None:
    """Put what a run found in its place, each file whole. Whoever is stopped here goes on where they were."""
    assert folder.path is not None
    room = folder.path / PRIVATE
    begun = room / LINKED
    if not begun.is_dir():
        return
    told = json.loads((begun / "run.json").read_text(encoding="utf-8"))
    for name, text in told["texts"].items():
        files.write_whole(folder.path / name, text.encode())
    for ledger in _ledgers(folder):
        ledger.add(from_line(told["runs"][ledger.path.name]))
    done = room / f".{LINKED}.done"
    shutil.rmtree(done, ignore_errors=True)
    try:
        begun.replace(done)
    except OSError as fault:
        raise files.cannot_write(begun, fault) from None
    shutil.rmtree(done, ignore_errors=True)


def _lines_to_add(folder: Folder) -> list[str]:
    members, persons = _targets(folder)
    lines = [] if folder.entry.persons else [f"persons: {persons}"]
    return lines if folder.entry.members else [*lines, f"members: {members}"]
