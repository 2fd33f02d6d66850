"""Which agency knew which fact when: shares over one fixed base, the day they together knew enough, and lags."""

import pandas as pd
import pytest

import journeys as fj
from lib.errors import PermissionRefused, RequestError
from tests.stories.conftest import drawn, fact, known_of, members_of, supplied

NEED = ("school", "police", "social_care")
FACTS = {
    "f1": fact("visit", needed_by=NEED),
    "f2": fact("call"),
    "f3": fact("incident"),
    "f4": fact("message"),
    "f5": fact("meeting"),
    "f6": fact("intake", needed_by=("gp",)),
}
PIECES = """
    family  date        agency       activity  id
    F1      2024-01-10  school       visit     a
    F1      2024-02-01  school       call      b
    F1      2024-03-01  police       visit     c
    F1      2024-01-20  police       incident  d
    F1      2024-02-15  gp           message   e
    F1      2024-06-01  social_care  visit     f
    F1      2024-06-01  social_care  meeting   g
    """
ROWS = [
    "f1 police 1 Mar (c)",
    "f1 school 10 Jan (a)",
    "f1 social_care 1 Jun (f)",
    "f2 school 1 Feb (b)",
    "f3 police 20 Jan (d)",
    "f4 gp 15 Feb (e)",
    "f5 social_care 1 Jun (g)",
]


def story(root, text=PIECES, facts=FACTS, as_at="2024-06-30", **more):
    root.mkdir(exist_ok=True)
    return drawn(root / "data", text, facts=facts, end=as_at, as_at=as_at, **more)


def summed(review, family="F1", **named):
    return fj.together.summary(fj.who_knew_what(review, **named), family).iloc[0]


def lag(review, name, family="F1"):
    row = fj.together.lags(fj.who_knew_what(review), family).set_index("fact").loc[name]
    return (None if pd.isna(row.days_lag) else int(row.days_lag)), bool(row.is_open)


def day(value):
    return None if pd.isna(value) else f"{value:%-d %b %Y}"


def test_the_first_day_each_agency_knew_each_fact_with_the_row_that_shows_it(tmp_path):
    assert known_of(story(tmp_path)) == ROWS


def test_shares_are_over_all_facts_that_anybody_knew(tmp_path):
    shares = fj.together.shares(fj.who_knew_what(story(tmp_path)), "F1")
    counted = {r.agency: (r.known, r.facts, r.share) for r in shares.itertuples()}
    expected = {"school": (2, 5, 0.4), "police": (2, 5, 0.4), "gp": (1, 5, 0.2), "social_care": (2, 5, 0.4)}
    assert counted == expected


def test_shares_stand_in_order_of_first_contact_and_never_by_size(tmp_path):
    more = PIECES + "F1  2024-01-02  gp  letter  z\n"
    shares = fj.together.shares(fj.who_knew_what(story(tmp_path, more)), "F1")
    assert list(shares["agency"]) == ["gp", "school", "police", "social_care"]


def test_together_they_knew_enough_on_the_third_fact_and_no_agency_ever_did(tmp_path):
    row = summed(story(tmp_path))
    assert (row.facts, row.agencies, row.enough, day(row.enough_on)) == (5, 4, 3, "1 Feb 2024")
    assert pd.isna(row.alone_enough_on) and pd.isna(row.whole_picture_on)
    days = fj.together.by_day(fj.who_knew_what(story(tmp_path / "again")), "F1")
    first = [(day(d), t) for d, t in zip(days["day"], days["together"], strict=True)][:3]
    assert first == [("10 Jan 2024", 1), ("20 Jan 2024", 2), ("1 Feb 2024", 3)]


def test_a_tie_for_the_best_informed_is_a_share_with_no_name(tmp_path):
    row = summed(story(tmp_path))
    assert row.best_known == 2 and pd.isna(row.best_agency)
    ahead = summed(story(tmp_path / "ahead", PIECES + "F1  2024-06-02  school  meeting  h\n"))
    assert (ahead.best_known, ahead.best_agency) == (3, "school")


def test_an_agency_that_knew_enough_by_itself_and_one_that_had_it_all(tmp_path):
    three = summed(story(tmp_path, PIECES + "F1  2024-06-02  school  meeting  h\n"))
    assert day(three.alone_enough_on) == "2 Jun 2024" and pd.isna(three.whole_picture_on)
    rest = "".join(
        f"F1  2024-06-0{n}  school  {a}  x{n}\n" for n, a in ((3, "incident"), (4, "message"), (5, "meeting"))
    )
    assert day(summed(story(tmp_path / "all", PIECES + rest)).whole_picture_on) == "5 Jun 2024"


