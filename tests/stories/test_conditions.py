"""Conditions in the system: the events that each explains, when it is only a hunch, and what is refused."""

from __future__ import annotations

import json
import random

import pytest
from openpyxl import load_workbook

import journeys as fj
from journeys import judgements
from journeys.activities import read_activities
from journeys.conditionkinds import load_condition_kinds
from journeys.effects import load_effects
from journeys.sources import RULES
from lib.errors import DataError, RequestError, RuleError
from tests.stories.conftest import drawn
from tests.stories.test_chronology_shapes import HEAD

TEXT = """
    family  date        agency       activity           id   need  to
    F1      2024-01-10  housing      intake             a1   N1    –
    F1      2024-02-01  school       referral           a2   N1    early_help
    F1      2024-03-05  social_care  no_further_action  a3   N1    –
    F1      2024-04-02  gp           referral           a4   N1    school
    F1      2024-04-08  social_care  assessment         a5   N1    –
    F2      2024-05-02  school       referral           b1   –     camhs
    F2      2024-06-06  school       chase              b2   –     –
    F3      2024-07-01  gp           visit              c1   –     –
"""
NOT_NOW = {"covers": {"camhs": ("2024-01-01", "2024-12-31"), "early_help": ("2024-01-01", "2024-12-31")}}
BAR = "Help waits until harm is done"


def write(path, sheet, *rows):
    """Write rows of people's own into a sheet, one under the other."""
    workbook = load_workbook(path)
    page = workbook[sheet]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    line = next(n for n in range(2, page.max_row + 2) if not any(c.value for c in page[n]))
    for at, row in enumerate(rows, start=line):
        for name, value in row.items():
            page.cell(at, heads.index(name) + 1).value = value
    workbook.save(path)


def says(family, evidence, words=BAR, category="thresholds", **more):
    """A row of the sheet of conditions; evidence by the story's own ids."""
    ids = "; ".join(f"log:{family}.{e}" if len(e) == 2 else e for e in evidence.split())
    row = {"category": category, "condition": words, "family_id": family, "evidence": ids, "decided_by": "check team"}
    return row | more


def reviewed(root, *rows, text=TEXT, **more):
    """A review whose book says these conditions."""
    root.mkdir(exist_ok=True)
    review = drawn(root / "data", text, **(NOT_NOW | more))
    write(fj.write_book(review), "conditions", *rows)
    return review


def found(review):
    return [
        (r.condition, r.events, r.families, "hunch" if r.is_hunch else "")
        for r in fj.conditions(review).itertuples()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("second", "seen"),
    [
        (says("F2", "b1"), (BAR, 2, 2, "")),
        (says("F1", "a4"), (BAR, 2, 1, "hunch")),
        (says("F1", "a3"), (BAR, 1, 1, "hunch")),
        (says("F2", "b1 b2"), (BAR, 3, 2, "")),
    ],
    ids=["two in two", "two in one family", "the same event twice", "three in two"],
)
def test_two_events_in_two_families_make_a_condition_and_fewer_a_hunch(tmp_path, second, seen):
    assert found(reviewed(tmp_path, says("F1", "a3"), second)) == [seen]


def test_a_shared_childs_contact_is_one_event_in_two_families_and_so_a_hunch(tmp_path):
    import pandas as pd

    shared = [("P1", "F1"), ("P1", "F2"), ("P2", "F1"), ("P3", "F2")]
    members = pd.DataFrame(
        [(p, f, None, None, "separated parents" if p == "P1" else "") for p, f in shared],
        columns=["person_id", "family_id", "from_date", "to_date", "because"],
    )
    text = """
        person  date        agency  activity  id
        P1      2024-01-10  school  referral  a1
        P2      2024-02-10  school  referral  a2
        P3      2024-03-10  school  referral  a3
    """
    rows = [says("F1", "log:a1"), says("F2", "log:a1")]
    review = reviewed(tmp_path / "one", *rows, text=text, members=members)
    assert found(review) == [(BAR, 1, 2, "hunch")]
    assert found(reviewed(tmp_path / "two", *rows, says("F2", "log:a3"), text=text, members=members)) == [
        (BAR, 2, 2, "")
    ]


