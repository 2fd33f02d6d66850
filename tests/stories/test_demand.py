"""Value and failure demand: what each rule says of a time that somebody asked, each edge on both sides, and what wins."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import journeys as fj
from lib.errors import RequestError, RuleError
from tests.stories.conftest import drawn, members_of


def review_of(root, text, rules=None, **more):
    """Families drawn as a table, with lines of the folder's own demand.yml."""
    folder = root / "data"
    (folder / "rules").mkdir(parents=True)
    if rules is not None:
        (folder / "rules" / "demand.yml").write_text(json.dumps({"demand": rules}), encoding="utf-8")
    return drawn(folder, text, **more)


def own(contact):
    return contact.split(":")[-1].split(".")[-1]


def told(review, labels=()):
    """Each time somebody asked: its own id, class, rule and evidence."""
    found = {}
    for row in fj.demand(review, labels).df().to_dict("records"):
        rule = "" if pd.isna(row["rule"]) else f" {row['rule']}"
        found[own(row["contact_id"])] = f"{row['class']}{rule} ({' '.join(map(own, row['evidence']))})"
    return found


def label(contact, label="", kind="", who="one", family="F1"):
    return {"contact_id": f"log:F1.{contact}", "family_id": family, "label": label, "kind": kind, "decided_by": who}


# What counts as asking


def test_only_rows_where_the_family_or_an_agency_on_its_behalf_asked_are_asking(tmp_path):
    text = """
        family  date        agency       activity          id
        F1      2024-03-01  gp           consult           family
        F1      2024-03-02  social_care  csc_contact       other
        F1      2024-03-03  gp           call              unknown
        F1      2024-03-04  school       visit             agency
        F1      2024-03-05  school       present           mark
    """
    rows = fj.demand(review_of(tmp_path, text)).df()
    assert [(own(c), a) for c, a in zip(rows["contact_id"], rows["asked_by"], strict=True)] == [
        ("family", "family"),
        ("other", "other agency"),
    ]


def test_with_nothing_to_go_by_it_is_unknown_and_the_activity_is_its_kind(tmp_path):
    text = """
        family  date        agency  activity  id
        F1      2024-03-01  gp      consult   a
        F1      2024-03-02  gp      consult   b
    """
    rows = fj.demand(review_of(tmp_path, text)).df()
    assert list(rows["class"]) == ["unknown", "unknown"]
    assert rows["rule"].isna().all() and rows["labelled_by"].isna().all()
    assert set(rows["kind"]) == {"Consultation"}
    assert rows["says"][0] == "Consultation: no rule and no reviewer says why"


# Rules, each with its edge


def test_a_chase_says_itself_what_it_is(tmp_path):
    text = """
        family  date        agency   activity  id
        F1      2024-03-01  housing  chase     a
    """
    (row,) = fj.demand(review_of(tmp_path, text)).df().to_dict("records")
    assert (row["class"], row["rule"], row["kind"]) == ("failure", "chase", "finding out what was happening")
    assert row["labelled_by"] == "rule"


def test_a_complaint_asks_for_what_was_done_wrong_to_be_put_right(tmp_path):
    text = """
        family  date        agency   activity   id  need
        F1      2024-03-01  housing  complaint  a   N1
    """
    assert told(review_of(tmp_path, text)) == {"a": "failure correction (a)"}


@pytest.mark.parametrize("no", ["no_further_action", "not_eligible"])
@pytest.mark.parametrize(("back", "seen"), [("2024-08-28", True), ("2024-08-29", False)])
def test_the_same_need_within_180_days_of_being_turned_away(tmp_path, no, back, seen):
    text = f"""
        family  date        agency       activity           id  need
        F1      2024-02-01  gp           consult            z   N1
        F1      2024-03-01  social_care  {no}  a   N1
        F1      {back}  housing      consult            b   N1
    """
    assert told(review_of(tmp_path, text))["b"] == ("failure turned_away (a b)" if seen else "unknown (b)")


