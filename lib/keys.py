"""Key files: made once, kept apart from what they open, and refused where others could come by them.

A key's place is refused inside a git work tree, inside a folder that a program copies to somebody else's computer, and
beside the data; its file, where anybody but its owner may read it. Who may read a file is looked at where the system
has owners and modes (Linux, macOS); on Windows it is not, and `who_may_read` says so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lib.errors import RequestError
from lib.files import cannot_write, shown, write_whole
from lib.pseudonyms import KEY_BYTES, kid, new_key

WORK_TREES = (".git", ".hg", ".svn")
SYNCED = re.compile(
    r"onedrive\b.*|.*\bsharepoint\b.*|dropbox\b.*|google ?drive\b.*|gdrive|drivefs|my drive|nextcloud\b.*|owncloud\b.*|icloud.*|"
    r"mobile documents|com~apple~clouddocs|cloudstorage|box|box sync|pcloud ?drive|pcloud|mega|megasync|syncthing|seafile|"
    r"tresorit|proton ?drive|creative cloud files|kdrive|roaming",
    re.IGNORECASE,
)
"""Names of the folders that programs copy elsewhere; `roaming` is the part of a Windows profile that travels."""

SYNC_MARKS = (
    ".dropbox",
    ".dropbox.cache",
    ".stfolder",
    ".nextcloudsync.log",
    ".owncloudsync.log",
    ".sync_*.db",
    "._sync_*.db",
)
SYNC_VARIABLES = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")


def usual_place(variable: str, folder: str, name: str, environ: Mapping[str, str] | None = None) -> Path:
    """Where a key is: the path in an environment variable; else the part of a user's own profile that stays on the
    machine.

    >>> usual_place("KIT_KEY", "kit", "kit.key", {"KIT_KEY": "/keys/ours"}).as_posix()
    '/keys/ours'

    """
    given = os.environ if environ is None else environ
    if given.get(variable):
        return Path(given[variable]).expanduser()
    if os.name == "nt":
        return Path(given.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / folder / name
    return Path(given.get("XDG_CONFIG_HOME") or Path.home() / ".config") / folder / name


def synced(path: Path) -> str:
    """The folder on the way to `path` that a program copies elsewhere (OneDrive, Dropbox …); nothing where there is
    none.

    >>> synced(Path("/home/me/OneDrive - Northshire Council/keys/k"))
    'OneDrive - Northshire Council'

    """
    for way in _ways(path):
        for folder in (way, *way.parents):
            if SYNCED.fullmatch(folder.name):
                return folder.name
            with contextlib.suppress(OSError):
                if any(next(folder.glob(mark), None) is not None for mark in SYNC_MARKS):
                    return folder.name
        for variable in SYNC_VARIABLES:
            if (root := os.environ.get(variable)) and way.is_relative_to(Path(root)):
                return Path(root).name
    return ""


def work_tree(path: Path) -> Path | None:
    """The folder under version control in which `path` lies, if it lies in one."""
    found = (f for way in _ways(path) for f in (way, *way.parents) if any(os.path.lexists(f / m) for m in WORK_TREES))
    return next(found, None)


def _ways(path: Path) -> list[Path]:
    """A path as written, and as it is once its links are followed."""
    plain = Path(os.path.abspath(path))
    return list(dict.fromkeys((plain, plain.resolve())))


def place_is_bad(path: Path, never_beside: Iterable[str] = ()) -> str:
    """What is wrong with keeping a key at `path`, in words; nothing where it may stand there.

    `never_beside`: names of files that mark a folder of data; a key does not lie in one, or below.
    """
    if tree := work_tree(path):
        return f"it would lie in {shown(tree)}, which is under version control: one commit gives it away"
    if name := synced(path):
        return f"it would lie in '{name}', which a program copies to other computers"
    for way in _ways(path):
        for folder in way.parents:
            if any((folder / mark).exists() for mark in never_beside):
                return f"it would lie with the data, in {shown(folder)}: whoever copies one would have both"
    return ""


def file_is_loose(path: Path) -> str:
    """Who but its owner can read or replace a key file, in words; nothing where nobody can, or the system cannot say."""
    if path.is_symlink():
        return "it is a symlink, and what it points at is not looked after here"
    if os.name != "posix":
        return ""
    with contextlib.suppress(FileNotFoundError):
        found, folder = path.stat(), path.parent.stat()
        if found.st_uid != os.geteuid():
            return "it belongs to another user"
        if found.st_mode & 0o077:
            return f"others may read it (its mode is {stat.S_IMODE(found.st_mode):04o}): run chmod 600 on it"
        if found.st_nlink > 1:
            return "the same file has another name elsewhere"
        if folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX:
            return "others may write in its folder, and so replace it: run chmod 700 on the folder"
    return ""


def who_may_read() -> str:
    """What is looked at on this system, in a sentence."""
    if os.name == "posix":
        return "Who may read the key is checked each time it is used."
    return "Who may read the key is not checked on this system: keep it in your own profile, on a machine that nobody shares."


def make(path: Path, never_beside: Iterable[str] = ()) -> str:
    """Make a new key at `path`, and return its name. Raises `RequestError` where it may not stand there, or one is
    there.
    """
    if wrong := place_is_bad(path, never_beside):
        raise RequestError(f"no key was made at {shown(path)}: {wrong}. Choose another place.")
    if os.path.lexists(path):
        raise RequestError(f"{shown(path)} is there already, and nothing replaces a key. To change it: key rotate.")
    if not path.parent.is_dir():
        try:
            path.parent.mkdir(mode=0o700, parents=True)
        except OSError as fault:
            raise cannot_write(path, fault) from None
    key = new_key()
    write_whole(path, _as_text(key))
    if wrong := file_is_loose(path):
        path.unlink(missing_ok=True)
        raise RequestError(f"no key was made at {shown(path)}: {wrong}.")
    return kid(key)


def read(path: Path, never_beside: Iterable[str] = ()) -> bytes:
    """The key in a file. Raises `RequestError` where it is not there, is none, or is not kept as a key must be."""
    if wrong := place_is_bad(path, never_beside):
        raise RequestError(f"the key {shown(path)} is not used: {wrong}. Move it, and see that no copy is left there.")
    if wrong := file_is_loose(path):
        raise RequestError(f"the key {shown(path)} is not used: {wrong}.")
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        key = bytes.fromhex(given["key"])
    except FileNotFoundError:
        raise RequestError(f"there is no key at {shown(path)}. Make one: python -m journeys key new") from None
    except OSError as fault:
        raise RequestError(f"the key {shown(path)} could not be read: {fault.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise RequestError(
            f"{shown(path)} is no key file, or it was cut short. Put back the one that was made."
        ) from None
    if len(key) != KEY_BYTES:
        raise RequestError(f"{shown(path)} holds a key of another length. Put back the one that was made.")
    return key


def ring(path: Path, never_beside: Iterable[str] = ()) -> dict[str, bytes]:
    """The key at `path` and the sealed ones beside it, by name, the one in use first."""
    key = read(path, never_beside)
    sealed = [read(old, never_beside) for old in sorted(path.parent.glob(f"{path.name}.*.sealed"))]
    return {kid(one): one for one in (key, *sealed)}


@contextlib.contextmanager
def rotated(path: Path, never_beside: Iterable[str] = ()) -> Iterator[tuple[bytes, bytes]]:
    """Seal the key at `path` and put a new one in its place, once the work in between has been done with both.

    Gives the old key and the new. If the work fails, or the process is killed, the old key stands; the sealed copy that
    may be left beside it is the same key, and does no harm.
    """
    old, new = read(path, never_beside), new_key()
    yield old, new
    seal = path.with_name(f"{path.name}.{kid(old)}.sealed")
    if not seal.exists():
        write_whole(seal, _as_text(old))
        seal.chmod(0o400)
    write_whole(path, _as_text(new))


def _as_text(key: bytes) -> bytes:
    made = dt.datetime.now(dt.UTC).date().isoformat()
    return json.dumps({"what": "a key: keep it to yourself", "kid": kid(key), "made": made, "key": key.hex()}).encode()
