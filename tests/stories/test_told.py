"""Facts that people add in the review book: in nobody's log, or known to an agency that did not record them."""

from __future__ import annotations

import pytest

import journeys as fj
from lib.errors import DataError
from tests.stories.conftest import drawn, fact, fill, known_of

FIVE = """
    family  date        agency       activity           id
    F1      2024-01-10  school       visit              a
    F1      2024-02-01  school       call               b
    F1      2024-03-01  police       visit              c
    F1      2024-01-20  police       referral           d
    F1      2024-02-15  gp           letter_sent           e
    F1      2024-06-01  social_care  visit              f
    F1      2024-06-01  social_care  assessment         g
"""
FACTS = {
    "f1": fact("visit", needed_by=("school", "police", "social_care")),
    "f2": fact("call"),
    "f3": fact("referral"),
    "f4": fact("letter_sent"),
    "f5": fact("assessment"),
}


@pytest.fixture
def book(tmp_path):
    review = drawn(tmp_path / "data", FIVE, facts=FACTS, end="2024-06-30", cover_to="2024-06-30")
    return review, fj.write_book(review)


def shares(review):
    frame = fj.together.shares(fj.who_knew_what(review), "F1")
    return {r.agency: f"{r.known} of {r.facts}" for r in frame.itertuples()}


def test_a_fact_that_nobody_knew_widens_every_agencys_base_and_leaves_the_day_they_knew_enough(book):
    review, path = book
    known = fj.who_knew_what(review)
    assert shares(review) == {"school": "2 of 5", "police": "2 of 5", "gp": "1 of 5", "social_care": "2 of 5"}
    before = fj.together.summary(known, "F1")["enough_on"].iloc[0]
    fill(path, "facts", family_id="F1", fact="grandmother moved away", decided_by="mother")
    assert shares(review) == {"school": "2 of 6", "police": "2 of 6", "gp": "1 of 6", "social_care": "2 of 6"}
    assert fj.together.summary(fj.who_knew_what(review), "F1")["enough_on"].iloc[0] == before


def test_a_fact_in_words_of_the_list_is_that_fact(book):
    review, path = book
    fill(path, "facts", family_id="F1", fact="f2", decided_by="mother")
    assert shares(review)["school"] == "2 of 5"


def test_an_agency_that_knew_and_did_not_record_it_knew_from_the_day_people_say(book):
    review, path = book
    fill(path, "facts", family_id="F1", fact="f2", agency="gp", known_on="05/01/2024", decided_by="practice manager")
    assert "f2 gp 5 Jan ()" in known_of(review)
    frame = fj.who_knew_what(review).df()
    assert frame.loc[frame["agency"] == "gp", "how"].tolist() == ["said", "recorded"]


def test_a_row_of_its_own_that_shows_it_sooner_stands(book):
    review, path = book
    fill(path, "facts", family_id="F1", fact="f2", agency="school", known_on="02/02/2024", decided_by="head teacher")
    assert "f2 school 1 Feb (b)" in known_of(review)


@pytest.mark.parametrize(("day", "knew"), [("30/06/2024", True), ("01/07/2024", False)])
def test_what_was_known_after_the_day_looked_at_was_not_known_by_then(book, day, knew):
    review, path = book
    fill(path, "facts", family_id="F1", fact="f2", agency="gp", known_on=day, decided_by="practice manager")
    assert any(k.startswith("f2 gp") for k in known_of(review)) == knew


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"agency": "polise", "known_on": "01/05/2024"}, "Did you mean 'police'?"),
        ({"agency": "police"}, "since when did that agency know it?"),
    ],
)
def test_a_fact_that_cannot_be_used_says_where(book, cells, said):
    review, path = book
    fill(path, "facts", family_id="F1", fact="f2", decided_by="mother", **cells)
    with pytest.raises(DataError) as error:
        fj.who_knew_what(review)
    assert "review.xlsx, sheet 'facts', row 2: " in str(error.value)
    assert said in str(error.value)


def test_the_picture_of_who_knew_what_holds_a_fact_of_peoples_own_words(book):
    review, path = book
    fill(path, "facts", family_id="F1", fact="grandmother moved away in spring", decided_by="mother")
    axes = fj.draw.who_knew_what(review["F1"], fj.who_knew_what(review))
    assert axes is not None
