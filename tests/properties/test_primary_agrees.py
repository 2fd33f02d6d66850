"""Which cells are small, as another tool for checking outputs sees it: ACRO, in an environment of its own.

It pins an older pandas, so it is never installed beside the kit: FJ_ACRO_PYTHON names a Python that has it.
"""

from __future__ import annotations

import json
import os
import random
import subprocess

import pytest

from lib.disclose import HIDDEN, protect
from lib.linked import ALL, crossed

PYTHON = os.environ.get("FJ_ACRO_PYTHON", "")

ASK = """
import contextlib, io, json, logging, sys
logging.disable(logging.CRITICAL)
import pandas as pd
with contextlib.redirect_stdout(io.StringIO()):
    from acro import ACRO
    acro = ACRO(suppress=True)
    answers = []
    for rows in json.load(sys.stdin):
        frame = pd.DataFrame(rows, columns=["a", "b"])
        try:
            table = acro.crosstab(frame["a"], frame["b"])
            told = {f"{r}/{c}": None if pd.isna(table.loc[r, c]) else int(table.loc[r, c]) for r in table.index for c in table.columns}
        except Exception:
            told = {}
        answers.append(told)
json.dump(answers, sys.__stdout__)
"""


def rows_of(seed: int) -> list[tuple[str, str, str]]:
    chance = random.Random(seed)
    shape = chance.choice([(2, 3), (3, 3), (4, 4), (3, 5)])
    found = []
    for a in range(shape[0]):
        for b in range(shape[1]):
            many = chance.choice([0, 1, 3, 5, 8, 9, 10, 11, 14, 20, 40])
            found += [(f"p{a}.{b}.{n}", f"a{a}", f"b{b}") for n in range(many)]
    return found


@pytest.mark.slow
def test_the_small_cells_of_five_hundred_tables_are_those_that_acro_hides():
    if not PYTHON:
        pytest.skip("FJ_ACRO_PYTHON is not set: no Python with ACRO was named, so it was not asked")
    tables = [rows_of(seed) for seed in range(500)]
    asked = json.dumps([[row[1:] for row in rows] for rows in tables])
    done = subprocess.run([PYTHON, "-c", ASK], input=asked, capture_output=True, text=True, timeout=900, check=True)
    answers = json.loads(done.stdout[done.stdout.index("[") :])
    agreed = unusable = 0
    for rows, told in zip(tables, answers, strict=True):
        cells, relations = crossed(rows)
        counts = {key: len(who) for key, who in cells.items()}
        ours = protect(counts, relations)
        inner = {key: true for key, true in counts.items() if ALL not in key}
        if not told or len(told) < len(inner):
            unusable += 1
            continue
        for key, true in inner.items():
            if true:
                theirs = told.get("/".join(key))
                assert (theirs is None) == (key in ours.primary), (key, true, theirs)
                assert key not in ours.primary or ours.shown[key] == HIDDEN
                agreed += 1
    print(f"{agreed} cells agree; {unusable} of {len(tables)} tables could not be used")
    assert agreed > 2_000 and unusable < 100
