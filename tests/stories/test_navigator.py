"""One point of contact: what might have fallen away, each edge on both sides; who could have stayed; what is kept."""

from __future__ import annotations

import pandas as pd
import pytest
from openpyxl import load_workbook

import journeys as fj
from journeys.activities import read_activities
from journeys.navigatorrules import load_navigator
from journeys.sources import RULES
from lib.errors import RequestError, RuleError
from tests.stories.conftest import drawn, members_of
from tests.stories.test_conditions import write
from tests.stories.test_costs import agree
from tests.stories.test_costs import own as figures


def own(ids):
    return " ".join(i.split(":")[-1].split(".")[-1] for i in ids)


def gone(review):
    """What might have fallen away: contact, reasons, what it rests on; a question mark where there is a doubt."""
    frame = fj.could_fall_away(review).df()
    return [
        f"{own([r.contact_id])} {'+'.join(r.reasons)} ({own(r.rests_on)}){'' if r.is_certain else '?'}"
        for r in frame.itertuples()
    ]


def story(root, *rows, head="date  agency  activity  id  need  to  by", **more):
    root.mkdir(exist_ok=True)
    return drawn(root / "data", {"F1": "\n".join([head, *rows])}, **more)


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("2025-01-09  gp       intake        b  N1  –  –", ["b told_again (a)"]),
        ("2025-01-10  gp       intake        b  N1  –  –", []),
        ("2024-03-01  housing  intake        b  N1  –  –", []),
        ("2024-03-01  gp       intake        b  N2  –  –", []),
        ("2024-03-01  gp       safety_check  b  N1  –  –", []),
        ("2024-01-10  gp       intake        b  N1  –  –", []),
        ("2024-05-01  gp       intake        b  –   –  –", ["b told_again (a)?"]),
        ("2024-05     gp       intake        b  N1  –  –", ["b told_again (a)?"]),
    ],
    ids=["365 days", "366", "same agency", "other need", "no story", "same day", "no need named", "a month"],
)
def test_the_story_told_again_to_another_agency(tmp_path, second, found):
    kept = {"screened_again": {"in_force": False}}
    assert (
        gone(with_rules(tmp_path, kept, "2024-01-10  housing  intake  a  N1  –  –", second, cover_to="2025-12-31"))
        == found
    )


def with_rules(root, lines, *rows, **more):
    """A story under some lines of navigator.yml."""
    import json

    (root / "data" / "rules").mkdir(parents=True)
    (root / "data" / "rules" / "navigator.yml").write_text(json.dumps({"navigator": lines}))
    return story(root, *rows, **more)


PASSED_ON = ("2024-02-01  school  referral  a  N1  early_help  –", "2024-02-10  early_help  referral  b  N1  camhs  –")


@pytest.mark.parametrize(
    ("back", "found"),
    [
        ("2024-05-10  camhs       referral      c  N1  early_help  –", ["b came_back (a c)"]),
        ("2024-05-11  camhs       referral      c  N1  early_help  –", []),
        ("2024-03-01  camhs       not_eligible  c  N1  –           –", ["b came_back (a c)"]),
        ("2024-03-01  camhs       not_eligible  c  –   –           –", ["b came_back (a c)?"]),
        ("2024-03-01  camhs       not_eligible  c  N2  –           –", []),
        ("2024-03-01  camhs       visit         c  N1  –           –", []),
        ("2024-03-01  early_help  not_eligible  c  N1  –           –", []),
        ("2024-03-01  camhs       referral      c  N1  school      –", []),
        ("2024-02-10  camhs       not_eligible  c  N1  –           –", []),
    ],
    ids=["90 days", "91", "refused", "no need", "other need", "taken", "another refuses", "not back", "same day"],
)
def test_a_referral_on_to_a_third_agency_that_came_back(tmp_path, back, found):
    assert gone(story(tmp_path, *PASSED_ON, back)) == found