def test_a_record_that_names_two_agencies_is_one_event(tmp_path):
    sources = {"purpose": "a story", "invented": True, "files": {"log.csv": {"format": "chronology"}}}
    (tmp_path / "sources.yml").write_text(json.dumps(sources))
    (tmp_path / "log.csv").write_text(
        f"{HEAD}E1,F1,2024-01-10,,,Clinic / Ward,child,visit,,words\nE2,F2,2024-02-10,,,Ward,child,visit,,words\n"
    )
    review = fj.build_journeys(fj.read_contacts(tmp_path))
    write(fj.write_book(review), "conditions", says("F1", "log:E1#1"), says("F1", "log:E1#2"))
    assert found(review) == [(BAR, 1, 1, "hunch")]
    write(review.session.folder.path / "review" / "review.xlsx", "conditions", says("F2", "log:E2"))
    assert found(review) == [(BAR, 2, 2, "")]


def test_the_same_words_are_one_condition_however_they_are_spaced_and_written(tmp_path):
    rows = [says("F1", "a3"), says("F2", "b1", words="help  waits until harm is DONE"), says("F1", "a4")]
    assert found(reviewed(tmp_path, *rows)) == [(BAR, 3, 2, "")]


def test_one_condition_under_two_kinds_is_refused_with_both_rows(tmp_path):
    review = reviewed(tmp_path, says("F1", "a3"), says("F2", "b1", category="roles"))
    with pytest.raises(DataError, match=r"sheet 'conditions', row 3: .*'thresholds' in row 2, and under 'roles' here"):
        fj.conditions(review)


@pytest.mark.parametrize("evidence", ["a9", "log:F2.b1", "no-such-chance"])
def test_evidence_in_no_journey_of_the_family_is_refused_with_sheet_and_row(tmp_path, evidence):
    review = reviewed(tmp_path, says("F1", "a3"), says("F1", evidence))
    with pytest.raises(
        DataError, match=r"sheet 'conditions', row 3: its evidence, number 1, is no contact of this family's journey"
    ) as fault:
        fj.conditions(review)
    # What somebody typed there may be words.
    assert f"'{evidence}'" not in str(fault.value)


def test_an_event_after_the_end_is_not_refused_and_is_counted(tmp_path):
    review = reviewed(tmp_path, says("F1", "a3"), says("F2", "b1 b2"))
    before = fj.build_journeys(fj.read_contacts(review.session.folder.path), end="2024-05-31")
    assert found(before) == [(BAR, 2, 2, "")]
    assert fj.conditions(before).attrs["later"] == 1
    assert "1 event came, or was recorded, after this review's end" in fj.findings.conditions(before)


def test_a_chance_stands_for_the_contacts_it_rests_on(tmp_path):
    review = reviewed(tmp_path, says("F2", "b1"))
    chances = fj.find_chances(review).df()
    refused = chances[chances["kind"].str.contains("refused_then_again")].iloc[0]
    write(review.session.folder.path / "review" / "review.xlsx", "conditions", says("F1", refused.chance_id))
    (row,) = fj.conditions(review).itertuples()
    assert row.evidence == sorted({"log:F2.b1", *refused.evidence})
    write(review.session.folder.path / "review" / "review.xlsx", "conditions", says("F3", refused.chance_id))
    with pytest.raises(DataError, match=r"row 4: the chance .* is of another family's journey"):
        fj.conditions(review)


def test_the_condition_of_a_confirmed_chance_counts_and_that_of_a_proposed_one_does_not(tmp_path):
    review = reviewed(tmp_path, says("F2", "b1", thinking="People ask too much"))
    path = review.session.folder.path / "review" / "review.xlsx"
    workbook = load_workbook(path)
    page = workbook["chances"]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    at = {name: n + 1 for n, name in enumerate(heads)}
    (line,) = [n for n in range(2, page.max_row + 1) if "refused_then_again" in str(page.cell(n, at["kind"]).value)]
    page.cell(line, at["condition"]).value = BAR
    workbook.save(path)
    assert found(review) == [(BAR, 1, 1, "hunch")]
    page.cell(line, at["status"]).value, page.cell(line, at["decided_by"]).value = "confirmed", "early help panel"
    workbook.save(path)
    (row,) = fj.conditions(review).itertuples()
    assert (row.events, row.families, row.category, row.thinking) == (3, 2, "thresholds", ["People ask too much"])
    assert "A chance to help, confirmed by a reviewer" in row.effects


