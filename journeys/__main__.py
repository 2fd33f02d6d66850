"""The command that leads run: python -m journeys …

Exit status: 0 all well; 1 a report could not be built; 2 the request or the data is at fault; 3 another run holds the
lock.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from journeys import rightscommands
from journeys.drafting import formats
from journeys.linkcommand import link_command
from journeys.releasing import release_command, verify_command
from journeys.reports import PROJECT, from_here, report
from journeys.scheduling import schedule
from lib.errors import BusyError, KitError, RequestError, listed


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Families' journeys through public services, from agencies' contact logs."""


cli.add_command(report)
cli.add_command(schedule)
cli.add_command(release_command)
cli.add_command(verify_command)
cli.add_command(link_command)
cli.add_command(formats)


@cli.command()
@click.argument("data")
def check(data: str) -> None:
    """Records read, accepted, set aside and collapsed, file by file; why; and what to do."""
    from journeys import checks, contacts
    from journeys.aside import KEPT_WHOLE, SET_ASIDE, keep

    session = contacts.open_session(data)
    account = checks.full_account(session)
    about = session.folder.about
    click.echo(f"{about.name}: {about.purpose}" + ("  [INVENTED DATA]" if about.invented else ""))
    click.echo("\nRecords read = accepted + set aside + collapsed\n")
    shown = account.drop(columns="rejected_because").rename(
        columns={"set_aside": "set aside", "in_no_family": "in no family"}
    )
    click.echo(shown.to_string(index=False))
    aside = session.engine.frame(
        "SELECT source_file AS file, reason, count(*) AS records, min(source_line) AS first_line, min(fix) AS what_to_do "
        f"FROM ({contacts.set_aside_rows()}) AS s GROUP BY source_file, reason ORDER BY source_file, reason"
    )
    if len(aside):
        click.echo("\nSet aside:")
        for row in aside.itertuples():
            word = "record" if row.records == 1 else "records"
            click.echo(
                f"  {row.file}: {row.records:,} {word}, {row.reason} (first on line {row.first_line}): {row.what_to_do}."
            )
    rooms = keep(session)
    if room := rooms.get(SET_ASIDE):
        click.echo(
            f"  As they came, for the data's owner alone: {from_here(room)}. Mend the format or the file, and they come in."
        )
    if room := rooms.get(KEPT_WHOLE):
        click.echo(f"\nRecords of which a text was cut, whole, for the data's owner alone: {from_here(room)}.")
    lines = list(checks.how_read(session))
    if lines:
        click.echo("\nHow files of text were read:")
    for line in lines:
        click.echo(f"  {line}.")
    for name, (form, _) in session.folder.formats.items():
        for what, why in form.unread.items():
            click.echo(f"\nNot read in {name}: {what} ({why}).")
    faults = checks._faults(session, None).df()
    doubts = faults[~faults["fault"].isin(["set_aside"])]
    if len(doubts):
        click.echo("\nDoubts (kept, and counted):")
        for (fault, file), some in doubts.groupby(["fault", doubts["source_file"].fillna("")], sort=False):
            place = f" {file}" if file else ""
            found = some["says"].value_counts(sort=False)
            for says, n in found[:5].items():
                many = f" ({n:,} times)" if n > 1 and some["contact_id"].notna().any() else ""
                click.echo(f"  {fault}{place}{many}: {says}")
            if len(found) > 5:
                click.echo(f"  {fault}{place}: and {found[5:].sum():,} more such. fj.check_contacts lists them all.")
    rejected = [r.file for r in account.itertuples() if r.rejected_because]
    if not rejected:
        click.echo(f"\n{_at_risk(data)}")
    if rejected:
        raise RequestError(
            f"{listed(rejected)} could not be read at all, and the rest cannot be used without it: mend it, or take its "
            "line out of sources.yml."
        )


@cli.command()
@click.argument("data")
@click.option(
    "--merge", "other", type=click.Path(path_type=Path), default=None, help="another's copy, to be made one with yours"
)
@click.option("--start", default=None, help="first day of the period")
@click.option("--end", default=None, help="last day of the period")
def book(data: str, other: Path | None, start: str | None, end: str | None) -> None:
    """Write, or refresh, the review book: what only people can supply. No decision in it is ever lost."""
    from journeys import contacts, families, filling
    from journeys.book import read_book
    from journeys.journey import build_journeys

    click.echo(f"Reading {data} …", err=True)
    review = build_journeys(contacts.read_contacts(data), families.read_members(data), start=start, end=end)
    if other is not None:
        agreement = filling.merge_books(review, other)
        if agreement.empty:
            click.echo("Nothing was judged by both.")
        for row in agreement.itertuples():
            beyond = "cannot be told" if row.kappa is None or row.kappa != row.kappa else f"{row.kappa:.2f}"
            click.echo(f"{row.sheet}: both judged {row.both}, and agree on {row.agree}; kappa {beyond}.")
    path = filling.write_book(review)
    again = read_book(review).to_look_at_again
    if again:
        click.echo(f"{again} decision{'s' if again > 1 else ''} to look at again: see the column 'look'.")
    click.echo(str(from_here(path)))


