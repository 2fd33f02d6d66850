"""A page for one named reader: only their rows, only what was ticked for them, in plain words, or no page at all."""

from __future__ import annotations

import dataclasses

import pytest
from openpyxl import load_workbook

import journeys as fj
from journeys.readerpage import page_proposals
from journeys.readerwords import NO_WORDS
from lib.errors import RequestError, RuleError
from tests.stories.readers import book_with, held, household, page_of

ONE = """
    id  date        agency      activity          person
    a   2024-03-01  school      request_for_help  ana
    b   2024-03-05  gp          visit             ben
    c   2024-03-09  school      letter_sent       kim
    d   2024-03-12  police      domestic_abuse_incident  ana
"""


def test_rows_about_the_reader_and_the_child_they_answer_for_and_nobody_else(tmp_path):
    assert page_of(household(tmp_path / "d", ONE), tick=lambda row: not row["held_back"]) == [
        "1 March 2024. You: You asked the school for help.",
        "9 March 2024. A child: The school sent a letter.",
    ]


def test_without_a_child_declared_only_rows_about_the_reader(tmp_path):
    review = household(tmp_path / "d", ONE)
    assert page_of(review, readers=[("ana", "")], tick=lambda row: not row["held_back"]) == [
        "1 March 2024. You: You asked the school for help."
    ]


def test_a_row_stands_only_where_it_is_ticked(tmp_path):
    review = household(tmp_path / "d", ONE)
    assert page_of(review, tick=lambda row: row["contact_id"].endswith(":c")) == [
        "9 March 2024. A child: The school sent a letter."
    ]


def test_a_tick_for_one_reader_is_no_tick_for_another(tmp_path):
    review = household(tmp_path / "d", ONE)
    book = book_with(review, readers=[("ana", "kim"), ("ben", "kim")], tick=lambda row: row["reader"] == "ana")
    assert len(fj.page_for(review, "F1", "ana", book)) == 3
    with pytest.raises(RequestError, match="no row is ticked for this reader"):
        fj.page_for(review, "F1", "ben", book)


def test_no_is_no_tick(tmp_path):
    review = household(tmp_path / "d", ONE)
    book = book_with(review)
    page = tuple(dataclasses.replace(row, cells={**row.cells, "show": "no"}) for row in book.sheets["page"])
    with pytest.raises(RequestError, match="no row is ticked"):
        fj.page_for(review, "F1", "ana", dataclasses.replace(book, sheets={**book.sheets, "page": page}))


def test_a_held_back_row_stands_once_a_practitioner_ticks_it(tmp_path):
    review = household(tmp_path / "d", ONE)
    assert page_of(review, tick=lambda row: row["contact_id"].endswith(":d")) == [
        "12 March 2024. You: The police came because of domestic abuse."
    ]


def test_a_row_that_names_only_a_family_is_about_nobody_in_particular(tmp_path):
    log = """
        id  date        agency  activity          person  family
        a   2024-03-01  school  request_for_help  ana     –
        b   2024-03-02  school  meeting           –       F1
    """
    assert set(held(household(tmp_path / "d", log))) == {"a"}


def test_the_page_holds_no_id_agency_code_note_worker_or_outcome_nobody_gave_words(tmp_path):
    log = """
        id      date        agency  activity  person  by     outcome    reason     need
        ID7788  2024-03-01  school  meeting   ana     SW777  no quorum  CANARYWHY  N77
    """
    assert page_of(household(tmp_path / "d", log)) == ["1 March 2024. You: There was a meeting with the school."]


def test_what_came_of_it_is_said_where_the_word_for_it_has_plain_words(tmp_path):
    log = """
        id  date        agency  activity  person  outcome
        a   2024-03-01  school  meeting   ana     No_Further action
        b   2024-03-02  school  meeting   ana     NFA
    """
    assert page_of(household(tmp_path / "d", log)) == [
        "1 March 2024. You: There was a meeting with the school. They decided to do nothing more.",
        "2 March 2024. You: There was a meeting with the school. They decided to do nothing more.",
    ]


def test_a_day_is_said_as_exactly_as_it_is_known(tmp_path):
    log = """
        id  date        agency  activity  person  earliest    latest      about
        a   2024-05     school  meeting   ana     –           –           –
        b   2023        school  meeting   ana     –           –           –
        c   2024-06-03  school  meeting   ana     2024-06-01  2024-06-09  approximate
        d   2024-06-20  school  meeting   ana     –           –           approximate
        e   2024-07-01  school  meeting   ana     –           –           –
    """
    said = [line.split(". You")[0] for line in page_of(household(tmp_path / "d", log))]
    assert said == [
        "In 2023",
        "In May 2024",
        "Between 1 June 2024 and 9 June 2024",
        "About 20 June 2024",
        "1 July 2024",
    ]


