"""Chances to help: what is proposed and what is not, one per chance, the hindsight check, and what reviewers decide."""

from __future__ import annotations

import datetime
import json

import pandas as pd
import pytest
from openpyxl import load_workbook

import journeys as fj
from lib.errors import DataError, RequestError, RuleError
from tests.stories.conftest import drawn, fact, rule

OFF = {"in_force": False}
KINDS_IN_ALL = (
    *("trigger_unanswered", "referral_unanswered", "refused_then_again"),
    *("closed_then_back", "visit_not_followed_up", "decided_unaware"),
)
QUIET = dict.fromkeys(KINDS_IN_ALL, OFF)
PAIR = {"pair": rule("follow", "visit", then="call", within_days=90)}
TWO_FACTS = {"f1": fact("visit"), "f2": fact("call")}


def story(root, text, kinds=(), **more):
    """A review in which only some kinds of chance are in force."""
    root.mkdir(exist_ok=True)
    folder = root / "data"
    folder.mkdir()
    (folder / "rules").mkdir()
    chances = {name: line for name, line in QUIET.items() if name not in kinds}
    (folder / "rules" / "chances.yml").write_text(json.dumps({"chances": chances}), encoding="utf-8")
    more.setdefault("triggers", {"worry_not_passed_on": OFF, "crisis_after_quiet": OFF})
    return drawn(folder, text, **more)


def own(ids):
    return " ".join(i.split(":")[-1].split(".")[-1] for i in ids)


def found(review):
    frame = fj.find_chances(review).df()
    return [f"{r.family_id} {r.on:%-d %b} {r.kind} ({own(r.evidence)})" for r in frame.itertuples()]


# One per chance


def test_proposals_that_share_a_contact_are_one_chance_and_days_that_are_near_are_not(tmp_path):
    text = """
        family  date        agency       activity             id
        F1      2024-03-01  social_care  no_further_action    c1
        F1      2024-03-05  hospital     ae_attendance        c2
        F1      2024-03-05  early_help   closed               c4
        F1      2024-03-20  gp           referral             c3
    """
    kinds = ("refused_then_again", "closed_then_back")
    both = found(story(tmp_path, text, kinds))
    assert both == ["F1 1 Mar refused_then_again (c1 c2)", "F1 5 Mar closed_then_back (c3 c4)"]


def test_a_chain_is_one_chance_on_its_earliest_day_with_all_its_evidence(tmp_path):
    text = """
        family  date        agency       activity             id
        F1      2024-03-01  social_care  no_further_action    c1
        F1      2024-03-10  gp           referral             c2
        F1      2024-03-05  early_help   closed               c3
    """
    assert found(story(tmp_path, text, ("refused_then_again", "closed_then_back"))) == [
        "F1 1 Mar closed_then_back + refused_then_again (c1 c2 c3)"
    ]


# Kinds, each with its edge


@pytest.mark.parametrize(("back", "seen"), [("2024-08-28", True), ("2024-08-29", False)])
def test_the_same_need_again_within_180_days(tmp_path, back, seen):
    text = f"""
        family  date        agency       activity           id
        F1      2024-03-01  social_care  no_further_action  a
        F1      {back}  hospital     ae_attendance      b
    """
    assert bool(found(story(tmp_path, text, ["refused_then_again"]))) == seen


def test_another_need_is_not_the_same_need_again(tmp_path):
    text = """
        family  date        agency       activity           id  need
        F1      2024-03-01  social_care  no_further_action  a   N1
        F1      2024-03-10  gp           referral           b   N2
        F1      2024-04-01  gp           referral           c   N1
    """
    assert found(story(tmp_path, text, ["refused_then_again"])) == ["F1 1 Mar refused_then_again (a c)"]


def test_a_contact_before_the_refusal_is_not_the_need_come_back(tmp_path):
    text = """
        family  date        agency       activity           id
        F1      2024-02-28  gp           referral           b
        F1      2024-03-01  social_care  no_further_action  a
    """
    assert found(story(tmp_path, text, ["refused_then_again"])) == []


@pytest.mark.parametrize(("answer", "seen"), [("2024-03-29", False), ("2024-03-30", True)])
def test_a_referral_without_a_response_in_28_days(tmp_path, answer, seen):
    text = f"""
        family  date        agency      activity  id  to
        F1      2024-03-01  school      referral  a   early_help
        F1      {answer}  early_help  visit     b   -
    """
    assert bool(found(story(tmp_path, text, ["referral_unanswered"]))) == seen


