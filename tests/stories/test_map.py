"""The journey map: one move of weight 1 between consecutive moments, split evenly, added exactly, rounded once."""

from fractions import Fraction

import pytest

from tests.stories.conftest import drawn

APRIL = """
    family  date        agency          activity
    F1      2024-04-01  school          visit
    F1      2024-04-08  police          incident
    F1      2024-04-08  gp              consult
    F1      2024-04-10  health_visitor  visit
    F2      2024-04-02  police          incident
    F2      2024-04-05  school          visit
    F3      2024-04-03  school          visit
    F3      2024-04-03  school          visit
    F3      2024-04-03  police          incident
    F3      2024-04-09  gp              consult
    """


def f(a, b=1):
    """A fraction, rounded once."""
    return float(Fraction(a, b))


def edges(graph):
    return {(a, b): (e["moves"], e["families"], e["days_median"]) for a, b, e in graph.edges(data=True)}


def nodes(graph, *what):
    return {n: tuple(d[w] for w in what) if len(what) > 1 else d[what[0]] for n, d in graph.nodes(data=True)}


@pytest.fixture(scope="module")
def april(tmp_path_factory):
    return drawn(tmp_path_factory.mktemp("april") / "data", APRIL)


def test_a_move_is_split_evenly_over_the_pairs_of_its_two_moments(april):
    graph = april.map()
    assert edges(graph) == {
        ("visit", "consult"): (f(7, 6), 2, 6.5),
        ("visit", "incident"): (f(1, 2), 1, 7.0),
        ("incident", "visit"): (f(3, 2), 2, 2.5),
        ("incident", "consult"): (f(1, 3), 1, 6.0),
        ("consult", "visit"): (f(1, 2), 1, 2.0),
    }
    assert graph.graph["moves"] == 4


def test_the_weights_of_a_map_add_up_to_its_moves(april):
    for by in ("activity", "agency", "professional"):
        graph = april.map(by=by)
        assert sum(e["moves"] for *_, e in graph.edges(data=True)) == pytest.approx(4) and graph.graph["moves"] == 4


def test_starts_and_ends_split_the_first_and_the_last_moment(april):
    graph = april.map()
    assert nodes(graph, "starts") == {"visit": f(5, 3), "incident": f(4, 3), "consult": 0.0}
    assert nodes(graph, "ends") == {"visit": 2.0, "incident": 0.0, "consult": 1.0}


def test_nodes_count_contacts_and_families(april):
    assert nodes(april.map(), "contacts", "families") == {"visit": (5, 3), "incident": (3, 3), "consult": (2, 2)}


def test_a_move_rests_on_a_tie_where_either_of_its_moments_holds_more_than_one_contact(april):
    assert april.map().graph["tied_share"] == f(3, 4)
    assert april["F2"].alone.map().graph["tied_share"] == 0.0
    assert april["F1"].alone.map().graph["tied_share"] == 1.0


def test_the_map_by_agency(april):
    graph = april.map(by="agency")
    assert edges(graph) == {
        ("school", "gp"): (f(7, 6), 2, 6.5),
        ("school", "police"): (f(1, 2), 1, 7.0),
        ("police", "school"): (1.0, 1, 3.0),
        ("police", "health_visitor"): (f(1, 2), 1, 2.0),
        ("police", "gp"): (f(1, 3), 1, 6.0),
        ("gp", "health_visitor"): (f(1, 2), 1, 2.0),
    }
    assert nodes(graph, "starts") == {"school": f(5, 3), "police": f(4, 3), "gp": 0.0, "health_visitor": 0.0}
    assert nodes(graph, "ends") == {"school": 1.0, "police": 0.0, "gp": 1.0, "health_visitor": 1.0}


def test_a_tie_of_one_value_is_a_tie_still(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity
        F1      2024-04-01  visit
        F1      2024-04-01  visit
        F1      2024-04-08  consult
        """,
    )
    graph = review.map()
    assert edges(graph) == {("visit", "consult"): (1.0, 1, 7.0)}
    assert (graph.graph["tied_share"], graph.graph["moves"]) == (1.0, 1)


def test_each_pair_of_moments_counts_once_in_the_median_whatever_its_share(tmp_path):
    # Into consult after 2, 4 and 9 days; the pair of 9 feeds it with 3 of its 4 contacts, and still counts once.
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity
        F1      2024-04-01  visit
        F1      2024-04-03  consult
        F2      2024-04-01  visit
        F2      2024-04-05  consult
        F3      2024-04-01  visit
        F3      2024-04-10  consult
        F3      2024-04-10  consult
        F3      2024-04-10  consult
        F3      2024-04-10  call
        """,
    )
    graph = review.map()
    assert edges(graph)["visit", "consult"] == (f(11, 4), 3, 4.0)
    assert edges(graph)["visit", "call"] == (f(1, 4), 1, 9.0)


def test_one_contact_alone_makes_no_move_starts_and_ends(tmp_path):
    graph = drawn(tmp_path / "data", "family  date  activity\nF1  2024-04-01  visit").map()
    assert (graph.number_of_edges(), graph.graph["moves"]) == (0, 0)
    assert nodes(graph, "starts", "ends", "contacts") == {"visit": (1.0, 1.0, 1)}


def test_with_no_moves_the_share_on_ties_is_empty_and_not_nought(tmp_path):
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-04-01  visit\nF1  2024-04-01  call")
    graph = review.map()
    assert graph.graph["tied_share"] is None
    assert nodes(graph, "starts", "ends") == {"visit": (0.5, 0.5), "call": (0.5, 0.5)}