def test_a_chance_that_a_reviewer_added_is_an_event_though_it_rests_on_no_contact(tmp_path):
    review = reviewed(tmp_path, says("F2", "b1"))
    path = review.session.folder.path / "review" / "review.xlsx"
    added = {"family_id": "F3", "on": "2024-07-01", "says": "the health visitor was told", "status": "confirmed"}
    write(path, "chances", added | {"condition": BAR, "decided_by": "early help panel"})
    (row,) = fj.conditions(review).itertuples()
    assert (row.events, row.families, row.is_hunch) == (2, 2, False)
    assert row.effects == ["A referral has no recorded answer", "A chance to help, confirmed by a reviewer"]


def seen(review):
    """For each effect that any event shows: how many events, how many families."""
    frame = fj.measures.conditions(review)
    return {r.effect: (r.events, r.families) for r in frame.itertuples() if r.events}


def test_what_was_seen_of_each_event(tmp_path):
    review = reviewed(tmp_path, says("F1", "a1 a2 a3 a4 a5"), says("F2", "b1 b2"), says("F3", "c1"))
    # a2 and b1 were never answered, and a4 to the school neither; a5 tells the story of a1 again; a3 came back as a4;
    # a2, a4 and a5 are by another agency than the touch or referral before, a1, b1 and c1 are the first there is; b2 is
    # failure demand by rule.
    assert seen(review) == {
        "no_answer": (3, 2), "refused_then_again": (2, 1), "told_again": (1, 1), "asked_what_happens": (1, 1),
        "failure_demand": (1, 1), "switch": (3, 1), "other": (2, 2),
    }  # fmt: skip


def test_what_a_reviewer_calls_failure_demand_is_seen_as_it_and_what_they_call_value_is_not(tmp_path):
    review = reviewed(tmp_path, says("F1", "a1"), says("F2", "b2"))
    assert seen(review) == {"asked_what_happens": (1, 1), "failure_demand": (1, 1), "other": (1, 1)}
    labels = {"log:F1.a1": "failure", "log:F2.b2": "value"}
    path = review.session.folder.path / "review" / "review.xlsx"
    label(path, labels)
    assert seen(review) == {"failure_demand": (1, 1), "asked_what_happens": (1, 1)}


def label(path, labels):
    """Write the class of asks into the book."""
    workbook = load_workbook(path)
    page = workbook["demand"]
    heads = [cell.value.replace(" ", "_") for cell in page[1]]
    for line in range(2, page.max_row + 1):
        word = labels.get(page.cell(line, heads.index("contact_id") + 1).value)
        if word:
            page.cell(line, heads.index("label") + 1).value = word
            page.cell(line, heads.index("decided_by") + 1).value = "check team"
    workbook.save(path)


@pytest.mark.parametrize(("end", "shows"), [("2024-05-29", "other"), ("2024-05-30", "no_answer")])
def test_a_referral_that_may_still_be_answered_has_no_effect_yet(tmp_path, end, shows):
    review = reviewed(tmp_path, says("F2", "b1"))
    early = fj.build_journeys(fj.read_contacts(review.session.folder.path), end=end)
    # 28 days from 2 May are over on 30 May.
    assert seen(early) == {shows: (1, 1)}


def test_effects_are_counted_apart_so_they_need_not_add_up_and_hunches_are_marked(tmp_path):
    review = reviewed(
        tmp_path, says("F1", "a2"), says("F2", "b1"), says("F3", "c1", words="Nobody asks", category="roles")
    )
    frame = fj.measures.conditions(review)
    assert frame.columns.tolist() == [c.name for c in fj.columns.TABLES["condition_effects"]]
    assert frame.groupby("condition", sort=False)["is_hunch"].first().to_dict() == {BAR: False, "Nobody asks": True}
    assert frame[frame["condition"] == BAR]["events"].sum() == 3  # a2 is a switch, and is without an answer
    assert set(frame[frame["condition"] == BAR]["of_events"]) == {2}


def test_conditions_stand_by_families_then_by_words_and_hunches_last(tmp_path):
    rows = [
        *(says(f, e, words="Zeal", category="roles") for f, e in (("F1", "a1"), ("F2", "b1"))),
        *(says(f, e, words="Apart", category="structure") for f, e in (("F1", "a2 a3 a4"), ("F2", "b2"))),
        *(says(f, e) for f, e in (("F1", "a1"), ("F2", "b1"), ("F3", "c1"))),
        says("F1", "a1 a2 a3", words="A hunch", category="roles"),
    ]
    first = reviewed(tmp_path / "one", *rows)
    assert [c for c, *_ in found(first)] == [BAR, "Apart", "Zeal", "A hunch"]
    random.Random(4).shuffle(rows)
    head, *lines = TEXT.strip().splitlines()
    random.Random(5).shuffle(lines)
    second = reviewed(tmp_path / "two", *rows, text="\n".join([head, *lines]))
    assert fj.conditions(first).equals(fj.conditions(second))
    assert fj.measures.conditions(first).equals(fj.measures.conditions(second))


