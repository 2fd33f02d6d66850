"""Invented agencies' logs, seeded, with planted answers: a data folder to learn on, and to test the kit against.

The same seed gives the same bytes on any machine. `dates` holds the calendar, `planted` the pieces and the answers,
`planter` the book in which they are written down, `stories` the eight families, `comparison` the others, `ordinary`
what lies between the episodes, `suppliers` the agencies' shapes, and `files` their mess. `early` plants in most of the
comparison families one early sign of a crisis, for a search to find. `book` is the review book. Nothing else of the
kit is used but `columns` and how the book is written.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date
from pathlib import Path

from journeys.columns import MEMBERS_FILE
from journeys.sample.answers import answers
from journeys.sample.book import book, fix_plans
from journeys.sample.comparison import EPISODES, compare
from journeys.sample.early import early_sign
from journeys.sample.files import written
from journeys.sample.planted import Family, Person, Planted
from journeys.sample.planter import Planter
from journeys.sample.stories import EIGHT
from journeys.sample.suppliers import SUPPLIERS, Supplier

__all__ = ["Planted", "describe", "make"]

MADE_BY = "# Made by journeys.sample: invented, every row of it."


def make(folder: str | Path, families: int = 8, comparison: int = 120, seed: int = 2013, twins: int = 4) -> Planted:
    """Write an invented data folder, and return what was planted in it.

    The folder gets a file from each supplier, members.csv, sources.yml and an invented review book. What was planted
    is returned and written nowhere: a test finds it again, or a trainer keeps it as the answers to an exercise.

    The first forty comparison families have an episode or none; every one after that may have the early sign of a
    crisis. `twins` of these have the sign and come to no crisis.

    Raises ValueError for fewer than one family or a negative comparison group, and FileExistsError where the folder
    holds anything that this function did not make.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     planted = make(folder, families=2, comparison=1, seed=7)
    >>> planted.reviewed, planted.comparison
    (['F0001', 'F0002'], ['F0003'])
    """
    if families < 1 or comparison < 0:
        raise ValueError(f"families must be 1 or more and comparison 0 or more (got {families} and {comparison})")
    folder = _our_folder(Path(folder))
    names = [f"F{number:04d}" for number in range(1, families + comparison + 1)]
    planter = Planter(seed, names[:families], names[families:])
    _tell(planter, twins)
    files = {supplier.file: written(supplier, planter) for supplier in SUPPLIERS}
    planted = answers(planter)
    planted.coverage = {supplier.file: supplier.covers for supplier in SUPPLIERS}
    _write(folder / "sources.yml", _sources(planted))
    for name, content in files.items():
        (folder / name).write_bytes(content)
    _write(folder / "members.csv", _members(planter))
    (folder / "review").mkdir(exist_ok=True)
    about = f"Practice review of {len(names[:families])} invented families. INVENTED DATA."
    (folder / "review" / "review.xlsx").write_bytes(book(planter, planted, about))
    fix_plans(folder / "review")
    return planted


def describe(planted: Planted) -> str:
    """One paragraph on what was planted, for the console.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(describe(make(folder, families=1, comparison=0, seed=7)).split(":")[0])
    1 invented family under review and 0 to compare with, 1 April 2022 to 31 March 2025
    """
    read, accepted, aside, collapsed = (
        sum(account[term] for account in planted.account.values())
        for term in ("read", "accepted", "set_aside", "collapsed")
    )
    fired = Counter(firing["trigger"] for firing in planted.firings)
    answered = sum(firing["state"] == "answered" for firing in planted.firings)
    number = len(planted.reviewed)
    leads = sorted(lead for family in planted.crises if (lead := planted.lead(family)))
    between = f", {leads[0]} to {leads[-1]} days before" if leads else ""
    rules = ", ".join(f"{name} {count}" for name, count in sorted(fired.items())) or "none"
    return (
        f"{number} invented {'family' if number == 1 else 'families'} under review and {len(planted.comparison)} to "
        f"compare with, {_long(planted.start)} to {_long(planted.end)}: {read:,} records in "
        f"{len(planted.account)} files, of which {accepted:,} are to be accepted, {aside} set aside and {collapsed} "
        f"collapsed. Planted: {len(planted.handovers)} handovers, {len(planted.bounces)} sent back; "
        f"{len(planted.firings)} firings ({rules}), {answered} of them answered; {len(planted.open_silences)} still "
        f"open; {len(planted.decoys)} decoys that must not count. {len(planted.crises)} families come to a crisis, {len(leads)} of "
        f"them after three unexplained absences in 28 days{between}; {len(planted.twins)} have the same absences planted "
        f"and come to none. Seed {planted.seed}."
    )


def _tell(p: Planter, twins: int) -> None:
    """Every family's story, and two people whom no family can claim."""
    reviewed, comparison = p.truth.reviewed, p.truth.comparison
    for place, name in enumerate(reviewed):
        block, story = divmod(place, len(EIGHT))
        at = block * len(EIGHT)
        others: dict[str, Family | None] = {
            "next": p.families[reviewed[place + 1]] if place + 1 < len(reviewed) else None,
            "second": p.families[reviewed[at + 1]] if at + 1 < len(reviewed) else None,
            "comparison": p.families[comparison[at]] if at < len(comparison) else None,
        }
        EIGHT[story](p, p.families[name], others)
    for place, name in enumerate(comparison):
        if place < EPISODES:
            compare(p, p.families[name], place)
        else:
            early_sign(p, p.families[name], place - EPISODES, twins)
    p.place("gp", Person("adult"), "consult", date(2023, 6, 14), reason="new patient")
    p.place("housing", Person("adult"), "call", date(2024, 3, 12), reason="wrong number, tenant's own words")


