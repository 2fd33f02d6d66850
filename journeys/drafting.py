"""A first draft of a format, made from a file's column names for a person to finish. Nothing in it is in force yet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from journeys.sources import RULES
from lib import files
from lib.dates import date_format
from lib.errors import RequestError
from lib.files import shown, visible
from lib.readers import Head, head

PATTERNS = (
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "iso",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%Y",
)
"""Ways in which days are written that a draft tries, the most usual here first."""

WORDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "recorded_on": (("recorded",), ("entered",), ("created",), ("loaded",), ("logged", "on")),
    "ends_on": (("end",), ("ended",), ("until",), ("closed",), ("closure",)),
    "time": (("time",), ("clock",)),
    "date": (("date",), ("when",), ("day",), ("on",)),
    "professional_id": (("worker",), ("officer",), ("clinician",), ("practitioner",), ("professional",), ("staff",)),
    "family_id": (("family",), ("household",)),
    "need_id": (("need",),),
    "person_id": (
        ("person",),
        ("child",),
        ("pupil",),
        ("student",),
        ("patient",),
        ("client",),
        ("tenant",),
        ("nominal",),
        ("claimant",),
    ),
    "contact_id": (
        ("contact", "id"),
        ("record", "id"),
        ("ref",),
        ("reference",),
        ("event", "id"),
        ("incident", "id"),
        ("id",),
    ),
    "referred_to": (("referred",), ("passed", "to")),
    "agency": (("agency",), ("service",), ("organisation",)),
    "outcome": (("outcome",), ("result",)),
    "reason": (("reason",), ("source",)),
    "activity": (("type",), ("activity",), ("what",), ("kind",), ("event",), ("code",), ("contact",), ("action",)),
}
"""For each thing that the kit reads, the words of a column's name that propose it: the first column that has them all."""

PERSONAL = frozenset(
    "birth dob name surname forename address postcode nhs upn phone email note notes comment comments".split()  # noqa: SIM905
)
"""Words of columns that no draft proposes."""


@dataclass(frozen=True)
class Draft:
    """What is proposed for a file: which column for which target, and how days are written, with how many could be read."""

    columns: Mapping[str, str]
    left: tuple[str, ...]
    dates: tuple[tuple[str, int], ...]
    of: int


def draft(found: Head) -> Draft:
    """Proposals for a file's columns, from their names; and for the way its days are written, from counts."""
    columns: dict[str, str] = {}
    for target, choices in WORDS.items():
        named = next(_named(found.names, choices, set(columns.values())), None)
        if named is not None:
            columns[target] = named
    left = tuple(n for n in found.names if n not in columns.values())
    at = found.names.index(columns["date"]) if "date" in columns else None
    days = [row[at] for row in found.rows if at is not None and at < len(row) and row[at].strip()]
    readable = [(p, sum(_is_day(d, p) for d in days)) for p in PATTERNS]
    return Draft(columns, left, tuple((p, n) for p, n in readable if n), len(days))


def _is_day(text: str, pattern: str) -> bool:
    """Whether a text is a day that exists, written exactly so."""
    if not re.fullmatch(date_format(pattern).shape, text.strip()):
        return False
    try:
        dt.datetime.fromisoformat(text.strip()) if pattern == "iso" else dt.datetime.strptime(text.strip(), pattern)
    except ValueError:
        return False
    return True


def _named(names: Sequence[str], choices: Sequence[Sequence[str]], taken: set[str]) -> Iterator[str]:
    for words in choices:
        for name in names:
            own = set("".join(c if c.isalnum() else " " for c in _parted(name)).casefold().split())
            if name and name not in taken and own.issuperset(words) and not own & PERSONAL:
                yield name


def _parted(name: str) -> str:
    """`RecordedOn` as `Recorded On`."""
    return "".join(f" {c}" if c.isupper() and i and name[i - 1].islower() else c for i, c in enumerate(name))


