"""The system review, cell by cell: an empty step of Check is said and Plan is refused; words go no further than agreed."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

import journeys as fj
from journeys.sample.book import QUOTES, SCORED, SECRET
from journeys.sixsteps import NEEDED, STEPS
from tests.stories.conftest import drawn, fill

ROOT = Path(fj.__file__).resolve().parents[1]
CELLS = [
    "".join(cell["source"])
    for cell in json.loads((ROOT / "notebooks" / "4_system_review.ipynb").read_text(encoding="utf-8"))["cells"]
    if cell["cell_type"] == "code"
]
OF_CHECK = [cell for cell in CELLS if re.search(r"\bsteps\b", cell)]
PLAN, PREDICTED = "One worker rings the school", "Days to help fall below thirty"
ALONE = dict(zip(STEPS, ({step} for step in STEPS), strict=True)) | {"flow": {"flow", "capability"}}
"""Which steps are empty when one is: where nobody met a family there is no month of contacts either."""


def shown(cells: list[str], names: dict[str, Any]) -> str:
    """What cells show, one after the other: text, tables, and of each figure its alt text, caption and table."""
    said = []
    for cell in cells:
        *before, last = ast.parse(cell).body
        exec(compile(ast.Module(before, []), "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            given = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            said.append(given._repr_html_() if hasattr(given, "_repr_html_") else str(given))
        else:
            exec(compile(ast.Module([last], []), "<cell>", "exec"), names)
        if (ax := names.pop("ax", None)) is not None:
            picture = ax.get_figure(root=True)
            words = [text.get_text() for text in picture.findobj(lambda artist: hasattr(artist, "get_text"))]
            said += [picture.alt, picture.caption, picture.finding, *words, fj.draw.table(ax).to_csv()]
            names["ax"] = ax
    return "\n".join(said)


def review_without(root: Path, step: str) -> dict[str, Any]:
    """A review of two families in which every step of Check but one has something to stand on."""
    met = "case_note" if step == "flow" else "visit"
    asked = met if step == "demand" else "csc_contact"
    months = 3 if step == "capability" else 15
    rows = [
        f"F{f}  {2022 + m // 12}-{m % 12 + 1:02}-03  social_care  {met}  {m}" for f in (1, 2) for m in range(months)
    ]
    rows += [f"F{f}  2022-01-09  social_care  {asked}  ask" for f in (1, 2)]
    last = "2022-03-31" if step == "capability" else "2023-03-31"
    review = drawn(root, "\n".join(["family  date  agency  activity  id", *rows]), start="2022-01-01", cover_to=last)
    book = fj.write_book(review)
    if step != "demand":
        fill(book, "demand", 2, label="value", decided_by="panel")
    if step != "purpose":
        fill(book, "matters", family_id="F1", who="mother", statement="To be left in peace", decided_by="mother")
    if step != "conditions":
        why = {} if step == "thinking" else {"thinking": "saying no saves money"}
        said = {"category": "thresholds", "condition": "closed unasked", "evidence": "x", "decided_by": "panel"}
        fill(book, "conditions", family_id="F1", **said, **why)
    else:
        fill(book, "answer", part="thinking", words="If each service is good, the whole is good", decided_by="panel")
    dates = {"start": "01/06/2023", "stop": "01/12/2023"}
    fill(book, "plans", plan=PLAN, prediction=PREDICTED, measure="days_to_help", decided_by="panel", **dates)
    return {"fj": fj, "review": review, "level": "team", "asked": fj.demand(review)}


def test_the_review_speaks_of_each_step_of_check_in_order_and_of_plan_after_them():
    found = [step for cell in CELLS for step in re.findall(r'findings\.step\(steps, "(\w+)"\)', cell)]
    assert found == list(STEPS)
    spoken = [n for n, cell in enumerate(CELLS) if "findings.step(" in cell]
    planned = [n for n, cell in enumerate(CELLS) if "findings.plan(" in cell or "fj.plans(" in cell]
    assert len(planned) == 2 and max(spoken) < min(planned)


@pytest.mark.parametrize("step", [*STEPS, ""], ids=[*STEPS, "none"])
def test_an_empty_step_is_said_to_be_a_gap_and_plan_is_refused_in_words(tmp_path, step):
    empty = ALONE[step] if step else set()
    said = shown(OF_CHECK, review_without(tmp_path / "data", step))
    for name in STEPS:
        gap = f"This step is empty, and that is a finding. What would fill it: {NEEDED[name]}."
        assert (gap in said) is (name in empty), name
    assert said.count("This step stands on: ") == len(STEPS) - len(empty)
    named = [name for name in STEPS if name in empty]
    if step:
        assert f"Plan is not shown: Check has nothing yet on {' and '.join(named)}." in said.replace(", and", " and")
        assert PLAN not in said and PREDICTED not in said
    else:
        assert "so Plan can be read" in said and "Plan is not shown" not in said
        assert PLAN in said and PREDICTED in said


def withheld(level: str) -> list[str]:
    """What the invented families did not agree that a level may read."""
    may = {"team": ("team", "board"), "board": ("board",)}[level]
    quotes = [words for _, _, words, _, share in QUOTES if share not in may]
    return quotes + [statement for _, statement, share, *_ in SCORED.values() if share not in may]


@pytest.mark.slow
def test_words_and_numbers_of_families_go_no_further_than_agreed():
    pages = {}
    for level in ("team", "board"):
        names: dict[str, Any] = {}
        shown(CELLS[:1], names)
        pages[level] = shown(CELLS[1:], names | {"level": level})
        assert withheld(level) and SECRET in withheld(level)
        assert [words for words in withheld(level) if words in pages[level]] == [], level
    shared = [words for _, _, words, _, share in QUOTES if share == "board"]
    assert shared and all(words in pages["team"] and words in pages["board"] for words in shared)
    assert re.findall(r"\bF0{0,3}\d{1,4}\b", pages["board"]) == []
    assert "F0003" in pages["team"]
