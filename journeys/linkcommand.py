"""The command `link`: linkage records into persons and families, and what that changed. No person's value is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from lib.errors import count

if TYPE_CHECKING:
    from journeys.linking import Found, Linked


@click.command("link")
@click.argument("data")
@click.option("--dry-run", is_flag=True, help="say what would change, and write nothing")
@click.option(
    "--replace-members", is_flag=True, help="write over a members or persons file that was made, or changed, by hand"
)
def link_command(data: str, dry_run: bool, replace_members: bool) -> None:
    """Records into persons and families: writes persons.csv, members.csv and their ledgers; never done silently."""
    from journeys.linking import link

    click.echo(f"Reading the linkage files of {data} …", err=True)
    done = link(data, replace_members=replace_members, dry_run=dry_run)
    for line in told(done):
        click.echo(line)


def told(done: Linked) -> Iterator[str]:
    """What a run of `link` found and changed, line by line, in counts."""
    found = done.found
    yield from _people(found)
    yield from _families(found)
    yield from _not_used(found)
    yield from _changed(done)
    yield from _next(done)


def _people(found: Found) -> Iterator[str]:
    persons = len(set(found.persons.values()))
    yield f"{count(len(found.persons), 'record')} of {count(persons, 'person', 'persons')}."
    for rule, many in sorted(found.people.joined.items()):
        yield f"  joined by {rule}: {count(many, 'pair')}"
    yield f"  pairs that ask a person: {found.people.to_ask:,}"


def _families(found: Found) -> Iterator[str]:
    sizes = Counter(m.family for m in {(m.family, m.person): m for m in found.members}.values())
    alone = sum(many == 1 for many in sizes.values())
    yield f"\n{count(len(sizes), 'family', 'families')}, {alone:,} of them of one person."
    homes: dict[str, set[str]] = {}
    for member in found.members:
        homes.setdefault(member.person, set()).add(member.family)
    from journeys.columns import SEPARATED

    shared = {m.person for m in found.members if m.because == SEPARATED}
    moved = sum(len(some) > 1 for some in homes.values()) - len(shared)
    yield f"  in two families at once, declared as {SEPARATED}: {count(len(shared), 'person', 'persons')}"
    yield f"  moved from one family to another: {count(moved, 'person', 'persons')}"
    for says, many in sorted(Counter(piece.because for piece in found.pieces).items()):
        yield f"  evidence, {says}: {count(many, 'piece')}"


def _not_used(found: Found) -> Iterator[str]:
    e, rules = found.evidence, found.rules
    for kind in rules.kinds.values():
        if e.shared_keys.get(kind.shape):
            keys = count(e.shared_keys[kind.shape], "key")
            people = count(e.shared_people[kind.shape], "person", "persons")
            yield f"  {kind.says}: {keys} shared by more than {kind.most} people ({people} in all) joined nobody"
    if held := {spell.member for spell in found.families.held}:
        yield (
            f"  held for a person to look at, and in no family meanwhile: {count(len(held), 'person', 'persons')} who came out "
            f"more than {rules.most_in_family} together, or with somebody they are never to be with"
        )
    if e.confidential:
        yield f"  confidential, joined by no household and no address: {count(len(e.confidential), 'person', 'persons')}"
    if e.unknown_parents:
        yield f"  parents named who are in no record: {e.unknown_parents:,}"
    if e.backward:
        yield f"  records whose last day is not after their first, which join nobody: {e.backward:,}"


WORDS = {
    "made": "new",
    "split": "split from another",
    "merged": "merged into another",
    "gone": "gone",
    "joined": "that somebody joined",
    "left": "that somebody left",
}


def _changed(done: Linked) -> Iterator[str]:
    found = done.found
    yield "\nSince the last run:" if done.is_new else "\nNothing has changed since the last run."
    for one, many, changes in (("person", "persons", found.of_persons), ("family", "families", found.of_families)):
        for what, says in WORDS.items():
            groups = {change.group for change in changes if change.what == what}
            if groups:
                yield f"  {count(len(groups), one, many)} {says}"
    past = {change.group for change in found.of_families if change.what in ("was", "was not")}
    if past:
        yield f"  {count(len(past), 'family', 'families')} whose past members are known anew"


def _next(done: Linked) -> Iterator[str]:
    found = done.found
    for fault in found.faults:
        yield f"\nfamily_decisions.csv, {fault}"
    yield "\nWhat to do next:"
    if not done.is_written:
        yield "  Nothing was written." + (" Run it again without --dry-run to write it." if done.is_new else "")
    for line in done.lines_to_add:
        yield f"  Add this line to sources.yml, so that it is used: {line}"
    if found.people.to_ask:
        yield (
            "  Answer the pairs in private/link.xlsx, or name those never to be joined in private/never_link.csv; and run link "
            "again."
        )
    if found.families.held:
        yield (
            "  Look at private/families_to_look_at.csv; say in family_decisions.csv who is never one family, or who is in "
            "which; and run link again."
        )
    yield "  Why each family is one is in private/family_evidence.csv; what changed and why, in private/families.jsonl."
