"""Page one: five numbers with their base, one family by consent, its words, and what is asked; gaps said in words."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pandas as pd
import pytest

import journeys as fj
from journeys import pages
from lib.errors import BuildError, RequestError
from lib.shown import Shown
from tests.conftest import folder_of, table
from tests.stories.conftest import drawn, fill, rule

PAIR = {"pair": rule("follow", "visit", then="call", within_days=90)}
TWO = """
    family  date        agency       activity      id  by
    F1      2024-03-01  gp           visit         a   GP1
    F1      2024-03-10  gp           call          b   GP2
    F1      2024-04-09  early_help   help_started  c   –
    F2      2024-03-01  school       visit         d   –
    F2      2024-03-10  school       call          e   –
    F2      2024-03-11  housing      visit         f   HO1
"""


@pytest.fixture
def book(tmp_path):
    review = drawn(tmp_path / "data", TWO, triggers=PAIR)
    return review, fj.write_book(review)


def told(review):
    return {n.question: n for n in fj.front.numbers(review).numbers}


def test_agencies_and_professionals_are_medians_with_the_ends_and_the_unnamed_beside(book):
    n = told(book[0])["Agencies and professionals met"]
    assert (n.number, n.unit) == ("2", "and 1.5")
    assert n.base == "Median of 2 families; from 2 and 1 to 2 and 2."
    assert n.sure == "At least: 3 touches and referrals name nobody."


def test_days_to_help_count_the_family_that_still_waits(book):
    n = told(book[0])["Days from earliest concern to help"]
    assert n.number == "30"
    assert n.base == "Median, those still waiting counted. Help reached 1 of 2 families; 30 to 30 days."
    assert n.sure == "1 family is still waiting, 296 days so far."


def test_a_median_that_half_have_not_reached_is_said_so_and_not_flattered(tmp_path):
    review = drawn(
        tmp_path / "data",
        TWO + "    F3      2024-03-01  gp  visit  g  –\n    F3  2024-03-05  gp  call  h  –\n",
        triggers=PAIR,
    )
    n = told(review)["Days from earliest concern to help"]
    assert n.number == "not reached"
    assert "2 families are still waiting, the longest 301 days so far." in n.sure


def test_asking_that_nobody_classed_is_not_known_and_says_what_is_needed(book):
    n = told(book[0])["Asking that was failure demand"]
    assert n.number == "not known"
    assert "sheet “demand”" in n.sure


def test_no_family_stands_on_page_one_without_its_consent(book):
    review, path = book
    assert fj.front.chosen(review) is None
    assert "No family has agreed" in repr(fj.front.life(None))
    fill(path, "families", 3, share_with="team", decided_by="father")
    assert fj.front.chosen(review).family_id == "F2"
    assert fj.front.chosen(review, "board") is None


def test_of_those_that_agreed_the_one_most_was_done_with_stands_there(book):
    review, path = book
    for line in (2, 3):
        fill(path, "families", line, share_with="board", decided_by="parents")
    assert fj.front.chosen(review, "board").family_id == "F1"


def test_words_are_those_of_a_family_that_agreed_and_leave_no_place_otherwise(book):
    review, path = book
    fill(path, "quotes", family_id="F1", who="mother", words="Not for you", decided_by="mother")
    assert repr(fj.front.words(review)) == ""
    fill(
        path,
        "quotes",
        family_id="F2",
        who="father",
        words="We were asked once",
        share_with="board",
        decided_by="father",
    )
    assert "We were asked once" in repr(fj.front.words(review, "board"))
    assert "F2" not in repr(fj.front.words(review, "board"))


def test_what_is_asked_stands_in_the_order_that_people_gave(book):
    review, path = book
    assert "Nobody has written down what is asked for yet" in repr(fj.front.decisions(review))
    fill(path, "decisions", order=2, decision="Ask once", how="for a term", decided_by="panel")
    fill(path, "decisions", order=1, decision="Ring one person", how="in two schools", decided_by="panel")
    assert repr(fj.front.decisions(review)) == (
        "Two decisions we ask for: 1. Ring one person: in two schools; 2. Ask once: for a term"
    )


def test_each_step_of_check_with_nothing_to_stand_on_is_a_gap_and_holds_plan_back(book):
    review, path = book
    fill(path, "plans", plan="try", prediction="less", measure="contacts", start="01/06/2024", decided_by="panel")
    steps = fj.six_steps(review)
    assert steps.loc[steps["is_empty"], "step"].tolist() == ["purpose", "demand", "conditions", "thinking"]
    assert "This step is empty, and that is a finding" in fj.findings.step(steps, "purpose")
    assert fj.findings.plan(steps).startswith("Plan is not shown: Check has nothing yet on purpose, demand")


def test_plan_is_read_once_every_step_has_something(tmp_path):
    asked = "    F1      2024-02-01  early_help   request_for_help  q   –\n"
    review = drawn(tmp_path / "data", TWO + asked, triggers=PAIR)
    path = fj.write_book(review)
    fill(path, "answer", part="purpose", words="help us", decided_by="panel")
    fill(path, "answer", part="thinking", words="forms are safe", decided_by="panel")
    fill(path, "demand", 2, label="value", decided_by="panel")
    row = {"category": "thresholds", "condition": "too high", "family_id": "F1", "evidence": "log:F1.a"}
    fill(path, "conditions", **row, decided_by="panel")
    fill(path, "plans", plan="try", prediction="less", measure="contacts", start="01/06/2024", decided_by="panel")
    steps = fj.six_steps(review)
    assert steps.loc[steps["is_empty"], "step"].tolist() == []
    assert "Plan can be read" in fj.findings.plan(steps)


def test_a_chart_is_split_where_a_plan_began_within_the_period_and_nowhere_else(book):
    review, path = book
    for start in ("01/06/2024", "01/03/1999", "01/06/2030"):
        fill(path, "plans", plan=f"try {start}", prediction="less", measure="contacts", start=start, decided_by="panel")
    assert list(fj.front.splits(review, "contacts").values()) == ["try 01/06/2024"]
    assert fj.front.splits(review, "attendance") == {}


@pytest.mark.parametrize("name", ["Żak 1", "O'Neill & 1", 'the "Ax" 1', "<Bo> 1"])
def test_a_family_whose_id_is_written_otherwise_in_html_is_found_on_a_boards_page(tmp_path, name):
    log = table(TWO).replace("F1", "FJNAME")
    log["family"] = log["family"].replace("FJNAME", name)
    review = fj.build_journeys(fj.read_contacts(folder_of(tmp_path, {"log": log})))
    shown = Shown(pd.DataFrame({"who": [name]}), "Who")
    page = SimpleNamespace(cells=[{"outputs": [{"data": {"text/html": shown._repr_html_()}}]}])
    with pytest.raises(BuildError, match="cell 1 of this notebook shows a family's id") as fault:
        pages.frame_for(review.session, "board")(page, {})
    assert name not in str(fault.value)


def test_a_review_of_one_family_goes_before_a_board_only_where_that_family_agreed(tmp_path):
    drawn(tmp_path / "data", TWO, triggers=PAIR)
    sources = json.loads((tmp_path / "data" / "sources.yml").read_text(encoding="utf-8"))
    (tmp_path / "data" / "sources.yml").write_text(json.dumps(sources | {"reviewed": ["F1"]}), encoding="utf-8")
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"))
    with pytest.raises(RequestError, match="one family alone is under review here"):
        pages.frame_for(review.session, "board")
    shown = repr(fj.show(fj.measures.families(review), "Each family", level="board"))
    assert "rows about single families" in shown and "lowest" not in shown
    pages.frame_for(review.session, "team")
    fill(fj.write_book(review), "families", 2, share_with="board", decided_by="mother")
    pages.frame_for(review.session, "board")


def test_no_family_is_named_in_what_a_boards_page_cannot_tell(book):
    review, path = book
    fill(path, "answer", part="cannot tell", words="What F2 lived through before", decided_by="panel")
    frame = pages.frame_for(review.session, "board")
    with pytest.raises(BuildError, match="no page names a family"):
        frame(SimpleNamespace(cells=[]), {})
    assert (
        "What F2 lived through before" in pages.frame_for(review.session, "team")(SimpleNamespace(cells=[]), {}).limits
    )
