"""Runs as they happen: most with a real kernel, small."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import time

import nbformat.v4 as nb
import pytest

from lib import beside, kernels, runs
from lib.errors import BuildError, BusyError, PermissionRefused, RequestError
from lib.files import lock

from .test_parameters import extra_payloads

HOSTILE = [
    "\"; import os; os.environ['FJCANARY']='1'; x=\"",
    "'''; raise SystemExit; '''",
    "\\",
    '\\"',
    "\nimport os\n",
    "x\u2028y",
    "\x00",
    "\\N{DIGIT ONE}",
    "\\u0041",
    "a\r\nb",
    "a\fb",
    "{who}",
    "%run x",
    "!ls",
    "naïve 👪 \u202e",
    "",
]
TABLE = """
import pandas as pd
from lib.shown import Shown
Shown(pd.DataFrame({"who": [who]}), "Who")
"""


def everything(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in pathlib.Path(folder).rglob("*") if p.is_file()}


def test_a_good_run_is_a_folder_with_a_page_a_record_and_a_log(
    notebook, run, reports, said, is_whole, tmp_path, monkeypatch
):
    home = tmp_path / "home"
    home.write_text("a home folder that nothing can be written in")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "other kernels"))
    values, out = [*HOSTILE, *extra_payloads()], tmp_path / "arrived.json"
    path = notebook(
        "## What was given?",
        "import json, os, pathlib, sys, matplotlib.pyplot",
        "assert 'FJCANARY' not in os.environ and pathlib.Path.cwd().joinpath('tiny.ipynb').exists()",
        "said = [words, who, sys.executable, os.environ['MPLCONFIGDIR'], os.environ['TMPDIR']]",
        "_ = pathlib.Path(out).write_text(json.dumps(said))",
        "import warnings; print('printed', file=sys.stderr); os.write(2, b'to the terminal')",
        TABLE,
        parameters="who = 'a'  # whose\nout = ''\nwords = []  # what",
    )
    folder = run(path, {"who": HOSTILE[0], "out": str(out), "words": values})
    arrived = json.loads(out.read_text())
    assert arrived[0] == values and arrived[1] == HOSTILE[0] and arrived[2] == sys.executable
    assert not any(pathlib.Path(place).exists() for place in arrived[3:])

    assert folder.parent == reports and re.fullmatch(r"\d{8}T\d{6}Z-tiny-[0-9a-f]{6}", folder.name)
    assert sorted(everything(folder)) == [
        "log.jsonl",
        "report.html",
        "run.json",
        "tables.xlsx",
        "tables/01-who.csv",
    ] and is_whole(folder)
    assert "<caption>Who</caption>" in (folder / "report.html").read_text(encoding="utf-8")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["level"] == "team" and record["parameters"]["who"] == HOSTILE[0] and record["git_commit"] is None
    assert record["run_id"] == folder.name and record["libraries"] == runs.versions() and record["seconds"] > 0
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["outcome"] == "ok" and {key for line in lines for key in line} <= set(runs.LOG_FIELDS)
    assert [p.name for p in reports.iterdir()] == [folder.name]
    assert said[0] == "Building tiny: 1 of 7, Who came?" and said[6] == "Building tiny: 7 of 7, What was given?"
    if os.name == "posix":
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_failing_cell_is_named_and_its_values_are_in_raw_alone(notebook, run, reports, said, capfd):
    path = notebook(
        "## Where?",
        "surname = 'FJ' + 'CANARY'; print(surname)",
        "class DataError(Exception): ...\nimport sys; print(surname, file=sys.__stderr__)\nraise DataError(surname)",
    )
    with pytest.raises(BuildError) as raised:
        run(path)
    message = str(raised.value)
    assert "tiny was not built: cell 5 (under 'Where?') stopped with DataError." in message
    assert raised.value.__suppress_context__
    held = everything(reports)
    assert len([name for name in held if name.endswith("raw/notebook.ipynb")]) == 1
    assert [name for name, content in held.items() if b"FJCANARY" in content and "/raw/" not in name] == []
    assert "FJCANARY" not in message + "".join(said) + "".join(capfd.readouterr())
    (folder,) = (reports / "failed").iterdir()
    record = json.loads((folder / "run.json").read_text())
    assert (record["outcome"], record["error"]) == ("failed", "BuildError") and record["reason"] == message
    assert [p.name for p in reports.iterdir()] == ["failed"] and not (folder / "report.html").exists()
    if os.name == "posix":
        assert all(p.stat().st_mode & 0o077 == 0 for p in folder.rglob("*"))


def test_the_kits_own_error_comes_through_as_it_was_raised(notebook, run, reports):
    code = "from lib.errors import PermissionRefused as P\nclass Ours(P): ...\nraise Ours('sources.yml, line 3: no')"
    with pytest.raises(PermissionRefused, match=r"^sources.yml, line 3: no$") as raised:
        run(notebook(code))
    assert type(raised.value) is PermissionRefused
    (folder,) = (reports / "failed").iterdir()
    assert json.loads((folder / "run.json").read_text())["reason"] == "sources.yml, line 3: no"


@pytest.mark.slow
def test_a_cell_that_hangs_is_stopped(notebook, run):
    started = time.monotonic()
    with pytest.raises(BuildError, match="took longer"):
        run(notebook("import time; time.sleep(60)"), timeout=2)
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_a_kernel_that_dies_is_told_of(notebook, run, reports):
    with pytest.raises(BuildError, match="kernel died"):
        run(notebook("import os; os.kill(os.getpid(), 9)"))
    assert [p.name for p in reports.iterdir()] == ["failed"]


def test_leaving_a_notebook_early_publishes_nothing(notebook, run, reports):
    with pytest.raises(BuildError, match="SystemExit"):
        run(notebook("import sys; sys.exit(0)", "1"))
    assert [p.name for p in reports.iterdir()] == ["failed"]


# Without a kernel


@pytest.fixture
def no_kernel(monkeypatch):
    """The notebook as it stands, as if it had been run."""
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "nul", "COM1", "-rf", "a b", "x" * 65, "é", "a.b", "~root", "\x00"]
)
def test_a_runs_name_cannot_lead_elsewhere(notebook, run, reports, name):
    with pytest.raises(RequestError, match="run's name"):
        run(notebook(), run_name=name)
    assert not reports.exists()


def test_a_mistyped_parameter_stops_before_anything_is_made(notebook, run, reports):
    with pytest.raises(
        RequestError, match=r"tiny has no parameter 'hwo'. Did you mean 'who'\? Its parameters: who \(whose\)"
    ):
        run(notebook(), {"hwo": "x"})
    assert not reports.exists()


def test_a_notebook_that_is_not_there_is_named(run, tmp_path):
    with pytest.raises(RequestError, match=r"none\.ipynb: the notebook could not be read"):
        run(tmp_path / "none.ipynb")
    (tmp_path / "bad.ipynb").write_text("{}")
    with pytest.raises(RequestError, match="not a notebook"):
        run(tmp_path / "bad.ipynb")


def test_a_second_run_is_refused_while_the_lock_is_held(notebook, run, reports, no_kernel, tmp_path):
    with (
        lock(tmp_path / "lock"),
        pytest.raises(BusyError, match=rf"another run \(process {os.getpid()}, since .*Wait until it ends"),
    ):
        run(notebook(), lock_path=tmp_path / "lock")
    assert [*reports.iterdir()] == []
    assert run(notebook(), lock_path=tmp_path / "lock").is_dir()


def test_what_a_dead_run_left_is_cleared_and_a_live_runs_folder_is_not(notebook, run, reports, no_kernel):
    for name in ("dead", "dead-scratch", "bare", "live", "live-scratch"):
        (reports / f".building-{name}" / "deep").mkdir(parents=True)
    (reports / ".building-dead.lock").touch()
    with lock(reports / ".building-live.lock"):
        run(notebook())
        left = sorted(p.name for p in reports.glob(".building-*") if p.is_dir())
    assert left == [".building-live", ".building-live-scratch"]


def test_two_runs_in_one_second_are_two_folders(notebook, run, reports, no_kernel, is_whole):
    made = {run(notebook()) for _ in range(3)}
    assert len(made) == 3 and all(map(is_whole, made)) and {*reports.iterdir()} == made


@pytest.mark.parametrize("full", ["report.html", "log.jsonl", "run.json", "everything"])
def test_a_full_disk_leaves_earlier_reports_and_nothing_half(
    notebook, run, reports, no_kernel, monkeypatch, full, is_whole
):
    good = run(notebook())
    before = everything(good)
    write = runs.write_whole

    def no_room(path, content):
        if full in (path.name, "everything"):
            raise BuildError(f"{path.name} could not be written: No space left on device.")
        write(path, content)

    monkeypatch.setattr(runs, "write_whole", no_room)
    monkeypatch.setattr(beside, "write_whole", no_room)
    with pytest.raises(BuildError, match="No space left"):
        run(notebook())
    assert everything(good) == before and is_whole(good)
    assert {p.name for p in reports.iterdir()} <= {good.name, "failed"}


def test_a_page_that_is_refused_leaves_a_failure_and_no_page(notebook, run, reports, no_kernel):
    path = notebook()
    made = json.loads(path.read_text())
    picture = nb.new_output("display_data", data={"image/png": "aaaa"})
    made["cells"].append(nb.new_code_cell("draw", outputs=[picture]))
    path.write_text(json.dumps(made))
    with pytest.raises(BuildError, match="alt text"):
        run(path)
    assert [p.name for p in reports.iterdir()] == ["failed"]


def test_a_frame_that_cannot_be_made_says_its_kind_and_no_value(notebook, run, reports, no_kernel):
    def frame_builder(executed, record):
        raise ValueError("FJCANARY")

    with pytest.raises(BuildError, match="ValueError") as raised:
        run(notebook(), frame_builder=frame_builder)
    assert "FJCANARY" not in str(raised.value) and b"FJCANARY" not in b"".join(everything(reports).values())


def test_a_run_stopped_by_hand_leaves_no_half_report(notebook, run, reports, monkeypatch):
    def stopped(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(kernels, "execute", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(notebook())
    assert [p.name for p in reports.iterdir()] == ["failed"]


# Killed


CHILD = """
import os, signal, sys, pathlib
from lib import files, kernels, page, runs
from lib.page import Frame

