"""Triggers as risk factors, in the shape of SAVVI (Scalable Approach to Vulnerability via Interoperability).

A trigger is a risk factor: one fact, yes or no, worked out by those who hold the data. SAVVI's own stop rule is that
where a source has not agreed, no cohort is attempted: that is the kit's permission.

Source: SAVVI, "Sending Attribute Data to the Lead Organisation", 19 fields, and "Define a risk model", on coda.io, as
read in November 2026. They are older than the Vulnerabilities Data Standards, Alpha release of 30 June 2026 (GOV.UK),
against which a receiver should check them; the label in every row says so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from journeys.adoption import window
from journeys.triggers import Firings
from lib import files
from lib.errors import PermissionRefused, RequestError, in_words

if TYPE_CHECKING:
    from lib.engine import Table

VERSION = "SAVVI attribute message of 19 fields (coda.io), older than the alpha of 30 June 2026"
MESSAGE = (
    *("PersonReference", "GivenNames", "FamilyName", "Alias", "BirthDate", "Gender", "UPRN"),
    *("Address1", "Address2", "Address3", "Address4", "Address5", "Postcode"),
    *("AttributeType", "AttributeScheme", "Attribute", "AttributeDate", "SourceSystem", "ExtractedOn"),
)
MODEL = (
    *("purpose", "risk_factor", "says", "source_organisation", "information_type", "legal_basis"),
    *("rule", "version", "mark", "agreed_by", "message_version"),
)

SUPPLIED = (
    "SELECT DISTINCT contact_id, source_file FROM {contacts} WHERE contact_id IN (SELECT contact_id FROM evidence_ids)"
)


def export_savvi(firings: Table, folder: str | Path, uprn: Mapping[str, str] | None = None) -> Path:
    """Write triggers as SAVVI's attribute message and risk model: attributes.csv and risk_model.csv in a folder.

    `firings` from `find_triggers`; those about services' deadlines, and those only possible, are left out. A person is
    the supplier's reference; a firing about a whole family has the family's. Names, birth dates, addresses and gender
    are never written: they are not in the store, and a receiver that may hold them adds them. `uprn` gives the property
    reference of a person or family, which the message requires and no log holds: left out, its column is empty.

    Returns the folder. Raises `PermissionRefused` where a source has no agreement for triggers (the stop rule: no
    agreement, no cohort) and for published cases, `RequestError` for what `find_triggers` did not give.
    """
    owner = getattr(firings, "owner", None)
    if not isinstance(owner, Firings):
        raise RequestError("firings is not what find_triggers gives. Write firings = fj.find_triggers(review) first.")
    review, rules = owner.review, owner.rules
    declared = review.session.folder
    declared.require("triggers")
    if declared.entry.published:
        raise PermissionRefused("published cases are people whose story is over: no cohort is made of them.")
    frame = firings.df()
    kept = [name for name, rule in rules.triggers.items() if rule.about == "family"]
    frame = frame[frame["trigger"].isin(kept) & (frame["certainty"] == "certain")]
    supplied = _suppliers(owner, sorted({c for ids in frame["evidence"] for c in ids}))
    entries, refs = declared.entry.files, uprn or {}
    message: list[dict[str, str]] = []
    sources: dict[str, set[str]] = {}
    for row in frame.itertuples():
        by = sorted({declared.file_of(supplied[c]) for c in row.evidence})
        sources.setdefault(row.trigger, set()).update(by)
        reference = row.person_id if isinstance(row.person_id, str) else row.family_id
        message.append(
            dict.fromkeys(MESSAGE, "")
            | {
                "PersonReference": reference,
                "UPRN": refs.get(reference, ""),
                "AttributeType": "Risk",
                "AttributeScheme": f"family-journeys triggers {row.rules_version}; {VERSION}",
                "Attribute": row.trigger,
                "AttributeDate": row.known_on.date().isoformat(),
                "SourceSystem": "; ".join(by),
                "ExtractedOn": review.as_at.isoformat(),
            }
        )
    model = []
    for name, held in sorted(sources.items()):
        rule = rules.triggers[name]
        holders = {entries[f].controller or entries[f].agency or Path(f).stem for f in held}
        bases = {entries[f].lawful_basis or ("invented data" if declared.entry.invented else "") for f in held}
        model.append(
            {
                "purpose": declared.about.purpose,
                "risk_factor": name,
                "says": rule.says,
                "source_organisation": in_words(sorted(holders)),
                "information_type": in_words(sorted(Path(f).stem for f in held)),
                "legal_basis": in_words(sorted(bases)),
                "rule": f"{rule.pattern}, {window(rule)}",
                "version": rule.version or rules.version,
                "mark": rule.mark,
                "agreed_by": rule.agreed_by or rules.agreed_by,
                "message_version": VERSION,
            }
        )
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    files.write_whole(out / "attributes.csv", _csv(MESSAGE, message))
    files.write_whole(out / "risk_model.csv", _csv(MODEL, model))
    return out


def _suppliers(owner: Firings, ids: list[str]) -> dict[str, str]:
    """Which file each contact of the evidence came from."""
    import pyarrow as pa

    engine, contacts = owner.review.engine, owner.review.session.contacts
    engine.load("evidence_ids", pa.table({"contact_id": pa.array(ids, pa.string())}))
    found = dict(engine.rows(SUPPLIED.format(contacts=contacts)))
    engine.drop("evidence_ids")
    return found


def _csv(columns: tuple[str, ...], rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
