"""One report from one request: the same for the command that a lead types and for the schedule.

A request is looked at whole before anything is made: the notebook, the level, the rules and what may stand round the
page. Then `lib.runs` builds it, whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib.errors import BuildError, KitError, RequestError, count, listed
from lib.files import visible

if TYPE_CHECKING:
    from journeys.contacts import Session

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS, REPORTS = PROJECT / "notebooks", PROJECT / "reports"
LOCK = "report.lock"
"""In the .store of a data folder: held while a report on it is built."""

MOST_AT_ONCE = 3
"""Kernels, of some 300 MB each, for a report of each family: more would wait for this process, which makes the pages."""

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
    from lib import runs

    say = progress or runs.to_stderr
    ready = _look(asked, say, more or {})
    try:
        return ready.run(asked.parameters, reports, say, lock_path=None if is_locked else ready.lock)
    finally:
        _index(reports, say)


def build_each(
    asked: Request, reports: Path = REPORTS, *, progress: Callable[[str], None] | None = None
) -> dict[str, Path | KitError]:
    """The same report for each family under review: its folder, or why it was not built.

    `asked`: with no family of its own. The data are looked at once and locked throughout. Reports are built a few at a
    time, in kernels that run one notebook after another: each begins with none of the names of the one before. Raises as
    `build` does where that holds for every family.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from journeys import pages
    from lib import runs
    from lib.files import lock
    from lib.parameters import declared

    say = progress or runs.to_stderr
    ready = _look(asked, say, {})
    families = pages.everybody(ready.session).families
    if "family" in asked.parameters:
        raise RequestError("a report for each family has no family of its own. Leave one of the two out.")
    if asked.notebook == pages.FOR_ONE_READER or "family" not in declared(runs.read_notebook(ready.notebook)[0]):
        raise RequestError(f"{asked.notebook} is no report of one family. 2_one_family can be built for each of them.")
    made: dict[str, Path | KitError] = {}
    stopped = threading.Event()

    def work(some: Sequence[str]) -> None:
        with runs.kernel(reports) as kept:
            for family in some:
                if stopped.is_set():
                    return
                try:
                    made[family] = ready.run({**asked.parameters, "family": family}, reports, lambda _: None, kept=kept)
                except KitError as fault:
                    made[family] = fault
                told = "built" if isinstance(made[family], Path) else "not built"
                say(f"{len(made)} of {len(families)} {told}: family {visible(family)}")

    at_once = max(min(len(families), os.cpu_count() or 1, MOST_AT_ONCE), 1)
    try:
        with lock(ready.lock) if ready.lock else contextlib.nullcontext(), ThreadPoolExecutor(at_once) as pool:
            try:
                for done in as_completed([pool.submit(work, families[n::at_once]) for n in range(at_once)]):
                    done.result()
            except BaseException:
                # Stopped by hand, or by a fault of its own: what is being built ends, and nothing else begins.
                stopped.set()
                raise
    finally:
        _index(reports, say)
    first = next(iter(made.values()), None)
    if isinstance(first, KitError) and {str(other) for other in made.values()} == {str(first)}:
        raise first
    return {family: made[family] for family in families}


@dataclass(frozen=True)
class _Ready:
    """A request that was found good, and what its runs need."""

    asked: Request
    notebook: Path
    record: Mapping[str, Any]
    frame: Any
    lock: Path | None
    session: Session

    def run(self, parameters: Mapping[str, Any], reports: Path, say: Callable[[str], None], **more: Any) -> Path:
        """One report, whole or not at all."""
        from journeys import pages
        from lib import runs

        return runs.run(
            self.notebook,
            {"data": data_parameter(self.asked.data), "level": self.asked.level, **parameters},
            reports,
            self.frame,
            run_name=self.asked.notebook,
            record=self.record,
            progress=say,
            # What one reader is handed is the page, read once more by a practitioner: no file beside it adds to it.
            with_parts=self.asked.notebook != pages.FOR_ONE_READER,
            with_pdf=self.asked.with_pdf,
            **more,
        )


def _look(asked: Request, say: Callable[[str], None], more: Mapping[str, Any]) -> _Ready:
    """Look at a request whole, before anything is made."""
    from journeys import __version__, book, checks, contacts, pages
    from journeys.agreed import load_rules
    from journeys.facts import load_facts
    from journeys.readerpage import reader_rules

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
    held = session.home / LOCK if session.home else None
    around, written = frame or pages.frame_for(session, asked.level), book.hashes(session.folder)

    def unchanged(notebook: Any, so_far: dict[str, Any]) -> Any:
        # The record holds the files' hashes from before: a page that rests on other files is not published under them.
        if session.engine.is_old() or book.hashes(session.folder) != written:
            raise BuildError(
                f"the files of {session.folder.name} changed while {asked.notebook} was built, so it may rest on both. Build it "
                "again. Earlier reports have not changed."
            )
        return around(notebook, so_far)

    return _Ready(asked, path, {**record, **more}, unchanged, held, session)


def _index(reports: Path, say: Callable[[str], None]) -> None:
    from lib import catalogue

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
@click.option("--each-family", is_flag=True, help="the report of one family, for each family under review")
@click.option("--pdf", "with_pdf", is_flag=True, help="a PDF too, where this machine can make one: it takes a while")
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), default=REPORTS, help="where reports go")
def report(
    notebook: str,
    data: str,
    level: str,
    start: str | None,
    end: str | None,
    parameters: tuple[str, ...],
    each_family: bool,
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
    asked = Request(notebook, data, level, given, with_pdf)
    if each_family:
        _tell_each(build_each(asked, reports))
        return
    made = build(asked, reports)
    if notebook == pages.FOR_ONE_READER:
        click.echo(HAND_OVER)
    click.echo(str(from_here(made / "report.html")))


def _tell_each(made: Mapping[str, Path | KitError]) -> None:
    """Every page's path; then, if one could not be built, which and why, as an error."""
    faults: dict[str, list[str]] = {}
    for family, one in made.items():
        if isinstance(one, KitError):
            faults.setdefault(str(one), []).append(visible(family))
        else:
            click.echo(str(from_here(one / "report.html")))
    if faults:
        why = " ".join(f"Family {listed(families)}: {fault}" for fault, families in faults.items())
        missing = sum(map(len, faults.values()))
        raise BuildError(f"{missing} of {count(len(made), 'report')} could not be built. {why}")
