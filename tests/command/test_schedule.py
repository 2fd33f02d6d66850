"""The schedule: what is due is built once, what is as it was is left, and one that fails stops no other."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys import scheduling
from journeys.reports import LOCK, Request, fingerprint
from lib import catalogue, kernels, runs
from lib.errors import BuildError, BusyError, KitError, RequestError
from lib.files import lock, private_dir
from lib.page import Frame
from lib.periods import due
from lib.schedule import Asked
from tests.command.test_command import ROOT, run, small

NOON = dt.date(2025, 4, 10)


@pytest.fixture
def told() -> list[Request]:
    """What the stand-in for `build` was asked for."""
    return []


@pytest.fixture
def faults() -> dict[str, BaseException]:
    """A report's name -> what building it raises."""
    return {}


@pytest.fixture
def rests_on() -> dict[str, str]:
    """A report's notebook -> what it rests on."""
    return {}


@pytest.fixture
def reports(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: list[Request],
    faults: dict[str, BaseException],
    rests_on: dict[str, str],
) -> Path:
    """A folder of reports, in which a run is a real one but for its notebook, which is a heading."""
    (tmp_path / "tiny.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Who?"}], "metadata": {}})[:-1]
        + ', "nbformat": 4, "nbformat_minor": 4}'
    )
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        small(tmp_path / name)
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)
    monkeypatch.setattr(
        scheduling, "fingerprint", lambda asked: rests_on.get(asked.notebook, "") + json.dumps(dict(asked.parameters))
    )

    def build(asked: Request, reports: Path, *, more: dict[str, Any], is_locked: bool, progress: Any) -> Path:
        assert is_locked
        told.append(asked)
        if fault := faults.get(more["name"]):
            raise fault
        record = {"level": asked.level, "data": asked.data, **more}
        return runs.run(
            tmp_path / "tiny.ipynb", {}, reports, lambda *_: Frame(), run_name="tiny", record=record, progress=str
        )

    monkeypatch.setattr(scheduling, "build", build)
    return tmp_path / "reports"


def asked(name: str, where: Path, data: str = "north", **more: Any) -> Asked:
    given = {"due": due("month", "5th working day"), "period": "last full month", "level": "team", "notebook": "tiny"}
    return Asked(name=name, data=str(where.parent / data), **(given | more))


def came(which: list[Asked], reports: Path, day: dt.date = NOON, *, only_due: bool = True) -> list[str]:
    outcomes = scheduling.run_schedule(which, reports, day, only_due=only_due, progress=str)
    assert [o.asked.name for o in outcomes] == [a.name for a in which]
    return [o.came for o in outcomes]


def test_what_is_due_is_built_once_and_again_when_it_is_due_again(reports: Path, told: list[Request]) -> None:
    which = [asked("monthly", reports)]
    # The fifth working day of April 2025 is the 7th, of May the 8th.
    assert came(which, reports, dt.date(2025, 4, 7)) == ["built"]
    assert came(which, reports, dt.date(2025, 4, 7)) == ["not due"]
    assert came(which, reports, dt.date(2025, 5, 7)) == ["not due"]
    assert came(which, reports, dt.date(2025, 5, 8)) == ["built"]
    assert [r.parameters["start"] for r in told] == ["2025-03-01", "2025-04-01"]


def test_after_the_machine_was_off_one_run_catches_up_for_the_day_it_was_last_due(
    reports: Path, told: list[Request]
) -> None:
    which = [asked("monthly", reports)]
    assert came(which, reports, dt.date(2025, 1, 10)) == ["built"]
    # Off from then until the 3rd of June: due in February, March, April and on the 8th of May.
    assert came(which, reports, dt.date(2025, 6, 3)) == ["built"]
    assert [r.parameters for r in told][1] == {"start": "2025-04-01", "end": "2025-04-30"}
    assert came(which, reports, dt.date(2025, 6, 3)) == ["not due"]
    assert came(which, reports, dt.date(2025, 6, 6)) == ["built"]
    assert told[-1].parameters["start"] == "2025-05-01"


