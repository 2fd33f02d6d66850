"""The pictures of conditions say what the counts say: cells, order, lines, titles; and stay legible, whatever the words."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest
from matplotlib.patches import Rectangle

import journeys as fj
from journeys import draw
from journeys.activities import read_activities
from journeys.causes import OTHER, Condition, Explained
from journeys.conditionkinds import load_condition_kinds
from journeys.drawing import conditionmatrix, conditionwords, systempicture
from journeys.effects import load_effects
from journeys.sources import RULES
from lib import figures
from lib.errors import RequestError
from tests.stories.test_conditions import BAR, TEXT, reviewed, says

EFFECTS = load_effects([RULES / "conditions.yml"], read_activities(), ["refused_then_again", "closed_then_back"])
PICTURES = {"matrix": conditionmatrix.draw, "system": systempicture.draw}


def told(invented, conditions, later=0):
    """Conditions as the figures read them: (words, events as {event: effects}, families, thinking)."""

    class Eight(invented.Review):
        def __len__(self):
            return 8

    found, seen = [], {name: set() for name in EFFECTS}
    for words, events, families, thinking in conditions:
        one = Condition(Counter([words]), "thresholds", 2, {t: Counter([t]) for t in thinking})
        one.families = set(families)
        for event, effects in events.items():
            one.events[event] = {(families[0], event)}
            for name in effects:
                seen[name].add((families[0], event))
        found.append(one)
    found.sort(key=lambda c: (c.is_hunch, -len(c.families), c.words.casefold(), c.words))
    return conditionwords.read(Explained(Eight(), load_condition_kinds(), EFFECTS, seen, tuple(found), later))


def drawing(invented, name, conditions, **more):
    with figures.style():
        return PICTURES[name](told(invented, conditions, **more), "team", True)


FEW = [
    (
        "Help waits for harm",
        {"a": ["no_answer", "switch"], "b": ["no_answer"], "c": []},
        ["F1", "F2"],
        ["Money is kept"],
    ),
    (
        "Each sees a part",
        {"a": ["no_answer"], "d": ["told_again"]},
        ["F1", "F2", "F3"],
        ["Money is kept", "Risk is shared"],
    ),
    ("Nobody stays", {"e": ["switch"], "f": ["switch"]}, ["F2", "F3"], []),
    ("A hunch of one family", {"a": ["no_answer"], "g": ["told_again"]}, ["F1"], ["A thought"]),
]


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def cells(ax, gid):
    return [p for p in ax.patches if isinstance(p, Rectangle) and p.get_gid() == gid]


def test_cells_hold_the_counts_and_rows_stand_by_families_then_words(invented):
    ax = drawing(invented, "matrix", FEW)
    drawn = sorted(cells(ax, "seen"), key=lambda p: (p.get_y(), p.get_x()))
    inside = []
    for box in drawn:
        area = box.get_window_extent()
        (number,) = [t.get_text() for t in ax.texts if area.contains(*t.get_window_extent().get_points().mean(axis=0))]
        inside.append(number)
    # Each sees a part: no answer, told again, switch; help waits: no answer twice, switch, none of these; nobody stays:
    # switch twice. An event shows the same whatever explains it.
    assert inside == ["1", "1", "1", "2", "1", "1", "2"]
    assert len(cells(ax, "empty")) == 3 * 4 - 7
    places = {text: box.y1 for text, _, box in invented.printed(ax.figure)}
    order = ["Each sees a part", "Help waits for harm", "Nobody stays"]
    assert sorted(order, key=lambda w: -places[w]) == order
    assert ax.figure.finding == "Three conditions explain 6 events in three families"


def test_hunches_are_in_the_table_and_never_in_a_picture(invented):
    for name in PICTURES:
        ax = drawing(invented, name, FEW)
        assert not [w for w in words(invented, ax) if "A hunch of one family" in w or w == "A thought"]
        assert "1 hunch explains less, and is in the table alone." in " ".join(words(invented, ax))
        table = draw.table(ax)
        assert table["is_hunch"].tolist() == [False, False, False, True]
        assert table["A referral has no recorded answer"].tolist() == [1, 2, 0, 1]


def test_lines_run_from_thinking_to_condition_to_what_was_seen(invented):
    ax = drawing(invented, "system", FEW)
    lines = [p for p in ax.patches if p.get_gid() in ("behind", "seen")]
    assert len([p for p in lines if p.get_gid() == "behind"]) == 3
    # Two things most often seen of each, and none of these is not drawn: 2 + 2 + 1.
    assert len([p for p in lines if p.get_gid() == "seen"]) == 5
    assert all(p.get_path().vertices[0][0] < p.get_path().vertices[-1][0] for p in lines)
    assert ax.figure.finding == "Two assumptions lie behind two of three conditions; behind one none is named yet"
    assert "2 events, each once" in words(invented, ax) and "3 events, 3 families" not in words(invented, ax)
    assert [len(cells(ax, layer)) for layer in "tce"] == [2, 3, 3]


def test_boxes_of_a_layer_do_not_lie_on_each_other(invented):
    ax = drawing(invented, "system", crowd(invented))
    for layer in "tce":
        spans = sorted((b.get_y(), b.get_y() + b.get_height()) for b in cells(ax, layer))
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


TITLES = {
    "No condition that reviewers named explains two events in two families yet": FEW[3:],
    "No thinking is named yet behind one condition and 2 events": FEW[2:3],
    "One assumption lies behind one condition": FEW[:1],
    "Two assumptions lie behind two conditions": FEW[:2],
}


@pytest.mark.parametrize("title", TITLES)
def test_the_title_says_what_is_drawn(invented, title):
    ax = drawing(invented, "system", TITLES[title])
    assert ax.figure.finding == title
    assert len(draw.alt(ax)) <= 350 and draw.alt(ax).endswith("Table below. Invented data.")
    invented.sound(ax.figure)


def crowd(invented, number=15):
    """Many conditions in words of every length, all of them hostile."""
    dice = random.Random(number)
    hostile = [w for w in invented.hostile_words() if w.strip()]
    some = [dice.choice(hostile) + f" {n}" for n in range(number)]
    return [
        (w, {f"e{n}{k}": dice.sample([*EFFECTS], dice.randint(0, 4)) for k in range(dice.randint(2, 9))},
         [f"F{k}" for k in range(dice.randint(2, 7))], dice.sample(some, dice.randint(0, 2)))
        for n, w in enumerate(some)
    ]  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("number", [1, 4, 15])
def test_no_text_meets_another_or_the_edge(invented, font, tmp_path, name, number):
    ax = drawing(invented, name, crowd(invented, number), later=2)
    invented.sound(ax.figure)
    assert len(draw.table(ax)) == number
    assert ("3 more conditions stand in the table" in " ".join(words(invented, ax))) == (number == 15)
    assert not any(text.get_parse_math() for text in ax.figure.findobj(invented.Text) if text.get_text())
    draw.save(ax, tmp_path / "figure")
    assert "<script" not in (tmp_path / "figure.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_conditions_in_any_order_give_the_same_bytes_and_files_are_small(invented, tmp_path, name):
    some = crowd(invented)
    for stem in ("a", "b"):
        random.Random(stem).shuffle(some)
        _, pixels = draw.save(drawing(invented, name, some), tmp_path / stem)
        assert pixels.stat().st_size < 250_000
    for ending in ("svg", "png"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_review_is_drawn_as_it_is_counted_and_a_wrong_request_is_refused(invented, tmp_path):
    review = reviewed(tmp_path, says("F1", "a2 a4"), says("F2", "b1"))
    counted = fj.measures.conditions(review)
    for figure in (draw.conditions, draw.system_picture):
        ax = figure(review)
        (row,) = draw.table(ax).to_dict("records")
        assert {r.says: r.events for r in counted.itertuples()} == {s: row[s] for s in counted["says"]}
        assert row["condition"] == BAR and TEXT
        for agency in ("School", "CAMHS", "Early help", "GP", "Housing"):
            assert agency not in " ".join(words(invented, ax)) + draw.alt(ax)
        with pytest.raises(RequestError, match="Did you mean 'board'"):
            figure(review, level="bord")
    assert OTHER not in draw.table(ax)