def _long(day: date) -> str:
    """A day in words, without a leading nought."""
    return f"{day.day} {day:%B %Y}"


def _our_folder(folder: Path) -> Path:
    """The folder, made if need be; refused if it holds anything that was not made here."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file: give the name of a folder.")
    if folder.is_dir() and any(folder.iterdir()):
        sources = folder / "sources.yml"
        lines = sources.read_text(encoding="utf-8", errors="replace").splitlines() if sources.is_file() else []
        if lines[:1] != [MADE_BY] or "invented: true" not in lines:
            raise FileExistsError(
                f"{folder} holds files that the sample did not make, and none of them was touched. "
                "Give the name of an empty or a new folder."
            )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, text: str) -> None:
    """Text as UTF-8, its line ends as they are."""
    path.write_bytes(text.encode("utf-8"))


def _members(planter: Planter) -> str:
    """Who belongs to which family, from when to when: a row for each number by which a supplier knows them."""
    rows: list[tuple[str, str, str, str, str]] = []
    people = {id(person): person for family in planter.families.values() for person in family.people}
    for person in people.values():
        for key, number in person.numbers.items():
            for family, first, last, because in person.spans:
                who = number if key == "shared" else f"{key}:{number}"
                rows.append((who, family.name, f"{first or ''}", f"{last or ''}", because or "same household"))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MEMBERS_FILE)
    writer.writerows(sorted(rows))
    return text.getvalue()


def _sources(planted: Planted) -> str:
    """The sources file: what each file is, in words that a stranger can check."""
    number = len(planted.reviewed)
    lines = [
        MADE_BY,
        f"# Make it again: python -m journeys sample DIR --families {number} --seed {planted.seed}",
        f"purpose: Practice review of {number} invented families for an early help board",
        "invented: true",
        "selection: >-",
        f"  {number} invented families, as if chosen by an early help panel because many agencies worked with them.",
        "  They are not a sample of anything, and the comparison families were invented too.",
        "owner: head of early help (invented)",
        "marking: INVENTED (real logs like these would be OFFICIAL-SENSITIVE)",
        "safeguarding_contact: 01632 960123 (an invented number)",
        "members: members.csv",
        f"reviewed: [{', '.join(planted.reviewed)}]",
        "files:",
    ]
    for supplier in SUPPLIERS:
        first, last = supplier.covers
        about = [] if supplier.stem == "school_log" else [f"agency: {supplier.who}"]
        about.append(f"covers: [{first}, {last}]")
        if supplier.is_shared:
            about.append("person_ids: shared")
        if supplier.named_format:
            lines.append(f"  {supplier.file}: {{format: {supplier.named_format}, {', '.join(about)}}}")
            continue
        lines += [f"  {supplier.file}:", *(f"    {line}" for line in about), "    format:", "      columns:"]
        lines += [f"        {name}: {header}" for header, name in supplier.columns.items() if name]
        lines.append(f"      dates: [{', '.join(_formats(supplier))}]")
        if supplier.delimiter != ",":
            lines.append(f'      delimiter: "{supplier.delimiter}"')
        if supplier.encoding == "cp1252":
            lines.append("      encoding: cp1252")
    return "\n".join(lines) + "\n"


def _formats(supplier: Supplier) -> list[str]:
    """The date formats to try, as the sources file writes them."""
    if "T" in supplier.dates:
        return ["iso"]
    coarser = {"gp": ['"%m/%Y"'], "family": ['"%m/%Y"', '"%Y"']}
    return [f'"{supplier.dates}"', *coarser.get(supplier.stem, [])]
