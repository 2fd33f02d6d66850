"""Killed at any moment, no room on the disk, several at once: the index points at whole reports, and the next run mends all."""

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork: runs were not killed"),
]


def killing(folder, *given):
    words = [sys.executable, "-m", "tests.runs.killing", str(folder), *map(str, given)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_killed_at_each_step_the_index_points_at_whole_reports(tmp_path):
    seen = killing(tmp_path, "steps", random.randrange(1, 8), 8)
    assert seen["killed"] >= 8 and seen["changes"] > 60


def test_killed_at_20_random_moments_the_index_points_at_whole_reports(tmp_path):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    assert killing(tmp_path, "random", 20, seed)["killed"] == 20


@pytest.mark.nightly
def test_killed_at_every_step_and_at_200_random_moments(tmp_path):
    for number, given in enumerate((("steps", 1, 1), ("random", 200, 2025))):
        (tmp_path / str(number)).mkdir()
        print(killing(tmp_path / str(number), *given))


def test_no_room_for_a_file_leaves_what_was_there(tmp_path):
    killing(tmp_path, "full", 0, 2000, 30_000)


def test_a_full_disk_leaves_what_was_there(tmp_path):
    """A disk of 12 MB of its own, filled up but for some kilobytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("no small disk can be made here: only files that may not grow were tried")
    try:
        killing(disk, "disk", 0, 20_000, 60_000, 300_000)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


SLOW = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Slow"},
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "source": 'data = ""\nlevel = "team"',
        },
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": "import pathlib, time\nwhile not pathlib.Path(r'WAIT').exists():\n    time.sleep(0.05)",
        },
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 4,
}
START = """
import pathlib, sys
from journeys import reports, scheduling
from journeys.__main__ import main
root = pathlib.Path(sys.argv[1])
reports.NOTEBOOKS = scheduling.NOTEBOOKS = root
main(["schedule", "--all", "--file", str(root / "schedule.yml"), "--reports", str(root / "reports")])
"""


@pytest.fixture
def slow(tmp_path):
    """A schedule on one small folder, of a notebook that runs until there is a file called go; and how to start it."""
    from tests.command.test_command import small

    (tmp_path / "data").mkdir()
    small(tmp_path / "data")
    wait = str(tmp_path / "go")
    (tmp_path / "slow.ipynb").write_text(json.dumps(SLOW).replace("WAIT", wait), encoding="utf-8")
    (tmp_path / "schedule.yml").write_text(
        f"reports:\n  slow:\n    notebook: slow\n    data: {tmp_path / 'data'}\n    level: team\n    pdf: false\n"
    )
    started = []

    def start():
        words = [sys.executable, "-c", START, str(tmp_path)]
        started.append(
            subprocess.Popen(
                words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_of_eight_that_start_at_once_one_runs_and_the_rest_say_who_does(slow, tmp_path):
    started = [slow() for _ in range(8)]
    ended = set()
    while len(ended) < 7:
        ended |= {p for p in started if p.poll() is not None}
        time.sleep(0.05)
    (runner,) = set(started) - ended
    (tmp_path / "go").touch()
    for process in ended:
        said = process.communicate()[0]
        assert process.returncode == 3, said
        assert f"another run (process {runner.pid}, since" in said or "another run is at work" in said
    said, trouble = runner.communicate()
    assert runner.returncode == 0 and "slow: built" in said, trouble
    assert len([*(tmp_path / "reports").glob("2*")]) == 1
    assert "slow" in (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")


def test_a_killed_run_with_its_kernel_at_work_frees_its_lock_and_leaves_no_kernel(slow, tmp_path):
    import psutil

    process = slow()
    until = time.monotonic() + 60
    while not (kernels := [p for p in psutil.Process(process.pid).children() if "ipykernel" in " ".join(p.cmdline())]):
        assert process.poll() is None and time.monotonic() < until, process.communicate()
        time.sleep(0.1)
    time.sleep(1)
    process.kill()
    process.wait()
    assert not [*(tmp_path / "reports").glob("2*")]
    gone, alive = psutil.wait_procs(kernels, timeout=20)
    assert gone and not alive
    (tmp_path / "go").touch()
    following = slow()
    said, trouble = following.communicate()
    assert following.returncode == 0 and "slow: built" in said, trouble
    assert not [*(tmp_path / "reports").glob(".building-*")]
    assert re.search(r'href="[^"]+/report.html"', (tmp_path / "reports" / "index.html").read_text(encoding="utf-8"))