@cli.command()
@click.option("--data", default="sample", show_default=True, help="a folder's name under data/, or a path")
@click.option("--diff", is_flag=True, help="what a change gains and loses in firings")
@click.option("--proposed", type=click.Path(path_type=Path), default=None, help="a file of triggers not yet adopted")
@click.option("--start", default=None, help="first day of the period")
@click.option("--end", default=None, help="last day of the period")
def rules(data: str, diff: bool, proposed: Path | None, start: str | None, end: str | None) -> None:
    """The triggers in force, each with its source; with --diff, what a change to them gains and loses.

    Without --proposed, --diff sets the folder's own lines against the kit's; with it, the proposal against what is in
    force.
    """
    from journeys import adoption, contacts, overlays
    from journeys.agreed import load_rules

    if proposed is not None and not diff:
        raise RequestError("--proposed says what to compare. Add --diff.")
    if proposed is not None and not proposed.is_file():
        raise RequestError(f"there is no file '{proposed}'. Write the proposal as rules/triggers.yml is written.")
    if not diff:
        session = contacts.open_session(data)
        in_force = load_rules(session.folder.rule_files("triggers.yml"), session.activities)
        click.echo(overlays.in_words(session.folder))
        click.echo("\n".join(_rule_lines(adoption.as_frame(in_force))))
        return
    click.echo(f"Reading {data} …", err=True)
    table = contacts.read_contacts(data)
    session = table.owner
    from journeys.families import read_members
    from journeys.journey import build_journeys

    members = read_members(data)
    review = build_journeys(table, members, start=start, end=end)
    changes = adoption.rule_changes(review, proposed)
    what = f"{proposed} over the rules in force" if proposed else "this folder's own lines over the kit's rules"
    click.echo(f"{what}, {len(review)} families under review, {review.start} to {review.end}\n")
    different = changes[(changes["change"] != "the same") | (changes["gained"] > 0) | (changes["lost"] > 0)]
    if different.empty:
        click.echo(f"Nothing changes: {len(changes)} triggers in force give the same firings.")
        return
    click.echo(different.rename(columns=lambda c: c.replace("_", " ")).to_string(index=False))
    click.echo(f"\n{len(changes) - len(different)} other triggers in force give the same firings.")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--families", default=8, show_default=True, help="how many families under review")
@click.option("--comparison", default=120, show_default=True, help="how many comparison families")
@click.option("--seed", default=2013, show_default=True, help="the same seed makes the same files")
def sample(folder: Path, families: int, comparison: int, seed: int) -> None:
    """Make invented families, with planted answers, in FOLDER."""
    from journeys import sample as invented

    try:
        planted = invented.make(folder, families=families, comparison=comparison, seed=seed)
    except (ValueError, FileExistsError) as error:
        raise RequestError(str(error)) from None
    click.echo(invented.describe(planted))


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("more", nargs=-1, type=click.UNPROCESSED)
def lab(more: tuple[str, ...]) -> None:
    """JupyterLab on the notebooks, reachable from this machine alone, with no news and no update checks."""
    from journeys.safekeeping import lab_command

    command = [*lab_command(sys.executable, PROJECT), *more]
    os.execv(sys.executable, command)


@cli.command()
def doctor() -> None:
    """What is wrong with this laptop, in plain words."""
    from journeys.doctor import look

    findings = look(PROJECT)
    for finding in findings:
        click.echo(
            f"{'ok     ' if finding.is_well else 'MEND   '}{finding.what}"
            + ("" if finding.is_well else f"\n       {finding.mend}")
        )
    wrong = sum(not f.is_well for f in findings)
    click.echo("\nAll well." if not wrong else f"\n{wrong} to mend.")
    if wrong:
        sys.exit(2)


def _at_risk(data: str) -> str:
    """Once in every check: whether firings are still open, and whom to ring; or why that was not looked at."""
    from journeys import contacts, families, findings
    from journeys.journey import build_journeys
    from journeys.triggers import find_triggers
    from lib.errors import PermissionRefused

    try:
        review = build_journeys(contacts.read_contacts(data), families.read_members(data))
        return findings.at_risk(find_triggers(review))
    except PermissionRefused:
        return "Triggers were not looked at: these sources do not allow it. This is not an alert system."
    except RequestError as error:
        return f"Triggers were not looked at: {error}"


def _rule_lines(frame: Any) -> list[str]:
    """Triggers as a board reads them: those in force about families, then about services, then those kept by."""
    groups = (
        ("About families", frame["in_force"] & (frame["about"] == "family")),
        (
            "About services: their own deadlines, no sign that a family needs help",
            frame["in_force"] & (frame["about"] == "service"),
        ),
        ("Kept for comparison, not in force", ~frame["in_force"]),
    )
    lines = []
    for title, which in groups:
        lines += ["", f"{title} ({int(which.sum())})"]
        for row in frame[which].itertuples():
            lines += ["", f"  {row.trigger}: {row.says}", f"    why      {row.why}"]
            lines += [f"    answers  {row.answers or 'nobody is named'}; offers {row.offers or 'nothing is named'}"]
            lines += [
                f"    rule     {row.pattern}, {row.window}; version {row.version}; {row.agreed_by or 'agreed by nobody yet'}"
            ]
            lines += [f"    source   {row.source} [{row.mark}]"]
    return lines


for _command in rightscommands.COMMANDS:
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; every error of the kit's own is one message, with no traceback."""
    try:
        cli.main(args=arguments, prog_name="python -m journeys", standalone_mode=False)
    except KitError as error:
        click.echo(f"\n{type(error).__name__}: {error}", err=True)
        sys.exit(3 if isinstance(error, BusyError) else 2 if isinstance(error, RequestError) else 1)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped. What was there before has not changed.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