@pytest.mark.parametrize(("first", "then"), [("N1", "N2"), ("–", "N1"), ("N1", "–"), ("–", "–")])
def test_another_need_or_a_need_not_named_is_not_the_same_need(tmp_path, first, then):
    text = f"""
        family  date        agency       activity      id  need
        F1      2024-03-01  social_care  not_eligible  a   {first}
        F1      2024-03-10  gp           consult       b   {then}
    """
    assert "failure" not in told(review_of(tmp_path, text))["b"]


@pytest.mark.parametrize(
    ("no", "ask", "seen"),
    [
        ("2024-03-01", "2024-03-01", False),
        ("2024-03-01 09:00", "2024-03-01 09:01", True),
        ("2024-03-01 09:01", "2024-03-01 09:00", False),
        ("2024-03-01 09:00", "2024-03-01", False),
        ("2024-02", "2024-03-01", True),
        ("2024-03", "2024-03-01", False),
    ],
)
def test_an_ask_that_may_have_come_first_was_not_turned_away_before(tmp_path, no, ask, seen):
    text = f"""
        family  date   agency       activity      id  need
        F1      {no}   social_care  not_eligible  a   N1
        F1      {ask}  gp           consult       b   N1
    """
    assert (told(review_of(tmp_path, text))["b"] == "failure turned_away (a b)") == seen


def test_coming_for_help_is_not_asking_again(tmp_path):
    text = """
        family  date        agency       activity         id  need
        F1      2024-02-20  gp           consult          z   N1
        F1      2024-03-01  social_care  not_eligible     a   N1
        F1      2024-03-10  early_help   support_session  b   N1
    """
    assert told(review_of(tmp_path, text))["b"] == "unknown (b)"


@pytest.mark.parametrize(("agency", "seen"), [("housing", True), ("gp", False)])
def test_the_story_told_again_to_another_agency(tmp_path, agency, seen):
    text = f"""
        family  date        agency    activity  id  need
        F1      2024-03-01  gp        intake    a   N1
        F1      2024-03-02  gp        visit     v   N1
        F1      2024-04-01  {agency}  intake    b   N1
    """
    assert told(review_of(tmp_path, text)) == {
        "a": "value first_asked (a)",
        "b": "failure told_before (a b)" if seen else "unknown (b)",
    }


@pytest.mark.parametrize(("back", "seen"), [("2024-03-01", True), ("2024-03-02", False)])
@pytest.mark.parametrize("person", ["P1", "P2"])
def test_a_re_referral_is_of_the_same_person_within_365_days(tmp_path, back, seen, person):
    text = f"""
        family  person   date        agency       activity      id
        F1      P1       2023-03-02  social_care  csc_referral  a
        F1      {person}  {back}  social_care  csc_referral  b
    """
    seen = seen and person == "P1"
    assert told(review_of(tmp_path, text))["b"] == ("failure referred_again (a b)" if seen else "unknown (b)")


@pytest.mark.parametrize(("back", "seen"), [("2024-08-28", True), ("2024-08-29", False)])
def test_asking_again_with_no_answer_yet(tmp_path, back, seen):
    text = f"""
        family  date        agency   activity          id  need
        F1      2024-03-01  housing  request_for_help  a   N1
        F1      {back}  gp       consult           b   N1
    """
    assert told(review_of(tmp_path, text)) == {
        "a": "value first_asked (a)",
        "b": "failure still_waiting (a b)" if seen else "unknown (b)",
    }


@pytest.mark.parametrize(
    ("between", "seen"),
    [
        ("2024-03-05  school      visit            N1", False),
        ("2024-03-05  school      visit            –", False),
        ("2024-03-05  school      visit            N2", True),
        ("2024-03-05  school      case_note        N1", True),
        ("2024-03-05  school      call             N1", False),
        ("2024-03-05  early_help  support_session  N1", False),
        ("2024-03-01  school      visit            N1", False),
        ("2024-03-09  school      visit            N1", False),
        ("2024-02-29  school      visit            N1", True),
        ("2024-03-10  school      visit            N1", True),
        ("2024-03     school      visit            N1", False),
    ],
)
def test_anything_that_may_have_been_an_answer_ends_the_wait(tmp_path, between, seen):
    date, agency, activity, need = between.split()
    text = f"""
        family  date        agency    activity          id  need
        F1      2024-03-01  housing   request_for_help  a   N1
        F1      {date}  {agency}  {activity}        x   {need}
        F1      2024-03-09  housing   request_for_help  b   N1
    """
    assert (told(review_of(tmp_path, text))["b"] == "failure still_waiting (a b)") == seen


