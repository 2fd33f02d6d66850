"""Who has a file open: a lock beside it for each holder, which dies with its process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from lib.errors import DataError


def private(folder: Path) -> Path:
    """A folder for its owner alone, made if it is not there. Raises `DataError` where nothing may be written in it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        allowed = os.access(folder, os.W_OK)
    except OSError:
        allowed = False
    if not allowed:
        raise DataError(
            f"nothing may be written in {folder.parent.name}/{folder.name}, where the store of this folder belongs. Give yourself "
            "the right to write there, or copy the folder to where you have it."
        )
    return folder


def try_to_hold(path: Path) -> Any:
    """A holder's lock, or nothing while that holder lives."""
    import filelock

    lock = filelock.FileLock(str(path), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return None
    return lock


def hold(path: Path) -> Any:
    """A lock of this process beside a file, until it is released."""
    import filelock

    handle, name = tempfile.mkstemp(prefix=f"{path.stem}.", suffix=".held", dir=path.parent)
    os.close(handle)
    lock = filelock.FileLock(name, timeout=0)
    lock.acquire()
    return lock
