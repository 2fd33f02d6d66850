"""What may be said of counts: small ones hidden, the rest rounded, and more hidden until a small one cannot be narrowed."""

from __future__ import annotations

import math

import pytest

from lib.disclose import FLOOR, Held, Relation, Rule, TooSparse, protect
from lib.errors import RequestError
from lib.linked import ALL, crossed, moves, paths
from lib.magnitudes import mean, middle, share, total, weeks

RULE = Rule()


def published(*lines: str) -> list[str]:
    """A table of counts, north, east and south, becomes the table that leaves, with its totals."""
    kinds = ["a", "b", "c"]
    rows = [
        (f"{kind}{place}{n}", kind, place)
        for kind, line in zip(kinds, lines, strict=False)
        for place, count in zip("nes", line.split(), strict=True)
        for n in range(int(count))
    ]
    cells, relations = crossed(rows)
    shown = protect({key: len(who) for key, who in cells.items()}, relations).shown
    return [" ".join(str(shown[kind, place]) for place in ("n", "e", "s", ALL)) for kind in (*kinds[: len(lines)], ALL)]


def test_a_four_that_rounded_totals_would_narrow_takes_the_smallest_neighbour_with_it():
    assert published("57 4 39", "19 34 17", "13 19 42") == ["55 c 40 100", "20 35 15 70", "15 c 40 75", "90 55 100 245"]


def test_a_four_that_may_be_one_to_ten_already_needs_no_more_hidden():
    assert published("60 4 36", "35 28 12", "41 17 55") == [
        "60 c 35 100",
        "35 30 10 75",
        "40 15 55 115",
        "135 50 105 290",
    ]


@pytest.mark.parametrize(
    ("true", "shown"), [(0, 0), (1, "c"), (9, "c"), (10, 10), (11, 10), (12, 10), (13, 15), (17, 15), (18, 20)]
)
def test_nine_is_hidden_and_ten_shows_and_halves_go_up(true, shown):
    assert protect({("one",): true}).shown == {("one",): shown}


def test_rounding_is_not_to_the_even_number():
    assert [Rule(10, 10).round(n) for n in (15, 25, 35)] == [20, 30, 40]


def test_an_even_base_reaches_less_far_up_than_down():
    assert Rule(10, 10).reach(20) == (15, 24) and Rule(10, 10).reach(10) == (10, 14)


def test_no_shown_count_may_be_under_the_threshold_and_the_reader_knows():
    assert RULE.reach(10) == (10, 12)


@pytest.mark.parametrize("threshold", [7, 0, -1, 9.5, True])
def test_no_threshold_is_under_the_floor(threshold):
    with pytest.raises(RequestError, match="8 or more"):
        Rule(threshold)
    assert Rule(FLOOR).threshold == 8


@pytest.mark.parametrize("base", [0, 11, 2.5])
def test_a_base_lies_between_one_and_the_threshold(base):
    with pytest.raises(RequestError, match="base"):
        Rule(10, base)


@pytest.mark.parametrize("wrong", [-1, 2.0, "3", None, True, math.nan])
def test_what_is_no_count_is_refused(wrong):
    with pytest.raises(RequestError, match="holds no count"):
        protect({("one",): wrong})


def test_all_nought_is_shown_as_nought():
    cells = {("a",): 0, ("b",): 0, (ALL,): 0}
    assert set(protect(cells, [Relation((ALL,), (("a",), ("b",)))]).shown.values()) == {0}


def test_one_cell_and_one_row():
    cells, relations = crossed([(f"{n}{k}", k) for k, many in (("n", 60), ("e", 4), ("s", 20)) for n in range(many)])
    shown = protect({key: len(who) for key, who in cells.items()}, relations).shown
    assert shown == {(ALL,): 85, ("n",): 60, ("e",): "c", ("s",): 20}
    assert protect({("only",): 3}).shown == {("only",): "c"}


def test_all_below_the_threshold_and_the_total_below_it_too():
    assert published("1 2 3", "1 1 1") == ["c c c c", "c c c c", "c c c c"]
    assert published("3 4 5")[-1] == "c c c 10"


