"""The index of a folder of reports: what ran, on what, at what level, what failed and why, the newest good one of each.

It is made anew from the runs' own records, never added to, so that a run that was killed leaves nothing to mend. A run is
pointed at only while every file of its folder is, to the last byte, as its record says.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import BuildError, BusyError
from lib.files import lock, write_whole
from lib.page import TEMPLATES, filled

INDEX, GUARD = "index.html", ".index.lock"
SECONDS = 60
"""How long to wait for another run that is writing the index: it takes about a second."""

NAME = re.compile(r"\d{8}T\d{6}Z-[A-Za-z0-9][A-Za-z0-9_-]{0,80}")
KINDS = {"report.pdf": "PDF", "tables.xlsx": "tables"}
NOT_WHOLE = "Files of its folder are missing, added or changed since it was made: it is not shown. Build it again."


@dataclass(frozen=True)
class Entry:
    """One run as its record tells it. `files`: those a reader may want, beside the page. `wrong`: why it is not shown."""

    run_id: str
    name: str
    notebook: str
    data: str
    level: str
    period: str
    made: str
    key: str
    outcome: str
    reason: str = ""
    files: tuple[str, ...] = ()
    wrong: str = ""
    record: Mapping[str, Any] | None = None

    @property
    def is_good(self) -> bool:
        """Whether it may be pointed at: built, and whole."""
        return self.outcome == "ok" and not self.wrong


def entries(reports: Path) -> list[Entry]:
    """Every run in a folder of reports, good and failed, the newest first. One whose record cannot be read is left out."""
    found = [_entry(folder) for place in (reports, reports / "failed") for folder in _folders(place)]
    return sorted((e for e in found if e is not None), key=lambda e: e.run_id, reverse=True)


def newest_good(found: Iterable[Entry]) -> list[Entry]:
    """Of each report, by what was asked for, the newest that is whole; in order of name."""
    newest: dict[str, Entry] = {}
    for entry in sorted(found, key=lambda e: e.run_id):
        if entry.is_good:
            newest[entry.key] = entry
    return sorted(newest.values(), key=lambda e: (e.name, e.data, e.level, e.key))


def failures(found: Iterable[Entry]) -> list[tuple[Entry, int, str]]:
    """Each failure with the same words told once: the newest run of it, how many there were, and whether a good run of the
    same report came after it. The newest first."""
    runs = list(found)
    good = {e.key: e for e in newest_good(runs)}
    told: dict[tuple[str, str], list[Entry]] = {}
    for entry in runs:
        if entry.outcome != "ok":
            told.setdefault((entry.key, entry.reason), []).append(entry)
    rows = []
    for some in told.values():
        newest = max(some, key=lambda e: e.run_id)
        after = good.get(newest.key)
        since = f"built on {after.made}" if after and after.run_id > newest.run_id else "not built"
        rows.append((newest, len(some), since))
    return sorted(rows, key=lambda row: row[0].run_id, reverse=True)


def is_whole(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether a run's folder holds the files that its record names, each to the last byte, and no others."""
    held: dict[str, str] = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            return False
        if path.is_file() and path != folder / "run.json":
            held[path.relative_to(folder).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return "report.html" in held and held == record.get("files")


def write_index(reports: Path) -> Path:
    """Look at every run again and replace the index whole. Returns its path.

    One at a time: the last to write has seen all that the others published. Raises BuildError where it cannot be
    written, BusyError where another run holds it for over a minute; the old index then stands.
    """
    with lock(reports / GUARD, wait=SECONDS):
        # What a run killed while it wrote here left behind.
        for part in reports.glob(f".{INDEX}.*.part"):
            part.unlink(missing_ok=True)
        found = entries(reports)
        text = page(found).encode("utf-8", "replace")
        target = reports / INDEX
        if target.is_symlink() or not target.is_file() or target.read_bytes() != text:
            write_whole(target, text)
    return target


def try_to_write_index(reports: Path) -> str:
    """Write the index; where that cannot be done, say so in a line: the next run makes it, and no report is lost."""
    try:
        write_index(reports)
    except (BuildError, BusyError, OSError) as fault:
        reason = str(fault) if isinstance(fault, BuildError | BusyError) else fault.strerror or type(fault).__name__
        return f"The index of reports was not written: {reason} The next run makes it anew."
    return ""


def page(found: Iterable[Entry]) -> str:
    """The index as one page, whole in itself; nothing on it can act."""
    runs = list(found)
    return filled(
        "index.html.j2",
        (TEMPLATES / "report.css").read_text(encoding="utf-8"),
        newest=newest_good(runs),
        failed=failures(runs),
        runs=[e for e in runs if e.outcome == "ok"],
        kinds=KINDS,
    )


def _folders(place: Path) -> list[Path]:
    if not place.is_dir() or place.is_symlink():
        return []
    return [p for p in place.iterdir() if NAME.fullmatch(p.name) and p.is_dir() and not p.is_symlink()]


def _entry(folder: Path) -> Entry | None:
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        failed = folder.parent.name == "failed"
        if not isinstance(record, dict) or record["run_id"] != folder.name or failed == (record["outcome"] == "ok"):
            return None
        wrong = "" if failed or is_whole(folder, record) else NOT_WHOLE
        given = {k: v for k, v in dict(record.get("parameters") or {}).items() if k not in ("data", "level")}
        notebook, data, level = (str(record.get(part, "")) for part in ("notebook", "data", "level"))
        # Of what was asked, only days are written here: a family or a reader may be named in the rest.
        asked = str(record.get("name") or "")
        own = {k: v for k, v in given.items() if k not in ("start", "end")}
        key = json.dumps([asked or [notebook, data, level, own]], sort_keys=True, default=str)
        days = [_say(given.get(part)) for part in ("start", "end")]
        return Entry(
            run_id=folder.name,
            name=asked or notebook,
            notebook=notebook,
            data=data,
            level=level,
            period=" to ".join(days)
            if all(days)
            else next((f"from {d}" for d in days[:1] if d), "")
            or next((f"to {d}" for d in days[1:] if d), "all that the data hold"),
            made=_say_time(str(record.get("started", ""))),
            key=key,
            outcome=str(record["outcome"]),
            reason=str(record.get("reason", "")),
            files=tuple(name for name in KINDS if name in record.get("files", {})),
            wrong=wrong,
            record=record,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _say(day: Any) -> str:
    from lib.dates import say

    try:
        return say(datetime.date.fromisoformat(str(day))) if day else ""
    except ValueError:
        return str(day)


def _say_time(moment: str) -> str:
    """A moment in the record, as the clock in Britain showed it."""
    from zoneinfo import ZoneInfo

    from lib.dates import say

    here = datetime.datetime.fromisoformat(moment).astimezone(ZoneInfo("Europe/London"))
    return f"{say(here.date())}, {here:%H:%M}"
