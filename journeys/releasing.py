"""The only way out: a public run is checked again from its data, scanned, checked by a second person, and sealed."""

from __future__ import annotations

import getpass
import json
import re
import secrets
import shutil
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from journeys import release
from journeys.rechecks import PDF, fit_to_leave, recounted, scan
from journeys.reports import NOTEBOOKS, PROJECT, REPORTS, from_here, together_sha256
from lib import beside, manifests
from lib import ledger as ledgers
from lib.errors import RequestError
from lib.files import appear, private_dir, refuse_symlink, shown

if TYPE_CHECKING:
    from journeys.journey import Journeys

RELEASE = PROJECT / "release"
STAY = ("run.json", "log.jsonl")
"""Stay with the team: a run's record and log are no part of what leaves."""


@click.command("release")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--checked-by", "checked_by", required=True, help="who read it, besides its author")
@click.option("--author", default=None, help="who made it; left out: the name of whoever is at this computer")
@click.option("--first", is_flag=True, help="nothing was ever released from this data folder")
@click.option("--to", "place", type=click.Path(file_okay=False, path_type=Path), default=RELEASE, help="where it goes")
def release_command(run: Path, checked_by: str, author: str | None, first: bool, place: Path) -> None:
    """Let a public report out: checked again, scanned, read by a second person, sealed. RUN is its folder in reports/."""
    folder = run if run.is_dir() else REPORTS / run
    author = author or getpass.getuser()
    made, seal = let_out(folder, checked_by, author, place, first=first)
    click.echo(f"Sealed {seal}")
    click.echo(f"Made by {author}, checked by {checked_by}: both stand in its manifest.")
    click.echo("Give that seal out by another way than the files: python -m journeys verify FILE says it again.")
    click.echo(str(from_here(made)))


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seal", default=None, help="the seal as it was given out")
def verify_command(file: Path, seal: str | None) -> None:
    """Whether a released FILE, or a whole folder, came through unchanged."""
    found, manifest = manifests.verify(file)
    if seal is not None and seal.strip().casefold() != found:
        raise RequestError(
            f"the seal is {found}, and not the one you were given: this is another release, or a forged one."
        )
    click.echo(f"{file.name}: unchanged since it was sealed on {manifest.get('released_on', 'a day not told')}.")
    said = "the one that you were given" if seal else "compare it with the one that was given out"
    click.echo(f"Seal {found}: {said}.")


def let_out(folder: Path, checked_by: str, author: str, place: Path, *, first: bool = False) -> tuple[Path, str]:
    """Release a run, or leave everything as it was. Returns the folder that was made, and its seal.

    Raises `RequestError` with what has to be mended: a run that is not public, or was changed; one person instead of
    two; figures that are not what the data give; an identifier; a ledger that is missing; an overlap.
    """
    _two_people(author, checked_by)
    record, files = _whole(folder)
    final = place / str(record["run_id"])
    if final.exists():
        return final, manifests.verify(final)[0]
    fit_to_leave(folder, files)
    review = _review(record)
    home = review.session.folder.path
    if home is None:
        raise RequestError("figures of frames in memory are not released. Put the data in a folder with a sources.yml.")
    scan(folder, files, review)
    home = home / release.HOME
    with ledgers.at_work(home):
        before = manifests_of(place, review.session.folder.name)
        ledger = ledgers.read(home, before)
        if ledger is None and not first:
            raise RequestError(
                f"{shown(home)} holds no ledger of releases. If nothing was ever released from this data, say --first; if "
                "something was, put back the ledger that was kept with the data."
            )
        ledger = ledger or ledgers.begin(home)
        today = release.today()
        released = recounted(record, review, ledger, folder, files, today)
        said = {
            "schema": 1,
            "run": record["run_id"],
            "level": "public",
            "kit": record["kit"],
            "rules": record["rules"],
            "inputs_sha256": record["inputs_sha256"],
            "released_on": today.isoformat(),
            "author": author,
            "checked_by": checked_by,
            "series": series(review.session.folder.name),
            "figures": [part["record"] for part in record["public"] if part["kind"] == "table"],
        }
        private_dir(place)
        aside = private_dir(place / f".building-{secrets.token_hex(4)}")
        scratch = aside.with_name(f"{aside.name}-scratch")
        try:
            for name in files:
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                if name != PDF:
                    shutil.copyfile(folder / name, aside / name)
            if PDF in files:
                # What a PDF says cannot be read back for certain: it is made again, from the page that was checked.
                said["pdf"] = beside.write_pdf(aside, scratch)
            seal = manifests.seal(aside, said)
            if released is not None:
                policy = released.policy
                ledger.record(
                    str(record["run_id"]),
                    today,
                    released.figures,
                    released.published,
                    released.populations,
                    policy.rule,
                    policy.afresh_after,
                )
                ledger.rests |= released.rests
            else:
                ledger.releases.append({"release": str(record["run_id"]), "on": today.isoformat()})
            # The ledger first: a release that is not in it would not be looked at by the next.
            ledger.write()
            return appear(aside, final), seal
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            shutil.rmtree(scratch, ignore_errors=True)


