"""Files that are whole or not there, locks that say who holds them, and strict YAML that knows its lines.

Nothing here follows a symlink that stands where output should go, and no message holds what a file says about a person.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import functools
import glob
import json
import os
import re
import secrets
import socket
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.errors import BuildError, BusyError, RuleError, did_you_mean, listed

MOST_YAML_BYTES = 5_000_000
Key = str | int | float | bool | datetime.date


def shown(path: str | os.PathLike[str]) -> str:
    """How a path is written in a message: relative to the current folder where it lies below it.

    >>> shown(Path.cwd() / "data" / "sample")
    'data/sample'
    """
    full = Path(os.path.abspath(path))
    try:
        return full.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(full)


# Writing


def refuse_symlink(path: Path) -> None:
    """Stop where a symlink stands at an output path: what it points at is not ours to change.

    Raises BuildError.
    """
    if path.is_symlink():
        raise BuildError(f"{shown(path)} is a symlink, and nothing is written through one. Remove it and try again.")


def private_dir(path: str | os.PathLike[str]) -> Path:
    """Make a folder that only its owner can read (0700), with any folders above it, and return its path.

    Raises BuildError for a symlink or a file in its place, or where it cannot be made.
    """
    folder = Path(path)
    refuse_symlink(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as fault:
        raise cannot_write(folder, fault) from None
    return folder


def cannot_write(path: Path, fault: OSError) -> BuildError:
    """The message for a file or folder that could not be written; it holds the system's reason and no content."""
    return BuildError(
        f"{shown(path)} could not be written: {fault.strerror or type(fault).__name__}. "
        "What was there before has not changed. Check that there is room on the disk and that you may write there."
    )


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, whole, whatever happens on the way.

    `path`: where; its folder must exist. `content`: the bytes. The file is readable by its owner only.
    Raises BuildError where there is a symlink, no room or no right to write; the old file then stands.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.txt", b"whole")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'whole'
    """
    target = Path(path)
    refuse_symlink(target)
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        _replace(part, target)
        _fsync_dir(target.parent)
    except OSError as fault:
        raise cannot_write(target, fault) from None
    finally:
        part.unlink(missing_ok=True)


def appear(tmp_dir: str | os.PathLike[str], final_dir: str | os.PathLike[str]) -> Path:
    """Make a finished folder appear under its name by one rename, after its bytes are safe on the disk.

    `tmp_dir`: the folder built aside, on the same disk. `final_dir`: its name, which must be free.
    Returns the final path. Raises BuildError where something stands at `final_dir`: nothing is ever replaced.
    """
    built, final = Path(tmp_dir), Path(final_dir)
    if os.path.lexists(final):
        raise BuildError(f"{shown(final)} is there already, and nothing replaces it. Give the run another name.")
    try:
        for folder, _, names in os.walk(built):
            for name in names:
                _fsync_file(Path(folder, name))
            _fsync_dir(Path(folder))
        os.rename(built, final)
        _fsync_dir(final.parent)
    except OSError as fault:
        raise cannot_write(final, fault) from None
    return final


def _replace(part: Path, target: Path) -> None:
    # Windows refuses to replace a file that Excel or a virus scanner has open; most let go within a second.
    for wait in (0.1, 0.2, 0.4, 0.8):
        try:
            return os.replace(part, target)
        except PermissionError:
            if os.name == "posix":
                raise
            time.sleep(wait)
    os.replace(part, target)


def _fsync_file(path: Path) -> None:
    # Windows can flush a file only through a handle that may write.
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fsync_dir(path: Path) -> None:
    # Windows and some network disks cannot flush a folder: the rename is still whole there.
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# Locks


@contextlib.contextmanager
def lock(path: str | os.PathLike[str], wait: float = 0) -> Iterator[None]:
    """Hold a lock, or say at once who holds it.

    `path`: the lock file; `<path>.holder` beside it says which process took it and when. `wait`: seconds to wait for
    another to let go. The system frees a lock when its process ends, however it ends, so that none is ever left behind.
    Raises BusyError where another holds it, BuildError where it cannot be made.
    """
    import filelock

    target = Path(path)
    holder = target.with_name(target.name + ".holder")
    refuse_symlink(target)
    guard = filelock.FileLock(target, timeout=wait, thread_local=False)
    try:
        guard.acquire()
    except filelock.Timeout:
        raise BusyError(_who_holds(target, holder)) from None
    except NotImplementedError:
        raise BuildError(f"{shown(target)}: this disk cannot hold locks. Move the folder to a local disk.") from None
    except OSError as fault:
        raise cannot_write(target, fault) from None
    try:
        since = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        # A process killed while it wrote its name here left a part of it; only the lock's holder writes one.
        for part in target.parent.glob(f".{glob.escape(holder.name)}.*.part"):
            part.unlink(missing_ok=True)
        write_whole(holder, json.dumps(note).encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink(missing_ok=True)
        guard.release()


def _who_holds(target: Path, holder: Path) -> str:
    who, what_to_do = "another run", "Wait until it ends, then try again."
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(holder.read_text(encoding="utf-8"))
        pid, since = int(note["pid"]), datetime.datetime.fromisoformat(note["since"]).astimezone()
        where = "" if note.get("host") == socket.gethostname() else " on another machine"
        who = f"another run (process {pid}{where}, since {since:%H:%M} on {since.day} {since:%B %Y})"
        what_to_do = f"Wait until it ends, or end process {pid} if it hangs, then try again."
    return f"{shown(target)}: {who} is at work here. {what_to_do} Nothing has changed."


# Strict YAML


@dataclass(frozen=True)
class Yaml:
    """A YAML file as plain Python, and where each part of it stands.

    `path`: the file. `data`: dict, list, str, int, float, bool, None and datetime.date, nothing else.
    """

    path: Path
    data: Any
    lines: dict[tuple[Any, ...], int] = field(repr=False)

    def line(self, *where: Any) -> int:
        """The line on which a key or a list's item stands; of its nearest parent where there is no such part.

        `where`: the keys (or list positions) from the top, as `yaml.line("files", "police.csv", "covers")`.
        """
        for end in range(len(where), -1, -1):
            if where[:end] in self.lines:
                return self.lines[where[:end]]
        return 1

    def keys_at(self, *where: Any, names: Iterable[str] = ()) -> dict[Any, Any]:
        """The keys and values at a place; none where it is absent or empty. Raises RuleError where something else is there."""
        part: Any = self.data
        for depth, key in enumerate([*where, None]):
            if part is None:
                return {}
            if isinstance(part, list) and isinstance(key, int) and key < len(part):
                part = part[key]
            elif not isinstance(part, dict):
                name, held = f"'{where[depth - 1]}'" if depth else "the file", kind_of(part)
                more = f" Keys: {listed(names)}." if names else ""
                raise self.error(f"{name} should hold keys and values, and holds {held}.{more}", *where[:depth])
            elif depth < len(where):
                part = part.get(key)
        return dict(part)

    def error(self, message: str, *where: Any) -> RuleError:
        """A RuleError to raise, opening with this file and the line of `where`."""
        return RuleError(f"{shown(self.path)}, line {self.line(*where)}: {message}")


def load(path: str | os.PathLike[str]) -> Yaml:
    """Read a YAML file strictly (YAML 1.2, plain data), keeping its line numbers.

    `path`: the file, in UTF-8. NO, on and 12:30 stay text, and so does a number that begins with 0 (a telephone
    number is not a quantity); 2024-04-05 is a date. An empty file gives {}.
    Raises RuleError, with the line, for a key given twice, an object tag, an alias, a merge key, more than one
    document, a day that is not in the calendar, and anything that is not YAML.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "s.yml").write_text("a:\\n  country: NO\\n  from: 2024-04-05\\n")
    ...     read = load(Path(folder) / "s.yml")
    >>> read.data
    {'a': {'country': 'NO', 'from': datetime.date(2024, 4, 5)}}
    >>> read.line("a", "from")
    3
    """
    file = Path(path)
    data, lines = _parsed(file, _yaml_text(file))
    return Yaml(file, copy.deepcopy(data), lines)


@functools.lru_cache(maxsize=64)
def _parsed(file: Path, text: str) -> tuple[Any, dict[tuple[Any, ...], int]]:
    """The data and the lines of a text: kept, since the rules are asked for by every verb and seldom change."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    try:
        if directive := re.search(r"^%", text, re.MULTILINE):
            line = text[: directive.start()].count("\n") + 1
            raise _fault(file, line, "a line may not begin with %. Put quotes round it if it is text.")
        node = reader.compose(text)
        lines: dict[tuple[Any, ...], int] = {(): 1}
        data = {} if node is None else _plain(file, node, (), lines, set())
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        reason = str(fault.problem or fault.context or "this is not YAML")
        hint = " Use spaces, not tabs." if "\\t" in reason else " Check the indentation, the colons and the quotes."
        raise _fault(file, (mark.line + 1) if mark else 1, f"this cannot be read as YAML: {reason}.{hint}") from None
    except YAMLError as fault:
        at = int(getattr(fault, "position", 0) or 0)
        raise _fault(file, text[:at].count("\n") + 1, "this cannot be read as YAML: a control character.") from None
    except RecursionError:
        raise _fault(file, 1, "this is nested too deeply to be read.") from None
    if not isinstance(data, dict | list):
        raise _fault(file, 1, "keys and values were expected (`key: value`), and a single value was found.")
    return data, lines


