"""The tables of a public page, attacked together by one who knows what they mean: who was met, who asked, what was met.

The reader's knowledge is written out here from what the columns say, and not from what the kit took them to share.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np
from scipy.optimize import linprog

import journeys as fj
from journeys import release
from journeys.leaving import behind
from tests.properties.attacker import known_of

Name = tuple[str, ...]


def what_is_said(tables: dict[str, Any]) -> dict[Name, int | str]:
    """Every count that the page shows, by table, row and column; links that it leaves out are not there."""
    said = {}
    for name, table in tables.items():
        columns = list(table.columns)
        width = 2 if name == "links" else 1
        for row in table.rows:
            for column, value in zip(columns[width:], row[width:], strict=True):
                if column in ("families", "value", "failure", "unknown", "answered", "open", "not_answered"):
                    said[(name, *map(str, row[:width]), column)] = value
    return said


def test_no_small_count_of_a_public_page_is_narrowed_by_all_its_tables_together():
    review = release.everyone(fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample")))
    frames = release.area_frames(review)
    tables = dict(release.together(frames).tables)
    said = what_is_said(tables)
    true = {}
    for name, frame in frames.items():
        one = behind(frame, name.partition(":")[0])
        for line in one.lines:
            for column, key in line.cells.items():
                if (name, *line.names, column) in said:
                    true[(name, *line.names, column)] = len(one.families[key])
    assert set(true) == set(said) and len(said) > 150
    names = [*said, ("everybody",)]
    at = {name: n for n, name in enumerate(names)}
    above: list[dict[int, int]] = []

    def no_more(less: Name, than: Name) -> None:
        above.append({at[less]: 1, at[than]: -1})

    rows = defaultdict(list)
    for name in said:
        no_more(name, ("everybody",))
        rows[name[:-1]].append(name)
        if name[0] == "links":
            for agency in name[1:3]:
                no_more(name, ("agencies", agency, "families"))
        if name[0] == "demand: year":
            no_more(name, ("demand", "the whole period", name[-1]))
    for row in rows.values():
        (whole,), parts = [n for n in row if n[-1] == "families"], [n for n in row if n[-1] != "families"]
        for part in parts:
            no_more(part, whole)
        if parts:
            above.append({at[whole]: 1} | {at[part]: -1 for part in parts})
    for column in ("families", "value", "failure", "unknown"):
        years = [n for n in said if n[0] == "demand: year" and n[-1] == column]
        above.append({at["demand", "the whole period", column]: 1} | {at[year]: -1 for year in years})
    matrix = np.zeros((len(above), len(names)))
    for n, line in enumerate(above):
        for place, value in line.items():
            matrix[n, place] = value
    # The reader may even have counted the families at hand.
    bounds = [known_of(said[name], 10, 5) for name in names[:-1]] + [(len(review), len(review))]
    bounds = [(low, None if math.isinf(high) else high) for low, high in bounds]

    def range_of(name: Name) -> list[float]:
        ends = []
        for sign in (1, -1):
            aim = np.zeros(len(names))
            aim[at[name]] = sign
            found = linprog(aim, A_ub=matrix, b_ub=np.zeros(len(above)), bounds=bounds, method="highs")
            assert found.status == 0
            ends.append(sign * found.fun)
        return ends

    tried = without = 0
    for name, count in true.items():
        if 0 < count < 10:
            low, high = range_of(name)
            assert said[name] == "c" and low <= 1 + 1e-6 and high >= 9 - 1e-6, (name, count, low, high)
            tried += 1
        if 0 < len(review) - count < 10:
            low, high = range_of(name)
            assert len(review) - high <= 1 + 1e-6 and len(review) - low >= 9 - 1e-6, (name, count, low, high)
            without += 1
    assert tried > 15 and without > 0