def test_the_same_activity_again_is_a_move_onto_itself(tmp_path):
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-04-01  visit\nF1  2024-04-03  visit")
    assert edges(review.map()) == {("visit", "visit"): (1.0, 1, 2.0)}


def test_marks_records_and_signals_change_no_map(tmp_path):
    bare = "family  date  agency  activity\nF1  2024-04-01  school  visit\nF1  2024-04-03  gp  consult\n"
    marks = "".join(
        f"F1  2024-04-{day:02}  school  {mark}\n" for day in range(1, 20) for mark in ("present", "N", "closed")
    )
    maps = [drawn(tmp_path / name, text).map() for name, text in (("bare", bare), ("marked", bare + marks))]
    assert edges(maps[0]) == edges(maps[1]) and nodes(maps[0], "starts", "ends") == nodes(maps[1], "starts", "ends")


def test_each_family_walks_its_own_way(tmp_path):
    review = drawn(tmp_path / "data", "family  date  activity\nF1  2024-04-01  visit\nF2  2024-04-03  consult")
    assert review.map().graph["moves"] == 0


def test_an_imprecise_touch_is_in_no_move_and_the_map_says_how_many(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity
        F1      2024-04-01  visit
        F1      2024-04     meeting
        F1      2024        consult
        F1      2024        N
        F1      2024-05     call
        """,
    )
    graph = review.map()
    assert edges(graph) == {("visit", "call"): (1.0, 1, None)}
    assert graph.graph["imprecise"] == 2


# In the order of the file


def test_the_order_of_the_file_makes_every_contact_a_moment_of_its_own(tmp_path):
    # One file, so that the rows stand as listed: by activity alone.
    listed = "\n".join("  ".join(line.split()[:2] + line.split()[3:]) for line in APRIL.strip().splitlines())
    graph = drawn(tmp_path / "data", listed).map(order="file")
    assert {e: v[0] for e, v in edges(graph).items()} == {
        ("visit", "incident"): 2.0,
        ("incident", "consult"): 2.0,
        ("visit", "visit"): 1.0,
        ("consult", "visit"): 1.0,
        ("incident", "visit"): 1.0,
    }
    assert graph.graph["moves"] == 7
    assert {n: s for n, s in nodes(graph, "starts").items() if s} == {"visit": 2.0, "incident": 1.0}
    assert {n: s for n, s in nodes(graph, "ends").items() if s} == {"visit": 2.0, "consult": 1.0}


def test_two_rows_of_one_day_swapped_change_the_map_by_file_and_no_other(tmp_path):
    lines = ["family  date  activity", "F1  2024-04-01  visit", "F1  2024-04-08  incident", "F1  2024-04-08  consult"]
    lines.append("F1  2024-04-10  visit")
    swapped = [*lines[:2], lines[3], lines[2], lines[4]]
    one, other = (drawn(tmp_path / n, "\n".join(rows)) for n, rows in (("one", lines), ("other", swapped)))
    for by in ("activity", "agency", "professional"):
        assert edges(one.map(by=by)) == edges(other.map(by=by))
        assert nodes(one.map(by=by), "starts", "ends", "contacts") == nodes(
            other.map(by=by), "starts", "ends", "contacts"
        )
    assert edges(one.map(order="file")) != edges(other.map(order="file"))


def test_the_order_of_the_file_is_by_day_then_time_with_none_as_midnight_then_row(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date              activity
        F1      2024-04-02        meeting
        F1      2024-04-01 09:00  visit
        F1      2024-04-01        consult
        F1      2024-04-01 08:00  call
        """,
    )
    assert {e: v[0] for e, v in edges(review.map(order="file")).items()} == {
        ("consult", "call"): 1.0,
        ("call", "visit"): 1.0,
        ("visit", "meeting"): 1.0,
    }


def test_where_every_contact_has_its_own_time_both_orders_are_one(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date              activity
        F1      2024-04-01 09:00  visit
        F1      2024-04-01 08:00  call
        F1      2024-04-03 08:00  consult
        F2      2024-04-03 08:00  consult
        F2      2024-04-04 08:00  visit
        """,
    )
    assert edges(review.map()) == edges(review.map(order="file"))


# By professional


def test_an_empty_professional_is_the_node_unknown(tmp_path):
    review = drawn(
        tmp_path / "data",
        """
        family  date        activity  by
        F1      2024-04-01  visit     SW1
        F1      2024-04-08  visit     –
        F1      2024-04-10  visit     –
        F1      2024-04-12  visit     SW2
        """,
    )
    assert {e: v[0] for e, v in edges(review.map(by="professional")).items()} == {
        ("SW1", "unknown"): 1.0,
        ("unknown", "unknown"): 1.0,
        ("unknown", "SW2"): 1.0,
    }


def test_the_shuffled_file_gives_the_same_map_to_the_last_digit(tmp_path):
    import random

    head, *rows = APRIL.strip().splitlines()
    thirds = [r.replace("F1", "F7").replace("F2", "F8").replace("F3", "F9") for r in rows] * 3
    maps = []
    for seed in (1, 2):
        lines = rows + thirds
        random.Random(seed).shuffle(lines)
        maps.append(drawn(tmp_path / f"{seed}", "\n".join([head, *lines])).map())
    assert edges(maps[0]) == edges(maps[1])
    assert nodes(maps[0], "starts", "ends") == nodes(maps[1], "starts", "ends")
