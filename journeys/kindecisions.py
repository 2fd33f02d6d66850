"""What people decided about families by hand: family_decisions.csv in the data folder, obeyed each time families are made.

    decision,person,other,family_id,from,to,decided_by,decided_on,because
    one family,school:12,police:7,,,,head of early help,2024-05-03,the school and the family say so
    never one family,school:12,police:8,,,,safeguarding lead,2024-05-03,a court order
    in this family,school:12,,F-00003,2024-01-01,,head of early help,2024-05-03,lives with an aunt

A person is written as a supplier has them (`<supplier>:<number>`) or by their own number from persons.csv. `decided_by` is a
role, and no name. `from` is the first day, `to` the first day no longer; empty: always, still.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from journeys.families import ALWAYS, STILL
from journeys.kinship import BY_HAND, Families, Member
from lib import smallfiles
from lib.dates import day_number, plain_day
from lib.errors import DataError, did_you_mean, listed

FILE = "family_decisions.csv"
ONE, NEVER, IN = "one family", "never one family", "in this family"
NEEDED = ("decision", "person", "decided_by", "decided_on", "because")
MAY = ("other", "family_id", "from", "to")


@dataclass(frozen=True)
class Decision:
    """One line of the file, as it is written."""

    line: int
    decision: str
    person: str
    other: str
    family: str
    start: int
    end: int


@dataclass(frozen=True)
class Decided:
    """The decisions that can be obeyed, in terms of people; and a sentence for each that cannot."""

    together: Mapping[tuple[str, str], int]
    never: Mapping[frozenset[str], int]
    within: tuple[tuple[Member, int], ...]
    faults: tuple[str, ...]


def read_decisions(path: Path) -> list[Decision]:
    """The lines of a file of decisions; none where there is no file. Raises `DataError`, with the line to mend."""
    if not path.is_file():
        return []
    found = []
    for line, row in smallfiles.rows(path, NEEDED, MAY):
        word = " ".join(row["decision"].casefold().split())
        if word not in (ONE, NEVER, IN):
            raise DataError(
                f"{path.name}, line {line}: there is no such decision.{did_you_mean(word, (ONE, NEVER, IN))} "
                f"Decisions: {listed((ONE, NEVER, IN))}."
            )
        needed = ("person", "family_id" if word == IN else "other", "decided_by", "because")
        if missing := [name for name in needed if not row[name]]:
            raise DataError(f"{path.name}, line {line}: '{missing[0]}' is empty, and '{word}' needs it. Fill it in.")
        if given := [name for name in MAY if row[name] and (name == "other") == (word == IN)]:
            raise DataError(f"{path.name}, line {line}: '{given[0]}' does not go with '{word}'. Leave it empty.")
        _day(path, line, "decided_on", row["decided_on"], None)
        start = _day(path, line, "from", row["from"], ALWAYS)
        end = _day(path, line, "to", row["to"], STILL)
        if start >= end:
            raise DataError(f"{path.name}, line {line}: `to` is the first day out, and is not after `from`. Mend one.")
        found.append(Decision(line, word, row["person"], row["other"], row["family_id"], start, end))
    return found


def _day(path: Path, line: int, name: str, text: str, empty: int | None) -> int:
    if not text and empty is not None:
        return empty
    if (day := plain_day(text)) is not None:
        return day_number(day)
    raise DataError(f"{path.name}, line {line}: '{name}' is not a day. Write it as 2024-04-01 or 01/04/2024.")


def of_people(decisions: Iterable[Decision], persons: Mapping[str, str]) -> Decided:
    """Decisions in terms of people. `persons`: the person behind each record id; a person's own number stands too."""
    known = dict(persons) | {person: person for person in persons.values()}
    together: dict[tuple[str, str], int] = {}
    never: dict[frozenset[str], int] = {}
    within: list[tuple[Member, int]] = []
    faults: list[str] = []
    for one in sorted(decisions, key=lambda d: d.line):
        named = [one.person, *([one.other] if one.other else [])]
        if any(name not in known for name in named):
            which = "the person" if one.person not in known else "the other person"
            faults.append(
                f"line {one.line} ('{one.decision}') cannot be obeyed: {which} is in no linkage record any more. Mend the "
                "number, or take the line out."
            )
            continue
        a = known[one.person]
        if one.decision == IN:
            within.append((Member(one.family, a, one.start, one.end, BY_HAND), one.line))
            continue
        b = known[one.other]
        if a == b:
            faults.append(f"line {one.line} ('{one.decision}') cannot be obeyed: the two numbers are one person's.")
        elif one.decision == NEVER:
            never.setdefault(frozenset((a, b)), one.line)
        else:
            together.setdefault((min(a, b), max(a, b)), one.line)
    for pair, line in list(together.items()):
        if other := never.get(frozenset(pair)):
            faults.append(f"line {line} ('{ONE}') cannot be obeyed: line {other} says never, and never is obeyed.")
            del together[pair]
    return Decided(together, never, tuple(within), tuple(faults))


def not_obeyed(decided: Decided, found: Families, families: Collection[str]) -> list[str]:
    """A sentence for each decision that families as they came out do not follow; `families`: the ids that there are."""
    homes: dict[str, set[str]] = {}
    for member in found.members:
        homes.setdefault(member.person, set()).add(member.family)
    told = list(decided.faults)
    for (a, b), line in decided.together.items():
        if not homes.get(a, set()) & homes.get(b, set()):
            told.append(
                f"line {line} ('{ONE}') cannot be obeyed: with those who belong to them they are too many, or two who are "
                "never to be in one family. They are held for a person to look at."
            )
    held = {spell.member for spell in found.held}
    for pair, line in decided.never.items():
        if pair <= held:
            told.append(
                f"line {line} ('{NEVER}') is obeyed, and others join the two all the same: nobody of them is in a family "
                f"until a line says more: who else is never in one family, or who is in which."
            )
    for member, line in decided.within:
        if member.family not in families:
            told.append(
                f"line {line} ('{IN}') cannot be obeyed: there is no family of that id now. The ledger says what became of it."
            )
    return told