@pytest.mark.parametrize(("enough", "on"), [(1, "10 Jan 2024"), (2, "20 Jan 2024"), (5, "1 Jun 2024"), (6, None)])
def test_enough_is_the_number_that_the_rules_declare(tmp_path, enough, on):
    root = story(tmp_path).session.folder.path
    (root / "rules" / "facts.yml").write_text(
        (root / "rules" / "facts.yml").read_text().replace('{"facts"', f'{{"enough": {enough}, "facts"')
    )
    review = fj.build_journeys(fj.read_contacts(root), end="2024-06-30")
    assert day(summed(review).enough_on) == on


def test_the_lag_runs_from_the_first_that_knew_to_the_last_that_ought_to(tmp_path):
    assert lag(story(tmp_path), "f1") == (143, False)


def test_the_lag_is_open_while_one_that_ought_to_know_does_not(tmp_path):
    needed = FACTS | {"f1": fact("visit", needed_by=(*NEED, "gp"))}
    assert lag(story(tmp_path, facts=needed), "f1") == (172, True)
    assert lag(story(tmp_path / "sooner", facts=needed, as_at="2024-06-29"), "f1") == (171, True)
    told = PIECES + "F1  2024-06-30  gp  visit  h\n"
    assert lag(story(tmp_path / "told", told, facts=needed), "f1") == (172, False)


def test_the_lag_of_a_fact_that_nobody_is_said_to_need_is_empty_and_closed(tmp_path):
    assert lag(story(tmp_path), "f2") == (None, False)


def test_an_agency_that_supplied_nothing_leaves_the_lag_untold_and_not_open(tmp_path):
    needed = FACTS | {"f1": fact("visit", needed_by=(*NEED, "housing"))}
    review = story(tmp_path, facts=needed)
    row = fj.together.lags(fj.who_knew_what(review), "F1").set_index("fact").loc["f1"]
    assert (row.need, row.need_and_know, row.not_supplied) == (4, 3, 1)
    assert lag(review, "f1") == (None, False)
    both = FACTS | {"f1": fact("visit", needed_by=(*NEED, "housing", "gp"))}
    assert lag(story(tmp_path / "both", facts=both), "f1") == (172, True)


def test_not_supplied_is_not_the_same_as_not_recorded(tmp_path):
    covers = {"gp": ("2024-02-10", "2024-02-20"), "school": ("2024-01-01", "2024-01-31")}
    text = PIECES.replace("2024-02-01  school", "2024-01-12  school")
    shares = fj.together.shares(fj.who_knew_what(story(tmp_path, text, covers=covers)), "F1").set_index("agency")
    # School's records end before f4 and f5 were known to anybody, the GP's before f5 was.
    assert shares["not_supplied"].to_dict() == {"school": 2, "police": 0, "gp": 1, "social_care": 0}
    declared_to_the_day = {"gp": ("2024-02-10", "2024-06-01")}
    shares = fj.together.shares(fj.who_knew_what(story(tmp_path / "b", covers=declared_to_the_day)), "F1")
    assert shares.set_index("agency").loc["gp", "not_supplied"] == 0


def test_a_named_fact_that_nobody_knew_makes_the_shares_sixths_and_leaves_the_day(tmp_path):
    review = story(tmp_path)
    for named in (["f6"], {"F1": ["f6"]}):
        known = fj.who_knew_what(review, named=named)
        shares = fj.together.shares(known, "F1").set_index("agency")["share"]
        assert shares.round(4).to_dict() == {"school": 0.3333, "police": 0.3333, "gp": 0.1667, "social_care": 0.3333}
        row = fj.together.summary(known, "F1").iloc[0]
        assert (row.facts, day(row.enough_on)) == (6, "1 Feb 2024")
        lags = fj.together.lags(known, "F1").set_index("fact").loc["f6"]
        assert pd.isna(lags.first_known_on) and pd.isna(lags.days_lag) and not lags.is_open


