"""Rows for one project, under pseudonyms of that project's own; who is behind one, asked one at a time; a new key.

An extract for a project holds no id of anybody's, no free text, no time of day and no row number, and its rows stand in
the order of their pseudonyms, so that nothing in how they stand joins them to another project's. Days, agencies and
activities stay: whoever knows what happened to a family on a day may know it again. An extract is personal data.
"""

from __future__ import annotations

import csv
import datetime as dt
import getpass
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys import keyplace
from journeys.activities import Activities, read_activities
from journeys.agreed import load_rules
from journeys.columns import ASKED_BY, NATURES, PRECISIONS, TABLES, UNMAPPED
from journeys.contacts import Session, open_store
from journeys.families import load_members
from journeys.sources import PRIVATE, Folder, open_folder
from lib import files, keys
from lib.engine import Table
from lib.errors import DataError, RequestError, listed
from lib.pseudonyms import Pseudonyms, kid
from lib.sealedlog import SealedLog

if TYPE_CHECKING:
    import pandas as pd

PROJECT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MOST_A_DAY = 20
"""How many pseudonyms may be looked behind in a day, whoever asks."""

LEAST_REASON = 5
"""How many letters a reason has at least."""

IDS = {
    **dict.fromkeys(("family_id", "family_id_given"), "F"),
    "person_id": "P",
    "professional_id": "W",
    "need_id": "N",
    **dict.fromkeys(("contact_id", "replaces", "shown_by", "answered_by", "evidence"), "C"),
    "firing_id": "T",
    "chance_id": "H",
}
"""The columns that hold an id of somebody or something, and the letter of its kind."""

PEOPLE = ("F", "P")
"""Kinds whose ids may be written in several ways. All others are compared to the letter, as the kit compares them."""

AGENCIES = ("agency", "referred_to", "from_agency", "to_agency")
CLOSED: Mapping[str, frozenset[str]] = {
    "nature": frozenset({*NATURES, UNMAPPED}),
    "asked_by": frozenset(ASKED_BY),
    "precision": frozenset(PRECISIONS),
    "certainty": frozenset({"certain", "possible"}),
    "class": frozenset({"value", "failure", "unknown"}),
    "labelled_by": frozenset({"rule", "reviewer"}),
}
"""Columns of words of which there are only these."""

PLAIN = ("date", "whole number", "number", "yes/no", "money")
LEFT_OUT = frozenset({"source_row", "source_line"})
"""Numbers that say where a record stands in a supplier's file, and would join any two extracts."""

UNLISTED = "not listed"
"""What stands for a word of an agency's own that nobody has mapped: it may say anything."""


def pseudonymised(rows: Table | pd.DataFrame, *, project: str, data: str | Path | None = None) -> pd.DataFrame:
    """Rows for one project: its own pseudonyms in place of ids, and only columns that hold no free text.

    `rows`: a Table of the kit, or a DataFrame of such rows, with `data` then saying which data folder they are of.
    `project`: small letters, figures, - and _. Ids of families, people, workers, contacts and needs become pseudonyms
    of this project; dates, numbers and words from a closed list stay; every other column is left out, and so is one
    that the kit does not declare. One project name over two folders gives one id one pseudonym: give projects names
    apart where two reviews number their families each from 1. Returns a DataFrame in the order of its pseudonyms. That
    it was made is noted in the folder's `private/extracts.jsonl`.

    Raises `RequestError` where there is no key, or it is not kept as it must be; `DataError` where two ids cannot be
    told to be one person or two.

    >>> from journeys.contacts import read_contacts
    >>> pseudonymised(read_contacts("sample"), project="Housing")
    Traceback (most recent call last):
    lib.errors.RequestError: a project's name begins with a small letter, and holds small letters, figures, - and _.

    """
    import pandas as pd

    if not PROJECT_NAME.fullmatch(project):
        raise RequestError("a project's name begins with a small letter, and holds small letters, figures, - and _.")
    folder, activities = _whose(rows, data)
    names = Pseudonyms(keyplace.key(), f"project:{project}")
    frame = rows.df() if isinstance(rows, Table) else rows
    if not frame.columns.is_unique:
        raise RequestError("a column stands twice in these rows. Leave each in once.")
    out: dict[str, Any] = {}
    for column in map(str, frame.columns):
        if column in IDS:
            out[column] = _renamed(column, frame[column], names)
        elif (word := _words(column, folder, activities)) is not None:
            out[column] = [word(value) for value in frame[column]]
        elif _is_plain(column):
            out[column] = frame[column].map(lambda v: UNLISTED if isinstance(v, str) else v).reset_index(drop=True)
    made = pd.DataFrame(out)
    if not made.empty:
        order = made.map(lambda v: "~" if v is None or v is pd.NA or v != v else str(v))
        made = made.loc[order.sort_values(list(order.columns), kind="stable").index].reset_index(drop=True)
    _note(folder, project, names.kid, list(made.columns), len(made))
    return made