def test_rows_of_one_day_stand_in_the_order_of_their_words_never_of_their_ids(tmp_path):
    log = """
        id  date        agency  activity     person
        b   2024-03-01  gp      letter_sent  ana
        a   2024-03-01  school  letter_sent  ana
        c   2024-03-01  camhs   letter_sent  kim
    """
    said = [line.split(": ")[1] for line in page_of(household(tmp_path / "d", log))]
    assert said == [
        "The mental health team for children sent a letter.",
        "The GP sent a letter.",
        "The school sent a letter.",
    ]


# What is held back


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("gp       meeting          ana  –  domestic abuse, see file", "domestic abuse or Marac"),
        ("school   marac_referral   ana  –  –", "domestic abuse or Marac"),
        ("police   call             ana  –  –", "police"),
        ("school   disclosure       kim  –  –", "a child may have told"),
        ("school   meeting          kim  –  –", "a child may have told"),
        ("camhs    letter_sent      kim  –  –", "a child may have told"),
        ("mental_health  letter_sent  kim  –  –", "another adult's health"),
        ("gp       letter_sent      kim  –  mother's drinking", "another adult's health"),
        ("school   referral         ana  –  –", "who was worried"),
        ("social_care  csc_contact  ana  –  –", "who was worried"),
        ("housing  call             ana  –  neighbour's call", "who was worried"),
        ("housing  moved_home       ana  –  –", "refuge"),
        ("voluntary  visit          ana  –  at the REFUGE", "refuge"),
        ("family   complaint        ana  –  –", "another person's words"),
        ("school   request_for_help  kim  –  –", "another person's words"),
        ("social_care  legal_planning_meeting  ana  –  –", "a lawyer's advice"),
        ("gp       meeting          ana  police  –", "police"),
        ("school   dance class      ana  –  –", NO_WORDS),
        ("ghosts   meeting          ana  –  –", NO_WORDS),
    ],
)
def test_held_back_with_the_reason_for_whoever_ticks(tmp_path, row, why):
    review = household(
        tmp_path / "d", f"id  date  agency  activity  person  to  reason\na  2024-03-01  {'  '.join(row.split('  '))}"
    )
    assert why in held(review)["a"]


@pytest.mark.parametrize("row", ["gp  meeting  ana", "school  letter_sent  kim", "housing  chase  ana"])
def test_other_rows_are_not_held_back(tmp_path, row):
    assert held(household(tmp_path / "d", f"id  date  agency  activity  person\na  2024-03-01  {row}")) == {"a": ""}


@pytest.mark.parametrize("row", ["school  dance class  ana", "ghosts  meeting  ana"])
def test_what_nobody_agreed_does_not_stand_even_where_it_is_ticked(tmp_path, row):
    log = f"id  date  agency  activity  person\na  2024-03-01  {row}\nb  2024-03-02  gp  letter_sent  ana"
    assert page_of(household(tmp_path / "d", log)) == ["2 March 2024. You: The GP sent a letter."]


def test_marks_of_an_ordinary_day_are_not_proposed(tmp_path):
    log = """
        id  date        agency  activity             person
        a   2024-03-01  school  present              kim
        b   2024-03-04  school  absence_unexplained  kim
    """
    assert set(held(household(tmp_path / "d", log))) == {"b"}


def test_a_child_who_belongs_to_two_families_that_day_is_held_back(tmp_path):
    members = """
        person  family  from        to          because
        ana     F1      –           –           –
        kim     F1      –           –           separated parents
        kim     F2      2024-03-02  2024-03-05  separated parents
        ben     F2      –           –           –
    """
    log = """
        id  date        agency  activity     person
        a   2024-03-01  school  letter_sent  kim
        b   2024-03-02  school  letter_sent  kim
        c   2024-03-05  school  letter_sent  kim
    """
    found = held(household(tmp_path / "d", log, members))
    assert [bool(found[name]) for name in "abc"] == [False, True, False]
    assert "belonged to another family too" in found["b"]


# Who was in the family when


def test_what_came_before_somebody_joined_is_not_theirs(tmp_path):
    members = """
        person  family  from        to
        ana     F1      2024-03-02  –
        kim     F1      –           –
    """
    log = """
        id  date        agency  activity     person
        a   2024-03-01  school  letter_sent  kim
        b   2024-03-02  school  letter_sent  kim
        c   2024-03     school  letter_sent  kim
    """
    assert set(held(household(tmp_path / "d", log, members))) == {"b"}


def test_what_came_after_a_child_left_is_not_the_readers(tmp_path):
    members = """
        person  family  from  to
        ana     F1      –     –
        kim     F1      –     2024-03-03
        kim     F2      2024-03-03  –
    """
    log = """
        id  date        agency  activity     person
        a   2024-03-02  school  letter_sent  kim
        b   2024-03-03  school  letter_sent  kim
        c   2024-03     school  letter_sent  kim
    """
    assert set(held(household(tmp_path / "d", log, members))) == {"a"}


