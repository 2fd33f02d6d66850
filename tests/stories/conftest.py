"""What the stories share: many small families in one log, raw files as a supplier sends them, and short answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

import journeys as fj
from journeys.journey import Journeys
from lib import keys
from lib.engine import Table
from tests.conftest import folder_of, table

POLICE = {
    "columns": {
        "contact_id": "Ref",
        "person_id": "Person",
        "date": "When",
        "activity": "What",
        "outcome": "Outcome",
        "recorded_on": "Recorded",
    },
    "dates": ["%d/%m/%Y", "%d/%m/%Y %H:%M"],
}
"""How the police write their log: `Ref,Person,When,What,Outcome,Recorded`."""


def supplied(
    root: Path, files: Mapping[str, str | bytes], entries: Mapping[str, Any] | None = None, **more: Any
) -> Path:
    """A data folder of files exactly as supplied; each is a police log unless `entries` says otherwise."""
    root.mkdir(exist_ok=True)
    declared = {}
    for name, content in files.items():
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
        if name.endswith((".csv", ".xlsx", ".parquet", ".txt")) and name != more.get("members"):
            declared[name] = {"agency": "police", "format": POLICE} | dict((entries or {}).get(name, {}))
    sources = {"purpose": "a story", "invented": True, "files": declared} | more
    (root / "sources.yml").write_text(json.dumps(sources, indent=1), encoding="utf-8")
    return root


def account_of(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """Per file: read, accepted, set aside, collapsed."""
    frame = fj.account(folder)
    return {r.file: (r.read, r.accepted, r.set_aside, r.collapsed) for r in frame.itertuples()}


def aside(folder: Path) -> list[tuple[int, str]]:
    """The records set aside: row and reason."""
    return [(r.source_row, r.reason) for r in fj.set_aside(folder).df().itertuples()]


def faults_of(contacts: Table, members: pd.DataFrame | None = None) -> dict[str, int]:
    """How many contacts or records each kind of fault touches."""
    counts: dict[str, int] = {}
    for row in fj.check_contacts(contacts, members).df().itertuples():
        counts[row.fault] = counts.get(row.fault, 0) + row.contacts
    return counts


def drawn(
    root: Path,
    families: str | Mapping[str, str],
    *,
    covers: Mapping[str, tuple[str, str]] | None = None,
    cover_to: str = "2024-12-31",
    triggers: Mapping[str, Any] | None = None,
    activities: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    members: pd.DataFrame | None = None,
    **asked: Any,
) -> Journeys:
    """Families drawn as tables become journeys: one drawing with a `family` column, or one drawing for each family."""
    if isinstance(families, str):
        log = table(families)
    else:
        log = pd.concat([table(text).assign(family=name) for name, text in families.items()], ignore_index=True)
    if "agency" not in log.columns:
        log["agency"] = "school"
    if "id" in log.columns and "family" in log.columns:
        log["id"] = log["family"].fillna("") + "." + log["id"]
    root.mkdir(exist_ok=True)
    logs, files = {}, {}
    for agency in sorted(set(log["agency"]) | set(covers or {})):
        logs[agency] = log[log["agency"] == agency]
        span = (covers or {}).get(agency, ("2000-01-01", cover_to))
        files[agency] = {"covers": list(span), "agency": agency, "series": "log", "person_ids": "shared"}
    folder_of(root, logs, files=files)
    for name, rules in (("activities", activities), ("triggers", triggers), ("facts", facts)):
        if rules:
            (root / "rules").mkdir(exist_ok=True)
            (root / "rules" / f"{name}.yml").write_text(json.dumps({name: rules}), encoding="utf-8")
    asked.setdefault("end", cover_to)
    return fj.build_journeys(fj.read_contacts(root), members, **asked)


def rule(pattern: str, activity: str, **more: Any) -> dict[str, Any]:
    """A trigger for a story, answered by help within 30 days unless told."""
    words = {"says": "a rule", "why": "a story", "source": "ours", "mark": "illustrative"}
    return words | {"pattern": pattern, "activity": activity, "answered_by": ["help_started"]} | more


def fact(*known_by: Any, needed_by: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A fact for a story, made known by these activities."""
    words = {"says": "a fact", "short": ["a", "fact"], "source": "ours", "mark": "illustrative"}
    return words | {"known_by": list(known_by), "needed_by": list(needed_by)} | more