def _whose(rows: Table | pd.DataFrame, data: str | Path | None) -> tuple[Folder, Activities]:
    owner = rows.owner if isinstance(rows, Table) else None
    seen = 0
    while owner is not None and not isinstance(owner, Session) and seen < 5:
        owner, seen = getattr(owner, "session", None) or getattr(owner, "review", None), seen + 1
    if isinstance(owner, Session):
        folder, activities = owner.folder, owner.activities
    elif data is not None:
        folder = open_folder(data)
        activities = read_activities(folder.rule_files("activities.yml"))
    else:
        raise RequestError("say which data folder these rows are of: pseudonymised(rows, project=…, data=…).")
    if folder.path is None:
        raise RequestError("these contacts came as frames, so there is no data folder in which to note the extract.")
    return folder, activities


def _renamed(column: str, values: Iterable[Any], names: Pseudonyms) -> list[Any]:
    letter, cells = IDS[column], list(values)
    if any(isinstance(cell, int | float) and cell == cell for cell in cells):
        raise RequestError(
            f"column '{column}' holds numbers, which lose figures and leading zeros. Make it text, as the kit has it."
        )
    texts = {text for cell in cells for text in (cell if isinstance(cell, list | tuple) else [cell]) if _is_text(text)}
    told = names.each(letter, texts, exact=letter not in PEOPLE)
    return [
        sorted(told[t] for t in cell if _is_text(t))
        if isinstance(cell, list | tuple)
        else told.get(cell)
        if _is_text(cell)
        else None
        for cell in cells
    ]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _words(column: str, folder: Folder, activities: Activities) -> Callable[[Any], Any] | None:
    """How a column of words from a closed list is told; nothing for any other column."""
    if column == "trigger":
        allowed = frozenset(load_rules(folder.rule_files("triggers.yml"), activities).triggers)
    elif column in AGENCIES:
        allowed = frozenset({*activities.agencies, "family"})
    elif column == "activity":
        allowed = frozenset(activities.known)
    elif column in CLOSED:
        allowed = CLOSED[column]
    else:
        return None
    return lambda value: value if not _is_text(value) or value in allowed else UNLISTED


def _is_plain(column: str) -> bool:
    kinds = {(c.type, c.identifying) for fields in TABLES.values() for c in fields if c.name == column}
    return bool(kinds) and column not in LEFT_OUT and all(kind in PLAIN and not mark for kind, mark in kinds)


def _note(folder: Folder, project: str, key: str, columns: list[str], rows: int) -> None:
    assert folder.path is not None
    room = files.private_dir(folder.path / PRIVATE)
    path = room / "extracts.jsonl"
    on = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    line = json.dumps({"project": project, "kid": key, "on": on, "rows": rows, "columns": columns})
    with files.lock(room / "extracts.lock"):
        files.write_whole(path, (path.read_bytes() if path.is_file() else b"") + line.encode() + b"\n")


def extracts_of(folder: Folder) -> list[dict[str, Any]]:
    """The extracts that were made from a folder: project, kid, on, rows, columns. Raises `DataError` if that is
    damaged.
    """
    path = folder.path / PRIVATE / "extracts.jsonl" if folder.path else None
    if path is None or not path.is_file():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except ValueError:
        raise DataError(f"{files.shown(path)} is damaged, so nobody knows which projects have rows of it.") from None


def projects_of(folder: Folder) -> list[str]:
    """The projects that have had rows of a folder, in order of name."""
    return sorted({str(one["project"]) for one in extracts_of(folder)})


# Who is behind a pseudonym


def check_reason(reason: str) -> str:
    """A reason in words. Raises `RequestError` where it is none."""
    words = " ".join(reason.split())
    if sum(c.isalpha() for c in words) < LEAST_REASON:
        raise RequestError("a reason is needed, in a few words, such as 'asked by letter of 3 May'. Name nobody in it.")
    return words