def test_one_that_failed_is_still_due_and_stops_no_other(
    reports: Path, faults: dict[str, BaseException], told: list[Request]
) -> None:
    which = [asked("a", reports), asked("b", reports), asked("c", reports)]
    faults["a"], faults["b"] = BuildError("no"), RequestError("mend line 3")
    outcomes = scheduling.run_schedule(which, reports, NOON, only_due=True, progress=str)
    assert [o.came for o in outcomes] == ["failed", "at fault", "built"] and "mend line 3" in outcomes[1].says
    faults.clear()
    assert came(which, reports) == ["built", "built", "not due"]


def test_a_disk_that_is_full_for_one_is_said_and_the_rest_are_tried(
    reports: Path, faults: dict[str, BaseException]
) -> None:
    faults["a"] = OSError(28, "No space left on device")
    outcomes = scheduling.run_schedule(
        [asked("a", reports), asked("b", reports)], reports, NOON, only_due=True, progress=str
    )
    assert [o.came for o in outcomes] == ["failed", "built"] and "No space left" in outcomes[0].says


def test_what_is_as_it_was_is_not_built_again_and_what_changed_is(
    reports: Path, rests_on: dict[str, str], told: list[Request]
) -> None:
    which = [asked("one", reports, period="everything", due=None)]
    assert came(which, reports) == ["not due"]
    assert came(which, reports, only_due=False) == ["built"]
    assert came(which, reports, only_due=False) == ["unchanged"]
    rests_on["tiny"] = "another rule"
    assert came(which, reports, only_due=False) == ["built"] and len(told) == 2


def test_a_run_that_is_no_longer_whole_counts_for_nothing(reports: Path) -> None:
    which = [asked("monthly", reports)]
    assert came(which, reports) == ["built"]
    (folder,) = reports.glob("2*")
    (folder / "report.html").write_text("half")
    assert came(which, reports) == ["built"]
    assert came(which, reports) == ["not due"]


def test_one_folder_at_work_is_left_to_the_other_run_and_the_rest_goes_on(reports: Path) -> None:
    which = [asked("n1", reports), asked("s1", reports, "south"), asked("n2", reports)]
    with lock(private_dir(reports.parent / "north" / ".store") / LOCK):
        outcomes = scheduling.run_schedule(which, reports, NOON, only_due=True, progress=str)
    assert [o.came for o in outcomes] == ["busy", "built", "busy"] and f"process {os.getpid()}" in outcomes[0].says
    assert scheduling.exit_status(outcomes) == 3


def test_nothing_due_waits_for_nobody(reports: Path) -> None:
    which = [asked("n1", reports)]
    came(which, reports)
    with lock(private_dir(reports.parent / "north" / ".store") / LOCK):
        assert came(which, reports) == ["not due"]


def test_a_folder_that_is_gone_is_a_fault_of_its_own_reports_alone(reports: Path) -> None:
    which = [asked("gone", reports, "nowhere"), asked("n1", reports)]
    outcomes = scheduling.run_schedule(which, reports, NOON, only_due=True, progress=str)
    assert [o.came for o in outcomes] == ["at fault", "built"] and "there is no data folder" in outcomes[0].says
    assert [(e.name, e.data) for e, _, _ in catalogue.failures(catalogue.entries(reports))] == [("gone", "nowhere")]
    assert "there is no data folder" in catalogue.write_index(reports).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([], 0),
        (["built", "unchanged", "not due"], 0),
        (["built", "busy"], 3),
        (["busy", "at fault"], 2),
        (["at fault", "busy", "failed", "built"], 1),
    ],
)
def test_the_exit_status_tells_the_worst(words: list[str], status: int) -> None:
    one = Asked("a", "b", "c", "d")
    assert scheduling.exit_status([scheduling.Outcome(one, word, "") for word in words]) == status


