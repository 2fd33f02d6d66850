"""A folder of files sealed so that a stranger can tell whether one came through unchanged, with this kit or without.

`sha256sums.txt` lists the hash of every file, as `sha256sum -c` reads it. The seal is the hash of that list: whoever
gives it out by another way (in the minutes, by telephone) lets anybody check the whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.errors import RequestError
from lib.files import refuse_symlink, shown, write_whole

MANIFEST, SUMS = "manifest.json", "sha256sums.txt"
LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def seal(folder: Path, said: Mapping[str, Any]) -> str:
    """Write a manifest and the list of hashes into a folder of files, and return the seal.

    `said`: what the manifest says beside its files.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     write_whole(Path(place) / "a.txt", b"a")
    ...     len(seal(Path(place), {"run": "r"}))
    64
    """
    files = {name: hash_of(folder / name) for name in names_in(folder)}
    sizes = {name: (folder / name).stat().st_size for name in files}
    held = {name: {"sha256": files[name], "bytes": sizes[name]} for name in files}
    text = json.dumps({**said, "files": held}, indent=1, ensure_ascii=False, sort_keys=True)
    write_whole(folder / MANIFEST, text.encode())
    files[MANIFEST] = hash_of(folder / MANIFEST)
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items()))
    write_whole(folder / SUMS, lines.encode())
    return hash_of(folder / SUMS)


def verify(path: Path) -> tuple[str, dict[str, Any]]:
    """The seal and the manifest of a sealed folder, or of the folder of one file, if nothing in it was changed.

    Raises RequestError, naming what was changed, is missing or was added; and where there is nothing to check it by.
    """
    folder = path if path.is_dir() else path.parent
    for one in (path, folder / SUMS, folder / MANIFEST):
        refuse_symlink(one)
        if not one.exists():
            raise RequestError(
                f"{shown(one)} is not there. A file is checked by the {MANIFEST} and {SUMS} that it was released with: put "
                "them beside it."
            )
    listed = _listed(folder / SUMS)
    if MANIFEST not in listed:
        raise RequestError(f"{shown(folder / SUMS)} does not list {MANIFEST}: it is not as it was released.")
    names = list(listed) if path.is_dir() else sorted({MANIFEST, *([] if path.name == SUMS else [path.name])})
    for name in names:
        if name not in listed:
            raise RequestError(f"{name} is not one of the files that were released. These were: {', '.join(listed)}.")
        if not (folder / name).is_file():
            raise RequestError(f"{name} was released and is missing here.")
        if (folder / name).is_symlink() or hash_of(folder / name) != listed[name]:
            raise RequestError(
                f"{name} is CHANGED: it is not the file that was released. Ask whoever gave it to you for it."
            )
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        files = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RequestError(f"{shown(folder / MANIFEST)} cannot be read as a manifest.") from None
    if files != {name: digest for name, digest in listed.items() if name != MANIFEST}:
        raise RequestError(f"{MANIFEST} and {SUMS} tell of different files: one of them is not as it was released.")
    if path.is_dir() and (more := [name for name in names_in(folder) if name not in listed and name != SUMS]):
        raise RequestError(f"{more[0]} was not released: somebody added it.")
    return hash_of(folder / SUMS), manifest


def names_in(folder: Path) -> list[str]:
    """Every file below a folder, by its path from there; raises where a symlink stands among them."""
    found = []
    for path in sorted(folder.rglob("*")):
        refuse_symlink(path)
        if path.is_file():
            found.append(path.relative_to(folder).as_posix())
    return found


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _listed(sums: Path) -> dict[str, str]:
    found = {}
    for line in sums.read_bytes().decode("utf-8", "replace").splitlines():
        parts = LINE.fullmatch(line)
        if parts is None or parts[2].startswith("/") or ".." in parts[2].split("/") or parts[2] in found:
            raise RequestError(f"{shown(sums)} is not a list of hashes as it was released.")
        found[parts[2]] = parts[1]
    return found