def who_asks() -> str:
    """The name under which somebody is signed in on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def identify(pseudonym: str, data: str | Path, project: str, reason: str, approved_by: str, asked_by: str) -> str:
    """The id behind one pseudonym of a project; the asking is written down before it is answered.

    `approved_by`: another person than `asked_by`. The log lies beside the key, each line sealed to the one before; one
    that was changed stops everything. Raises `RequestError` without a reason, for the same person twice, above twenty a
    day, or where nobody is behind the pseudonym; `DataError` for a log that was changed.
    """
    if not re.fullmatch(r"[FP][A-Z2-7]{16}", pseudonym):
        raise RequestError(
            "one pseudonym of a family (F…) or a person (P…) is needed: that letter, and 16 letters or figures."
        )
    if not " ".join(approved_by.split()) or approved_by.strip().casefold() == asked_by.strip().casefold():
        raise RequestError('who approved it? Another person than the one who asks: --approved-by "name or role".')
    words, folder, ring = check_reason(reason), open_folder(data), keyplace.ring()
    with files.lock(keyplace.key_path().with_name("identify.lock")):
        _write_down(ring, pseudonym, project, folder, words, approved_by, asked_by)
    people, families = ids_of(folder)
    for key in ring.values():
        names = Pseudonyms(key, f"project:{project}")
        for one in families if pseudonym[0] == "F" else people:
            if names.of(pseudonym[0], one) == pseudonym:
                return one
    raise RequestError(
        "nobody in these data is behind that pseudonym for that project. It may be another project's, another folder's, or "
        f"of somebody who was forgotten. Projects of this folder: {listed(projects_of(folder)) or 'none'}. The asking is in the log."
    )


def _write_down(
    ring: Mapping[str, bytes],
    pseudonym: str,
    project: str,
    folder: Folder,
    reason: str,
    approved_by: str,
    asked_by: str,
) -> None:
    """The asking, in the log beside the key, if the log is whole and the day allows one more."""
    now = dt.datetime.now(dt.UTC)
    logs = {
        name: SealedLog(keyplace.key_path().with_name(f"identified.{name}.jsonl"), key) for name, key in ring.items()
    }
    said = [line for log in logs.values() for line in log.read()]
    if any(str(line["at"]) > now.isoformat(timespec="seconds") for line in said):
        raise RequestError("the clock of this machine is behind the last line of the log. Set it right, and ask again.")
    today = sum(str(line["at"])[:10] == now.date().isoformat() for line in said)
    if today >= MOST_A_DAY:
        raise RequestError(
            f"{MOST_A_DAY} pseudonyms were looked behind today, which is all that a day allows. Ask tomorrow."
        )
    log = next(iter(logs.values()))
    log.add(
        {
            "at": now.isoformat(timespec="seconds"),
            "pseudonym": pseudonym,
            "project": project,
            "data": folder.name,
            "reason": reason,
            "approved_by": approved_by,
            "asked_by": asked_by,
        }
    )


def ids_of(folder: Folder) -> tuple[list[str], list[str]]:
    """Every person and every family of a folder, by id, in order."""
    session = open_store(folder)
    load_members(session, session.engine)
    people = session.engine.rows(
        "SELECT person_id FROM contacts WHERE person_id IS NOT NULL UNION SELECT person_id FROM members ORDER BY person_id"
    )
    families = session.engine.rows(
        "SELECT family_id_given AS family_id FROM contacts WHERE family_id_given IS NOT NULL "
        "UNION SELECT family_id FROM members ORDER BY family_id"
    )
    return [one for (one,) in people], [one for (one,) in families]


# A new key


def rotate(data: Iterable[str | Path]) -> Iterator[str]:
    """Put a new key in the old one's place, and keep, in each folder, which pseudonym became which; says so line by
    line.

    The old key is sealed beside the new one: what was made with it keeps its pseudonyms, and lists and logs that it
    sealed are still read. A crosswalk names no id: old pseudonym, new pseudonym, and whose project.
    """
    folders = [open_folder(one) for one in data]
    with keys.rotated(keyplace.key_path(), keyplace.BESIDE) as (old, new):
        for folder in folders:
            rows = _crosswalk(folder, old, new)
            assert folder.path is not None
            name = f"crosswalk.{kid(old)}.{kid(new)}.csv"
            files.write_whole(files.private_dir(folder.path / PRIVATE) / name, rows)
            yield f"{folder.name}: {name} in its private folder, for {listed(projects_of(folder)) or 'no project yet'}."
    yield f"Key {kid(new)} is in use; key {kid(old)} is sealed beside it. Destroy it when nothing made with it is kept."


def _crosswalk(folder: Folder, old: bytes, new: bytes) -> bytes:
    people, families = ids_of(folder)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("project", "old", "new"))
    for project in projects_of(folder):
        before, after = (Pseudonyms(key, f"project:{project}") for key in (old, new))
        pairs = [(before.of(k, one), after.of(k, one)) for k, ids in (("P", people), ("F", families)) for one in ids]
        writer.writerows((project, *pair) for pair in sorted(set(pairs)))
    return out.getvalue().encode()
