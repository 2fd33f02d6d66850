"""One report from one request: the same for the command that a lead types and for the schedule.

A request is looked at whole before anything is made: the notebook, the level, the rules and what may stand round the
page. Then `lib.runs` builds it, whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib.errors import BuildError, RequestError

if TYPE_CHECKING:
    from journeys.contacts import Session

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS, REPORTS = PROJECT / "notebooks", PROJECT / "reports"
LOCK = "report.lock"
"""In the .store of a data folder: held while a report on it is built."""

HAND_OVER = (
    "Read it once more with this reader in mind, and whoever may look on. report.html alone is handed over; run.json and "
    "log.jsonl beside it stay with the team."
)


@dataclass(frozen=True)
class Request:
    """What is asked for. `notebook`: its name without ending. `data`: a folder's name or path. `parameters`: the
    notebook's own, data and level apart; days as text. `with_pdf`: a PDF beside the page, where one can be made."""

    notebook: str
    data: str
    level: str = "team"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    with_pdf: bool = False


def build(
    asked: Request,
    reports: Path = REPORTS,
    *,
    more: Mapping[str, Any] | None = None,
    is_locked: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Build what is asked for and return its folder, whose report.html is the page. The index of reports is made anew.

    `more`: what run.json is to keep beside what it always does. `is_locked`: the caller holds the data folder's lock.
    Raises what the request is at fault for (`RequestError`), `BusyError` where another run is at work on the same data,
    and what `lib.runs.run` raises.
    """
    from journeys import __version__, book, checks, contacts, pages
    from journeys.agreed import load_rules
    from journeys.facts import load_facts
    from journeys.readerpage import reader_rules
    from lib import catalogue, runs

    say = progress or runs.to_stderr
    pages.notebook_path(asked.notebook, NOTEBOOKS)
    path = pages.notebook_path(pages.notebook_for(asked.notebook, asked.level), NOTEBOOKS)
    session = contacts.open_session(asked.data)
    if session.rejected:
        raise RequestError(next(iter(session.rejected.values())))
    rules = load_rules(session.folder.rule_files("triggers.yml"), session.activities)
    facts = load_facts(session.folder.rule_files("facts.yml"), session.activities)
    for_reader = asked.notebook == pages.FOR_ONE_READER
    versions = {"activities": session.activities.version, "triggers": rules.version, "facts": facts.version}
    if for_reader:
        versions["readers"] = reader_rules(session.folder, session.activities).version
    _fix_predictions(session, say)
    is_public = asked.level == "public"
    frame = pages.frame_for_reader(session) if for_reader else pages.frame_for_public(session) if is_public else None
    inputs = session.folder.hashes() | book.hashes(session.folder)
    record: dict[str, Any] = {"data": session.folder.name, "level": asked.level, "kit": __version__, "rules": versions}
    record |= {"invented": session.folder.about.invented}
    if is_public:
        # A purpose, an account and a list of files may each count those under review.
        record |= {"inputs_sha256": together_sha256(inputs)}
    else:
        account = checks.full_account(session).to_dict("records")
        record |= {"purpose": session.folder.about.purpose, "inputs": inputs, "account": account}
    record |= more or {}
    try:
        return runs.run(
            path,
            {"data": data_parameter(asked.data), "level": asked.level, **asked.parameters},
            reports,
            frame or pages.frame_for(session, asked.level),
            run_name=asked.notebook,
            record=record,
            lock_path=session.home / LOCK if session.home and not is_locked else None,
            progress=say,
            # What one reader is handed is the page, read once more by a practitioner: no file beside it adds to it.
            with_parts=not for_reader,
            with_pdf=asked.with_pdf,
        )
    finally:
        if reports.is_dir() and (trouble := catalogue.try_to_write_index(reports)):
            say(trouble)


def _fix_predictions(session: Session, say: Callable[[str], None]) -> None:
    """From the first report after a plan has started its prediction stands; that nothing may be written here stops no report."""
    from journeys import book, filling, pages

    if book.hashes(session.folder):
        try:
            filling.fix_predictions(pages.everybody(session))
        except BuildError as fault:
            say(f"Predictions that have started could not be fixed: {fault}")


def fingerprint(asked: Request) -> str:
    """What a report rests on, as one hash: while it stays the same, so does the report.

    The notebook, the parameters, every file of the data folder that is read, its rules and its review book, the kit's own
    code and rules, and the versions of Python and the libraries. Raises `RequestError` where the folder cannot be used.
    """
    from journeys import book
    from journeys.pages import notebook_for, notebook_path
    from journeys.release import HOME
    from journeys.sources import open_folder
    from lib import runs
    from lib.ledger import LEDGER

    folder = open_folder(asked.data)
    folder.require("review")
    own = sorted((folder.path / "rules").rglob("*.yml")) if folder.path else []
    code = [p for part in ("journeys", "lib") for p in (PROJECT / part).rglob("*") if p.suffix not in (".pyc", "")]
    if asked.level == "public" and folder.path:
        # What was released since changes which figures stand.
        own += [ledger for ledger in [folder.path / HOME / LEDGER] if ledger.is_file()]
    notebook = notebook_path(notebook_for(asked.notebook, asked.level), NOTEBOOKS)
    files = [notebook, *own, *sorted(p for p in code if p.is_file())]
    rests_on = {
        "asked": [asked.notebook, data_parameter(asked.data), asked.level, dict(asked.parameters), asked.with_pdf],
        "inputs": sorted((folder.hashes() | book.hashes(folder)).items()),
        "files": [(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files],
        "made_by": [platform.python_version(), sorted(runs.versions().items())],
    }
    return hashlib.sha256(json.dumps(rests_on, sort_keys=True, default=str).encode()).hexdigest()


def together_sha256(inputs: Mapping[str, str]) -> str:
    """One hash for all inputs, which names none of them.

    >>> together_sha256({"b.csv": "2", "a.csv": "1"}) == together_sha256({"a.csv": "1", "b.csv": "2"})
    True
    """
    return hashlib.sha256(json.dumps(sorted(inputs.items())).encode()).hexdigest()


def data_parameter(data: str) -> str:
    """A folder under data/ by its name; any other by its path from the notebooks, so that no report holds a home folder.

    >>> data_parameter("sample")
    'sample'
    """
    from journeys.sources import find_folder

    folder = find_folder(data).resolve()
    if folder.parent == (PROJECT / "data").resolve():
        return folder.name
    try:
        return os.path.relpath(folder, NOTEBOOKS)
    except ValueError:
        return str(folder)


def from_here(path: Path) -> Path:
    """A path as it is printed: from the current folder where it lies below it."""
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


@click.command()
@click.argument("notebook")
@click.option("--data", required=True, help="a folder's name under data/, or a path")
@click.option("--level", default="team", show_default=True, help="team, board or public")
@click.option("--start", default=None, help="first day of the period")
@click.option("--end", default=None, help="last day of the period")
@click.option("-p", "parameters", multiple=True, metavar="NAME=VALUE", help="a parameter of the notebook")
@click.option("--pdf", "with_pdf", is_flag=True, help="a PDF too, where this machine can make one: it takes a while")
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), default=REPORTS, help="where reports go")
def report(
    notebook: str,
    data: str,
    level: str,
    start: str | None,
    end: str | None,
    parameters: tuple[str, ...],
    with_pdf: bool,
    reports: Path,
) -> None:
    """Build one report, published whole or not at all; its path is printed last."""
    from journeys import pages

    given: dict[str, Any] = {name: day for name, day in (("start", start), ("end", end)) if day}
    for pair in parameters:
        name, sign, value = pair.partition("=")
        if not sign:
            raise RequestError(f"-p '{name}' has no value. Write -p name=value.")
        if name in given or name in ("data", "level"):
            raise RequestError(f"'{name}' is given twice. Give it once, as --{name}.")
        given[name] = value
    click.echo(f"Reading {data} …", err=True)
    made = build(Request(notebook, data, level, given, with_pdf), reports)
    if notebook == pages.FOR_ONE_READER:
        click.echo(HAND_OVER)
    click.echo(str(from_here(made / "report.html")))
