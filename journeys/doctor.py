"""What is wrong with this laptop, in plain words."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from journeys import safekeeping
from journeys.safekeeping import Finding
from lib.walls import in_force


def look(project: Path) -> list[Finding]:
    """Everything that the kit needs of a machine, one finding each."""
    return [
        _python(),
        _libraries(project),
        _lib(),
        _kernel(),
        _disk(project),
        _memory(),
        _walls(),
        _writable(project),
        _temp(),
        *safekeeping.look(project),
    ]


def _python() -> Finding:
    well = sys.version_info >= (3, 11)
    return Finding(
        f"Python {platform.python_version()} on {platform.system()}",
        well,
        "Install Python 3.11 or later, and set up .venv again.",
    )


def _libraries(project: Path) -> Finding:
    """Whether what is installed is what the lock says."""
    lock = project / "requirements.lock"
    if not lock.is_file():
        return Finding("the lock file", False, "requirements.lock is not there: get the kit again.")
    text = lock.read_text(encoding="utf-8")
    wanted: dict[str, set[str]] = {}
    conditional = set()
    # A library may stand more than once, for different Pythons or systems.
    for name, version, marker in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)( ;[^\n\\]*)?", text, re.MULTILINE):
        wanted.setdefault(name, set()).add(version)
        if marker:
            conditional.add(name)
    other, missing = [], []
    for name, versions in wanted.items():
        try:
            if metadata.version(name) not in versions:
                other.append(name)
        except metadata.PackageNotFoundError:
            if name not in conditional:
                missing.append(name)
    what = f"{len(wanted)} libraries in the lock"
    if not other and not missing:
        return Finding(what, True)
    found = [f"{len(missing)} missing ({', '.join(missing[:5])})"] if missing else []
    found += [f"{len(other)} in another version ({', '.join(other[:5])})"] if other else []
    return Finding(what, False, f"{'; '.join(found)}: run pip install --require-hashes -r requirements.lock again.")


def _lib() -> Finding:
    import lib

    ours = Path(lib.__file__ or "").resolve().parent.parent == Path(__file__).resolve().parent.parent
    return Finding(
        "the kit's own lib folder is the one that is used",
        ours,
        "Another package called lib stands before it: use the kit's own .venv.",
    )


def _kernel() -> Finding:
    well = importlib.util.find_spec("ipykernel") is not None and importlib.util.find_spec("papermill") is not None
    return Finding("notebooks can be run", well, "ipykernel or papermill is missing: install the lock again.")


def _disk(project: Path) -> Finding:
    free = shutil.disk_usage(project).free
    return Finding(f"{free / 1e9:.0f} GB free on the disk", free > 2e9, "Make room: a large store needs about 2 GB.")


def _memory() -> Finding:
    import psutil

    free = psutil.virtual_memory().available
    return Finding(
        f"{free / 1e9:.1f} GB of memory free", free > 1.5e9, "Close other programs: reports want about 1.5 GB."
    )


def _walls() -> Finding:
    return Finding(f"workbooks and DuckDB files are opened inside walls: {in_force()}", True)


def _writable(project: Path) -> Finding:
    well = os.access(project / "reports", os.W_OK) and os.access(project / "data", os.W_OK)
    return Finding(
        "reports and data can be written", well, "Ask for the right to write in the kit's reports and data folders."
    )


def _temp() -> Finding:
    try:
        with tempfile.TemporaryDirectory():
            return Finding("the temporary folder can be written", True)
    except OSError:
        return Finding(
            "the temporary folder can be written", False, "Set TMPDIR (TEMP on Windows) to a folder you may write in."
        )
