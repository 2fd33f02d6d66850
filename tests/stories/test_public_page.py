"""What stands on a public page: words that count nothing, tables that came through the door, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

import journeys as fj
from journeys import public, release
from lib.errors import BuildError, RequestError
from tests.stories.conftest import fill
from tests.stories.test_release import area, everyone, review_of


def page_of(*shown: Any) -> SimpleNamespace:
    """An executed notebook that shows these, one a cell."""
    cells = []
    for one in shown:
        data = one if isinstance(one, dict) else one._repr_mimebundle_()
        cells.append({"outputs": [SimpleNamespace(output_type="execute_result", data=data)]})
    return SimpleNamespace(cells=[{}, *cells])


def test_words_and_tables_of_the_door_pass_and_say_what_they_are(tmp_path):
    review = review_of(area(tmp_path / "a"))
    found = public.check_page(page_of(public.said(review), public.area(review).table("agencies")))
    assert [part["kind"] for part in found] == ["words", "table"]
    assert found[1]["columns"][:2] == ["agency", "families"] and found[1]["record"]["threshold"] == 10


@pytest.mark.parametrize(
    "shown",
    [
        {"text/html": "<p>37 families</p>"},
        {"text/plain": "37"},
        {"image/png": "iVBORw0KGgo="},
        {"text/html": "<p>37</p>", public.MIME: {"kind": "words", "paragraphs": ["nothing"]}},
    ],
)
def test_anything_else_stops_the_page(shown):
    with pytest.raises(BuildError, match="cell 2 of this notebook shows something that did not come through"):
        public.check_page(page_of(shown))


def test_what_is_only_printed_stands_on_no_page_and_stops_nothing():
    cell = {"outputs": [SimpleNamespace(output_type="stream", data={})]}
    assert public.check_page(SimpleNamespace(cells=[cell])) == []


@pytest.mark.parametrize(
    ("words", "is_said"),
    [
        ("Let a school ring one person who may act the same day", True),
        ("In five of these families nobody rang", False),
        ("In 5 of these families nobody rang", False),
        ("Half of them waited", False),
        ("One family waited for a year", False),
        ("F001 waited", False),
        ("Most of them waited", False),
        (" ", False),
    ],
)
def test_words_that_count_or_name_a_family_are_not_said(tmp_path, words, is_said):
    review = review_of(area(tmp_path / "a"))
    assert public.may_be_said(words, review) == is_said


def test_what_is_asked_for_is_said_and_what_counts_is_left_out_and_the_page_says_so(tmp_path):
    review = review_of(area(tmp_path / "a"))
    path = fj.write_book(review)
    fill(path, "decisions", order=1, decision="Let one person stay with the family", decided_by="lead")
    fill(path, "decisions", order=2, decision="Do for all what helped six of the eight", decided_by="lead")
    said = public.said(review).paragraphs
    assert "What the review asks for: Let one person stay with the family." in said
    assert not any("six" in words or "eight" in words for words in said)
    assert any("Some of what was written is not said here" in words for words in said)


def test_a_review_with_no_words_yet_says_so(tmp_path):
    assert "Nobody has yet written down" in public.said(review_of(area(tmp_path / "a"))).paragraphs[-1]


def test_only_words_that_a_family_agreed_to_share_with_everybody_stand_there(tmp_path):
    review = review_of(area(tmp_path / "a"))
    path = fj.write_book(review)
    row = {"family_id": "F001", "who": "mother", "decided_by": "lead"}
    fill(path, "quotes", words="Nobody asked us what we wanted", share_with="public", **row)
    fill(path, "quotes", words="I was afraid of the letter", share_with="board", **row)
    said = " ".join(public.said(review).paragraphs)
    assert "Nobody asked us" in said and "afraid" not in said and "mother" not in said


def test_words_that_were_not_shared_with_everybody_are_not_said_as_a_decision_or_a_condition_either(tmp_path):
    review = review_of(area(tmp_path / "a"))
    path = fj.write_book(review)
    row = {"family_id": "F001", "who": "mother", "decided_by": "lead"}
    fill(path, "quotes", words="Somebody who stays with us", share_with="board", **row)
    fill(path, "decisions", order=1, decision="“Somebody who stays with us”, in each school", decided_by="lead")
    said = " ".join(public.said(review).paragraphs)
    assert "stays with us" not in said and "Some of what was written is not said here" in said


def test_where_comparison_is_not_allowed_nothing_is_counted(tmp_path):
    file = {
        "controller": "a school",
        "agreement": "ISA-1",
        "lawful_basis": "public task",
        "allowed_uses": ["review", "triggers"],
        "keep_until": "2099-01-01",
    }
    folder = area(tmp_path / "a", invented=False, files={"log": file})
    shown = public.area(review_of(folder))
    assert "the sources do not allow" in shown.table("agencies").paragraphs[0]
    assert shown.stands().paragraphs == shown.table("links").paragraphs


def test_how_figures_stand_is_said_where_there_are_any(tmp_path):
    assert "no figure stands for ever" in public.area(review_of(area(tmp_path / "a"))).stands().paragraphs[0]


def test_tables_of_two_reviews_are_not_protected_as_one(tmp_path):
    one, two = everyone(area(tmp_path / "a")), everyone(area(tmp_path / "b"))
    frames = {"agencies": fj.measures.agencies(one), "links": fj.measures.links(two)}
    with pytest.raises(RequestError, match="of one review"):
        release.together(frames)
    short = fj.build_journeys(fj.read_contacts(tmp_path / "a"), start="2024-01-01", end="2024-01-20")
    frames = {"agencies": fj.measures.agencies(one), "agencies: short": fj.measures.agencies(release.everyone(short))}
    with pytest.raises(RequestError, match="of one review"):
        release.together(frames)