def test_a_hidden_cell_in_every_row():
    shown = published("4 30 60", "30 5 60", "60 30 6")
    assert [line.count("c") >= 1 for line in shown[:3]] == [True] * 3


def test_a_category_that_nobody_named_is_one_of_its_own():
    cells, _ = crossed([("a", None), ("b", math.nan), ("c", "  "), ("d", "school")])
    assert {key[0]: len(who) for key, who in cells.items()} == {ALL: 4, "not known": 3, "school": 1}


def test_spaces_make_no_second_category_and_one_family_counts_once_for_a_million_contacts():
    rows = [("F1", "school"), ("F1", " school"), ("F1", "school ")] * 1000 + [("F2", "school")]
    assert {key[0]: len(who) for key, who in crossed(rows)[0].items()} == {ALL: 2, "school": 2}


def test_a_category_may_not_be_called_as_the_margins_are():
    with pytest.raises(RequestError, match="called 'all'"):
        crossed([("F1", "all")])


def test_rows_of_several_widths_are_refused():
    with pytest.raises(RequestError, match="more categories"):
        crossed([("F1", "a"), ("F2", "a", "b")])


def test_a_total_that_does_not_fit_its_parts_is_refused():
    cells = {("a",): 4, ("b",): 5, (ALL,): 10}
    with pytest.raises(RequestError, match="does not fit"):
        protect(cells, [Relation((ALL,), (("a",), ("b",)))])
    with pytest.raises(RequestError, match="does not fit"):
        protect(cells, [Relation((ALL,), (("a",), ("b",)), "union")])


def test_a_part_or_an_unseen_cell_that_was_not_counted_is_refused():
    with pytest.raises(RequestError, match="was not counted"):
        protect({(ALL,): 10}, [Relation((ALL,), (("a",),))])
    with pytest.raises(RequestError, match="is not in this table"):
        protect({(ALL,): 10}, unseen={("b",)})


def test_three_hidden_parts_that_are_not_nought_are_three_or_more_whatever_is_hidden():
    got = protect({("a",): 1, ("b",): 2, ("c",): 1, (ALL,): 4}, [Relation((ALL,), (("a",), ("b",), ("c",)))])
    assert set(got.shown.values()) == {"c"}
    assert got.ranges[ALL,][0] == 3 and got.ranges["a",][0] == 1


def test_two_totals_of_the_same_families_do_not_give_back_their_difference():
    everybody, north, south = (ALL,), ("north",), ("south",)
    young, old = ("young",), ("old",)
    counts = {everybody: 40, north: 37, south: 3, young: 25, old: 15}
    shown = protect(counts, [Relation(everybody, (north, south)), Relation(everybody, (young, old))]).shown
    assert shown[south] == "c"
    most, least = RULE.reach(shown[everybody]), RULE.reach(shown[north])
    assert (most[0] - least[1], most[1] - least[0]) == (1, 9)


def test_where_nearly_all_did_those_who_did_not_are_not_told():
    def shown(did: int) -> list[object]:
        counts = {(ALL,): 131, ("did",): did, ("did not",): 131 - did}
        return list(protect(counts, [Relation((ALL,), (("did",), ("did not",)))], unseen={("did not",)}).shown.values())

    assert shown(129) == ["c", 130]
    assert shown(131) == [130, 130]
    assert shown(100) == [100, 130]


def test_a_held_count_stays_and_is_taken_to_be_off_by_less_than_the_threshold():
    counts = {("a",): 4, ("b",): 30, (ALL,): 34}
    got = protect(counts, [Relation((ALL,), (("a",), ("b",)))], held={("b",): Held(25), (ALL,): Held(30)})
    assert got.shown == {("a",): "c", ("b",): 25, (ALL,): 30}


def test_a_hidden_count_that_is_held_stays_hidden_whatever_it_is_now():
    assert protect({("a",): 12}, held={("a",): Held("c")}).shown == {("a",): "c"}
    assert protect({("a",): 9}, held={("a",): Held(10)}).shown == {("a",): 10}
    assert protect({("a",): 3}, held={("a",): Held(0)}).shown == {("a",): 0}