@pytest.mark.parametrize("kind", [KitError, BuildError, BusyError, RequestError])
def test_every_error_has_a_word(kind: type[KitError]) -> None:
    assert scheduling._kind(kind("x")) in ("failed", "busy", "at fault")


# What a report rests on


def test_any_change_of_what_a_report_rests_on_is_seen(tmp_path: Path) -> None:
    folder = small(tmp_path)
    request = Request("1_check_contacts", str(folder))
    seen = [fingerprint(request)]
    assert fingerprint(request) == seen[0]

    def changes(what: Callable[[], object]) -> None:
        what()
        seen.append(fingerprint(request))
        assert len(set(seen)) == len(seen)

    changes(lambda: (folder / "police.csv").open("a").write("3,p,f,03/05/2024,visit\n"))
    (folder / "rules").mkdir()
    changes(lambda: (folder / "rules" / "triggers.yml").write_text("triggers: {}\n"))
    (folder / "review").mkdir()
    changes(lambda: (folder / "review" / "review.xlsx").write_bytes(b"book"))
    changes(lambda: (folder / "sources.yml").write_text((folder / "sources.yml").read_text() + "\n"))
    for other in (Request("3_triggers", str(folder)), Request("1_check_contacts", str(folder), "board")):
        assert fingerprint(other) not in seen
    assert fingerprint(Request("1_check_contacts", str(folder), parameters={"end": "2024-05-01"})) not in seen


def test_data_past_its_day_stops_even_where_nothing_changed(tmp_path: Path) -> None:
    folder = small(tmp_path)
    text = (folder / "sources.yml").read_text()
    (folder / "sources.yml").write_text(text.replace('"agency"', '"keep_until": 2020-03-31, "agency"', 1))
    with pytest.raises(RequestError, match="was to be kept until"):
        fingerprint(Request("1_check_contacts", str(folder)))


# The command itself


def written(root: Path, **more: str) -> Path:
    """A schedule of one report on a small folder, and the folder."""
    (root / "data").mkdir()
    folder = small(root / "data")
    lines = {
        "notebook": "1_check_contacts",
        "data": str(folder),
        "level": "team",
        "every": "day",
        "pdf": "false",
    } | more
    text = "reports:\n  daily:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())
    (root / "schedule.yml").write_text(text)
    return root


def start(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("schedule", "--file", str(root / "schedule.yml"), "--reports", str(root / "reports"), *arguments)


def test_the_command_builds_what_is_due_once_and_says_so(tmp_path: Path) -> None:
    root = written(tmp_path)
    listed = start(root)
    assert listed.returncode == 0 and "not built yet" in listed.stdout and not (root / "reports").exists()
    done = start(root, "--due", "--as-of", "2025-04-07")
    assert done.returncode == 0, done.stderr
    assert "daily: built" in done.stdout and "1 of 1 on" in done.stderr
    assert Path(done.stdout.splitlines()[-1]) == root / "reports" / "index.html"
    assert "daily" in (root / "reports" / "index.html").read_text(encoding="utf-8")
    record = json.loads(next((root / "reports").glob("2*/run.json")).read_text())
    assert record["name"] == "daily" and record["reckoned_from"] == "2025-04-07" and len(record["fingerprint"]) == 64
    assert "FJCANARY" not in done.stdout + done.stderr
    again = start(root, "--due", "--as-of", "2025-04-07")
    assert "daily: not due; next due on 8 April 2025" in again.stdout and again.returncode == 0
    assert "daily: unchanged" in start(root, "--due", "--as-of", "2025-04-08").stdout
    assert len([*(root / "reports").glob("2*")]) == 1


def test_a_fault_in_the_schedule_is_status_2_with_its_line_and_builds_nothing(tmp_path: Path) -> None:
    done = start(written(tmp_path, level="bord"), "--all")
    assert done.returncode == 2 and "schedule.yml, line 5: there is no level 'bord'" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "reports").exists()