def as_yaml(name: str, found: Head, made: Draft) -> str:
    """The draft as a file to finish: every line that wants a person's eye says so."""
    lines = [
        f"# A draft for {visible(name)}, made from its column names alone. Look at every line, then give it a version.",
        'version: "draft"',
        "source: ''   # who described this layout to you, and when",
        "columns:",
    ]
    for target in sorted(SAYS, key=lambda t: t not in made.columns):
        if target in made.columns:
            lines.append(f"  {target}: {_quoted(made.columns[target])}   # proposed: is this {SAYS[target]}?")
        else:
            need = "needed" if target in ("date", "activity") else "if there is one"
            lines.append(f"  # {target}:   # {SAYS[target]}, {need}")
    lines.append(_dates(made))
    if found.delimiter not in (None, ","):
        lines.append(f"delimiter: {_quoted(found.delimiter or '')}")
    lines.append("# always: {agency: …}   # where no column says who recorded it")
    lines.append(
        "# words: {activity: {visit: [theirs, theirs]}}   # the kit's word for theirs; see rules/activities.yml"
    )
    if made.left:
        lines.append("# Columns that no line names are never read. Here:")
        lines += [f"#   {visible(n, 1000)}" for n in made.left if n]
    return "\n".join(lines) + "\n"


SAYS = {
    "person_id": "whom it is about",
    "family_id": "which family it is about",
    "date": "the day on which it happened",
    "activity": "what kind of contact it was",
    "agency": "who recorded it",
    "contact_id": "the record's own number",
    "time": "the time of day",
    "ends_on": "the day on which it ended",
    "recorded_on": "the day on which it was written down",
    "professional_id": "the worker's number",
    "outcome": "what came of it",
    "reason": "why it was made",
    "referred_to": "whom the family was passed on to",
    "need_id": "the need's own number",
}
"""What each target is, in the order in which a draft lists them."""


def _dates(made: Draft) -> str:
    if not made.dates:
        return 'dates: ["%d/%m/%Y"]   # no day could be read in any usual way: say how they are written'
    best = max(n for _, n in made.dates)
    fits = [p for p, n in made.dates if n == best]
    told = ", ".join(f"{p} reads {n}" for p, n in made.dates)
    more = " Which is right cannot be told from these days." if len(fits) > 1 else ""
    return f"dates: [{_quoted(fits[0])}]   # of {made.of} days looked at: {told}.{more}"


def _quoted(text: str) -> str:
    return '"' + visible(text, 1000).replace("\\", "\\\\").replace('"', '\\"') + '"'


@click.group()
def formats() -> None:
    """The layouts of files that the kit can read, and a first draft of a new one."""


@formats.command("list")
def list_command() -> None:
    """Every format that the kit has, with its version and where it is from."""
    for path in sorted((RULES / "formats").glob("*.yml")):
        data = files.load(path).data
        click.echo(f"{path.stem} ({data['version']}): {' '.join(str(data['source']).split())}")


@formats.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", default=None, help="which sheet of a workbook")
@click.option("--to", type=click.Path(path_type=Path), default=None, help="where to write the draft")
def new_command(file: Path, sheet: str | None, to: Path | None) -> None:
    """Draft the format of FILE from its column names, for a person to finish. Nothing that is there is written over."""
    found = head(file, sheet)
    made = draft(found)
    at = to or _place(file)
    if at.exists():
        raise RequestError(f"{shown(at)} is there already. Finish that one, or name another with --to.")
    at.parent.mkdir(parents=True, exist_ok=True)
    files.write_whole(at, as_yaml(file.name, found, made).encode())
    click.echo(f"Wrote {shown(at)}: {len(made.columns)} of {len(found.names)} columns are proposed for.")
    click.echo("Next:")
    click.echo("  1. look at every line of it, and give it a version and a source;")
    click.echo(f"  2. in sources.yml, under files:  {visible(file.name)}: {{format: {at.stem}, agency: …}}")
    click.echo("  3. python -m journeys check, and see every record accounted for.")


def _place(file: Path) -> Path:
    """Beside the folder's own rules, where the file is in a data folder; else beside the file."""
    stem = "".join(c if c.isalnum() else "_" for c in file.stem.casefold()).strip("_") or "new"
    home = file.parent
    return home / "rules" / "formats" / f"{stem}.yml" if (home / "sources.yml").is_file() else home / f"{stem}.yml"