def test_a_table_that_nothing_can_protect_does_not_leave():
    # Held at nought, the total says that each part is less than the threshold, and nothing is left to hide.
    counts = {("a",): 4, ("b",): 5, (ALL,): 9}
    relation = Relation((ALL,), (("a",), ("b",)))
    with pytest.raises(TooSparse, match="Merge categories"):
        protect(counts, [relation], held={(ALL,): Held(0)})


def test_every_beginning_of_a_path_is_those_who_stop_and_those_who_go_on():
    cells, relations = paths({f"F{n}": ["gp", "school"] if n < 14 else ["gp"] for n in range(18)})
    shown = protect({key: len(who) for key, who in cells.items()}, relations).shown
    assert shown["path", "gp", "end"] == "c"
    assert shown["path",] == 20 and shown["path", "gp", "school"] in (15, "c")


def test_who_came_to_a_place_came_from_somewhere_or_began_there():
    people = [f"F{n}" for n in range(30)]
    cells, relations = moves(
        [(p, "gp", "school" if n < 26 else "police") for n, p in enumerate(people)],
        [(p, "gp") for p in people],
        [(p, "school" if n < 26 else "police") for n, p in enumerate(people)],
    )
    shown = protect({key: len(who) for key, who in cells.items()}, relations).shown
    assert shown["move", "gp", "police"] == shown["at", "police"] == shown["ended", "police"] == "c"
    assert {r.whole for r in relations} == {("at", "gp"), ("at", "school"), ("at", "police")}
    assert (
        "c" in (shown["move", "gp", "school"], shown["at", "gp"])
        or shown["at", "gp"] - shown["move", "gp", "school"] == 5
    )


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 19, "c"), (0, 20, 0), (9, 40, "c"), (10, 40, 25), (31, 40, "c"), (30, 40, 75), (40, 40, 100), (0, 0, "z")],
)
def test_a_share_needs_twenty_and_neither_side_small(part, whole, shown):
    assert share(part, whole, RULE) == shown


def test_a_share_is_of_rounded_counts_and_too_small_a_one_is_not_nought():
    assert share(12, 57, RULE) == 18
    assert share(10, 3000, RULE) == "k"


def test_nobody_and_everybody_are_hidden_for_what_is_sensitive():
    assert share(0, 40, RULE, is_sensitive=True) == share(40, 40, RULE, is_sensitive=True) == "c"
    assert share(20, 40, RULE, is_sensitive=True) == 50


def test_a_share_of_more_than_all_is_refused():
    with pytest.raises(RequestError, match="between 0 and its whole"):
        share(5, 4, RULE)


def test_a_sum_is_hidden_where_one_makes_up_more_than_half_of_it_or_two_nine_tenths():
    assert total([1] * 9 + [9], RULE) == 18 and total([1] * 9 + [10], RULE) == "c"
    assert total([2] * 10 + [90, 90], RULE) == 200 and total([2] * 9 + [100, 100], RULE) == "c"
    assert total([], RULE) == 0 and total([5] * 9, RULE) == "c"
    assert total([137] * 10, RULE) == 1400


def test_a_mean_is_hidden_where_its_sum_is():
    assert mean([], RULE) == "z" and mean([0] * 12, RULE) == 0 and mean([0] * 3, RULE) == "c"
    assert mean([1] * 9 + [10], RULE) == "c"
    with pytest.raises(RequestError, match="whole numbers from 0"):
        mean([-1], RULE)


def test_a_median_needs_ten_and_a_tenth_fifty():
    assert middle([7] * 10, RULE) == 7 and middle([7] * 9, RULE) == "c"
    assert middle([7] * 50, RULE, percent=10) == 7 and middle([7] * 49, RULE, percent=90) == "c"
    assert middle([], RULE) == "z"
    for percent in (0, 100):
        with pytest.raises(RequestError, match="one unit's"):
            middle([7] * 50, RULE, percent=percent)
    assert weeks(10) == 1 and weeks(11) == 2