@pytest.mark.parametrize(("until", "seen"), [("2024-03-09", True), ("2024-03-08", False)])
def test_that_no_answer_is_recorded_says_nothing_where_the_records_stop(tmp_path, until, seen):
    text = """
        family  date        agency   activity          id  need
        F1      2024-03-01  housing  request_for_help  a   N1
        F1      2024-03-09  gp       consult           b   N1
    """
    review = review_of(tmp_path, text, covers={"housing": ("2024-01-01", until)})
    assert told(review)["b"] == ("failure still_waiting (a b)" if seen else "unknown (b)")


def test_an_agency_that_passes_the_family_on_does_not_ask_again(tmp_path):
    text = """
        family  date        agency       activity          id  need
        F1      2024-03-01  housing      request_for_help  a   N1
        F1      2024-03-09  social_care  csc_contact       b   N1
    """
    assert told(review_of(tmp_path, text)) == {"a": "value first_asked (a)", "b": "unknown (b)"}


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        ("2024-03-01", "2024-03-02", ["a"]),
        ("2024-03-01", "2024-03-01", []),
        ("2024-03-01 09:00", "2024-03-01 09:01", ["a"]),
        ("2024-03", "2024-03-31", []),
        ("2024-03", "2024-04-01", ["a"]),
    ],
)
def test_the_first_time_a_need_is_asked_about_is_value_where_the_records_can_tell(tmp_path, one, other, first):
    text = f"""
        family  date     agency  activity  id  need
        F1      {one}    gp      consult   a   N1
        F1      {other}  gp      consult   b   N1
        F1      {other}  gp      visit     v   N1
    """
    rows = told(review_of(tmp_path, text))
    assert [i for i, said in rows.items() if said.startswith("value first_asked")] == first


def test_what_an_agency_did_before_does_not_make_a_first_ask_a_second(tmp_path):
    text = """
        family  date        agency  activity  id  need
        F1      2024-03-01  school  referral  a   N1
        F1      2024-03-10  gp      consult   b   N1
    """
    assert told(review_of(tmp_path, text)) == {"b": "value first_asked (b)"}


# The period, and as at a day


@pytest.mark.parametrize(("start", "end", "seen"), [
    ("2024-03-01", "2024-03-10", "a b"), ("2024-03-02", "2024-03-10", "b"), ("2024-03-01", "2024-03-09", "a"),
])  # fmt: skip
def test_only_asks_of_the_period_count_and_earlier_ones_are_what_came_before(tmp_path, start, end, seen):
    text = """
        family  date        agency   activity          id  need
        F1      2024-03-01  housing  request_for_help  a   N1
        F1      2024-03-10  housing  request_for_help  b   N1
    """
    rows = told(review_of(tmp_path, text, start=start, end=end))
    assert " ".join(rows) == seen
    assert rows.get("b", "failure still_waiting (a b)") == "failure still_waiting (a b)"


@pytest.mark.parametrize(("as_at", "seen"), [("2024-05-01", True), ("2024-04-30", False)])
def test_a_decision_that_was_recorded_later_was_not_known(tmp_path, as_at, seen):
    text = """
        family  date        agency       activity      id  need  recorded
        F1      2024-03-01  social_care  not_eligible  a   N1    2024-05-01
        F1      2024-03-10  gp           consult       b   N1    2024-03-10
    """
    rows = told(review_of(tmp_path, text, as_at=as_at))
    assert rows == {"b": "failure turned_away (a b)" if seen else "value first_asked (b)"}


# The rules file