def test_a_referral_that_does_not_say_to_whom_is_answered_by_anybody_who_acts(tmp_path):
    text = """
        family  date        agency      activity  id
        F1      2024-03-01  school      referral  a
        F1      2024-03-20  gp          visit     b
        F2      2024-03-01  school      referral  a
    """
    assert found(story(tmp_path, text, ["referral_unanswered"])) == ["F2 1 Mar referral_unanswered (a)"]


def test_a_referral_whose_days_have_not_run_out_is_no_chance_yet(tmp_path):
    text = "family  date  agency  activity  id  to\nF1  2024-12-10  school  referral  a  early_help"
    assert (
        found(story(tmp_path, text, ["referral_unanswered"], covers={"early_help": ("2020-01-01", "2024-12-31")})) == []
    )


@pytest.mark.parametrize(("begins", "seen"), [("2024-03-01", True), ("2024-03-02", False)])
def test_a_referral_to_an_agency_whose_records_begin_later_says_nothing(tmp_path, begins, seen):
    text = "family  date  agency  activity  id  to\nF1  2024-03-01  school  referral  a  early_help"
    covers = {"early_help": (begins, "2024-12-31")}
    assert bool(found(story(tmp_path, text, ["referral_unanswered"], covers=covers))) == seen


@pytest.mark.parametrize(
    ("later", "seen"),
    [
        ("2024-03-29  police  visit", False),
        ("2024-03-30  police  visit", True),
        ("2024-03-20  gp  visit", True),
        ("2024-03-20  police  case_note", True),
    ],
)
def test_a_visit_that_found_nobody_in_wants_the_same_agency_to_see_the_family(tmp_path, later, seen):
    text = f"family  date  agency  activity  id\nF1  2024-03-01  police  no_reply_visit  a\nF1  {later}  b"
    assert bool(found(story(tmp_path, text, ["visit_not_followed_up"]))) == seen


def test_a_decision_while_another_agency_knew_what_the_decider_needed(tmp_path):
    facts = {"f1": fact("incident", needed_by=("social_care",))}
    text = """
        family  date        agency       activity           id
        F1      2024-02-20  police       incident           a
        F1      2024-03-01  social_care  no_further_action  b
        F2      2024-03-01  police       incident           a
        F2      2024-03-01  social_care  no_further_action  b
        F3      2024-02-20  police       incident           a
        F3      2024-02-21  social_care  incident           c
        F3      2024-03-01  social_care  no_further_action  b
        F4      2024-02-20  police       incident           a
        F4      2024-03-01  gp           no_further_action  b
    """
    (chance,) = fj.find_chances(story(tmp_path / "again", text, ["decided_unaware"], facts=facts)).df().itertuples()
    assert (chance.known_by, chance.what_was_known) == ("Children's social care and Police", "a fact (Police)")
    # F2: on the same day, nobody can say. F3: it knew. F4: a decider who did not need it.
    assert found(story(tmp_path, text, ["decided_unaware"], facts=facts)) == ["F1 1 Mar decided_unaware (a b)"]


def test_a_decision_of_which_only_the_month_is_known_is_looked_at_as_well(tmp_path):
    facts = {"f1": fact("incident", needed_by=("social_care",))}
    text = """
        family  date        agency       activity           id
        F1      2024-02-20  police       incident           a
        F1      2024-03     social_care  no_further_action  b
        F2      2024-03-20  police       incident           a
        F2      2024-03     social_care  no_further_action  b
        F3      2024-02-20  police       incident           a
        F3      2024-03-20  social_care  incident           c
        F3      2024-03     social_care  no_further_action  b
    """
    # F2: it may have been decided first. F3: it may have known by then.
    assert found(story(tmp_path, text, ["decided_unaware"], facts=facts)) == ["F1 31 Mar decided_unaware (a b)"]


@pytest.mark.parametrize(("help_on", "seen"), [("2024-06-13", False), ("2024-06-14", True)])
def test_a_trigger_not_answered_in_time(tmp_path, help_on, seen):
    text = f"""
        family  date        agency      activity      id
        F1      2024-05-01  school      visit         a
        F1      2024-05-14  school      call          b
        F1      {help_on}  early_help  help_started  h
    """
    assert bool(found(story(tmp_path, text, ["trigger_unanswered"], triggers=PAIR))) == seen