def known_keys(yaml: Yaml, where: tuple[Any, ...], allowed: Iterable[str]) -> None:
    """Stop at the first key that is not one of `allowed`, with its line and the nearest that is.

    `where`: the path of a mapping in `yaml`; one that is absent, or left empty, holds no keys.
    Raises RuleError for an unknown key, and where something else than keys and values stands there.
    """
    names = list(allowed)
    for key in yaml.keys_at(*where, names=names):
        if key not in names:
            found = visible(str(key))
            raise yaml.error(
                f"unknown key '{found}'.{did_you_mean(found, names)} Keys that may stand here: {listed(names, 30)}.",
                *where,
                key,
            )


def kind_of(value: Any) -> str:
    """What a value from YAML is, in plain words.

    >>> kind_of(["a"]), kind_of(True), kind_of("NO")
    ('a list', 'yes or no', 'text')
    """
    kinds = {dict: "keys and values", list: "a list", str: "text", bool: "yes or no", int: "a whole number"}
    kinds |= {float: "a number", datetime.date: "a date", type(None): "nothing"}
    return kinds.get(type(value), "something else")


def visible(text: str, most: int = 60) -> str:
    """Text for a message: control and direction characters written out, and cut to a length.

    >>> visible("a\\x00b")
    'a\\\\x00b'
    """
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return plain if len(plain) <= most else plain[:most] + "…"


