"""Runs that are killed: a program of its own, which forks a run, kills it, and looks at what it left.

python -m tests.runs.killing FOLDER steps FIRST STRIDE    killed at every STRIDE-th change of a file or folder
python -m tests.runs.killing FOLDER random COUNT SEED      killed at COUNT random moments
python -m tests.runs.killing FOLDER full LIMIT...          no file may grow beyond LIMIT bytes
python -m tests.runs.killing FOLDER disk SPARE...          the disk is filled up but for SPARE bytes

What is looked at after each is told here by code that shares none with what it judges. Prints what it saw as JSON; ends
with status 1 at the first thing that is not as it should be.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import nbformat.v4 as nb

from lib import kernels, runs
from lib.catalogue import write_index
from lib.errors import KitError
from lib.page import Frame
from lib.shown import Shown

CHANGES = ("mkdir", "open", "fsync", "rename", "replace", "unlink", "rmdir", "chmod")


def notebook(folder: Path) -> Path:
    """A notebook of one table, already run."""
    import pandas as pd

    table = Shown(pd.DataFrame({"agency": ["police", "school"], "contacts": [1204, 3]}), "Contacts by agency")
    shown = nb.new_output("display_data", data={"text/html": table._repr_html_()})
    cells = [nb.new_markdown_cell("# Who came?"), nb.new_code_cell("1", outputs=[shown])]
    path = folder / "tiny.ipynb"
    nbformat.write(nb.new_notebook(cells=cells), path)
    return path


def one_run(folder: Path) -> None:
    """A run as the command makes one, its notebook's kernel apart: build, publish, make the index anew."""
    reports = folder / "reports"
    try:
        record = {"level": "team", "data": "north", "name": "monthly"}
        path = folder / "tiny.ipynb"
        runs.run(
            path,
            {},
            reports,
            lambda *_: Frame(),
            run_name="tiny",
            record=record,
            lock_path=folder / "lock",
            progress=str,
        )
    finally:
        write_index(reports)


def forked(work: Callable[[], object], *, kill_after: float | None = None) -> tuple[int, str]:
    """Do some work in a fork of this process; its status, or minus the signal that ended it, and what it said."""
    sys.stdout.flush()
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        status = 0
        try:
            said = str(work() or "")
        except KitError as fault:
            said, status = str(fault), 7
        except BaseException as fault:  # noqa: BLE001  whatever it is, the parent is to see it
            said, status = repr(fault), 8
        os.write(tell, said.encode()[:4000])
        os._exit(status)
    os.close(tell)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    with os.fdopen(hear, encoding="utf-8") as heard:
        said = heard.read()
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), said


def killing_at(number: int, work: Callable[[], object]) -> Callable[[], object]:
    """The work, killed just before its `number`-th change of a file or folder; with 0 it is not, and says how many."""

    def watched() -> int:
        count = [0]
        for name in CHANGES:
            plain = getattr(os, name)

            def change(*given: object, plain: Callable[..., object] = plain, **more: object) -> object:
                count[0] += 1
                if count[0] == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                return plain(*given, **more)

            setattr(os, name, change)
        work()
        return count[0]

    return watched


def whole(folder: Path) -> bool:
    """Whether a run's folder is as its own record says."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "run.json"]
    return record["files"] == {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


def published(reports: Path) -> set[str]:
    return {p.name for p in reports.iterdir() if p.is_dir() and p.name[0] == "2"}


def look(reports: Path, when: str) -> int:
    """The index, if there is one, is a whole page that points at whole reports alone. Returns how many it points at."""
    for name in published(reports):
        assert whole(reports / name), f"{when}: {name} was published and is not whole"
    index = reports / "index.html"
    if not index.exists():
        return 0
    text = index.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.endswith("</html>"), f"{when}: half an index"
    named = set(re.findall(r'href="([^"/]+)/report\.html"', text))
    assert named <= published(reports), f"{when}: the index points at what is not there"
    return len(named)


def clean_after(folder: Path, when: str) -> None:
    """The next run succeeds with no hand work, clears what was left, and the index then has every whole run."""
    status, said = forked(lambda: one_run(folder))
    assert status == 0, f"{when}: the next run ended with {status}: {said}"
    reports = folder / "reports"
    assert look(reports, when) == len(published(reports)), f"{when}: the index lacks a run"
    left = [p.name for p in reports.rglob("*") if p.name.endswith(".part") or p.name.startswith(".building-")]
    assert not left, f"{when}: {left} was left behind"


def fewer(reports: Path) -> None:
    """Keep three runs, so that the look at all of them stays quick."""
    for name in sorted(published(reports))[:-3]:
        shutil.rmtree(reports / name)
    write_index(reports)


def main() -> None:
    folder, how, given = Path(sys.argv[1]), sys.argv[2], [int(n) for n in sys.argv[3:]]
    reports = folder / "reports"
    notebook(folder)
    kernels.execute = lambda notebook, *args, **options: notebook  # type: ignore[assignment]
    runs._git = lambda folder: {}  # type: ignore[assignment]
    work = lambda: one_run(folder)  # noqa: E731
    # In this very process, so that what is loaded once is not loaded again in every fork.
    one_run(folder)
    clean_after(folder, "at first")
    started = time.monotonic()
    changes = int(forked(killing_at(0, work))[1])
    took = time.monotonic() - started
    seen: dict[str, object] = {"changes": changes, "seconds": round(took, 3)}
    if how == "steps":
        points = range(given[0], changes + 1, given[1])
        for number in points:
            assert forked(killing_at(number, work))[0] == -signal.SIGKILL, f"change {number}"
            look(reports, f"killed at change {number}")
            clean_after(folder, f"killed at change {number}")
            fewer(reports)
        seen["killed"] = len(points)
    elif how == "random":
        chance, killed = random.Random(given[1]), 0
        while killed < given[0]:
            at = chance.uniform(0, took)
            killed += forked(work, kill_after=at)[0] == -signal.SIGKILL
            look(reports, f"killed after {at:.3f} s")
            if killed % 4 == 0 or killed == given[0]:
                clean_after(folder, f"killed after {at:.3f} s")
                fewer(reports)
        seen["killed"] = killed
    elif how == "disk":
        filler = folder / "filler"
        for spare in given:
            fewer(reports)
            before, room = published(reports), os.statvfs(folder)
            filler.write_bytes(bytes(room.f_bavail * room.f_frsize - spare))
            status, said = forked(work)
            assert status == 7 and "No space left" in said, (spare, status, said)
            assert published(reports) == before and look(reports, f"{spare} bytes left") == len(before)
            filler.unlink()
            clean_after(folder, f"after {spare} bytes were left")
    else:
        for limit in given:
            before, index = published(reports), (reports / "index.html").read_bytes()

            def cramped(limit: int = limit) -> None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                one_run(folder)

            status, said = forked(cramped)
            assert status == 7, f"no room beyond {limit} bytes: {status}, {said}"
            assert "could not be written" in said, said
            assert published(reports) == before, f"{limit}: something was published"
            look(reports, f"no room beyond {limit} bytes")
            assert (reports / "index.html").read_bytes() == index or limit > 1000, "the index changed"
            clean_after(folder, f"no room beyond {limit} bytes")
        seen["limits"] = given
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