def test_a_fact_named_for_one_family_changes_no_other(tmp_path):
    two = PIECES + PIECES.replace("F1  ", "F2  ").split("id\n")[1]
    known = fj.who_knew_what(story(tmp_path, two), named={"F1": ["f6"]})
    assert fj.together.summary(known).set_index("family_id")["facts"].to_dict() == {"F1": 6, "F2": 5}


def test_the_base_is_fixed_at_the_day_looked_at(tmp_path):
    row = summed(story(tmp_path, as_at="2024-02-10"))
    assert (row.facts, row.best_known, day(row.enough_on)) == (3, 2, "1 Feb 2024")


# When a contact makes a fact known


def test_a_contact_recorded_late_makes_it_known_on_the_day_it_was_recorded(tmp_path):
    text = """
        family  date        agency  activity  id  recorded
        F1      2024-01-10  school  visit     a   2024-02-20
        F1      2024-02-01  school  visit     b   2024-02-01
        F1      2024-01-05  police  visit     c   –
        """
    assert known_of(story(tmp_path, text)) == ["f1 police 5 Jan (c)", "f1 school 1 Feb (b)"]


def test_a_contact_known_to_the_month_makes_it_known_by_the_months_end(tmp_path):
    text = """
        family  date        agency  activity  id
        F1      2024-02     school  visit     a
        F1      2024-02-29  school  visit     b
        F1      2024-02     gp      visit     c
        F1      2024-02-28  gp      visit     d
        """
    assert known_of(story(tmp_path, text)) == ["f1 gp 28 Feb (d)", "f1 school 29 Feb (a b)"]


def test_a_month_that_has_not_ended_is_not_known_yet(tmp_path):
    text = "family  date  agency  activity  id\nF1  2024-06  school  visit  a\nF1  2024-05-01  gp  call  b"
    assert known_of(story(tmp_path, text, as_at="2024-06-29")) == ["f2 gp 1 May (b)"]
    assert known_of(story(tmp_path / "b", text)) == ["f1 school 30 Jun (a)", "f2 gp 1 May (b)"]


def test_an_amended_contact_counts_as_what_it_was_by_the_day(tmp_path):
    text = """
        family  date        agency  activity  id  recorded
        F1      2024-01-10  school  visit     a   2024-01-10
        F1      2024-01-10  school  letter    a   2024-03-01
        F1      2024-01-11  gp      call      b   2024-01-11
        """
    assert known_of(story(tmp_path, text, as_at="2024-02-29")) == ["f1 school 10 Jan (a)", "f2 gp 11 Jan (b)"]
    assert known_of(story(tmp_path / "b", text, as_at="2024-03-01")) == ["f2 gp 11 Jan (b)"]


def test_what_the_family_itself_tells_is_no_agencys_knowledge(tmp_path):
    text = "family  date  agency  activity  id\nF1  2024-01-02  family  visit  a\nF1  2024-01-03  gp  visit  b"
    assert known_of(story(tmp_path, text)) == ["f1 gp 3 Jan (b)"]


def test_a_shared_childs_contact_makes_it_known_in_both_families(tmp_path):
    members = members_of("""
        person  family  from        to  because
        K       F1      2024-01-01  –   separated parents
        K       F2      2024-02-01  –   separated parents
        """)
    text = "person  date  agency  activity  id\nK  2024-01-20  school  call  a\nK  2024-03-01  school  visit  b"
    review = story(tmp_path, text, members=members)
    assert known_of(review) == ["f1 school 1 Mar (b)", "f2 school 20 Jan (a)"]
    assert known_of(review, "F2") == ["f1 school 1 Mar (b)"]


# Facts that take more than one row, or rows of one kind only

THREE = {"f1": fact("visit", times=3, within_days=28)}


@pytest.mark.parametrize(("third", "found"), [("2024-01-29", ["f1 school 29 Jan (a b c)"]), ("2024-01-30", [])])
def test_three_rows_in_28_days_and_on_day_29(tmp_path, third, found):
    text = f"""
        family  date        agency  activity  id
        F1      2024-01-01  school  visit     a
        F1      2024-01-15  school  visit     b
        F1      {third}     school  visit     c
        """
    assert known_of(story(tmp_path, text, facts=THREE)) == found


def test_three_rows_of_three_agencies_are_not_three_of_one(tmp_path):
    text = """
        family  date        agency  activity  id
        F1      2024-01-01  school  visit     a
        F1      2024-01-02  gp      visit     b
        F1      2024-01-03  police  visit     c
        """
    assert known_of(story(tmp_path, text, facts=THREE)) == []


