"""`link`: the agencies' linkage records into persons and families, written with a ledger, whole or not at all.

What is written: persons.csv and members.csv in the data folder; in its private room the ledgers of persons and of
families, the evidence that made each family, and who was held for a person to look at.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from journeys.evidence import Evidence, read_evidence
from journeys.families import STILL
from journeys.kindecisions import FILE, Decided, not_obeyed, of_people, read_decisions
from journeys.kinrules import Kinship, load_kinship
from journeys.kinship import Because, Families, Member, as_groups, explained, find_families, placed
from journeys.linkfiles import (
    EVIDENCE,
    HELD,
    OF_FAMILIES,
    OF_PERSONS,
    are_there,
    as_csv,
    as_days,
    begin,
    check_targets,
    end,
    ledgers,
    lines_to_add,
    targets,
)
from journeys.linkpeople import People, read_people
from journeys.persons import COLUMNS, OWN
from journeys.reports import LOCK
from journeys.sources import LINKED, PRIVATE, Folder, open_folder
from lib import files
from lib.errors import DataError
from lib.lineage import Change, Group, Run, carried, changes, replayed

FAMILY = "F-{:05d}"


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
        end(folder)
        check_targets(folder, replace_members or dry_run)
        found = find(folder, read_people(folder))
        texts = _texts(folder, found)
        is_new = bool(found.of_persons or found.of_families) or not are_there(folder, texts)
        if not dry_run:
            found.people.ask()
        if is_new and not dry_run:
            begin(folder, texts, _lines(found, texts))
            end(folder)
        return Linked(found, is_new and not dry_run, is_new, lines_to_add(folder))


# What is found


def find(folder: Folder, people: People) -> Found:
    """Persons and families as they stand now, under the ids that they keep, and what that changes."""
    assert folder.path is not None
    of_persons, of_families = (replayed(c for r in ledger.runs() for c in r.changes) for ledger in ledgers(folder))
    persons, person_changes = _persons(of_persons, people)
    rules = load_kinship(folder.rule_files("kinship.yml"))
    decided = of_people(read_decisions(folder.path / FILE), persons)
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
                found |= self._in(change.group, person)
            elif person in self.became:
                found.add("found to be one person with another")
            elif person not in self.people:
                found.add("in no linkage record any more")
            elif person in self.held:
                found.add("held for a person to look at")
            elif person in self.by_hand:
                found.add("decided by hand")
            elif change.what == "merged":
                found |= self._in(change.other, person)
            else:
                found.add(
                    "what joined them has ended" if change.what in ("left", "was") else "nothing joins them any more"
                )
        return "; ".join(sorted(found)) or "nothing joins them any more"

    def _in(self, family: str, person: str) -> set[str]:
        """What joins a person to the others of a family; where nobody is named, what the membership says."""
        return self.joins.get((family, person)) or self.says.get((family, person), set())


# What is written


def _texts(folder: Folder, found: Found) -> dict[str, str]:
    """Every file that a run writes, by its place in the data folder."""
    members, persons = targets(folder)
    held = sorted({(s.member, *as_days(s.start, s.end)) for s in found.families.held})
    return {
        persons: as_csv(COLUMNS, sorted(found.persons.items())),
        members: as_csv(
            ("person_id", "family_id", "from", "to", "because"),
            [(m.person, m.family, *as_days(m.start, m.end), m.because) for m in found.members],
        ),
        f"{PRIVATE}/{EVIDENCE}": as_csv(
            ("family_id", "person_a", "person_b", "because", "from", "to"),
            [(p.family, p.a, p.b, p.because, *as_days(p.start, p.end)) for p in found.pieces],
        ),
        f"{PRIVATE}/{HELD}": as_csv(("person_id", "from", "to"), held),
        **found.people.texts,
    }


def _lines(found: Found, texts: Mapping[str, str]) -> dict[str, Run]:
    """The line of this run for each ledger."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()
    persons = len(set(found.persons.values()))
    notes = {"rules": found.rules.version, "records": len(found.persons), "persons": persons}
    told = {OF_PERSONS: found.of_persons, OF_FAMILIES: found.of_families}
    return {name: Run(f"{now} {digest[:8]}", some, notes) for name, some in told.items()}