def test_a_services_deadline_is_no_chance_to_help_a_family(tmp_path):
    late = {"late": rule("follow", "visit", then="call", within_days=90, about="service")}
    text = "family  date  agency  activity  id\nF1  2024-05-01  school  visit  a\nF1  2024-05-14  school  call  b"
    review = story(tmp_path, text, ["trigger_unanswered"], triggers=late)
    assert len(fj.find_triggers(review, about="service"))
    assert found(review) == []
    assert not len(fj.find_chances(review, firings=fj.find_triggers(review, about="service")))


# Days lost


def test_days_lost_run_to_the_first_help_and_are_open_while_there_is_none(tmp_path):
    text = """
        family  date        agency       activity           id
        F1      2024-03-01  social_care  no_further_action  a
        F1      2024-03-10  gp           referral           b
        F1      2024-05-19  early_help   help_started       h
        F2      2024-03-01  social_care  no_further_action  a
        F2      2024-03-10  gp           referral           b
    """
    frame = fj.find_chances(story(tmp_path, text, ["refused_then_again"])).df().set_index("family_id")
    assert (frame.loc["F1", "days_lost"], bool(frame.loc["F1", "is_open"])) == (79, False)
    assert (frame.loc["F2", "days_lost"], bool(frame.loc["F2", "is_open"])) == (305, True)
    assert pd.isna(frame.loc["F2", "first_help_on"])


# The hindsight check

GROUP = """
    family  date        agency    activity       id
    F1      2024-01-10  school    visit          a
    F1      2024-03-01  school    call           b
    G1      2024-01-05  school    visit          a
    G1      2024-02-20  school    call           b
    G1      2024-08-01  hospital  ae_attendance  x
    G2      2024-02-01  school    visit          a
    G2      2024-03-01  school    call           b
    G3      2024-01-15  school    visit          a
    G3      2024-03-02  school    call           b
    G3      2024-09-09  hospital  ae_attendance  x
    G4      2023-11     school    visit          a
    G4      2023-12     school    call           b
    G4      2024-02-11  hospital  ae_attendance  x
    G5      2024-01-01  school    visit          a
    G5      2024-01-02  school    call           b
    G6      2024-02-02  school    visit          a
    G6      2024-02-03  school    call           b
    G6      2025-01-05  hospital  ae_attendance  x
"""


def looked(root, text=GROUP, end="2024-12-31"):
    story(root, text, ["trigger_unanswered"], cover_to="2025-01-31", facts=TWO_FACTS, triggers=PAIR)
    review = fj.build_journeys(fj.read_contacts(root / "data"), end=end, families=["F1"])
    (row,) = fj.find_chances(review).df().itertuples()
    return row


def test_four_looked_the_same_that_day_and_one_came_to_crisis(tmp_path):
    row = looked(tmp_path)
    assert (f"{row.on:%-d %b %Y}", row.looked_the_same, row.came_to_crisis) == ("1 Mar 2024", 4, 1)
    assert row.hindsight == "4 comparison families looked the same that day; 1 came to crisis"


def test_a_crisis_counts_once_the_review_can_see_it(tmp_path):
    row = looked(tmp_path, end="2025-01-31")
    assert (row.looked_the_same, row.came_to_crisis) == (4, 2)


def test_a_twin_without_a_crisis_moves_the_number_by_one(tmp_path):
    twin = "    T1      2024-01-10  school    visit          a\n    T1      2024-03-01  school    call           b\n"
    row = looked(tmp_path, GROUP + twin)
    assert (row.looked_the_same, row.came_to_crisis) == (5, 1)


@pytest.mark.parametrize(("day", "same"), [("2024-03-01", 4), ("2024-03-02", 5)])
def test_a_family_in_crisis_on_that_very_day_did_not_look_the_same(tmp_path, day, same):
    twin = f"    T1  2024-01-10  school  visit  a\n    T1  2024-02-01  school  call  b\n    T1  {day}  hospital  ae_attendance  x\n"
    assert looked(tmp_path, GROUP + twin).looked_the_same == same