moment = sys.argv[3]
def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)
def die_after(work):
    def both(*args, **options):
        work(*args, **options)
        die()
    return both
def frame(notebook, record):
    return die() if moment == "page" else Frame()
if moment == "start":
    kernels.execute = die
elif moment not in ("cell", "never"):
    kernels.execute = lambda notebook, *args, **options: notebook
if moment == "report": runs.write_whole = die
if moment == "half a file": files._replace = die
if moment == "rename": files.os.rename = die
if moment == "renamed": files.os.rename = die_after(files.os.rename)
progress = (lambda line: "2 of 2" in line and die()) if moment == "cell" else print
print(runs.run(sys.argv[1], {}, sys.argv[2], frame, run_name="tiny", record={}, progress=progress))
"""
MOMENTS = ["start", "cell", "page", "report", "half a file", "rename", "renamed"]


def child(path, reports, moment):
    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(path), str(reports), moment]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_at_any_moment_the_old_report_is_whole_and_the_next_run_clears_up(notebook, run, reports, is_whole):
    path = notebook("1 + 1")
    good = run(path)
    before = everything(good)
    for moment in MOMENTS:
        dead = child(path, reports, moment)
        dead.communicate(timeout=60)
        assert dead.returncode == -signal.SIGKILL, moment
        assert everything(good) == before
        others = [p for p in reports.iterdir() if p != good and not p.name.startswith(".")]
        assert all(map(is_whole, others)) and len(others) == (moment == "renamed")
    # A kernel whose runner was killed notices within a second.
    time.sleep(1.5)
    last = run(path)
    assert is_whole(last) and not [p.name for p in reports.iterdir() if p.name.startswith(".")]


@pytest.mark.slow
def test_two_runs_at_once_do_not_meet(notebook, reports, is_whole):
    path = notebook("1 + 1")
    both = [child(path, reports, "never") for _ in range(2)]
    said = [p.communicate(timeout=120)[0] for p in both]
    assert [p.returncode for p in both] == [0, 0], said
    made = [*reports.iterdir()]
    assert len(made) == 2 and all(map(is_whole, made))