def test_a_referral_on_needs_one_before_it_from_another_agency_than_the_third(tmp_path):
    back = "2024-03-01  camhs  not_eligible  c  N1  –  –"
    assert gone(story(tmp_path / "none", PASSED_ON[1], back)) == []
    returned = "2024-02-01  camhs  referral  a  N1  early_help  –"
    assert gone(story(tmp_path / "third", returned, PASSED_ON[1], back)) == []


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("2024-04-09  housing  assessment  b  N1  –  –", ["b assessed_again (a)"]),
        ("2024-04-10  housing  assessment  b  N1  –  –", []),
        ("2024-04-09  housing  assessment  b  N2  –  –", []),
        ("2024-04-09  housing  assessment  b  –   –  –", []),
        ("2024-04-09  housing  intake      b  N1  –  –", []),
        ("2024-04     housing  assessment  b  N1  –  –", []),
        ("2024-01-10  school   assessment  b  N1  –  –", []),
        ("2024-04-09  gp       assessment  b  N1  –  –", ["b told_again+assessed_again+screened_again (a)"]),
    ],
    ids=[
        "90 days",
        "91",
        "other need",
        "no need",
        "no assessment",
        "a month",
        "same day",
        "another agency: three reasons",
    ],
)
def test_a_second_assessment_about_the_same(tmp_path, second, found):
    assert gone(story(tmp_path, "2024-01-10  housing  assessment  a  N1  –  –", second)) == found


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("call   b  N1", ["b assessed_again (a)"]),
        ("call   b  N2", ["b assessed_again (a)?"]),
        ("call   b  –", ["b assessed_again (a)?"]),
        ("visit  b  N1", []),
    ],
    ids=["same domain", "same domain, two needs", "same domain, no need", "no domain of its own"],
)
def test_an_assessment_is_of_the_kinds_and_domains_that_activities_yml_marks(tmp_path, second, found):
    marks = {
        "meeting": {"assesses": True, "domain": "home"},
        "call": {"assesses": True, "domain": "home"},
        "visit": {"assesses": True},
    }
    rows = ("2024-01-10  housing  meeting  a  N1", f"2024-02-10  gp  {second}")
    review = story(tmp_path, *rows, head="date  agency  activity  id  need", activities=marks)
    assert gone(review) == found
    assert fj.measures.assessments(review)["duplicates"].sum() == len(found)


@pytest.mark.parametrize(
    ("between", "found"),
    [("case_note", ["b screened_again (a)"]), ("visit", [])],
    ids=["nothing that makes a moment", "another touch between"],
)
def test_screened_again_by_the_next_agency(tmp_path, between, found):
    off = {"told_again": {"in_force": False}}
    rows = ("2024-01-10  housing  intake  a  N1  –  –", f"2024-01-15  school  {between}  x  N1  –  –")
    assert gone(with_rules(tmp_path, off, *rows, "2024-02-10  gp  assessment  b  N1  –  –")) == found


def test_a_chase_and_what_is_before_the_period(tmp_path):
    rows = ("2024-01-10  housing  chase  a  N1  –  –", "2024-03-10  housing  chase  b  N1  –  –")
    assert gone(story(tmp_path / "all", *rows)) == ["a asked_what_happens ()", "b asked_what_happens ()"]
    found = fj.could_fall_away(story(tmp_path / "part", *rows, start="2024-01-11"))
    assert own(found.df()["contact_id"]) == "b" and found.owner.base == 1


def test_help_crises_safety_and_consent_are_never_proposed(tmp_path):
    activities = {"support_session": {"tells_story": True}, "chase": {"safety": True}}
    review = story(
        tmp_path,
        "2024-01-10  school   intake                 a  N1  –  –",
        "2024-01-20  gp       support_session        b  N1  –  –",
        "2024-01-21  police   safety_check           c  N1  –  –",
        "2024-01-22  housing  homelessness_approach  d  N1  –  –",
        "2024-01-23  housing  chase                  e  N1  –  –",
        activities=activities,
    )
    assert gone(review) == []


