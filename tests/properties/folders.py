"""Small data folders for the property tests."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = (
    *("contact_id", "person_id", "family_id", "date", "agency", "activity", "need_id", "referred_to"),
    *("professional_id", "recorded_on", "precision", "earliest", "latest", "reason"),
)
DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m", "%Y")


def folder_of_logs(root: Path, logs: Mapping[str, Sequence[Mapping[str, str]]], **more: Any) -> Path:
    """A folder with one CSV per log, in the columns above; `files` adds to a file's entry, the rest to sources.yml."""
    root.mkdir(parents=True, exist_ok=True)
    about = more.pop("files", {})
    entries = {}
    for name, rows in logs.items():
        columns = [c for c in COLUMNS if any(r.get(c) for r in rows)] or list(COLUMNS)
        with open(root / name, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
            writer.writeheader()
            writer.writerows(rows)
        form = {"columns": {c: c for c in columns}, "dates": list(DATES)}
        entries[name] = {"format": form} | about.get(name, {})
    sources = {"purpose": "a property", "invented": True, "files": entries} | more
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


def a_log_that_names_families(root: Path) -> Path:
    """Two files that name their families, with an amendment, a span, a referral and rows without an id."""
    school = [
        {"contact_id": "1", "person_id": "P1", "family_id": "F1", "date": "2023-05-01", "activity": "visit"},
        {"contact_id": "2", "person_id": "P1", "family_id": "F1", "date": "2023-05", "activity": "call"},
        {"contact_id": "3", "person_id": "P1", "family_id": "F1", "date": "2024-02-08 10:00:00", "activity": "visit"},
        {"contact_id": "4", "person_id": "P2", "family_id": "F2", "date": "2024-02-09", "activity": "referral"},
    ]
    for row in school:
        row |= {"agency": "school", "recorded_on": "2024-03-01", "need_id": "N1"}
    school[3]["referred_to"] = "early_help"
    school.append(school[3] | {"recorded_on": "2024-04-01", "need_id": "N2"})
    helpers = [
        {
            "person_id": "P9",
            "family_id": "F2",
            "date": "2024-03-01",
            "agency": "early_help",
            "activity": "first_key_visit",
        },
        {
            "person_id": "P9",
            "family_id": "F2",
            "date": "2024-03-01",
            "agency": "early_help",
            "activity": "first_key_visit",
        },
        {"person_id": "P9", "family_id": "F1", "date": "2024-04-01", "agency": "early_help", "activity": "odd word"},
    ]
    return folder_of_logs(root, {"school.csv": school, "helpers.csv": helpers})


def with_persons(root: Path) -> Path:
    """The same folder, and a persons file that says who two of its suppliers' numbers are."""
    rows = "record_id,person_id\nschool:P1,person-00001\nhelpers:P9,person-00001\n"
    (root / "persons.csv").write_text(rows, encoding="utf-8")
    sources = json.loads((root / "sources.yml").read_text(encoding="utf-8")) | {"persons": "persons.csv"}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root
