"""What people said and what matters to them: no consent, no words, at any level."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import journeys as fj
from journeys import pages, voice
from lib.errors import BuildError
from tests.stories.conftest import drawn, fill

ONE = """
    family  date        agency       activity    id
    F1      2024-03-01  school       visit       a
    F2      2024-03-10  gp           visit       b
"""


@pytest.fixture
def book(tmp_path):
    review = drawn(tmp_path / "data", ONE)
    return review, fj.write_book(review)


@pytest.mark.parametrize(
    ("share_with", "readers"),
    [
        (None, []),
        ("nobody", []),
        ("team", ["team"]),
        ("board", ["team", "board"]),
        ("public", ["team", "board", "public"]),
    ],
)
def test_words_are_read_only_where_whoever_said_them_agreed(book, share_with, readers):
    review, path = book
    fill(path, "quotes", family_id="F1", who="mother", words="I said so", share_with=share_with, decided_by="mother")
    assert [level for level in ("team", "board", "public") if fj.voice.quotes(review, level)] == readers


def test_words_stand_exactly_as_they_were_said(book):
    review, path = book
    words = "  “They never – not once – asked.”  "
    fill(path, "quotes", family_id="F1", who="mother", words=words, share_with="team", decided_by="mother")
    (quote,) = voice.quotes(review)
    assert quote.words == words.strip()
    assert quote.whose(named=True) == "Mother, family F1. In their own words; agreed to share with: team."
    assert "F1" not in quote.whose(named=False)


def test_what_matters_stands_beside_what_was_delivered_and_scores_are_never_averaged(book):
    review, path = book
    said = {"family_id": "F1", "who": "mother", "statement": "be heard", "share_with": "board", "decided_by": "mother"}
    fill(path, "matters", **said, on="01/05/2024", score=2, delivered="four assessments")
    fill(path, "matters", **said, on="01/04/2024", score=7, family_checked="yes")
    frame = voice.what_matters(review, "board")
    assert frame.iloc[0].tolist() == ["F1", "mother", "be heard", "four assessments", 2, 7.0, 2.0, "yes"]
    assert "1 statement of what matters from 1 family: 1 scored by the family itself, 1 checked" in voice.in_words(
        frame
    )


def test_of_several_consents_to_the_same_words_the_narrowest_holds(book):
    review, path = book
    for share_with in ("board", "nobody"):
        said = {"family_id": "F1", "who": "mother", "share_with": share_with, "decided_by": "mother"}
        fill(path, "quotes", **said, words="I said so")
        fill(path, "matters", **said, statement="be heard", score=3, on="01/05/2024")
    assert voice.quotes(review) == []
    assert voice.what_matters(review).empty
    assert [line.name for line in fj.measures.life_lines(review["F1"])] == []


@pytest.mark.parametrize(
    ("sheet", "words"),
    [("quotes", " i said SO "), ("quotes", "“I said – so.”"), ("matters", "I said so")],
)
def test_a_consent_taken_back_holds_however_the_words_were_written_down_and_whoever_is_said_to_have_said_them(
    book, sheet, words
):
    review, path = book
    fill(path, "quotes", family_id="F1", who="mother", words="I said so", share_with="board", decided_by="mother")
    column = {"quotes": "words", "matters": "statement"}[sheet]
    fill(path, sheet, family_id="F1", who="Mum", **{column: words}, share_with="nobody", decided_by="mother")
    assert voice.quotes(review) == [] and voice.what_matters(review).empty
    fill(path, sheet, family_id="F2", who="father", **{column: "I said something else"}, decided_by="father")
    assert voice.quotes(review) == []


def shown(text, **metadata):
    return SimpleNamespace(cells=[{"outputs": [{"data": {"text/html": text}, "metadata": metadata}]}])


@pytest.mark.parametrize(
    "page",
    [
        shown("<td>“Nobody asked\n the <b>boy</b>”</td>"),
        shown("<p>&lt;b&gt; &lt; nobody asked the boy &gt;</p>"),
        shown("<p>They said: nobody asked the boy, ever.</p>"),
        shown("", **{"image/png": {"alt": "Nobody asked the boy: 3 times"}}),
    ],
)
def test_words_that_a_board_may_not_read_stand_nowhere_on_its_page_from_whichever_sheet_they_come(book, page):
    review, path = book
    said = {"family_id": "F1", "who": "mother", "decided_by": "mother"}
    fill(path, "quotes", words="Nobody asked the boy.", share_with="team", **said)
    board, team = (pages.frame_for(review.session, level) for level in ("board", "team"))
    with pytest.raises(
        BuildError, match="sheet 'quotes', row 2, may not be read at level 'board', and cell 1"
    ) as fault:
        board(page, {})
    assert "boy" not in str(fault.value)
    team(page, {})
    board(shown("<p>Somebody asked the boy. Nobody asked the boyfriend.</p>"), {})


def test_words_that_another_family_said_too_and_agreed_to_share_stop_no_page(book):
    review, path = book
    fill(path, "quotes", family_id="F1", who="mother", words="Nobody asked the boy", decided_by="mother")
    assert list(voice.withheld(review, "board")) == ["nobody asked the boy"]
    agreed = {"who": "father", "words": "Nobody asked the boy.", "share_with": "board", "decided_by": "father"}
    fill(path, "quotes", family_id="F2", **agreed)
    assert voice.withheld(review, "board") == {}


def test_words_that_few_could_have_said_otherwise_stop_no_page(book):
    review, path = book
    fill(path, "quotes", family_id="F1", who="mother", words="Be heard", decided_by="mother")
    assert voice.withheld(review, "board") == {}
    pages.frame_for(review.session, "board")(shown("<p>Let every child be heard.</p>"), {})


def test_a_statement_that_is_not_shared_is_counted_and_not_shown(book):
    review, path = book
    fill(path, "matters", family_id="F1", who="mother", statement="SECRETWORD", decided_by="mother")
    frame = voice.what_matters(review, "team")
    assert frame.empty
    assert "SECRETWORD" not in voice.in_words(frame)
    assert "1 more is not shared" in voice.in_words(frame)


def test_one_familys_row_is_shown_beyond_the_team_only_where_it_agreed(book):
    review, path = book
    assert (voice.shared_families(review, "team"), voice.shared_families(review, "board")) == (["F1", "F2"], [])
    fill(path, "families", 3, share_with="board", first_help_on="02/05/2024", decided_by="father")
    assert voice.shared_families(review, "board") == ["F2"]
    assert str(voice.first_help(fj.read_book(review), "F2")) == "2024-05-02"


def test_family_and_neighbours_come_first_among_what_held_a_family_up(book):
    review, path = book
    assert voice.resources(review).empty
    fill(path, "resources", family_id="F1", kind="paid help", who="health visitor", decided_by="mother")
    fill(path, "resources", family_id="F1", kind="family", who="grandmother", decided_by="mother")
    frame = voice.resources(review)
    assert frame["kind"].tolist()[:2] == ["family", "neighbours and friends"]
    assert frame["families"].tolist() == [1, 0, 0, 0, 1, 0]
