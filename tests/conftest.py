"""Families drawn as small tables, and what the tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.journey import Journeys

EXTRA = os.environ.get("FJ_EXTRA_DATA")
"""A folder of extra input, where there is one."""

LOG = {
    "family": "family_id",
    "person": "person_id",
    "date": "date",
    "agency": "agency",
    "activity": "activity",
    "need": "need_id",
    "to": "referred_to",
    "by": "professional_id",
    "recorded": "recorded_on",
    "id": "contact_id",
    "earliest": "earliest",
    "latest": "latest",
    "about": "precision",
    "outcome": "outcome",
    "reason": "reason",
}
DATES = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m", "%Y"]


@pytest.fixture
def extra() -> Path:
    """The folder of extra input; without one the test is skipped, and says so."""
    if not EXTRA:
        pytest.skip("FJ_EXTRA_DATA is not set: extra input is not looked at")
    return Path(EXTRA)


def table(text: str) -> pd.DataFrame:
    """A small table drawn as text: columns parted by two spaces or more, `–` for an empty cell."""
    import re

    lines = [re.split(r"\s{2,}", line.strip()) for line in text.strip().splitlines() if line.strip()]
    rows = [[None if cell == "–" else cell for cell in line] for line in lines[1:]]
    return pd.DataFrame(rows, columns=lines[0])


def folder_of(root: Path, logs: Mapping[str, pd.DataFrame], **more: Any) -> Path:
    """A data folder on disk, from small tables: one CSV each, read in the shape of these tests."""
    import json

    files = more.pop("files", {})
    entries = {}
    for name, frame in logs.items():
        frame.to_csv(root / f"{name}.csv", index=False)
        columns = {LOG[c]: c for c in frame.columns if c in LOG}
        entries[f"{name}.csv"] = {"format": {"columns": columns, "dates": DATES}} | files.get(name, {})
    sources = {"purpose": "a story", "invented": True, "files": entries} | more
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


Family = Callable[..., Journeys]


@pytest.fixture
def family(tmp_path: Path) -> Family:
    """A family drawn as a table becomes journeys: `family('''date  agency  activity ...''')`.

    `covers` gives agencies' coverage as `{agency: (from, to)}`; `activities` and `triggers` are overlays as dicts;
    `end` and `as_at` are passed on, and by default everything runs to 31 December 2024.
    """

    def build(
        text: str,
        *,
        covers: Mapping[str, tuple[str, str]] | None = None,
        cover_to: str = "2024-12-31",
        end: str | None = None,
        as_at: str | None = None,
        start: str | None = None,
        activities: Mapping[str, Any] | None = None,
        triggers: Mapping[str, Any] | None = None,
        members: pd.DataFrame | None = None,
    ) -> Journeys:
        import json

        log = table(text)
        if "family" not in log.columns and members is None:
            log.insert(0, "family", "F1")
        if "agency" not in log.columns:
            log["agency"] = "school"
        root = tmp_path / f"story{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        agencies = sorted(set(log["agency"]) | set(covers or {}))
        logs, files = {}, {}
        for agency in agencies:
            logs[agency] = log[log["agency"] == agency]
            span = (covers or {}).get(agency, ("2000-01-01", cover_to))
            files[agency] = {"covers": list(span), "agency": agency, "series": "log"}
        folder_of(root, logs, files=files)
        if activities or triggers:
            (root / "rules").mkdir()
        if activities:
            (root / "rules" / "activities.yml").write_text(json.dumps({"activities": activities}))
        if triggers:
            (root / "rules" / "triggers.yml").write_text(json.dumps({"triggers": triggers}))
        contacts = fj.read_contacts(root)
        return fj.build_journeys(contacts, members, start=start, end=end or cover_to, as_at=as_at)

    return build


def fired(journeys: Journeys, trigger: str) -> list[str]:
    """When a trigger fired, in order: day, certainty where it is only possible, and the evidence's own ids."""
    frame = fj.find_triggers(journeys, only=[trigger]).df()
    rows = []
    for row in frame.itertuples():
        ids = " ".join(sorted(e.split(":")[-1] for e in row.evidence))
        rows.append(f"{row.fired_on:%Y-%m-%d}{'' if row.certainty == 'certain' else ' possible'} ({ids})")
    return sorted(rows)
