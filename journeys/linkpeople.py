"""The folder's linkage records and the persons behind them, with what people decided about pairs of records obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from journeys.sources import PRIVATE, Folder

if TYPE_CHECKING:
    import pandas as pd

MODEL = "link_model.json"
"""The parameters that the records were weighed with, in the private room."""


@dataclass(frozen=True)
class People:
    """The linkage records, the person behind each, why records were joined, and how many by each rule.

    `texts`: what is kept of the linking, by place in the data folder. `ask`: writes the questions that people are asked.
    """

    records: pd.DataFrame
    persons: Mapping[str, str]
    why: Mapping[str, str] = field(default_factory=dict)
    joined: Mapping[str, int] = field(default_factory=dict)
    to_ask: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    ask: Callable[[], object] = lambda: None


def read_people(folder: Folder) -> People:
    """Linkage records into persons, as the folder's linkage files, rules and answers have it. Raises what these raise."""
    from journeys.linkage import read_linkage
    from journeys.linkasks import ask_people, read_decisions, read_never
    from journeys.linkrules import load_link_rules
    from journeys.people import link_people

    records = read_linkage(folder).records
    rules = load_link_rules(folder.rule_files("linkage.yml"))
    links = link_people(records, read_decisions(folder), read_never(folder), rules=rules)
    persons = dict(zip(links.persons["record_id"], links.persons["person"], strict=True))
    same = links.pairs[links.pairs["outcome"] == "same"]
    why: dict[str, str] = {}
    for a, b, because in zip(same["record_a"], same["record_b"], same["because"], strict=True):
        for record in (a, b):
            why[record] = min(why.get(record, because), because)
    joined = {str(because): int(many) for because, many in same.groupby("because").size().items()}
    texts = {f"{PRIVATE}/{MODEL}": json.dumps(links.model, indent=1, sort_keys=True) + "\n"}
    return People(records, persons, why, joined, len(links.asks), texts, lambda: ask_people(folder, links, records))
