"""The journey map: parts that add up, bands as thick as their moves, nothing hidden in silence."""

import itertools
import random
import re

import pytest

from journeys import draw
from journeys.drawing import mapwords
from lib.errors import RequestError
from lib.layers import layers_of, main_order, settle


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def thickness(patch):
    """How thick a band is where it begins, in points."""
    points = patch.get_path().vertices
    return points[-2][1] - points[0][1]


@pytest.mark.parametrize("seed", range(20))
def test_bands_returns_repeats_and_hidden_add_up_to_every_move(invented, seed):
    graph = invented.tangle(seed)
    moves = mapwords.read(graph)
    parts = [moves.bands, moves.back, moves.hidden, moves.repeats]
    assert sum(sum(part.values()) for part in parts) == pytest.approx(graph.graph["moves"])
    assert not any(set(a) & set(b) for a, b in itertools.combinations(parts[:3], 2))
    assert moves.total == pytest.approx(graph.graph["moves"]) == draw.table(draw.map(graph))["moves"].sum()
    assert len(moves.bands) <= 24 and all(moves.layer[a] < moves.layer[b] for a, b in moves.bands)


def test_bands_are_as_thick_as_their_moves(invented):
    graph = invented.map_of(invented.RUNNING_EXAMPLE, "activity")
    ax = draw.map(graph)
    bands = [p for p in ax.patches if p.get_gid() == "band"]
    moves = mapwords.read(graph).bands
    shares = [thickness(band) / n for band, n in zip(bands, moves.values(), strict=True)]
    assert max(shares) == pytest.approx(min(shares))


def test_hidden_moves_are_said(invented):
    graph = invented.tangle()
    moves = mapwords.read(graph)
    hidden = f"{len(moves.hidden)} smaller links, {sum(moves.hidden.values()):g} moves in all, not drawn"
    assert moves.hidden and hidden in " ".join(words(invented, draw.map(graph)))


def test_moves_back_and_repeats_are_words(invented):
    ax = draw.map(invented.map_of([("school", "police", 9), ("police", "school", 2), ("police", "police", 12)]))
    assert {"2 back to School", "12 repeats"} <= set(words(invented, ax))
    assert len([p for p in ax.patches if p.get_gid() == "back"]) == 1
    assert (
        ax.figure.finding
        == "Of 23 moves among two agencies, 2 ran back against the main flow and 12 were the same agency again"
    )


def test_the_footer_says_families_ties_and_what_is_left_out(invented):
    said = " ".join(words(invented, draw.map(invented.map_of([("school", "police", 9)]))))
    for part in ("n = 9 moves, 8 families", "9% of moves rest on ties", "3 contacts not known to the day left out",
                 "about the system, not about an agency"):  # fmt: skip
        assert part in said


def test_the_same_weight_under_other_names_keeps_the_place(invented):
    """Where a node stands comes from the order of moves; making it busier changes nothing else."""
    quiet = [("a", "b", 2), ("b", "c", 2), ("a", "c", 1)]
    busy = [(a, b, n * (5 if b == "c" else 1)) for a, b, n in quiet]
    assert (
        mapwords.read(invented.map_of(quiet)).layer
        == mapwords.read(invented.map_of(busy)).layer
        == {"a": 0, "b": 1, "c": 2}
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_main_order_is_as_good_as_any_for_few_nodes(seed):
    dice = random.Random(seed)
    weights = {(a, b): dice.randrange(1, 9) for a, b in itertools.permutations("abcde", 2) if dice.random() < 0.6}

    def against(order):
        return sum(n for (a, b), n in weights.items() if order.index(a) > order.index(b))

    nodes = sorted({n for edge in weights for n in edge})
    best = min(against(order) for order in itertools.permutations(nodes))
    assert against(main_order(weights)) <= best * 1.6 + 3


def test_layers_run_forward_and_settling_never_overlaps():
    assert layers_of("abcd", [("a", "b"), ("b", "d"), ("a", "d"), ("c", "d")]) == {"a": 0, "b": 1, "c": 1, "d": 2}
    tops = settle([50, 10, 90, 20], [10, 20, 5, 30], 4, 200)
    assert all(b >= a + h + 4 - 1e-9 for a, b, h in zip(tops, tops[1:], [10, 20, 5], strict=False))


def test_the_table_names_from_and_to(invented):
    table = draw.table(draw.map(invented.map_of([("school", "police", 1.5), ("gp", "school", 2)])))
    assert list(table.columns) == ["from", "to", "moves", "families", "days_median"]
    assert table.to_dict("list")["from"] == ["GP", "School"] and table["moves"].tolist() == [2, 1.5]


def test_alt_text_is_true_and_short(invented):
    said = draw.alt(draw.map(invented.map_of(invented.RUNNING_EXAMPLE, "activity")))
    assert said.startswith("Journey map of 36 moves among eight kinds of contact for 8 families.")
    assert "7 moves back, 0 repeats" in said and len(said) <= 350 and said.endswith("Invented data.")


def test_professionals_are_not_mapped_for_a_board(invented):
    with pytest.raises(RequestError, match="names people"):
        draw.map(invented.map_of([("p1", "p2", 3)], "professional"), level="board")


@pytest.mark.parametrize("seed", range(4))
def test_bands_join_their_bars_side_by_side(invented, seed):
    ax = draw.map(invented.tangle(seed))
    bands = [p.get_path().vertices for p in ax.patches if p.get_gid() == "band"]
    bars = [p.get_bbox() for p in ax.patches if p.get_gid() == "node"]
    for at_start in (True, False):
        ends = []
        for points in bands:
            half = len(points) // 2
            upper, lower = (points[0], points[-2]) if at_start else (points[half - 1], points[half])
            ends.append((upper[0], upper[1], lower[1]))
            bar = [b for b in bars if abs((b.x1 if at_start else b.x0) - upper[0]) < 1e-6 and b.y0 - 1e-6 <= upper[1]]
            assert any(lower[1] <= b.y1 + 1e-6 for b in bar)
        for (x, top, bottom), (other, start, _) in itertools.pairwise(sorted(ends)):
            assert x != other or start >= bottom - 1e-6 or top == start == bottom


@pytest.mark.parametrize("seed", range(4))
def test_numbers_meet_no_words_and_no_bar(invented, font, seed):
    dice = random.Random(seed)
    edges = [
        (a, b, dice.choice([1, 1, 2, 60])) for a, b in itertools.combinations("abcdefgh", 2) if dice.random() < 0.7
    ]
    ax = draw.map(invented.map_of(edges))
    invented.sound(ax.figure)
    drawn = mapwords.read(invented.map_of(edges)).bands
    bars = [p.get_window_extent() for p in ax.patches if p.get_gid() == "node"]
    numbers = [t for t in ax.texts if t.get_text().replace(".", "").isdigit()]
    for text in numbers:
        box = text.get_window_extent()
        assert not any(box.x0 < b.x1 and b.x0 < box.x1 and box.y0 < b.y1 - 2 and b.y0 + 2 < box.y1 for b in bars)
    said = " ".join(words(invented, ax))
    unsaid = re.search(r"(\d+) numbers? found no room", said)
    assert len(numbers) + (int(unsaid[1]) if unsaid else 0) == len(drawn)