def test_an_imprecise_row_counts_only_where_it_lies_in_the_window_wherever_it_fell(tmp_path):
    text = """
        family  date        agency  activity  id
        F1      2024-02-05  school  visit     a
        F1      2024-02-06  school  visit     b
        F1      2024-02     school  visit     c
        """
    assert known_of(story(tmp_path, text, facts=THREE)) == ["f1 school 29 Feb (a b c)"]
    assert known_of(story(tmp_path / "b", text.replace("2024-02     ", "2024-01     "), facts=THREE)) == []


def test_a_fact_that_only_some_agencies_rows_show(tmp_path):
    kinds = {"f1": fact({"activity": "visit", "agency": ["gp", "police"]})}
    text = """
        family  date        agency      activity  id
        F1      2024-01-01  early_help  visit     a
        F1      2024-01-02  police      visit     b
        """
    assert known_of(story(tmp_path, text, facts=kinds)) == ["f1 police 2 Jan (b)"]


def test_a_reason_is_compared_without_regard_to_capitals(tmp_path):
    rows = "id,family,when,what,why\n1,F1,2024-01-01,consult,rash\n2,F1,2024-01-02,consult, Low  MOOD\n"
    columns = {"contact_id": "id", "family_id": "family", "date": "when", "activity": "what", "reason": "why"}
    entry = {"agency": "gp", "format": {"columns": columns, "dates": ["%Y-%m-%d"]}}
    folder = supplied(tmp_path / "data", {"gp.csv": rows}, {"gp.csv": entry})
    review = fj.build_journeys(fj.read_contacts(folder), end="2024-06-30")
    assert known_of(review) == ["low_mood gp 2 Jan (2)"]


# Told by a referral

PASSES = {"f1": fact("visit", passes_by=["referral"]), "f2": fact("call")}


def referred(root, *rows, facts=PASSES):
    head = "family  date  agency  activity  to  id\n"
    return known_of(story(root, head + "\n".join(f"F1  {row}" for row in rows), facts=facts))


def test_a_referral_by_an_agency_that_knew_tells_the_one_it_names_on_that_day(tmp_path):
    found = referred(tmp_path, "2024-01-02  school  visit  –  a", "2024-01-05  school  referral  gp  b")
    assert found == ["f1 gp 5 Jan passed on (b)", "f1 school 2 Jan (a)"]


@pytest.mark.parametrize(
    "rows",
    [
        ["2024-01-05  school  visit  –  a", "2024-01-04  school  referral  gp  b"],
        ["2024-01-02  police  visit  –  a", "2024-01-05  school  referral  gp  b"],
        ["2024-01-02  school  visit  –  a", "2024-01-05  school  referral  –  b"],
        ["2024-01-02  school  visit  –  a", "2024-01-05  school  referral  school  b"],
        ["2024-01-02  school  visit  –  a", "2024-01-05  school  letter  gp  b"],
        ["2024-01-10  school  visit  –  a", "2024-01  school  referral  gp  b"],
        ["2024-01-05 14:00  school  visit  –  a", "2024-01-05 09:00  school  referral  gp  b"],
    ],
    ids=["before it knew", "by another", "to nobody", "to itself", "no referral", "perhaps before", "that day, before"],
)
def test_no_other_row_tells(tmp_path, rows):
    assert [row for row in referred(tmp_path, *rows) if "passed on" in row or " gp " in row] == []


@pytest.mark.parametrize(
    ("visit", "referral"),
    [
        ("2024-01-05", "2024-01-05"),
        ("2024-01-05 14:00", "2024-01-05"),
        ("2024-01-05 09:00", "2024-01-05 14:00"),
        ("2024-01-05 09:00", "2024-01-05 09:00"),
        ("2024-01", "2024-01-31"),
    ],
)
def test_a_referral_of_the_same_day_tells_unless_it_surely_came_first(tmp_path, visit, referral):
    found = referred(tmp_path, f"{visit}  school  visit  –  a", f"{referral}  school  referral  gp  b")
    assert [row for row in found if "passed on (b)" in row]


def test_a_fact_that_no_referral_carries_stays_where_it_is(tmp_path):
    found = referred(tmp_path, "2024-01-02  school  call  –  a", "2024-01-05  school  referral  gp  b")
    assert found == ["f2 school 2 Jan (a)"]