def test_a_contact_about_consent_is_kept_whatever_its_kind(tmp_path):
    columns = {"contact_id": "id", "family_id": "family", "date": "date", "agency": "agency", "activity": "activity"}
    sources = {"purpose": "a story", "invented": True, "files": {"log": {"format": {
        "columns": columns | {"reason": "reason"}, "dates": ["%Y-%m-%d"]}}}}  # fmt: skip
    rows = [("a", "Consent"), ("b", "rent")]
    log = pd.DataFrame([(i, "F1", "2024-01-10", "gp", "chase", why) for i, why in rows],
                       columns=["id", "family", "date", "agency", "activity", "reason"])  # fmt: skip
    review = fj.build_journeys(fj.read_contacts(frames={"log": log}, sources=sources))
    assert gone(review) == ["b asked_what_happens ()?"]


TWO_CHASES = (
    "2024-01-10  housing  chase  a  N1  –  –",
    "2024-03-10  housing  chase  b  –   –  –",
    "2024-04-10  housing  visit  c  –   –  –",
)


def test_people_strike_out_in_the_book_and_no_run_loses_it(tmp_path):
    review = story(tmp_path, *TWO_CHASES)
    path = fj.write_book(review)
    page = load_workbook(path)["navigator"]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    lines = [dict(zip(heads, row, strict=True)) for row in page.iter_rows(min_row=2, values_only=True)]
    assert [(own([r["contact_id"]]), r["because"], r["on"].month) for r in lines] == [
        ("a", "The family had to ask what was happening", 1),
        ("b", "The family had to ask what was happening", 3),
    ]
    strike(path, 3, "yes")
    found = fj.could_fall_away(review)
    assert own(found.df()["contact_id"]) == "a" and found.owner.struck == 1
    fj.write_book(review)
    assert own(fj.could_fall_away(review).df()["contact_id"]) == "a"
    assert load_workbook(path)["navigator"].max_row == 3
    strike(path, 3, "no")
    assert len(fj.could_fall_away(review)) == 2


def strike(path, line, word):
    workbook = load_workbook(path)
    page = workbook["navigator"]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    page.cell(line, heads.index("strike_out") + 1).value = word
    page.cell(line, heads.index("decided_by") + 1).value = "key worker"
    workbook.save(path)


def test_what_a_reviewer_calls_a_value_step_is_kept(tmp_path):
    review = story(tmp_path, *TWO_CHASES)
    row = {"contact_id": "log:F1.a", "family_id": "F1", "is_value": "yes", "decided_by": "mother"}
    write(fj.write_book(review), "steps", row)
    assert own(fj.could_fall_away(review).df()["contact_id"]) == "b"


def test_a_contact_that_stands_in_two_journeys_is_counted_once_and_doubted_where_one_would_miss_it(tmp_path):
    members = members_of("""
        person  family  from  to  because
        P1      F1      –     –   separated parents
        P1      F2      –     –   separated parents
        P2      F1      –     –   –
    """)
    text = """
        person  date        agency   activity  id  need
        P2      2024-01-10  housing  intake    a   N1
        P1      2024-02-10  gp       intake    b   N1
        P1      2024-03-10  gp       chase     c   N1
    """
    found = fj.could_fall_away(drawn(tmp_path / "data", text, members=members))
    rows = [(own([r.contact_id]), r.family_id, r.doubts) for r in found.df().itertuples()]
    shared = "it stands in another family's journey as well"
    assert rows == [("b", "F1", shared), ("c", "F1", ""), ("c", "F2", "")]
    (away, *_) = fj.measures.navigator(found).itertuples()
    assert (away.contacts_low, away.contacts_high, away.families, away.of_contacts) == (1, 2, 2, 3)