def test_comparison_families_are_looked_at_anew_once_a_rule_has_changed(tmp_path):
    looked(tmp_path)
    data = tmp_path / "data"
    held = fj.read_contacts(data)
    review = fj.build_journeys(held, end="2024-12-31", families=["F1"])
    assert review.is_whole is False, "contacts after the end are left out, so nothing is kept of this review"
    review = fj.build_journeys(held, families=["F1"])
    assert review.is_whole
    before = fj.find_chances(review).df()["looked_the_same"].tolist()
    assert fj.find_chances(review).df()["looked_the_same"].tolist() == before == [4]
    facts = data / "rules" / "facts.yml"
    facts.write_text(json.dumps({"facts": TWO_FACTS | {"f2": fact("visit", "call")}}), encoding="utf-8")
    later = fj.find_chances(fj.build_journeys(held, families=["F1"])).df()["looked_the_same"].tolist()
    held.owner.kept.clear()
    assert later == fj.find_chances(fj.build_journeys(held, families=["F1"])).df()["looked_the_same"].tolist() != before


def test_families_under_review_are_no_comparison_to_each_other(tmp_path):
    story(tmp_path, GROUP, ["trigger_unanswered"], cover_to="2025-01-31", facts=TWO_FACTS, triggers=PAIR)
    path = tmp_path / "data" / "sources.yml"
    path.write_text(path.read_text().replace('"purpose"', '"reviewed": ["F1", "G1", "G2"], "purpose"', 1))
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31", families=["F1"])
    assert review.comparison.families == ["G3", "G4", "G5", "G6"]
    (row,) = fj.find_chances(review).df().itertuples()
    assert (row.looked_the_same, row.came_to_crisis) == (2, 0)


def test_published_cases_are_compared_with_nobody_and_no_days_run_on(tmp_path):
    story(tmp_path, GROUP, ["trigger_unanswered"], cover_to="2025-01-31", facts=TWO_FACTS, triggers=PAIR)
    path = tmp_path / "data" / "sources.yml"
    path.write_text(path.read_text().replace('"purpose"', '"published": {"source": "s", "licence": "l"}, "purpose"', 1))
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31", families=["F1"])
    (row,) = fj.find_chances(review).df().itertuples()
    assert row.hindsight == "seen with hindsight; not tested"
    assert pd.isna(row.days_lost) and not row.is_open


def test_without_comparison_families_it_is_hindsight(tmp_path):
    row = looked(tmp_path, "\n".join(GROUP.splitlines()[:4]))
    assert pd.isna(row.looked_the_same)
    assert row.hindsight == "seen with hindsight; not tested"


# What reviewers decide

ONE = """
    family  date        agency       activity           id  by
    F1      2024-03-01  social_care  no_further_action  a   SW1
    F1      2024-03-10  gp           referral           b   GP4
    F1      2024-06-01  early_help   closed             c   EH7
    F1      2024-07-01  hospital     ae_attendance      d   -
"""
KINDS = ("refused_then_again", "closed_then_back")


def sheet(path):
    """The rows of the book's sheet of chances, as a person reads them."""
    lines = load_workbook(path)["chances"].iter_rows(values_only=True)
    heads = [head.replace(" ", "_") for head in next(lines)]
    return [dict(zip(heads, map(as_text, line), strict=True)) for line in lines if any(line)]


def as_text(cell):
    return f"{cell:%Y-%m-%d}" if isinstance(cell, datetime.datetime) else cell or ""


def write(path, rows):
    """Write them back, as a person does."""
    book = load_workbook(path)
    page = book["chances"]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    page.delete_rows(2, page.max_row)
    for line, row in enumerate(rows, start=2):
        for at, head in enumerate(heads, start=1):
            cell = page.cell(line, at, row[head] or None)
            cell.data_type = "s" if row[head] else cell.data_type
    book.save(path)


@pytest.fixture
def decided(tmp_path):
    review = story(tmp_path, ONE, KINDS)
    path = fj.write_book(review)
    rows = sheet(path)
    rows[0] |= {"status": "confirmed", "condition": "no shared record", "decided_by": "early help panel"}
    rows[1] |= {"status": "rejected", "decided_by": "early help panel", "note": "help was there"}
    write(path, rows)
    return review, path