def test_a_time_in_between_in_another_family_is_not_on_the_page(tmp_path):
    members = """
        person  family  from        to
        ana     F1      –           2024-03-02
        ana     F2      2024-03-02  2024-03-04
        ana     F1      2024-03-04  –
        kim     F1      –           –
    """
    log = """
        id  date        agency  activity     person
        a   2024-03-01  school  letter_sent  kim
        b   2024-03-02  gp      letter_sent  ana
        c   2024-03-03  school  letter_sent  kim
        d   2024-03-04  gp      letter_sent  ana
    """
    assert set(held(household(tmp_path / "d", log, members))) == {"a", "d"}


def test_a_family_that_the_log_names_does_not_make_a_member(tmp_path):
    log = """
        id  date        agency  activity     person  family
        a   2024-03-01  school  letter_sent  ana     F1
        b   2024-03-01  school  letter_sent  kim     F1
    """
    members = "person  family  from  to\nana  F1  –  –\nkim  F1  2024-04-01  –"
    assert set(held(household(tmp_path / "d", log, members))) == {"a"}


def test_one_person_with_a_number_at_each_supplier_is_one_reader(tmp_path):
    members = "person  family  from  to\nana  F1  –  –\ngp9  F1  –  –\nkim  F1  –  –"
    log = """
        id  date        agency  activity     person
        a   2024-03-01  school  letter_sent  ana
        b   2024-03-02  gp      letter_sent  gp9
    """
    review = household(tmp_path / "d", log, members)
    book = book_with(review, readers=[("gp9;ana", "kim")])
    for asked in ("ana", "gp9", "ana; gp9"):
        assert len(page_of(review, asked, book=book)) == 2
    with pytest.raises(RequestError, match="different numbers in two rows"):
        fj.page_for(review, "F1", "ana", book_with(review, readers=[("gp9;ana", "kim"), ("ana", "")]))


# No page at all


def refused(review, reader="ana", **more):
    with pytest.raises(RequestError) as error:
        fj.page_for(review, "F1", reader, more.pop("book", None) or book_with(review, **more))
    assert not {"ana", "ben", "kim"} & set(str(error.value).replace("'", " ").replace(".", " ").split())
    return str(error.value)


def test_a_reader_whom_nobody_declared(tmp_path):
    review = household(tmp_path / "d", ONE)
    for asked in ("ben", "", "ana; ben"):
        assert "nobody has declared this reader for this family" in refused(review, asked)


def test_a_reader_who_is_not_in_the_family_on_the_last_day(tmp_path):
    gone = "person  family  from  to\nana  F1  –  2024-12-31\nkim  F1  –  –"
    still = "person  family  from  to\nana  F1  –  2025-01-01\nkim  F1  –  –"
    log = "id  date  agency  activity  person\na  2024-03-01  gp  letter_sent  ana\nb  2024-03-01  gp  visit  kim"
    assert "is not in this family on 31 December 2024" in refused(household(tmp_path / "d", log, gone))
    assert page_of(household(tmp_path / "e", log, still), tick=lambda row: not row["held_back"])


def test_a_reader_who_answers_for_somebody_who_never_was_in_the_family(tmp_path):
    members = "person  family  from  to\nana  F1  –  –\nkim  F2  –  –\nben  F1  –  –"
    review = household(tmp_path / "d", ONE, members)
    assert "answer for somebody who never was in this family" in refused(review)
    assert held(review) == {}


def test_nobody_answers_for_a_reader_but_themselves(tmp_path):
    review = household(tmp_path / "d", ONE)
    assert "a reader too" in refused(review, readers=[("ana", "kim"), ("kim", "")])
    assert "a reader too" in refused(review, readers=[("ana", "ana")])


def test_without_a_members_file_there_is_no_page(tmp_path):
    log = "id  date  agency  activity  person  family\na  2024-03-01  gp  letter_sent  ana  F1"
    review = household(tmp_path / "d", log)
    book = book_with(review, readers=[("ana", "")])
    assert fj.page_for(review, "F1", "ana", book) is not None
    sources = tmp_path / "d" / "sources.yml"
    sources.write_text(sources.read_text().replace(', "members": "members.csv"', ""))
    named = fj.build_journeys(fj.read_contacts(tmp_path / "d"), end="2024-12-31")
    assert "needs a members file" in refused(named, book=book)


def test_no_row_ticked(tmp_path):
    assert "no row is ticked for this reader" in refused(household(tmp_path / "d", ONE), tick=lambda row: False)


# Ticks, in the book itself