def _yaml_text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_YAML_BYTES:
            raise RuleError(f"{shown(file)} is over {MOST_YAML_BYTES // 1_000_000} MB, too long for a rules file.")
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        near = did_you_mean(file.name, [p.name for p in file.parent.glob("*.y*ml")]) if file.parent.is_dir() else ""
        raise RuleError(f"{shown(file)}: there is no such file.{near} Check the folder and the file's name.") from None
    except OSError as fault:
        raise RuleError(f"{shown(file)} could not be read: {fault.strerror or type(fault).__name__}.") from None
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise _fault(file, line, "a character that is not UTF-8. Save the file as UTF-8 and try again.") from None


def _fault(file: Path, line: int, message: str) -> RuleError:
    return RuleError(f"{shown(file)}, line {line}: {message}")


KINDS = ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
TAGS = {f"tag:yaml.org,2002:{kind}": kind for kind in KINDS}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")


def _plain(file: Path, node: Any, where: tuple[Any, ...], lines: dict[tuple[Any, ...], int], seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    if id(node) in seen:
        raise _fault(file, line, "an alias (*name) is not read here. Write the part out again.")
    seen.add(id(node))
    tag = str(getattr(node, "tag", None) or "")
    if tag not in TAGS:
        raise _fault(file, line, f"the tag '{visible(tag)}' is not read here. Only plain values are.")
    if isinstance(node.value, str):
        return _scalar(file, node, TAGS[tag], line)
    if TAGS[tag] == "seq":
        items = []
        for at, item in enumerate(node.value):
            lines[(*where, at)] = item.start_mark.line + 1
            items.append(_plain(file, item, (*where, at), lines, seen))
        return items
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key_line = key_node.start_mark.line + 1
        if not isinstance(key_node.value, str) or key_node.tag == "tag:yaml.org,2002:merge":
            raise _fault(file, key_line, "a key must be one plain word; merge keys (<<) are not read. Write it out.")
        key = _plain(file, key_node, where, lines, seen)
        if key is None:
            raise _fault(file, key_line, "a key is missing before the colon.")
        if key in found:
            first = lines[(*where, key)]
            raise _fault(file, key_line, f"'{visible(str(key))}' is given twice, first on line {first}. Keep one.")
        lines[(*where, key)] = key_line
        found[key] = _plain(file, value_node, (*where, key), lines, seen)
    return found


def _scalar(file: Path, node: Any, kind: str, line: int) -> Any:
    # A program may have written one letter as the two halves of it.
    text = str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return {"true": True, "false": False}[text.casefold()]
        if kind == "int" and not LEADING_ZERO.fullmatch(text):
            return int(text.replace("_", ""), 0)
        if kind == "float":
            return float(re.sub(r"^([-+]?)\.(inf|nan)$", r"\1\2", text.casefold()).replace("_", ""))
        if kind == "timestamp" and DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except (ValueError, KeyError):
        what = "is not a day in the calendar" if kind == "timestamp" else f"cannot be read as {kind}"
        raise _fault(file, line, f"'{visible(text)}' {what}. Mend it, or put quotes round it if it is text.") from None
    return text