def test_a_decision_survives_a_run_and_a_refreshed_sheet(decided):
    review, path = decided
    for _ in range(2):
        chances = fj.find_chances(review)
        assert list(chances.df()["status"]) == ["confirmed", "rejected"]
        assert chances.df()["condition"].iloc[0] == "no shared record"
        assert fj.write_book(chances.owner.review, chances) == path
    assert [r["note"] for r in sheet(path)] == ["", "help was there"]


def test_a_decision_whose_evidence_changed_says_look_again(decided, tmp_path):
    _, path = decided
    rows = sheet(path)
    rows[0]["evidence"] = rows[0]["evidence"].split(";")[0]
    write(path, rows)
    review = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31")
    frame = fj.find_chances(review).df()
    assert list(frame["status"]) == ["look again", "rejected"]
    assert frame["reviewer_note"].iloc[0] == "confirmed before its evidence changed"


def test_a_decision_that_no_rule_proposes_any_more_is_kept_and_says_so(decided):
    review, path = decided
    rows = sheet(path)
    rows[0]["evidence"] = "log:gone"
    write(path, rows)
    frame = fj.find_chances(review).df()
    assert sorted(frame["status"]) == ["look again", "proposed", "rejected"]
    kept = frame[frame["status"] == "look again"].iloc[0]
    assert "no rule proposes it any more" in kept["reviewer_note"]


def test_a_reviewer_adds_a_chance_that_no_rule_proposes(decided):
    review, path = decided
    rows = sheet(path)
    added = dict.fromkeys(rows[0], "") | {"family_id": "F1", "on": "2024-02-10", "says": "grandmother rang"}
    write(
        path, [*rows, added | {"status": "confirmed", "condition": "calls are not logged", "decided_by": "the family"}]
    )
    first = fj.find_chances(review).df().iloc[0]
    assert (f"{first['on']:%-d %b}", first["kind"], first["status"]) == ("10 Feb", "added by a reviewer", "confirmed")


def test_a_run_on_one_family_reads_past_the_others_decisions_and_loses_none(tmp_path):
    review = story(tmp_path, ONE + "    F2      2024-03-01  gp           visit              e   -\n", KINDS)
    path = fj.write_book(review)
    rows = sheet(path)
    rows[0] |= {"status": "confirmed", "condition": "no shared record", "decided_by": "early help panel"}
    write(path, rows)
    alone = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31", families=["F2"])
    chances = fj.find_chances(alone)
    assert len(chances) == 0
    fj.write_book(chances.owner.review, chances)
    assert sheet(path) == rows


def test_a_run_as_at_an_earlier_day_loses_no_decision(decided, tmp_path):
    review, _ = decided
    early = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-03-05")
    fj.write_book(early)
    assert list(fj.find_chances(review).df()["status"]) == ["confirmed", "rejected"]


def test_what_took_a_decisions_place_is_decided_anew_and_then_the_old_one_goes(decided):
    review, path = decided
    rows = sheet(path)
    rows[0]["evidence"] = rows[0]["evidence"].split(";")[0]
    write(path, rows)
    for _ in range(2):
        fj.write_book(review)
        rows = sheet(path)
        assert sorted(r["status"] for r in rows) == ["confirmed", "look again", "rejected"]
    anew = next(r for r in rows if r["status"] == "look again")
    assert anew["note"] == "confirmed before its evidence changed"
    anew |= {"status": "rejected", "decided_by": "early help panel", "note": ""}
    write(path, rows)
    assert list(fj.find_chances(review).df()["status"]) == ["rejected", "rejected"]
    fj.write_book(review)
    assert [r["status"] for r in sheet(path)] == ["rejected", "rejected"]


def test_a_reviewers_own_row_is_kept_before_it_is_decided(decided):
    review, path = decided
    rows = sheet(path)
    own_row = dict.fromkeys(rows[0], "") | {"family_id": "F1", "on": "10/02/2024", "says": "grandmother rang"}
    write(path, [*rows, own_row])
    frame = fj.find_chances(review).df()
    assert list(frame["status"]) == ["proposed", "confirmed", "rejected"]
    fj.write_book(review)
    assert sheet(path)[-1] == own_row | {"on": "2024-02-10"}


def test_a_book_that_is_no_workbook_says_so(decided):
    review, path = decided
    path.write_text('"chance_id', encoding="utf-8")
    with pytest.raises(DataError, match=r"review\.xlsx is not a whole workbook"):
        fj.find_chances(review)


