"""How well data, key and notebooks are kept on this machine: one finding each, in plain words, with what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from journeys import keyplace
from lib import commits, keys
from lib.errors import KitError, count

RULES = commits.Rules(
    ("data", "reports", "release"),
    ("data/sample", "data/published", "reports/README.md", "reports/schedule.yml", "release/README.md"),
)
"""Where nothing is committed: data, and what was made from data."""

OURS = ("sample", "published")
CHECKPOINTS = ".ipynb_checkpoints"


class Finding(NamedTuple):
    """One thing looked at: what it is, whether it is well, and what to do if not."""

    what: str
    is_well: bool
    mend: str = ""


def look(project: Path) -> Iterator[Finding]:
    """How data, reports, notebooks and key are kept, one finding each."""
    yield _key()
    yield _synced(project)
    yield from _readable(project)
    yield from _committed(project)
    yield _working_copies(project)
    yield _checkpoints(project)
    yield _hook(project)


def _key() -> Finding:
    path = keyplace.key_path()
    if not os.path.lexists(path):
        return Finding("no key on this machine: extracts for projects, and forgetting, will ask for one", True)
    try:
        name = next(iter(keyplace.ring()))
    except KitError as error:
        return Finding("the key is where it should be", False, str(error))
    seen = "its owner alone may read it" if os.name == "posix" else "who may read it is not looked at on this system"
    return Finding(f"key {name} lies apart from project and data; {seen}", True)


def _own(project: Path) -> list[Path]:
    folders = sorted(p for p in (project / "data").iterdir() if p.is_dir()) if (project / "data").is_dir() else []
    return [p for p in folders if p.name not in OURS]


def _synced(project: Path) -> Finding:
    what = "data and reports lie in no folder that a program copies elsewhere"
    places = [project / "reports", *_own(project)]
    found = [(p, name) for p in places if (name := keys.synced(p))]
    if not found:
        return Finding(what, True)
    path, name = found[0]
    return Finding(what, False, f"{path.name} lies in '{name}': move it to a folder that stays on this machine.")


def _readable(project: Path) -> Iterator[Finding]:
    """Data and reports that others on this machine could read."""
    if os.name != "posix":
        yield Finding("who may read the data folders is not looked at on this system", True)
        return
    loose = [p.name for p in _own(project) if p.stat().st_mode & 0o077]
    yield Finding(
        "data folders are readable by their owner alone", not loose, f"chmod 700 data/{loose[0] if loose else ''}"
    )
    runs = [p for p in (project / "reports").glob("*") if p.is_dir()] if (project / "reports").is_dir() else []
    open_runs = [p.name for p in runs if p.stat().st_mode & 0o077]
    yield Finding("reports are readable by their owner alone", not open_runs, "chmod 700 reports/*/")


def _committed(project: Path) -> Iterator[Finding]:
    """What git keeps that it should not."""
    what = "git keeps no notebook with what it showed, and no data"
    if not (project / ".git").exists():
        yield Finding("this is no git checkout: what git keeps is not looked at", True)
        return
    try:
        notebooks, data = commits.tracked(project, RULES)
    except KitError:
        yield Finding("git could not be asked what it keeps", True)
        return
    if not notebooks and not data:
        yield Finding(what, True)
    if notebooks:
        mend = f"{notebooks[0]}: run python -m journeys strip, and commit. What was pushed before stays in the history."
        yield Finding(f"{count(len(notebooks), 'notebook')} committed with what it showed", False, mend)
    if data:
        mend = f"git rm --cached {data[0]}. What was pushed before stays in the history: tell whoever answers for the data."
        yield Finding(f"{count(len(data), 'file')} of data committed", False, mend)


def notebooks_of(project: Path) -> list[Path]:
    """The notebooks that people work in."""
    return sorted(p for p in (project / "notebooks").rglob("*.ipynb") if CHECKPOINTS not in p.parts)


def _working_copies(project: Path) -> Finding:
    def shows(path: Path) -> bool:
        try:
            text = path.read_text(encoding="utf-8")
            return commits.stripped(text) != text
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return False

    showing = [p.name for p in notebooks_of(project) if shows(p)]
    what = "no notebook still holds what it last showed"
    return Finding(what, not showing, f"{showing[0] if showing else ''}: run python -m journeys strip.")


def _checkpoints(project: Path) -> Finding:
    places = (project, *(project / name for name in ("notebooks", "data", "reports")))
    found = [p for place in places for p in place.glob(f"{'**/' if place != project else ''}{CHECKPOINTS}")]
    what = "Jupyter left no copies of notebooks in the project"
    return Finding(
        what, not found, f"delete {found[0].relative_to(project) if found else ''}; `lab` keeps them elsewhere."
    )


def _hook(project: Path) -> Finding:
    try:
        place = commits.git(project, "config", "--default", "", "--get", "core.hooksPath").decode().strip()
    except KitError:
        place = ""
    if place.rstrip("/") == ".githooks":
        return Finding("notebooks are stripped at each commit", True)
    return Finding(
        "notebooks are not stripped at each commit; to have it so: git config core.hooksPath .githooks", True
    )


def lab_command(python: str, project: Path) -> list[str]:
    """The command that opens JupyterLab on the notebooks: this machine alone, no news, and no copies left in the
    project.
    """
    import shutil

    from lib.files import private_dir

    room = keyplace.own_place("checkpoints")
    if room.is_dir() and not room.is_symlink():
        shutil.rmtree(room, ignore_errors=True)
    private_dir(room)
    return [
        *(python, "-m", "jupyterlab", f"--notebook-dir={project}", "--ServerApp.ip=127.0.0.1"),
        "--ServerApp.allow_remote_access=False",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        "--KernelManager.transport_encryption=auto",
        f"--FileCheckpoints.checkpoint_dir={room}",
    ]
