"""The map of a teaching log that others published, against what was published with it.

The log itself is not kept here, its licence being another: the test is skipped where it is not at hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import journeys as fj

EDGES = {
    ("register request", "examine casually"): 3,
    ("register request", "examine thoroughly"): 1,
    ("register request", "check ticket"): 2,
    ("examine casually", "check ticket"): 4,
    ("examine casually", "decide"): 2,
    ("examine thoroughly", "check ticket"): 2,
    ("examine thoroughly", "decide"): 1,
    ("check ticket", "decide"): 6,
    ("check ticket", "examine casually"): 2,
    ("check ticket", "examine thoroughly"): 1,
    ("decide", "pay compensation"): 3,
    ("decide", "reject request"): 3,
    ("decide", "reinitiate request"): 3,
    ("reinitiate request", "examine casually"): 1,
    ("reinitiate request", "examine thoroughly"): 1,
    ("reinitiate request", "check ticket"): 1,
}
"""What follows what in the teaching log of six requests, as published with it."""


@pytest.mark.parametrize("order", ["moments", "file"])
def test_the_published_map_of_six_requests(tmp_path: Path, extra: Path, order: str) -> None:
    name = "running-example.csv"
    (tmp_path / name).write_bytes((extra / "real" / "logs" / name).read_bytes())
    columns = {"family_id": "case:concept:name", "date": "time:timestamp", "activity": "concept:name"}
    entry = {"format": {"columns": columns, "dates": ["iso"]}, "agency": "claims office"}
    sources = {"purpose": "a teaching log", "invented": True, "files": {name: entry}}
    (tmp_path / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    graph = fj.build_journeys(fj.read_contacts(tmp_path)).map(order=order)
    assert {(a, b): n for a, b, n in graph.edges(data="moves")} == EDGES
    assert (len(EDGES), sum(EDGES.values()), graph.graph["moves"]) == (16, 36, 36)
    assert {a: n for a, n in graph.nodes(data="starts") if n} == {"register request": 6}
    assert {a: n for a, n in graph.nodes(data="ends") if n} == {"pay compensation": 3, "reject request": 3}
