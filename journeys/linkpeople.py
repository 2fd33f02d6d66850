"""The folder's linkage records and the persons behind them, with what people decided about pairs of records.

    record_a,record_b,decision,decided_by,decided_on,because
    school:12,police:7,same,records officer,2024-05-03,the school knows both addresses
    school:12,police:8,never,safeguarding lead,2024-05-03,under protection

That is link_decisions.csv in the data folder; a decision is same, not, cannot tell, or never. It is obeyed each time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeys.linkfiles import as_csv
from journeys.sources import PRIVATE, Folder
from lib import smallfiles
from lib.errors import DataError, did_you_mean, listed

if TYPE_CHECKING:
    import pandas as pd

FILE = "link_decisions.csv"
WORDS = ("same", "not", "cannot tell", "never")
QUESTIONS, MODEL = "pairs_to_ask_about.csv", "link_model.json"


@dataclass(frozen=True)
class People:
    """The linkage records, the person behind each, why records were joined, and how many by each rule.

    `texts`: what is kept of the linking, by place in the data folder. `faults`: decisions that cannot be obeyed.
    """

    records: pd.DataFrame
    persons: Mapping[str, str]
    why: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, int] = field(default_factory=dict)
    to_ask: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def read_people(folder: Folder) -> People:
    """Linkage records into persons. Raises what the linkage files raise, and `DataError` for a decision to mend."""
    from journeys.linkage import read_linkage
    from journeys.linkrules import load_link_rules
    from journeys.people import link_people

    assert folder.path is not None
    records = read_linkage(folder).records
    known = set(records["record_id"])
    decisions, faults = [], []
    for line, row in read_decisions(folder.path / FILE):
        if {row["record_a"], row["record_b"]} <= known:
            decisions.append(row)
        else:
            faults.append(
                f"line {line} cannot be obeyed: one of the two is in no linkage file any more. Mend the number, or take the "
                "line out."
            )
    never = [(row["record_a"], row["record_b"]) for row in decisions if row["decision"] == "never"]
    judged = [row for row in decisions if row["decision"] != "never"]
    rules = load_link_rules(folder.rule_files("linkage.yml"))
    links = link_people(records, judged, never, rules=rules)
    persons = dict(zip(links.persons["record_id"], links.persons["person"], strict=True))
    same = links.pairs[links.pairs["outcome"] == "same"]
    why: dict[str, str] = {}
    for a, b, because in zip(same["record_a"], same["record_b"], same["because"], strict=True):
        for record in (a, b):
            why[record] = min(why.get(record, because), because)
    joined = {str(because): int(many) for because, many in same.groupby("because").size().items()}
    asks = links.asks
    told = [str(name) for name in asks.columns if not str(name).endswith("_weight") or name == "match_weight"]
    rows = asks[told].astype(object).where(asks[told].notna(), "")
    texts = {
        f"{PRIVATE}/{QUESTIONS}": as_csv(
            [*told, "decision", "decided_by", "decided_on"], [(*r, "", "", "") for r in rows.to_numpy()]
        ),
        f"{PRIVATE}/{MODEL}": json.dumps(links.model, indent=1, sort_keys=True) + "\n",
    }
    return People(records, persons, why, joined, len(asks), texts, tuple(faults))


def read_decisions(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """What people decided about pairs of records, each with its line; nothing where there is no file.

    Raises `DataError`, with the line to mend.
    """
    if not path.is_file():
        return []
    found: list[tuple[int, dict[str, Any]]] = []
    for line, row in smallfiles.rows(
        path, ("record_a", "record_b", "decision", "decided_by", "decided_on"), ("because",)
    ):
        word = " ".join(row["decision"].casefold().split())
        if word not in WORDS:
            raise DataError(
                f"{path.name}, line {line}: there is no such decision.{did_you_mean(word, WORDS)} Decisions: {listed(WORDS)}."
            )
        if missing := [name for name in ("record_a", "record_b", "decided_by") if not row[name]]:
            raise DataError(f"{path.name}, line {line}: '{missing[0]}' is empty. Fill it in.")
        found.append((line, row | {"decision": word, "decided_on": _day(path, line, row["decided_on"])}))
    return found


def _day(path: Path, line: int, text: str) -> dt.date:
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise DataError(f"{path.name}, line {line}: 'decided_on' is not a day. Write it as 2024-04-01 or 01/04/2024.")
