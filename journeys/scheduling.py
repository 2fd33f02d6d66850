"""The reports that leads asked for, built by themselves: what is due, once, each whole or not at all.

What is due is told from the runs that are there, never from a note of its own, so that nothing is left to mend after a
machine was off or a run was killed.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from journeys.reports import LOCK, NOTEBOOKS, REPORTS, Request, build, fingerprint, from_here
from lib import catalogue, periods, runs
from lib.dates import read_day, say
from lib.errors import BusyError, KitError, RequestError
from lib.files import lock, private_dir
from lib.schedule import Asked, chosen, read_schedule

SCHEDULE = REPORTS / "schedule.yml"
BUILT, UNCHANGED, NOT_DUE, FAILED, AT_FAULT, BUSY = "built", "unchanged", "not due", "failed", "at fault", "busy"


@dataclass(frozen=True)
class Outcome:
    """What came of one report of the schedule, and what to say of it."""

    asked: Asked
    came: str
    says: str


def run_schedule(
    asked: list[Asked],
    reports: Path,
    day: dt.date,
    *,
    only_due: bool,
    progress: Callable[[str], None],
) -> list[Outcome]:
    """Build what is to be built, in order, one folder of data after another; one that fails stops no other.

    `day`: the day that is taken for today. `only_due`: leave out what has been built since it was last due, and what has no
    due day. A folder at which another run is at work is left to that run. Returns what came of each.
    """
    outcomes = []
    for data in dict.fromkeys(a.data for a in asked):
        here = [a for a in asked if a.data == data]
        waiting = [a for a in here if not only_due or _since(a, day, catalogue.entries(reports))]
        outcomes += [Outcome(a, NOT_DUE, _not_due(a, day)) for a in here if a not in waiting]
        if waiting:
            outcomes += _on_one_folder(data, waiting, reports, day, only_due, progress)
    order = {a.name: place for place, a in enumerate(asked)}
    return sorted(outcomes, key=lambda o: order[o.asked.name])


def exit_status(outcomes: list[Outcome]) -> int:
    """1 where a report could not be built; else 2 where a request or its data is at fault; else 3 where another run was at
    work; else 0."""
    came = {outcome.came for outcome in outcomes}
    return next((status for status, word in ((1, FAILED), (2, AT_FAULT), (3, BUSY)) if word in came), 0)


def _on_one_folder(
    data: str, waiting: list[Asked], reports: Path, day: dt.date, only_due: bool, progress: Callable[[str], None]
) -> list[Outcome]:
    from journeys.sources import find_folder

    outcomes = []
    with ExitStack() as held:
        try:
            held.enter_context(lock(private_dir(find_folder(data) / ".store") / LOCK))
        except BusyError as fault:
            return [Outcome(a, BUSY, str(fault)) for a in waiting]
        except KitError as fault:
            for asked in waiting:
                _keep(asked, reports, catalogue.entries(reports), fault)
            return [Outcome(a, _kind(fault), f"{a.at}: {fault}") for a in waiting]
        for number, asked in enumerate(waiting, start=1):
            progress(f"{number} of {len(waiting)} on {data}: {asked.name}")
            outcomes.append(_one(asked, reports, day, only_due, progress))
            progress(f"{asked.name}: {outcomes[-1].came}")
    return outcomes


def _one(asked: Asked, reports: Path, day: dt.date, only_due: bool, progress: Callable[[str], None]) -> Outcome:
    """Build one report, unless what it rests on is as it was when it was last built."""
    entries = catalogue.entries(reports)
    # Another run may have built it while this one waited for its turn.
    since = _since(asked, day, entries) if only_due else day
    if since is None:
        return Outcome(asked, NOT_DUE, _not_due(asked, day))
    try:
        request = Request(asked.notebook, asked.data, asked.level, asked.parameters_on(since), asked.pdf)
        rests_on = fingerprint(request)
        last = _last_good(asked, entries)
        if last and (last.record or {}).get("fingerprint") == rests_on:
            return Outcome(asked, UNCHANGED, f"as it was: {from_here(reports / last.run_id / 'report.html')}")
        more = {"name": asked.name, "reckoned_from": since.isoformat(), "fingerprint": rests_on}
        made = build(request, reports, more=more, is_locked=True, progress=progress)
        return Outcome(asked, BUILT, str(from_here(made / "report.html")))
    except KitError as fault:
        _keep(asked, reports, entries, fault)
        return Outcome(asked, _kind(fault), f"{asked.at}: {fault}")
    except OSError as fault:
        return Outcome(asked, FAILED, f"{asked.at}: {fault.strerror or type(fault).__name__}")


def _keep(asked: Asked, reports: Path, before: list[catalogue.Entry], fault: KitError) -> None:
    """See that a failure is on record for the index, where the run itself did not begin and so kept none."""
    known = {e.run_id for e in before}
    new = [e for e in catalogue.entries(reports) if e.run_id not in known]
    if not isinstance(fault, BusyError) and not any((e.record or {}).get("name") == asked.name for e in new):
        record = {"name": asked.name, "notebook": asked.notebook, "data": Path(asked.data).name, "level": asked.level}
        runs.refused(reports, asked.notebook, record, fault)


def _kind(fault: KitError) -> str:
    return BUSY if isinstance(fault, BusyError) else AT_FAULT if isinstance(fault, RequestError) else FAILED


def _last_good(asked: Asked, entries: list[catalogue.Entry]) -> catalogue.Entry | None:
    return next((e for e in entries if e.is_good and (e.record or {}).get("name") == asked.name), None)


def _since(asked: Asked, day: dt.date, entries: list[catalogue.Entry]) -> dt.date | None:
    """The day on which a report was last due, if no good run of it is reckoned from that day or a later one."""
    if asked.due is None:
        return None
    due = asked.due.last(day)
    for entry in entries:
        record = entry.record or {}
        if (
            entry.is_good
            and record.get("name") == asked.name
            and str(record.get("reckoned_from", "")) >= due.isoformat()
        ):
            return None
    return due


def _not_due(asked: Asked, day: dt.date) -> str:
    return f"next due on {say(asked.due.next(day))}" if asked.due else "never due by itself: it is built with --all"


def _would_run(asked: Asked, reports: Path, day: dt.date, only_due: bool) -> str:
    """What a run of the schedule would do with one report, in a line."""
    entries = catalogue.entries(reports)
    since = _since(asked, day, entries)
    last = _last_good(asked, entries)
    first, until = periods.period(asked.period, (since or day) if only_due else day)
    said = f"{say(first)} to {say(until)}" if first else periods.EVERYTHING
    when = f"due since {say(since)}" if since else _not_due(asked, day)
    made = f"last built {last.made}" if last else "not built yet"
    return f"{asked.name}: {asked.notebook} on {asked.data} at {asked.level}, {said}; {when}; {made}"


@click.command()
@click.argument("names", nargs=-1)
@click.option("--due", "only_due", is_flag=True, help="what is due since its last good run")
@click.option("--all", "everything", is_flag=True, help="every report, due or not")
@click.option("--dry-run", is_flag=True, help="say what would be built, and build nothing")
@click.option("--data", default="", help="only the reports on this data folder")
@click.option("--as-of", default=None, metavar="DAY", help="the day to take for today, as 2025-04-07")
@click.option("--file", "file", type=click.Path(dir_okay=False, path_type=Path), default=SCHEDULE, help="the schedule")
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), default=REPORTS, help="where reports go")
def schedule(
    names: tuple[str, ...],
    only_due: bool,
    everything: bool,
    dry_run: bool,
    data: str,
    as_of: str | None,
    file: Path,
    reports: Path,
) -> None:
    """What reports/schedule.yml asks for: with --due what is due, with --all all of it, or NAMES of it.

    Exit status: 0 all well; 1 a report could not be built; 2 a request or its data is at fault; 3 another run was at work
    on a folder. The first of these that is so is given.
    """
    from journeys.pages import LEVELS

    if only_due and everything:
        raise RequestError("--due and --all are given. Give one of them.")
    known = [p.stem for p in sorted(NOTEBOOKS.glob("*.ipynb"))]
    asked = chosen(read_schedule(file, known, (*LEVELS, "public")), names, data)
    day = read_day(as_of, "--as-of") or periods.today()
    if dry_run or not (only_due or everything):
        for one in asked:
            click.echo(_would_run(one, reports, day, only_due=not everything))
        if not dry_run:
            click.echo("\nNothing was built. Add --due for what is due, or --all.")
        return
    outcomes = run_schedule(asked, reports, day, only_due=only_due, progress=lambda line: click.echo(line, err=True))
    if reports.is_dir() and (trouble := catalogue.try_to_write_index(reports)):
        click.echo(trouble, err=True)
    for outcome in outcomes:
        click.echo(f"{outcome.asked.name}: {outcome.came}; {outcome.says}")
    click.echo(_in_all(outcomes))
    if (reports / catalogue.INDEX).is_file():
        click.echo(str(from_here(reports / catalogue.INDEX)))
    sys.exit(exit_status(outcomes))


def _in_all(outcomes: list[Outcome]) -> str:
    counted = [
        (word, sum(o.came == word for o in outcomes)) for word in (BUILT, UNCHANGED, NOT_DUE, FAILED, AT_FAULT, BUSY)
    ]
    return ", ".join(f"{number} {word}" for word, number in counted if number) or "nothing to build"