def fill(path, sheet, line, **cells):
    workbook = load_workbook(path)
    page = workbook[sheet]
    names = [cell.value.replace(" ", "_") for cell in page[1]]
    for name, value in cells.items():
        page.cell(line, names.index(name) + 1).value = value
    workbook.save(path)


def again(root):
    return fj.build_journeys(fj.read_contacts(root), fj.read_members(root), end="2024-12-31")


def test_a_tick_whose_ground_changed_counts_again_only_when_somebody_has_looked(tmp_path):
    root = tmp_path / "d"
    review = household(root, ONE)
    path = fj.write_book(review)
    fill(path, "readers", 2, family_id="F1", reader="ana", answers_for="kim", decided_by="early help panel")
    fj.write_book(review)
    for line in (2, 3):
        fill(path, "page", line, show="yes", decided_by="early help panel")
    assert len(fj.page_for(review, "F1", "ana")) == 2
    log = root / "log.csv"
    log.write_text(log.read_text().replace("2024-03-01,school,request_for_help", "2024-03-01,school,complaint"))
    changed = again(root)
    only = ["The school sent a letter."]
    assert list(fj.page_for(changed, "F1", "ana")["what_happened"]) == only, "before the book is written anew"
    fj.write_book(changed)
    assert list(fj.page_for(changed, "F1", "ana")["what_happened"]) == only, "while it says look again"
    fill(path, "page", 2, look=None)
    assert list(fj.page_for(changed, "F1", "ana")["what_happened"]) == ["You complained to the school.", *only]


def test_a_tick_stops_counting_where_the_rules_now_hold_the_row_back(tmp_path):
    root = tmp_path / "d"
    review = household(root, ONE)
    book = book_with(review, tick=lambda row: not row["held_back"])
    assert len(fj.page_for(review, "F1", "ana", book)) == 2
    (root / "rules").mkdir()
    (root / "rules" / "readers.yml").write_text(
        "held_back:\n  letters:\n    because: letters go to the other parent too\n    rows: [{activities: [letter_sent]}]\n"
    )
    assert list(fj.page_for(again(root), "F1", "ana", book)["what_happened"]) == ["You asked the school for help."]


def test_a_tick_taken_over_from_an_older_copy_says_look_again(tmp_path):
    root = tmp_path / "d"
    review = household(root, ONE)
    path = fj.write_book(review)
    fill(path, "readers", 2, family_id="F1", reader="ana", answers_for="kim", decided_by="early help panel")
    fj.write_book(review)
    other = tmp_path / "older.xlsx"
    other.write_bytes(path.read_bytes())
    fill(other, "page", 2, show="yes", decided_by="social work team")
    fill(other, "page", 3, show="yes", decided_by="social work team")
    log = root / "log.csv"
    log.write_text(log.read_text().replace("2024-03-01,school,request_for_help", "2024-03-01,school,complaint"))
    changed = again(root)
    fj.write_book(changed)
    fj.merge_books(changed, other)
    assert list(fj.page_for(changed, "F1", "ana")["what_happened"]) == ["The school sent a letter."]


def test_what_is_proposed_reads_word_for_word_as_the_page_does(tmp_path):
    review = household(tmp_path / "d", ONE)
    assert [row["says"] for row in page_proposals(review, book_with(review))] == page_of(review)


# The rules


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("plain:\n  vist: a\n", "line 2.*'vist'.*Did you mean 'visit'"),
        ("plain:\n  visit: '{worker} came'\n", r"line 2.*\{worker\}.*no word that the kit fills in"),
        ("plain:\n  visit: {reader: a}\n", "line 2.*'child': it is not there"),
        ("agencies:\n  scool: the school\n", "line 2.*Did you mean 'school'"),
        ("outcomes:\n  seen: ''\n", "line 2.*has no words"),
        ("held_back:\n  a:\n    because: b\n    rows: [{}]\n", "line 4.*would hold back everything"),
        ("held_back:\n  a:\n    because: b\n    rows:\n      - natures: [touc]\n", "line 5.*expected"),
        ("held_back:\n  a:\n    because: ''\n    rows: []\n", "does not say why"),
        ("held_back:\n  a:\n    becase: b\n", "line 3.*Did you mean 'because'"),
        ("held_back:\n  a:\n    because: b\n    rows: [{agencies: [scool]}]\n", "Did you mean 'school'"),
        ("left_out: [presnt]\n", "Did you mean 'present'"),
        ("hold_back: {}\n", "line 1.*held_back"),
        ("plain: 3\n", "should hold keys and values"),
    ],
)
def test_a_rules_file_that_cannot_be_used_says_where_and_why(tmp_path, lines, message):
    review = household(tmp_path / "d", ONE, rules=lines)
    with pytest.raises(RuleError, match=f"(?s)readers.yml, .*{message}"):
        page_of(review)
