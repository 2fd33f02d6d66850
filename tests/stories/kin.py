"""Linkage records drawn as small tables, and the families that come of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd

from journeys.evidence import Evidence, read_evidence
from journeys.kinrules import Kinship, load_kinship
from journeys.kinship import Families, Member, explained, find_families
from journeys.sources import RULES
from lib.dates import to_date
from tests.conftest import table

COLUMNS = (
    *(
        "record_id",
        "supplier",
        "first_name",
        "last_name",
        "date_of_birth",
        "sex",
        "postcode",
        "address",
        "uprn",
        "nhs_number",
    ),
    *(
        "upn",
        "phone",
        "email",
        "household_id",
        "parent_ids",
        "from_date",
        "to_date",
        "confidential",
        "source_file",
        "source_row",
    ),
)
DRAWN = {
    "id": "record_id",
    "surname": "last_name",
    "born": "date_of_birth",
    "household": "household_id",
    "parents": "parent_ids",
    "from": "from_date",
    "to": "to_date",
}
RULES_IN_FORCE = load_kinship([RULES / "kinship.yml"])


def records_of(text: str) -> pd.DataFrame:
    """Linkage records drawn as a table: `id` is a record's, `parents` are parted by `;`, days are ISO."""
    frame = table(text).rename(columns=DRAWN)
    rows: list[dict[str, Any]] = []
    for n, row in enumerate(frame.to_dict("records"), start=1):
        cells: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {
            k: v if isinstance(v, str) else "" for k, v in row.items()
        }
        for name in ("date_of_birth", "from_date", "to_date"):
            cells[name] = dt.date.fromisoformat(cells[name]) if cells[name] else None
        cells["parent_ids"] = tuple(filter(None, cells["parent_ids"].split(";")))
        cells["confidential"] = cells["confidential"] == "yes"
        cells["supplier"] = cells["record_id"].partition(":")[0]
        rows.append(cells | {"source_file": "drawn.csv", "source_row": n})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def persons_of(text: str) -> dict[str, str]:
    """The person behind each record: the column `person`, or the record itself where none is drawn."""
    frame = table(text)
    own = frame["person"] if "person" in frame.columns else frame["id"]
    return {r: p if isinstance(p, str) else r for r, p in zip(frame["id"], own, strict=True)}


def evidence_of(text: str, rules: Kinship = RULES_IN_FORCE) -> Evidence:
    """The evidence in records drawn as a table."""
    return read_evidence(records_of(text), persons_of(text), rules)


def families_of(
    text: str,
    rules: Kinship = RULES_IN_FORCE,
    together: Iterable[tuple[str, str]] = (),
    never: Iterable[frozenset[str]] = (),
) -> Families:
    """The families that come of records drawn as a table."""
    return find_families(evidence_of(text, rules), rules, list(together), list(never))


def homes(text: str, rules: Kinship = RULES_IN_FORCE, **more: Any) -> list[str]:
    """Who is with whom: each family of more than one, its people in order; and who is in none, or alone, is left out."""
    found: dict[str, set[str]] = {}
    for member in families_of(text, rules, **more).members:
        found.setdefault(member.family, set()).add(member.person)
    return sorted(" ".join(sorted(some)) for some in found.values() if len(some) > 1)


def days_of(text: str, rules: Kinship = RULES_IN_FORCE, **more: Any) -> list[str]:
    """Each membership in a family of more than one: the family by its first person ever, who, from, to, because."""
    evidence = evidence_of(text, rules)
    found = find_families(evidence, rules, **more)
    members, _ = explained(found.members, evidence, rules, more.get("together", ()))
    people: dict[str, set[str]] = {}
    for member in members:
        people.setdefault(member.family, set()).add(member.person)
    return sorted(said(m, "+".join(sorted(people[m.family]))) for m in members if len(people[m.family]) > 1)


def said(member: Member, family: str) -> str:
    """One membership in words."""
    start, end = (to_date(d).isoformat() if abs(d) < 1_000_000 else "–" for d in (member.start, member.end))
    return f"{member.person} in {family}, {start} to {end}: {member.because}"