def test_the_net_has_its_own_time_against_it_and_may_be_more_work(tmp_path):
    found = fj.could_fall_away(story(tmp_path, *TWO_CHASES))
    frame = fj.measures.navigator(found)
    # Own visits: 2 to 4 a month for 6 to 12 months, one family.
    assert frame[["contacts_low", "contacts_high"]].values.tolist() == [[1, 2], [12, 48], [-47, -10]]
    assert not [c for c in frame.columns if "pound" in c]
    said = fj.findings.navigator(found)
    assert "Of 3 contacts of 1 family, 1 to 2 might have fallen away" in said and "the net is 10 to 47 more" in said
    assert "£" not in said and "saving" not in said


FIGURES = "OWN1,Call,contact,Northshire,fiscal,10,15,20,2015/16,G,a story\n"
FIGURES += "OWN1,Call,contact,Northshire,social,500,500,500,2015/16,G,a story\n"


def costed(root, *rows):
    """A family some of whose contacts have a cost of the council's own: chases of housing."""
    review = story(root, *rows)
    line = {"activity": "chase", "agency": "housing", "code": "OWN1", "per": "contact", "why": "a story"}
    return agree(review, {"calls": line}, **figures(FIGURES))


def test_pounds_stand_only_where_costs_are_given_and_what_has_none_is_counted(tmp_path):
    review = costed(tmp_path, *TWO_CHASES, "2024-05-10  gp  chase  d  N1  –  –")
    found, costs = fj.could_fall_away(review), fj.costs(review)
    frame = fj.measures.navigator(found, costs)
    # a and b are costed, b is in doubt; d, another agency's, has no cost and is no £0. Social cost is not added.
    assert frame[["contacts_low", "contacts_high", "costed", "uncosted"]].iloc[0].tolist() == [2, 3, 2, 1]
    assert frame[["pounds_low", "pounds_high"]].iloc[0].tolist() == [10, 40]
    assert frame[["costed", "uncosted", "pounds_low", "pounds_high"]].iloc[1:].isna().all(axis=None)
    frame = fj.measures.navigator(found, costs, (1.0, 2.0))
    assert frame[["pounds_low", "pounds_high"]].values.tolist() == [[10, 40], [12, 96], [10 - 96, 40 - 12]]
    assert frame.columns.tolist() == [c.name for c in fj.columns.TABLES["navigator"]]


def test_where_no_contact_has_a_cost_no_pound_stands(tmp_path):
    review = costed(tmp_path, "2024-05-10  gp  chase  d  N1  –  –")
    frame = fj.measures.navigator(fj.could_fall_away(review), fj.costs(review), (1.0, 2.0))
    assert frame[["costed", "uncosted"]].iloc[0].tolist() == [0, 1]
    assert frame[["pounds_low", "pounds_high"]].iloc[[0, 2]].isna().all(axis=None)


def test_the_sample_s_costs_are_taken_as_they_are(tmp_path):
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    found, costs = fj.could_fall_away(review), fj.costs(review)
    (gone, *_) = fj.measures.navigator(found, costs).itertuples()
    rows = costs.df()
    fiscal = rows[(rows["kind"] == "fiscal") & rows["contact_id"].isin(found.df()["contact_id"])]
    each = fiscal.drop_duplicates("contact_id")
    assert (gone.costed, gone.uncosted) == (len(each), gone.contacts_high - len(each)) and gone.uncosted > 0
    assert gone.pounds_high == pytest.approx(float(each["high"].sum())) and gone.pounds_high > 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"costs": pd.DataFrame({"contact_id": []})}, "not what fj.costs gives"),
        ({"visit_pounds": (1, 2)}, "goes with costs"),
    ],
)
def test_costs_that_are_none_are_refused(tmp_path, given, says):
    with pytest.raises(RequestError, match=says):
        fj.measures.navigator(fj.could_fall_away(story(tmp_path, *TWO_CHASES)), **given)