def test_the_first_rule_in_the_order_of_the_file_wins_and_a_folder_may_turn_one_off(tmp_path):
    text = """
        family  date        agency       activity      id  need
        F1      2024-03-01  social_care  not_eligible  a   N1
        F1      2024-03-10  housing      chase         b   N1
    """
    assert told(review_of(tmp_path / "kit", text))["b"] == "failure chase (b)"
    off = review_of(tmp_path / "off", text, {"chase": {"in_force": False}})
    assert told(off)["b"] == "failure turned_away (a b)"


def test_a_folder_adds_a_rule_of_its_own_and_it_is_said(tmp_path):
    mine = {"says": "Sent to the wrong place", "why": "ours", "source": "ours", "mark": "local", "class": "failure"}
    mine |= {"shape": "itself", "asked": "consult", "kind": "being sent to the wrong place"}
    text = """
        family  date        agency  activity  id  need
        F1      2024-03-01  gp      consult   a   N1
        F1      2024-03-02  gp      consult   b   –
    """
    review = review_of(tmp_path, text, {"wrong_place": mine})
    # A new rule comes last: what the kit's rules say stands.
    assert told(review) == {"a": "value first_asked (a)", "b": "failure wrong_place (b)"}
    assert fj.measures.own_rules(review)[["rules", "name", "change"]].values.tolist() == [
        ["demand", "wrong_place", "added"]
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"chase": {"asked": "chaise"}}, "'chaise', which is not in activities.yml. Did you mean 'chase'?"),
        ({"chase": {"within_days": 3}}, "is of shape itself, which has no 'within_days'. Remove it."),
        ({"turned_away": {"same": None}}, "is of shape again, which needs 'same'. Add it."),
        ({"turned_away": {"within_days": 0}}, "within_days is a whole number of days, 1 or more"),
        ({"chase": {"class": "waste"}}, "one of 'value' or 'failure' is expected"),
        ({"chase": {"klass": "value"}}, "unknown key 'klass'. Did you mean 'class'?"),
        ({"new": {"says": "x"}}, "'why': it is not there"),
    ],
)
def test_a_rule_that_cannot_be_used_is_named_with_its_line(tmp_path, rules, message):
    text = """
        family  date        agency  activity  id
        F1      2024-03-01  gp      consult   a
    """
    review = review_of(tmp_path, text, rules)
    with pytest.raises(RuleError, match=r"demand\.yml, line 1: ") as error:
        fj.demand(review)
    assert message in str(error.value)


# Reviewers

TWO = """
    family  date        agency   activity  id
    F1      2024-03-01  housing  chase     a
    F1      2024-03-10  gp       consult   b
"""


def test_a_reviewer_wins_over_the_rules(tmp_path):
    review = review_of(tmp_path, TWO)
    labels = [label("a", "value", "“We need a home”"), label("b", "failure")]
    assert told(review, labels) == {"a": "value (a)", "b": "failure (b)"}
    rows = fj.demand(review, labels).df()
    assert list(rows["kind"]) == ["“We need a home”", "Consultation"]
    assert set(rows["labelled_by"]) == {"reviewer"}


def test_a_reviewer_who_says_as_the_rule_does_keeps_its_evidence_and_may_give_the_words_alone(tmp_path):
    review = review_of(tmp_path, TWO)
    agreed = fj.demand(review, [label("a", "failure")]).df().iloc[0]
    assert (agreed["rule"], agreed["labelled_by"]) == ("chase", "reviewer")
    words = fj.demand(review, [label("a", kind="I rang and rang")]).df().iloc[0]
    assert (words["class"], words["kind"], words["labelled_by"]) == ("failure", "I rang and rang", "rule")


def test_a_reviewer_may_say_unknown(tmp_path):
    row = fj.demand(review_of(tmp_path, TWO), [label("a", "unknown")]).df().iloc[0]
    assert (row["class"], row["labelled_by"]) == ("unknown", "reviewer")


def test_two_reviewers_who_do_not_agree_leave_it_unknown(tmp_path):
    review = review_of(tmp_path, TWO)
    labels = [label("a", "failure", who="one"), label("a", "value", who="two"), label("b", "value", who="one")]
    rows = fj.demand(review, labels)
    assert rows.df()["class"].tolist() == ["unknown", "value"]
    assert rows.df()["says"][0].endswith("two reviewers do not agree why")
    assert rows.owner.pairs == (("failure", "value"),)
    assert fj.demand(review, labels[::-1]).df().to_dict() == rows.df().to_dict()