def test_a_hostile_family_and_hostile_words_come_back_as_they_went(tmp_path):
    text = """
        family         date        agency       activity           id
        =cmd|'x'!A1    2024-03-01  social_care  no_further_action  a
        =cmd|'x'!A1    2024-03-10  gp           referral           b
    """
    review = story(tmp_path, text, ["refused_then_again"])
    path = fj.write_book(review)
    assert path.stat().st_mode & 0o077 == 0
    rows = sheet(path)
    assert rows[0]["family_id"] == "=cmd|'x'!A1"
    rows[0] |= {"status": "rejected", "decided_by": "early help panel", "note": "=1+1"}
    write(path, rows)
    for _ in range(2):
        row = fj.find_chances(review).df().iloc[0]
        assert (row["family_id"], row["status"], row["reviewer_note"]) == ("=cmd|'x'!A1", "rejected", "=1+1")
        fj.write_book(review)
    assert sheet(path)[0]["note"] == "=1+1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "confirmd"}, "Did you mean 'confirmed'?"),
        ({"condition": ""}, "needs its condition"),
        ({"decided_by": ""}, "who decided? Give a role"),
        ({"on": "2024-02-30"}, "not a day that exists"),
        ({"condition": "SW1 closed it"}, "no worker is named"),
        ({"family_id": "F9"}, "in no journey here"),
    ],
)
def test_a_row_of_the_sheet_that_cannot_be_read_says_where_and_what_to_do(decided, change, said):
    review, path = decided
    rows = sheet(path)
    write(path, [rows[0] | change, rows[1]])
    with pytest.raises(DataError) as error:
        fj.find_chances(review)
    assert f"{path.name}, sheet 'chances', row 2" in str(error.value)
    assert said in str(error.value)
    assert "SW1" not in str(error.value)


def test_no_worker_stands_in_any_chance(decided):
    review, _ = decided
    frame = fj.find_chances(review).df()
    text = " ".join(str(v) for c in frame for v in frame[c])
    assert not {"SW1", "GP4", "EH7"} & set(text.replace(";", " ").split())


def test_contacts_that_came_as_frames_have_nowhere_to_keep_a_sheet():
    frame = pd.DataFrame({"family_id": ["F1"], "date": ["01/05/2024"], "agency": ["school"], "contact_type": ["visit"]})
    sources = {"purpose": "a story", "invented": True, "files": {"log": {"format": "contact_log"}}}
    chances = fj.find_chances(fj.build_journeys(fj.read_contacts(frames={"log": frame}, sources=sources)))
    with pytest.raises(RequestError, match="no data folder"):
        fj.write_book(chances.owner.review, chances)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"closed_then_back": {"then": "ae_atendance"}}, "Did you mean 'ae_attendance'?"),
        ({"closed_then_back": {"within_days": 0}}, "1 or more"),
        ({"closed_then_back": {"within_day": 3}}, "Did you mean 'within_days'?"),
        ({"trigger_unanswered": {"within_days": 3}}, "has no 'within_days'. Remove it."),
    ],
)
def test_a_kind_that_cannot_be_used_says_where(tmp_path, line, said):
    import json

    review = story(tmp_path, ONE, KINDS)
    (tmp_path / "data" / "rules" / "chances.yml").write_text(json.dumps({"chances": line}), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        fj.find_chances(review)
    assert "chances.yml, line 1" in str(error.value)
    assert said in str(error.value)


def test_where_nothing_is_proposed_every_kind_counts_none(tmp_path):
    chances = fj.find_chances(story(tmp_path, "family  date  activity\nF1  2024-05-01  visit", KINDS))
    frame = fj.measures.chances(chances)
    assert (frame["chances"] == 0).all() and len(frame) == len(KINDS_IN_ALL)
    assert fj.findings.chances(chances).startswith("No chance to help is proposed")


def test_each_kind_is_counted_with_what_reviewers_decided(decided):
    review, _ = decided
    frame = fj.measures.chances(fj.find_chances(review)).set_index("says")
    row = frame.loc["No further action, then the same need came back"]
    assert (row["chances"], row["families"], row["confirmed"], row["open"]) == (1, 1, 1, 1)
    row = frame.loc["A case was closed, then the family was referred again or in crisis"]
    assert (row["confirmed"], row["rejected"]) == (0, 1)