def test_a_held_folder_is_status_3_and_says_who_holds_it(tmp_path: Path) -> None:
    root = written(tmp_path)
    with lock(private_dir(root / "data" / ".store") / LOCK):
        done = start(root, "--all")
    assert done.returncode == 3 and f"process {os.getpid()}" in done.stdout


def test_due_and_all_are_not_both(tmp_path: Path) -> None:
    assert start(written(tmp_path), "--due", "--all").returncode == 2


def test_a_failed_report_is_in_the_index_with_its_reason(tmp_path: Path) -> None:
    root = written(tmp_path, notebook="2_one_family", parameters="{family: F404}")
    done = start(root, "--all")
    assert done.returncode == 2 and "F404" in done.stdout
    text = (root / "reports" / "index.html").read_text(encoding="utf-8")
    assert "1 failure with no good run since" in text and "No report to read yet" in text


# The recipes in reports/README.md


def recipes(kind: str) -> list[str]:
    text = (ROOT / "reports" / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def test_the_line_for_cron_runs_with_the_little_that_cron_gives(tmp_path: Path) -> None:
    (line,) = [x for block in recipes("cron") for x in block.splitlines() if x and not x.startswith("#")]
    when, command = line.split(maxsplit=5)[:5], line.split(maxsplit=5)[5]
    assert len(when) == 5 and all(re.fullmatch(r"[\d*/,-]+", part) for part in when)
    # % ends a command in a crontab.
    assert "%" not in command and "/home/reports/family-journeys" in command
    root = written(tmp_path)
    kit = tmp_path / "kit"
    kit.mkdir()
    for part in ("journeys", "lib", "notebooks"):
        (kit / part).symlink_to(ROOT / part)
    (kit / "reports").mkdir()
    (kit / ".venv" / "bin").mkdir(parents=True)
    (kit / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (kit / ".venv" / "bin" / "python").chmod(0o755)
    more = f" --file {root / 'schedule.yml'} --reports {root / 'reports'} "
    command = command.replace("/home/reports/family-journeys", str(kit)).replace(
        "schedule --due", f"schedule --due{more}"
    )
    shell = shutil.which("sh") or "/bin/sh"
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SHELL": shell, "LOGNAME": "reports"}
    done = subprocess.run([shell, "-c", command], env=bare, cwd="/", capture_output=True, text=True, check=False)
    log = kit / "reports" / "schedule.log"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    assert done.stdout == "" and "daily: built" in log.read_text()
    if os.name == "posix":
        assert log.stat().st_mode & 0o077 == 0


def test_the_units_for_systemd_are_what_systemd_reads(tmp_path: Path) -> None:
    units = {re.match(r"# (\S+)", text)[1]: text for text in recipes("ini")}  # type: ignore[index]
    assert set(units) == {"family-journeys.service", "family-journeys.timer"}
    here = {"/home/reports/family-journeys": str(ROOT), "User=reports": "User=root"}
    for name, text in units.items():
        for old, new in here.items():
            text = text.replace(old, new)
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text)
        allowed = {"Unit", "Service", "Timer", "Install"}
        for line in text.splitlines():
            assert not line or line.startswith("#") or re.fullmatch(r"\[(\w+)\]|[A-Z]\w+=.*", line), line
        assert set(re.findall(r"^\[(\w+)\]", text, re.MULTILINE)) <= allowed
    assert "Persistent=true" in units["family-journeys.timer"]
    checker = shutil.which("systemd-analyze")
    if not checker:
        pytest.skip("systemd-analyze is not on this machine: the units were read line by line, not verified")
    done = subprocess.run(
        [checker, "verify", *(str(tmp_path / name) for name in units)], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "family-journeys" in line]
    assert not ours, done.stderr