def test_a_label_of_no_ask_is_counted_and_a_label_that_there_is_not_is_refused(tmp_path):
    review = review_of(tmp_path, TWO)
    rows = fj.demand(review, [label("zzz", "value"), label("a", "value", family="F9")])
    assert rows.owner.unused == ("log:F1.zzz",)
    assert "1 label of reviewers is of no time that these families asked" in fj.findings.demand(rows)
    with pytest.raises(RequestError, match="Did you mean 'failure'"):
        fj.demand(review, [label("a", "failur")])


def test_what_the_sheet_is_filled_with(tmp_path):
    rows = fj.demand_proposals(review_of(tmp_path, TWO)).drop(columns="on").values.tolist()
    assert rows == [
        ["log:F1.a", "F1", "The family asks what is happening", "failure", "chase"],
        ["log:F1.b", "F1", "Consultation", "unknown", ""],
    ]


# Counts


def test_204_of_484_is_42_per_cent_with_its_interval(tmp_path):
    """Failure demand in an advice service, observed: 204 of 484 interviews (Nottingham, 2009)."""
    rows = [f"F1  2024-03-01  gp  {'chase' if n < 204 else 'consult'}  c{n}" for n in range(484)]
    text = "\n".join(["family  date  agency  activity  id", *rows])
    review = review_of(tmp_path, text)
    counted = fj.demand(review, [label(f"c{n}", "value") for n in range(204, 484)])
    (row,) = fj.measures.demand(counted).to_dict("records")
    assert (row["value"], row["failure"], row["unknown"], row["asked"], row["families"]) == (280, 204, 0, 484, 1)
    assert [round(row[c], 4) for c in ("share", "low", "high")] == [0.4215, 0.3783, 0.4659]
    assert fj.findings.demand(counted) == (
        "204 of 484 times that a family asked were failure demand (asking again because something was not done, or not "
        "done right), 42%, with a 95% interval of 38% to 47%."
    )


@pytest.mark.parametrize(
    ("value", "failure", "unknown", "share", "low", "high"),
    [(3, 2, 4, 0.4, 0.1176, 0.7693), (5, 0, 0, 0.0, 0.0, 0.4345), (0, 0, 4, None, None, None)],
)
def test_unknowns_are_no_part_of_the_share_and_nothing_to_share_is_empty_not_0(
    tmp_path, value, failure, unknown, share, low, high
):
    kinds = ["value"] * value + ["failure"] * failure + ["unknown"] * unknown
    rows = [f"F1  2024-03-0{n % 9 + 1}  gp  consult  c{n}" for n in range(len(kinds))]
    review = review_of(tmp_path, "\n".join(["family  date  agency  activity  id", *rows]))
    labels = [label(f"c{n}", kind) for n, kind in enumerate(kinds)]
    row = fj.measures.demand(fj.demand(review, labels)).iloc[0]
    assert (row["value"], row["failure"], row["unknown"]) == (value, failure, unknown)
    found = [None if pd.isna(row[c]) else round(row[c], 4) for c in ("share", "low", "high")]
    assert found == [share, low, high]


def test_by_month_every_month_of_the_period_and_what_is_known_to_none(tmp_path):
    text = """
        family  date        agency   activity  id  earliest    latest
        F1      2024-01-15  housing  chase     a   –           –
        F1      2024-03     housing  chase     b   –           –
        F1      –           housing  chase     c   2024-02-20  2024-03-05
        F1      –           housing  chase     d   2023-12-20  2024-01-11
    """
    rows = fj.demand(review_of(tmp_path, text, start="2024-01-10", end="2024-04-02"))
    found = fj.measures.demand(rows, "month")
    assert [(f"{m:%Y-%m}" if not pd.isna(m) else "", a) for m, a in zip(found["month"], found["asked"], strict=True)] == [
        ("2024-01", 1), ("2024-02", 0), ("2024-03", 1), ("2024-04", 0), ("", 2),
    ]  # fmt: skip
    assert fj.measures.demand(rows, "year")["asked"].tolist() == [3, 1]
    assert fj.measures.demand(rows, "quarter")["asked"].tolist() == [3, 0, 1]