def manifests_of(place: Path, data: str) -> int:
    """How many releases of a data folder stand in a release folder."""
    count = 0
    for file in place.glob(f"*/{manifests.MANIFEST}"):
        try:
            count += json.loads(file.read_text("utf-8"))["series"] == series(data)
        except (OSError, ValueError, KeyError, TypeError):
            raise RequestError(f"{shown(file)} cannot be read. Put back the release as it was sealed.") from None
    return count


def series(data: str) -> str:
    """What releases of one data folder have in common, without its name."""
    return together_sha256({"data": data})[:12]


def _two_people(author: str, checked_by: str) -> None:
    first, second = _plain(author), _plain(checked_by)
    if len(second) < 2 or not any(c.isalpha() for c in second):
        raise RequestError("--checked-by wants a person's name: who read the report, besides its author.")
    if first == second:
        raise RequestError(
            "--checked-by names the author. A second person reads what leaves: write that person's name."
        )


def _plain(name: str) -> str:
    kept = "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum() or c.isspace())
    return "".join(sorted(kept.split()))


def _whole(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """A run's record, and the files of it that leave. Raises where it is not public, or not as it was made."""
    refuse_symlink(folder)
    try:
        record = json.loads((folder / "run.json").read_text("utf-8"))
        wanted = dict(record["files"])
        level, outcome, run = record["level"], record["outcome"], str(record["run_id"])
    except (OSError, ValueError, KeyError, TypeError):
        raise RequestError(f"{shown(folder)} is not a run that was built: there is no whole run.json in it.") from None
    if level != "public" or "public" not in record:
        raise RequestError(f"{shown(folder)} was made for level {level}, and only a report at level public can leave.")
    if outcome != "ok" or not re.fullmatch(r"[A-Za-z0-9_-]{1,120}", run) or folder.resolve().name != run:
        raise RequestError(f"{shown(folder)} is not a run that ended well, under its own name. Build it again.")
    held = {name: manifests.hash_of(folder / name) for name in manifests.names_in(folder) if name != "run.json"}
    for name in sorted(set(held) | set(wanted)):
        if held.get(name) != wanted.get(name):
            raise RequestError(f"{name} in {shown(folder)} is not as the run made it. Build the report again.")
    return record, [name for name in held if name not in STAY]


def _review(record: dict[str, Any]) -> Journeys:
    """The review that a run was made of, from the same data. Raises where these have changed since."""
    from journeys import book, contacts, families
    from journeys.journey import build_journeys

    given = record["parameters"]
    data = str(given["data"])
    found = data if (PROJECT / "data" / data / "sources.yml").is_file() else NOTEBOOKS / data
    session = contacts.open_session(found)
    if together_sha256(session.folder.hashes() | book.hashes(session.folder)) != record["inputs_sha256"]:
        raise RequestError("the data, the book or the rules have changed since this report was built. Build it again.")
    return build_journeys(
        contacts.read_contacts(found), families.read_members(found), start=given["start"], end=given["end"]
    )