def test_the_finding_names_no_agency_and_says_what_has_no_thinking(tmp_path):
    review = reviewed(
        tmp_path,
        says("F1", "a2", thinking="Everybody exaggerates"), says("F2", "b1"),
        *(says(f, e, words="Two doors", category="structure") for f, e in (("F1", "a4"), ("F2", "b2"))),
        says("F3", "c1", words="Nobody asks", category="roles"),
    )  # fmt: skip
    said = fj.findings.conditions(review)
    assert said.startswith("2 conditions explain 4 events in 2 of 3 families. 1 more is a hunch")
    assert "Behind 1 of them no thinking is named yet" in said
    assert not [name for name in ("School", "CAMHS", "GP", "social care") if name in said]


def test_without_a_row_there_is_a_sentence_and_an_empty_frame(tmp_path):
    review = drawn(tmp_path / "data", TEXT, **NOT_NOW)
    assert fj.conditions(review).columns.tolist() == [c.name for c in fj.columns.TABLES["conditions"]]
    assert fj.conditions(review).empty and fj.measures.conditions(review).empty
    assert (
        fj.findings.conditions(review) == "No condition that reviewers named explains two events in two families yet."
    )
    with pytest.raises(RequestError, match="find_chances"):
        fj.conditions(review, fj.find_triggers(review))
    with pytest.raises(RequestError, match="build_journeys"):
        fj.conditions(None)


# The rules


def test_the_drop_down_of_the_book_is_made_from_the_file(tmp_path):
    assert list(load_condition_kinds()) == list(judgements.CATEGORIES)
    (choice,) = [f for f in judgements.SHEETS["conditions"].columns if f.name == "category"]
    assert choice.choices == judgements.CATEGORIES
    assert all(kind.says and kind.ask.endswith("?") and kind.source for kind in load_condition_kinds().values())


def test_a_folder_rewords_a_kind_and_its_report_says_so(tmp_path):
    review = reviewed(tmp_path, says("F1", "a3"), says("F2", "b1"))
    rules = review.session.folder.path / "rules"
    rules.mkdir()
    (rules / "conditions.yml").write_text("conditions:\n  thresholds: {ask: Who is not ill enough yet?}\n")
    again = fj.build_journeys(fj.read_contacts(review.session.folder.path), end="2024-12-31")
    assert fj.conditions(again)["ask"].tolist() == ["Who is not ill enough yet?"]
    assert fj.measures.own_rules(again)[["rules", "name", "change"]].values.tolist() == [
        ["conditions", "thresholds", "changed"]
    ]


WRONG = {
    "conditions:\n  tresholds: {says: a}\n": "line 2: 'tresholds' is no kind of condition. Did you mean 'thresholds'",
    "conditions:\n  roles: {sais: a}\n": "line 2: unknown key 'sais'. Did you mean 'says'",
    "conditions:\n  roles:\n    mark: certain\n": "line 3: kind of condition 'roles', 'mark': one of 'statutory'",
    "effects:\n  switch:\n    shape: swich\n": "line 3: effect 'switch', 'shape': one of",
    "effects:\n  mine: {shape: switch}\n": "effect 'mine', 'says': it is not there",
    "effects:\n  switch:\n    chance: x\n": "effect 'switch' is of shape switch, which has no 'chance'. Remove it",
    "effects:\n  told_again: {shape: activity}\n": "which needs 'activity'. Add it",
    "effects:\n  asked_what_happens:\n    activity: chace\n": "line 3: .*Did you mean 'chase'",
    "effects:\n  closed_then_back:\n    chance: closed_then_bak\n": "line 3: .*Did you mean 'closed_then_back'",
    "effects:\n  switch:\n    short: [A line that is too long]\n": "line 3: effect 'switch', 'short': one or two lines",
    "kinds: {}\n": "line 1: unknown key 'kinds'",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_line_that_cannot_be_used_is_named_with_its_number(tmp_path, text):
    (tmp_path / "conditions.yml").write_text(text)
    both = [RULES / "conditions.yml", tmp_path / "conditions.yml"]
    with pytest.raises(RuleError, match=WRONG[text]):
        load_condition_kinds(both)
        load_effects(both, read_activities(), ["refused_then_again", "closed_then_back"])
