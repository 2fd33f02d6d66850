"""The commands with which whoever answers for the data does what people and the law ask, and looks after the key."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lib.errors import RequestError, count

PROJECT = Path(__file__).resolve().parent.parent
REPORTS = PROJECT / "reports"

OUT_OF_REACH = "Backups, printed pages, mailed copies, open notebooks, and reports built with --reports elsewhere are out of reach."

_data = click.option("--data", required=True, help="a folder's name under data/, or a path")
_reports = click.option(
    "--reports", type=click.Path(file_okay=False, path_type=Path), default=REPORTS, help="where reports are"
)
_absent = click.option("--absent", is_flag=True, help="go on although no file names this person now")


@click.command()
@click.argument("person", nargs=-1, required=True)
@_data
@click.option("--reason", required=True, help="why, in a few words; name nobody")
@click.option("--undo", is_flag=True, help="let them in again: it was the wrong person")
@_absent
@_reports
def forget(person: tuple[str, ...], data: str, reason: str, undo: bool, absent: bool, reports: Path) -> None:
    """Take PERSON (every id they have) out of what was made from DATA, and keep them out from now on."""
    from journeys import rights
    from journeys.subject import check_people

    people = check_people(person)
    if undo:
        rights.forget_no_more(data, people, reason)
        click.echo("They are read in again from now on. What was taken out of the book, and reports, is not put back.")
        return
    done = rights.forget(data, people, reason, reports, absent=absent)
    records = len(done.held.records)
    click.echo(
        f"Forgotten: {count(records, 'record')} in {count(len(done.held.lines), 'file')}, set aside from now on."
    )
    if done.questions:
        click.echo(f"Questions about records: {count(done.questions, 'row')} taken out.")
    click.echo(f"Review book: {count(done.book_rows, 'row')} taken out.")
    if done.book_to_read:
        click.echo(
            f"  {count(done.book_to_read, 'row')} about their family are left: read them for words about this person."
        )
    click.echo(f"Stores: {count(done.stores, 'store')} made before removed.")
    if done.stores_open:
        click.echo(
            f"  {count(done.stores_open, 'store')} is still open in a program. Close notebooks; `prune` removes it."
        )
    click.echo(f"Reports: {count(len(done.runs), 'run')} that rested on them removed; build them again.")
    for run in done.runs:
        click.echo(f"  {run}")
    for name in done.released:
        click.echo(f"Released already, and not to be called back: {name}.")
    for name in done.projects:
        click.echo(
            f"Project '{name}' has had rows of this folder: give it a new extract, and ask it to destroy the old."
        )
    click.echo("Left for people to do:")
    for line in (*done.by_hand, OUT_OF_REACH):
        click.echo(f"  {line}")


@click.command()
@click.option(
    "--data", multiple=True, help="a folder's name under data/, or a path; left out: every folder under data/"
)
@click.option("--yes", is_flag=True, help="remove it; without this, it is only listed")
@_reports
def prune(data: tuple[str, ...], yes: bool, reports: Path) -> None:
    """What is kept too long: past its day, or from a file that was withdrawn. Listed; with --yes, removed."""
    from journeys import rights

    every = data or tuple(str(p.parent) for p in sorted((PROJECT / "data").glob("*/sources.yml")))
    removed = listed = broken = 0
    for one in every:
        try:
            found = list(rights.due(one, reports))
        except RequestError as error:
            broken += 1
            click.echo(f"BY HAND  {Path(one).name} cannot be looked at: {error}")
            continue
        for due in found:
            by_hand = due.remove is None
            click.echo(f"{'BY HAND' if by_hand else 'removed' if yes else 'due    '}  {due.what}: {due.because}.")
            if due.remove is not None:
                listed += 1
                if yes:
                    due.remove()
                    removed += 1
    if not listed:
        click.echo("Nothing is kept too long.")
    elif not yes:
        click.echo(f"\nNothing was removed. To remove {'it' if listed == 1 else f'these {listed}'}: add --yes.")
    else:
        click.echo(f"\n{removed} removed. What was released before cannot be called back; backups are out of reach.")
    if broken:
        raise RequestError(
            f"{count(broken, 'folder')} could not be looked at. Mend what is said above, and run this again."
        )


@click.command()
@click.argument("data")
@click.option("--yes", "confirmed", default="", metavar="NAME", help="the folder's own name, typed again")
@click.option("--reason", required=True, help="why, in a few words; name nobody")
@_reports
def destroy(data: str, confirmed: str, reason: str, reports: Path) -> None:
    """Destroy a data folder and all that was made from it, with a certificate."""
    from journeys import destruction

    done = destruction.destroy(data, confirmed, reason, reports)
    for line in destruction.in_words(done):
        click.echo(line)
    click.echo(str(_from_here(done.certificate)))
    if done.left:
        raise RequestError(f"{count(len(done.left), 'file')} could not be removed.")


@click.command()
@click.argument("person", nargs=-1, required=True)
@_data
@_absent
@_reports
def subject(person: tuple[str, ...], data: str, absent: bool, reports: Path) -> None:
    """All that DATA holds about PERSON (every id they have), for an access request, in a folder for you alone."""
    from journeys.subject import check_people
    from journeys.subject import subject as put_together

    made = put_together(data, check_people(person), reports, absent=absent)
    for title, rows in made.rows.items():
        click.echo(f"{title}: {count(rows, 'row')}")
    click.echo(f"{count(made.flagged, 'row')} flagged: a person reads them before anything is given out.")
    click.echo(str(_from_here(made.folder)))


@click.command()
@click.argument("pseudonym")
@_data
@click.option("--project", required=True, help="the project whose pseudonym it is")
@click.option("--reason", required=True, help="why, in a few words; it is kept")
@click.option("--approved-by", required=True, help="who approved it: another person than you")
def identify(pseudonym: str, data: str, project: str, reason: str, approved_by: str) -> None:
    """Who is behind one PSEUDONYM of a project. Each asking is written down; twenty a day are allowed."""
    from journeys import pseudonymous

    click.echo(pseudonymous.identify(pseudonym, data, project, reason, approved_by, pseudonymous.who_asks()))


@click.command()
@click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path))
@click.option("--staged", is_flag=True, help="those that are about to be committed, as the hook does")
def strip(notebooks: tuple[Path, ...], staged: bool) -> None:
    """Take what notebooks last showed out of them: those named, or all in notebooks/."""
    from journeys import safekeeping
    from lib import commits

    if staged:
        root = Path(os.fsdecode(commits.git(Path.cwd(), "rev-parse", "--show-toplevel").rstrip(b"\n")))
        done, refused = commits.strip_staged(root, safekeeping.RULES)
        for name in done:
            click.echo(f"{name}: what it showed is not committed; your own copy keeps it.", err=True)
        if refused:
            raise RequestError(f"nothing was committed: {'; '.join(refused)}. Take it out with git restore --staged.")
        return
    for path in notebooks or safekeeping.notebooks_of(PROJECT):
        if commits.strip_file(path):
            click.echo(f"{_from_here(path)}: stripped")


@click.group()
def key() -> None:
    """The key by which pseudonyms are made: a new one, where it is, another in its place."""


@key.command("new")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def new_key(path: Path | None) -> None:
    """Make a key, at PATH or in the usual place of your own profile."""
    from journeys import keyplace
    from lib import keys

    at = path or keyplace.key_path()
    name = keys.make(at, keyplace.BESIDE)
    click.echo(f"Key {name} is at {at}. {keys.who_may_read()}")
    click.echo(
        "Keep a copy where only whoever answers for the data can reach it: without it no pseudonym can be made again."
    )
    if path is not None and os.path.abspath(path) != os.path.abspath(keyplace.key_path()):
        click.echo(f"For the kit to find it, set {keyplace.VARIABLE} to that path.")


@key.command()
def where() -> None:
    """Where the key is, which one it is, and whether it is well kept."""
    from journeys import keyplace
    from lib import keys

    ring = list(keyplace.ring())
    sealed = f", {count(len(ring) - 1, 'sealed key')} beside it" if len(ring) > 1 else ""
    click.echo(f"Key {ring[0]} is at {keyplace.key_path()}{sealed}. {keys.who_may_read()}")


@key.command()
@click.option("--data", multiple=True, help="a data folder whose projects need to know which pseudonym became which")
def rotate(data: tuple[str, ...]) -> None:
    """Put a new key in the old one's place, once a year, when somebody who had it leaves, or when it was seen."""
    from journeys import pseudonymous

    for line in pseudonymous.rotate(data):
        click.echo(line)


def _from_here(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd())
    except ValueError:
        return path


COMMANDS = (forget, prune, destroy, subject, identify, key, strip)