WRONG = {
    "navigator:\n  told_again: {activity: chase}\n": "line 2: 'told_again' is of shape told_again, which has no 'activity'",
    "navigator:\n  mine: {says: a, shape: screened, source: ours, mark: local}\n": "which needs 'activity'. Add it",
    "navigator:\n  told_again:\n    within_days: 0\n": "1 or more",
    "navigator:\n  told_again:\n    shap: x\n": "line 3: unknown key 'shap'. Did you mean 'shape'",
    "navigator:\n  asked_what_happens:\n    activity: chace\n": "line 3: .*Did you mean 'chase'",
    "navigator:\n  assessed_again: {within_days: 9}\n": "of shape assessed_again, which has no 'within_days'",
    "never:\n  activities: [safty_check]\n": "line 2: .*Did you mean 'safety_check'",
    "own:\n  months: [9, 3]\n": "line 2: 'months' is .fewest, most.",
    "own:\n  months: 3\n": "line 2: 'own', 'months'",
    "owns: {}\n": "line 1: unknown key 'owns'",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_line_that_cannot_be_used_is_named_with_its_number(tmp_path, text):
    (tmp_path / "navigator.yml").write_text(text)
    with pytest.raises(RuleError, match=WRONG[text]):
        load_navigator([RULES / "navigator.yml", tmp_path / "navigator.yml"], read_activities())


def test_every_number_of_ours_is_marked_illustrative():
    rules = load_navigator([RULES / "navigator.yml"], read_activities())
    assert {r.mark for r in rules.reasons.values()} | {rules.own.mark} == {"illustrative"}


# Who could have been the one who stayed

STAYED = """
    date        agency       activity  id  need  by
    2024-01-10  school       visit     a   N1    T1
    2024-03-10  school       meeting   b   N2    T2
    2024-06-10  school       call      c   N1    T1
    2024-01-05  housing      visit     d   –     –
    2024-02     early_help   visit     e   N1    E1
    2024-09-01  social_care  referral  f   N3    S1
    2024-12-30  gp           consult   g   –     G1
"""


def test_continuity_recency_and_breadth_side_by_side_in_order_of_meeting(tmp_path):
    frame = fj.best_placed(drawn(tmp_path / "data", {"F1": STAYED})["F1"])
    told = [
        (r.who, r.touches, *(None if pd.isna(n) else int(n) for n in (r.days_known, r.days_since, r.needs)))
        for r in frame.itertuples()
    ]
    assert told == [
        ("Housing", 1, 0, 361, 0),
        ("School", 3, 152, 204, 2),
        ("one worker of School", 2, 152, 204, 1),
        ("one worker of School", 1, 0, 296, 1),
        ("Early help", 1, None, None, 1),
        ("one worker of Early help", 1, None, None, 1),
        ("GP", 1, 0, 1, 0),
        ("one worker of GP", 1, 0, 1, 0),
    ]
    assert frame.columns.tolist() == [c.name for c in fj.columns.TABLES["best_placed"]]


def test_no_worker_is_named_no_score_given_and_nobody_put_first(tmp_path):
    frame = fj.best_placed(drawn(tmp_path / "data", {"F1": STAYED})["F1"])
    assert not {"T1", "T2", "E1", "S1", "G1"} & {str(cell) for row in frame.itertuples() for cell in row}
    assert not [c for c in frame.columns if c in ("score", "rank", "best", "professional_id")]


def test_facts_are_those_of_the_agency_and_of_a_worker_those_that_its_own_contacts_show(tmp_path):
    from tests.stories.conftest import fact

    facts = {"f1": fact("visit"), "f2": fact("meeting")}
    review = drawn(tmp_path / "data", {"F1": STAYED}, facts=facts)
    frame = fj.best_placed(review["F1"], fj.who_knew_what(review))
    known = [(r.who, r.facts) for r in frame.itertuples() if r.agency == "School"]
    assert known == [("School", 2), ("one worker of School", 1), ("one worker of School", 1)]
    with pytest.raises(RequestError, match="one family's"):
        fj.best_placed(review)