def test_who_was_told_tells_in_turn_and_not_before(tmp_path):
    rows = [
        "2024-01-02  school      visit     –            a",
        "2024-01-09  early_help  referral  social_care  c",
        "2024-01-05  school      referral  early_help   b",
        "2024-01-04  early_help  referral  police       d",
    ]
    assert referred(tmp_path, *rows) == [
        "f1 early_help 5 Jan passed on (b)",
        "f1 school 2 Jan (a)",
        "f1 social_care 9 Jan passed on (c)",
    ]


def test_referrals_in_a_ring_tell_nobody_what_none_of_them_knew(tmp_path):
    rows = ["2024-01-05  school  referral  gp  a", "2024-01-05  gp  referral  school  b", "2024-01-05  gp  call  –  c"]
    assert referred(tmp_path, *rows) == ["f2 gp 5 Jan (c)"]


def test_what_an_agency_recorded_by_then_itself_is_not_passed_on(tmp_path):
    rows = ["2024-01-02  school  visit  –  a", "2024-01-05  school  referral  gp  b"]
    assert "f1 gp 5 Jan (c)" in referred(tmp_path, *rows, "2024-01-05  gp  visit  –  c")
    assert "f1 gp 4 Jan (c)" in referred(tmp_path / "b", *rows, "2024-01-04  gp  visit  –  c")
    assert "f1 gp 5 Jan passed on (b)" in referred(tmp_path / "c", *rows, "2024-01-06  gp  visit  –  c")


# From enough to help

SO_FAR = 150
"""Help that has not come is open, and counted until now: from 1 February to 30 June 2024."""


@pytest.mark.parametrize(
    ("helped", "days", "before", "is_open"),
    [
        ("2024-02-01", 0, False, False),
        ("2024-02-11", 10, False, False),
        ("2024-01-31", None, True, False),
        ("2024-01", None, True, False),
        (None, SO_FAR, False, True),
    ],
)
def test_days_from_the_day_they_knew_enough_to_the_first_help(tmp_path, helped, days, before, is_open):
    row = f"F1  {helped}  early_help  help started  h\n" if helped else ""
    found = summed(story(tmp_path, PIECES + row))
    assert (None if pd.isna(found.days_to_help) else found.days_to_help) == days
    assert (bool(found.helped_before), bool(found.is_open)) == (before, is_open)


def test_without_enough_there_is_nothing_to_count_from(tmp_path):
    text = "family  date  agency  activity  id\nF1  2024-01-02  gp  visit  a\nF1  2024-01-03  gp  help started  b"
    found = summed(story(tmp_path, text))
    assert pd.isna(found.enough_on) and pd.isna(found.days_to_help) and not found.is_open and not found.helped_before


def test_the_measure_counts_every_family_and_names_no_agency(tmp_path):
    two = PIECES + "F2  2024-01-01  gp  letter  z\n"
    frame = fj.measures.knowledge(fj.who_knew_what(story(tmp_path, two)))
    assert frame["family_id"].tolist() == ["F1", "F2"] and frame["facts"].tolist() == [5, 0]
    assert "best_agency" not in frame.columns
    assert not {"school", "police", "gp", "social_care"} & set(frame.astype(str).to_numpy().ravel())


# What cannot be asked


def test_a_use_that_is_not_allowed(tmp_path):
    review = story(tmp_path)
    review.session.folder.entry.invented = False
    with pytest.raises(PermissionRefused, match="real data and has no"):
        fj.who_knew_what(review)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda r: fj.who_knew_what(r, named=["low_mod"]), "no fact 'low_mod'.*Did you mean 'low_mood'"),
        (lambda r: fj.who_knew_what(r, named={"F11": ["f6"]}), "family 'F11'.*Did you mean 'F1'"),
        (lambda r: fj.who_knew_what(r.steps), "Write review = fj.build_journeys"),
        (lambda r: fj.together.lags(r.steps, "F1"), "Write known = fj.who_knew_what"),
        (lambda r: fj.together.summary(r.steps), "Write known = fj.who_knew_what"),
        (lambda r: fj.together.shares(fj.who_knew_what(r), "F11"), "Did you mean 'F1'"),
    ],
)
def test_a_wrong_request_is_refused_in_words(tmp_path, act, says):
    with pytest.raises(RequestError, match=says):
        act(story(tmp_path))
