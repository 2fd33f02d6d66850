"""A data folder destroyed, and a certificate of what was: each file with its hash, when, by whom, and what is out of
reach.

The certificate is written before anything goes, and finished after. Whoever is stopped on the way runs it again: what
is left is destroyed, and said in a certificate of its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journeys import kept
from journeys.declared import FolderEntry
from journeys.pseudonymous import check_reason, projects_of, who_asks
from journeys.reports import LOCK, REPORTS
from journeys.sources import PROJECT, Folder, find_folder, open_folder
from lib.errors import KitError, RequestError, count
from lib.files import lock, refuse_symlink, shown, write_whole

OURS = ("sample", "published")
BACKUPS = (
    "Backups, snapshots and file histories that the council's systems keep",
    "Copies that somebody mailed, printed or put elsewhere",
    "What the disk still holds of a removed file: only disk encryption, or destroying the disk, deals with that",
    "The suppliers' own systems, and the extracts that they kept",
    "The key, which may open other data; destroy it too when nothing made with it is kept",
)


@dataclass
class Destroyed:
    """What was destroyed: the certificate, how many files, what would not go, and what had left before."""

    certificate: Path
    files: int = 0
    runs: int = 0
    left: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)


def destroy(data: str | Path, confirmed: str, reason: str, reports: Path = REPORTS) -> Destroyed:
    """Remove a data folder and every run made on it, and certify each file by its SHA-256.

    `confirmed`: the folder's own name, typed again. Raises `RequestError` where it is another, where the folder is part
    of the kit or holds more than data, and `BusyError` where a run holds it; then nothing has changed.
    """
    words = check_reason(reason)
    folder = _folder(data)
    root = _root(folder, confirmed)
    guard = root.parent / f".{root.name}.destroy.lock"
    with lock(guard):
        done = _destroy(folder, root, words, reports)
    guard.unlink(missing_ok=True)
    return done


def _folder(data: str | Path) -> Folder:
    """The folder, also where its sources.yml cannot be used any more: what is broken can be destroyed."""
    try:
        return open_folder(data)
    except RequestError:
        path = find_folder(data)
        return Folder(
            path.name, path, FolderEntry(purpose="not known: its sources.yml cannot be used", files={}), None, {}
        )


def _root(folder: Folder, confirmed: str) -> Path:
    assert folder.path is not None
    root = Path(os.path.abspath(folder.path))
    refuse_symlink(root)
    if confirmed != root.name:
        raise RequestError(f"nothing was destroyed. To destroy it, type its name again: --yes {root.name}")
    if root.parent == PROJECT / "data" and root.name in OURS:
        raise RequestError(f"{root.name} is part of the kit, and holds nobody's data. Nothing was destroyed.")
    home = Path.home().resolve()
    real = root.resolve()
    if home.is_relative_to(real) or PROJECT.resolve().is_relative_to(real) or (root / ".git").exists():
        raise RequestError(f"{shown(root)} holds more than data. Put the data in a folder of their own first.")
    return root


def _destroy(folder: Folder, root: Path, reason: str, reports: Path) -> Destroyed:
    with lock(root / ".store" / LOCK) if (root / ".store").is_dir() else contextlib.nullcontext():
        runs = kept.runs_of(folder, reports)
        now = dt.datetime.now(dt.UTC)
        path = root.parent / f"certificate of destruction {root.name} {now:%Y%m%dT%H%M%SZ}.json"
        done = Destroyed(path, released=kept.released(folder), projects=_projects(folder), runs=len(runs))
        entries = [_entry(p, root) for p in _files(root)]
        of_runs = [_entry(p, run.path.parent) for run in runs for p in _files(run.path)]
        done.files = len(entries)
        certificate: dict[str, Any] = {
            "what": f"Certificate of destruction of the data folder {root.name}",
            "state": "begun",
            "begun": now.isoformat(timespec="seconds"),
            "by": who_asks(),
            "reason": reason,
            "purpose": folder.about.purpose,
            "files": entries,
            "reports": of_runs,
            "released_before": done.released,
            "extracts_given_to_projects": done.projects,
            "not_reached": list(BACKUPS),
        }
        write_whole(path, _as_bytes(certificate))
        kept.take_out(runs)
    # sources.yml goes last, and stays while anything else does: by it the folder is named, and this can be run again.
    named = root / "sources.yml"
    for file in _files(root):
        if file != named:
            _remove(file, root, done.left)
    if not done.left:
        _remove(named, root, done.left)
    for inner, _, _ in os.walk(root, topdown=False):
        try:
            os.rmdir(inner)
        except OSError:
            if not done.left:
                done.left.append(f"the folder {Path(inner).name}")
    ended = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    certificate |= {"state": "ended, not all went" if done.left else "done", "ended": ended, "still_there": done.left}
    write_whole(path, _as_bytes(certificate))
    return done


def _projects(folder: Folder) -> list[str]:
    try:
        return projects_of(folder)
    except KitError as error:
        return [str(error)]


def _files(root: Path) -> Iterator[Path]:
    """Every file below a folder, links as links, none followed."""
    for folder, inner, names in os.walk(root):
        links = [n for n in inner if Path(folder, n).is_symlink()]
        yield from (Path(folder, name) for name in sorted([*names, *links]))


def _entry(path: Path, root: Path) -> dict[str, Any]:
    """One file for the certificate: its place, size and SHA-256; of a link, where it points, and nothing behind it."""
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        return {"file": name, "link": "not followed: what it points at was not touched"}
    if not stat.S_ISREG(path.stat().st_mode):
        return {"file": name, "what": "no ordinary file"}
    value, size = hashlib.sha256(), 0
    try:
        with open(path, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                value.update(block)
                size += len(block)
    except OSError:
        return {"file": name, "sha256": "", "what": "it could not be read"}
    return {"file": name, "bytes": size, "sha256": value.hexdigest()}


def _remove(path: Path, root: Path, left: list[str]) -> None:
    try:
        if os.name != "posix" and not path.is_symlink():
            path.chmod(0o600)
        path.unlink()
    except OSError as fault:
        left.append(f"{path.relative_to(root).as_posix()}: {fault.strerror or type(fault).__name__}")


def _as_bytes(certificate: dict[str, Any]) -> bytes:
    return json.dumps(certificate, indent=1, ensure_ascii=False).encode("utf-8", "replace")


def in_words(done: Destroyed) -> list[str]:
    """What was destroyed and what was not, line by line, for whoever asked."""
    lines = [f"{count(done.files, 'file')} and {count(done.runs, 'run')} destroyed."]
    lines += [f"NOT REMOVED {one}. Close what has it open, and run this again." for one in done.left]
    lines += [f"Released before, and not to be called back: {one}." for one in done.released]
    lines += [f"Project '{one}' has had rows: ask it to destroy its extract, and to say so." for one in done.projects]
    lines += ["Not reached:", *(f"  {one}." for one in BACKUPS)]
    return lines