def known_of(review: Journeys, family: str = "F1") -> list[str]:
    """Who knew what in one family: fact, agency, day, how where it was told, and the evidence's own ids."""
    rows = []
    for row in fj.who_knew_what(review).df().itertuples():
        if row.family_id == family:
            ids = " ".join(e.split(":")[-1].split(".")[-1] for e in row.evidence)
            told = " passed on" if row.how == "passed on" else ""
            rows.append(f"{row.fact} {row.agency} {row.known_on:%-d %b}{told} ({ids})")
    return sorted(rows)


def firings_of(review: Journeys, trigger: str) -> dict[str, list[str]]:
    """For each family, when a trigger fired: day, whether only possible, and the evidence's own ids."""
    rows = []
    for row in fj.find_triggers(review, only=[trigger]).df().itertuples():
        ids = " ".join(e.split(":")[-1].split(".")[-1] for e in sorted(row.evidence))
        sure = "" if row.certainty == "certain" else " possible"
        rows.append((row.fired_on, row.family_id, f"{row.fired_on:%-d %b %Y}{sure} ({ids})"))
    return {family: [said for _, of, said in sorted(rows) if of == family] for family in review}


def handed(review: Journeys, by: str = "agency") -> list[tuple[Any, ...]]:
    """Each handover: kind, from, to, shown by, answered by, days waited, still open; ids as the story wrote them."""

    def own(contact: Any) -> str | None:
        return None if pd.isna(contact) else str(contact).split(":")[-1].split(".")[-1]

    rows = []
    for r in fj.handovers(review, by=by).df().itertuples():
        wait = None if pd.isna(r.days_wait) else int(r.days_wait)
        rows.append((r.kind, r.from_agency, r.to_agency, own(r.shown_by), own(r.answered_by), wait, bool(r.is_open)))
    return rows


def moments_of(review: Journeys, family: str = "F1", label: str = "professional_id") -> str:
    """A family's moments in order, by the names that the story gave its contacts: `{A B} {C}`; then what has none."""
    steps = review[family].steps
    placed = steps[steps["moment"].notna()]
    inside = ["{" + " ".join(sorted(part[label])) + "}" for _, part in placed.groupby("moment")]
    rest = sorted(steps.loc[steps["moment"].isna(), label])
    return " ".join([*inside, *(["and no moment:", *rest] if rest else [])])


def members_of(text: str) -> pd.DataFrame:
    """Members drawn as a table: person, family, from, to, because."""
    frame = table(text).rename(
        columns={"person": "person_id", "family": "family_id", "from": "from_date", "to": "to_date"}
    )
    return frame.astype(object).where(frame.notna(), None)


# The review book, as a person fills it in


def heads(page: Any) -> list[str]:
    """The headings of a sheet, as columns are named."""
    return [cell.value.replace(" ", "_") for cell in page[1]]


def fill(path: Path, sheet: str, line: int | None = None, **cells: Any) -> None:
    """Write into a row as a person does; without a line, into the first empty one."""
    workbook = load_workbook(path)
    page = workbook[sheet]
    if line is None:
        line = next(n for n in range(2, page.max_row + 2) if not any(c.value for c in page[n]))
    for name, value in cells.items():
        cell = page.cell(line, heads(page).index(name) + 1)
        cell.value = value
        cell.data_type = "s" if isinstance(value, str) else cell.data_type
    workbook.save(path)


def lines(path: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet in which anything stands."""
    rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    names = [head.replace(" ", "_") for head in next(rows)]
    return [dict(zip(names, row, strict=True)) for row in rows if any(row)]


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key of the test's own, in force while it runs."""
    path = tmp_path_factory.mktemp("keys") / "kept" / "k"
    keys.make(path)
    monkeypatch.setenv("FJ_KEY", str(path))
    return path