def test_a_child_of_two_families_is_counted_once_and_in_each_familys_own_row(tmp_path):
    members = members_of("""
        person  family  from  to  because
        P1      F1      –     –   separated parents
        P1      F2      –     –   separated parents
    """)
    text = """
        person  date        agency   activity  id
        P1      2024-03-01  housing  chase     a
        P1      2024-03-02  gp       consult   b
    """
    review = review_of(tmp_path, text, members=members)
    rows = fj.demand(review)
    assert len(rows) == 4
    total = fj.measures.demand(rows).iloc[0]
    assert (total["failure"], total["unknown"], total["asked"], total["families"]) == (1, 1, 2, 2)
    assert fj.measures.demand(rows, "family")[["family_id", "asked"]].values.tolist() == [["F1", 2], ["F2", 2]]
    b1 = {"contact_id": "log:b", "family_id": "F1", "label": "value", "decided_by": "one"}
    known = fj.measures.demand(fj.demand(review, [b1])).iloc[0]
    assert (known["value"], known["unknown"]) == (1, 0)
    differ = fj.measures.demand(fj.demand(review, [b1, b1 | {"family_id": "F2", "label": "failure"}])).iloc[0]
    assert (differ["value"], differ["failure"], differ["unknown"]) == (0, 1, 1)


def test_by_agency_is_refused_in_words_that_say_why(tmp_path):
    rows = fj.demand(review_of(tmp_path, TWO))
    with pytest.raises(RequestError, match="belongs to the system"):
        fj.measures.demand(rows, "agency")
    with pytest.raises(RequestError, match="Did you mean 'month'"):
        fj.measures.demand(rows, "months")
    with pytest.raises(RequestError, match=r"rows = fj\.demand\(review\)"):
        fj.measures.demand(fj.switches(rows.owner.review))


def test_the_sentence_gives_unknowns_apart_and_leads_with_them_where_they_are_most(tmp_path):
    review = review_of(tmp_path, TWO)
    assert fj.findings.demand(fj.demand(review)) == (
        "1 of 1 time that a family asked was failure demand (asking again because something was not done, or not done "
        "right), 100%, with a 95% interval of 21% to 100%; for 1 more nobody has said why."
    )
    said = fj.findings.demand(fj.demand(review, [label("a", "unknown")]))
    assert said.startswith("A family asked 2 times, and nobody has said why: there is no share of failure demand (")
    text = TWO + "    F1      2024-03-11  gp       consult   c\n"
    lead = fj.findings.demand(fj.demand(review_of(tmp_path / "three", text)))
    assert lead.startswith("For 2 of 3 times that a family asked, nobody has said why; of the other 1, 1 was failure")
    assert "the share can be too high" in lead


def test_the_sample_names_few_needs_so_most_of_its_asks_are_unknown():
    """Its chases say what they are; one need is planted as turned away and back, and three people as referred twice."""
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    rows = fj.demand(review, ())
    total = fj.measures.demand(rows).iloc[0]
    assert [total[c] for c in ("value", "failure", "unknown", "asked")] == [2, 29, 115, 146]
    labelled = fj.measures.demand(fj.demand(review)).iloc[0]
    assert [labelled[c] for c in ("value", "failure", "unknown", "asked")] == [42, 36, 68, 146]
    steps = review.steps.df()
    chased = steps.loc[steps["activity"] == "chase", "contact_id"]
    once = rows.df().drop_duplicates("contact_id")
    assert sorted(once.loc[once["rule"] == "chase", "contact_id"]) == sorted(set(chased))
    assert once["rule"].value_counts().to_dict() == {
        "chase": 25, "referred_again": 3, "first_asked": 2, "turned_away": 1,
    }  # fmt: skip
    back = once[once["rule"] == "turned_away"].iloc[0]
    assert (back["family_id"], back["need_id"], back["activity"]) == ("F0004", "F0004-N1", "csc_referral")
