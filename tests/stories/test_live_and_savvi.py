"""Families to offer help now, only where somebody stands behind the list; and triggers as SAVVI's risk factors."""

from __future__ import annotations

import csv
import json

import pytest

import journeys as fj
from lib.errors import PermissionRefused, RequestError, RuleError
from tests.stories.conftest import drawn, rule

FIRED = """
    family  person  date        agency  activity  id
    F1      P1      2024-12-01  school  visit     a
    F2      P2      2024-12-05  school  visit     a
    F3      P3      2024-12-10  school  visit     a
    F4      P4      2024-06-01  school  visit     a
    """
SEEN = {"seen": rule("first", "visit", version="7") | {"answers": "early help", "offers": "a call"}}
LIVE = {"owner": "head of early help", "answer_route": "the duty desk", "capacity": 2}


def review(root, *, live=None, permission=None, triggers=SEEN, **more):
    """Families drawn, their sources changed, and read again."""
    made = drawn(root / "data", FIRED, triggers=triggers, **more)
    path = made.session.folder.path / "sources.yml"
    sources = json.loads(path.read_text())
    if live:
        sources["live"] = live
    if permission is not None:
        sources["invented"] = False
        sources["files"] = {name: entry | permission for name, entry in sources["files"].items()}
    path.write_text(json.dumps(sources), encoding="utf-8")
    return fj.build_journeys(fj.read_contacts(root / "data"), end="2024-12-31")


# A child at risk today


def test_firings_still_open_say_whom_to_ring_and_that_this_is_no_alert_system(tmp_path):
    said = fj.findings.at_risk(fj.find_triggers(review(tmp_path), only=["seen"]))
    assert said.startswith("2 firings of 2 families, known in the last 30 days of these records, are still open.")
    assert "your safeguarding contact" in said
    assert said.endswith("This is not an alert system.")


@pytest.mark.parametrize(("day", "firings"), [("2024-12-01", 1), ("2024-11-30", 0)])
def test_thirty_days_is_the_edge(tmp_path, day, firings):
    text = f"family  date  activity\nF1  {day}  visit"
    made = drawn(tmp_path / "data", text, triggers={"seen": rule("first", "visit", answered_within_days=60)})
    assert fj.findings.at_risk(fj.find_triggers(made, only=["seen"])).startswith(("1 firing", "No firing")[1 - firings])


def test_a_published_case_is_over(tmp_path):
    path = review(tmp_path).session.folder.path / "sources.yml"
    sources = json.loads(path.read_text()) | {"published": {"source": "a report", "licence": "open"}}
    path.write_text(json.dumps(sources), encoding="utf-8")
    made = fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31")
    firings = fj.find_triggers(made, only=["seen"])
    assert "nothing here is open" in fj.findings.at_risk(firings)
    assert "may still follow" not in fj.findings.fired(firings)
    assert "they say nothing of it" in fj.findings.fired(firings)
    for refused in (fj.live_list, lambda f: fj.export_savvi(f, tmp_path / "out")):
        with pytest.raises(PermissionRefused, match="whose story is over"):
            refused(firings)


# The live list


def test_a_list_nobody_stands_behind_is_refused(tmp_path):
    with pytest.raises(PermissionRefused, match=r"sources.yml, line 1: .*another purpose than a review.*Add `live:"):
        fj.live_list(fj.find_triggers(review(tmp_path), only=["seen"]))


def test_the_list_is_no_longer_than_the_team_can_answer_and_says_who_was_left_out_and_why(tmp_path):
    frame = fj.live_list(fj.find_triggers(review(tmp_path, live=LIVE | {"capacity": 1}), only=["seen"]))
    assert [(r.family_id, f"{r.answer_by:%-d %b}", r.answers, r.offers) for r in frame.itertuples()] == [
        ("F2", "4 Jan", "early help", "a call")
    ]
    said = fj.findings.listed(frame)
    assert "2 firings open, 1 listed: head of early help can answer 1, by way of the duty desk." in said
    assert "Left out: 1, of F3: those whose days to answer run out last." in said


def test_within_capacity_nobody_is_left_out(tmp_path):
    frame = fj.live_list(fj.find_triggers(review(tmp_path, live=LIVE), only=["seen"]))
    assert list(frame["family_id"]) == ["F2", "F3"]
    assert "Left out" not in fj.findings.listed(frame)


def test_a_source_that_may_not_be_used_for_triggers_stops_the_list(tmp_path):
    permission = {
        "controller": "x",
        "agreement": "ISA-1",
        "lawful_basis": "public task",
        "allowed_uses": ["review", "triggers"],
        "keep_until": "2999-01-01",
    }
    made = review(tmp_path, live=LIVE, permission=permission)
    firings = fj.find_triggers(made, only=["seen"])
    assert len(fj.live_list(firings)) == 2
    path = made.session.folder.path / "sources.yml"
    path.write_text(path.read_text().replace('"triggers"', '"cost"'), encoding="utf-8")
    with pytest.raises(PermissionRefused, match="not for 'triggers'"):
        fj.find_triggers(fj.build_journeys(fj.read_contacts(tmp_path / "data"), end="2024-12-31"))


def test_a_capacity_of_nobody_is_no_capacity(tmp_path):
    with pytest.raises(RuleError, match=r"sources\.yml, line 1"):
        review(tmp_path, live=LIVE | {"capacity": 0})


# SAVVI


def rows(path):
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


def test_a_firing_is_a_risk_attribute_of_19_fields_and_names_nobody(tmp_path):
    made = review(tmp_path, triggers={"seen": SEEN["seen"] | {"per": "person"}})
    out = fj.export_savvi(fj.find_triggers(made, only=["seen"]), tmp_path / "out")
    found = rows(out / "attributes.csv")
    assert len(found[0]) == 19
    first = {k: v for k, v in found[0].items() if v}
    assert first.pop("AttributeScheme").startswith("family-journeys triggers 7; SAVVI attribute message")
    assert first == {
        "PersonReference": "P4",
        "AttributeType": "Risk",
        "Attribute": "seen",
        "AttributeDate": "2024-06-01",
        "SourceSystem": "school.csv",
        "ExtractedOn": "2024-12-31",
    }


def test_the_risk_model_says_purpose_source_basis_rule_and_version(tmp_path):
    permission = {"controller": "Northshire schools", "agreement": "ISA-1", "lawful_basis": "public task"}
    permission |= {"allowed_uses": ["review", "triggers"], "keep_until": "2999-01-01"}
    made = review(tmp_path, permission=permission)
    (row,) = rows(fj.export_savvi(fj.find_triggers(made, only=["seen"]), tmp_path / "out") / "risk_model.csv")
    assert (row["purpose"], row["risk_factor"], row["source_organisation"]) == ("a story", "seen", "Northshire schools")
    assert (row["legal_basis"], row["rule"], row["version"]) == ("public task", "first, ever", "7")
    assert "older than the alpha of 30 June 2026" in row["message_version"]


def test_a_family_has_its_own_reference_and_a_property_only_where_it_is_given(tmp_path):
    firings = fj.find_triggers(review(tmp_path), only=["seen"])
    out = fj.export_savvi(firings, tmp_path / "out", uprn={"F1": "100012345678"})
    assert {r["PersonReference"]: r["UPRN"] for r in rows(out / "attributes.csv")} == {
        "F1": "100012345678",
        "F2": "",
        "F3": "",
        "F4": "",
    }


def test_no_agreement_no_cohort(tmp_path):
    permission = {
        "controller": "x",
        "agreement": "ISA-1",
        "lawful_basis": "public task",
        "allowed_uses": ["review"],
        "keep_until": "2999-01-01",
    }
    made = review(tmp_path, permission=permission)
    with pytest.raises(PermissionRefused, match="not for 'triggers'"):
        fj.find_triggers(made)


def test_what_is_only_possible_and_what_is_about_a_service_stay_at_home(tmp_path):
    both = {"seen": SEEN["seen"] | {"about": "service"}, "pair": rule("follow", "visit", then="visit", within_days=400)}
    text = "family  date  activity  id\nF1  2024-05  visit  a\nF1  2024-05-10  visit  b"
    made = drawn(tmp_path / "data", text, triggers=both)
    firings = fj.find_triggers(made, only=["seen", "pair"])
    assert set(firings.df()["certainty"]) == {"certain", "possible"}
    assert rows(fj.export_savvi(firings, tmp_path / "out") / "attributes.csv") == []


def test_something_else_than_firings_says_what_to_write(tmp_path):
    made = review(tmp_path)
    for verb in (fj.live_list, lambda t: fj.export_savvi(t, tmp_path)):
        with pytest.raises(RequestError, match=r"fj.find_triggers\(review\)"):
            verb(made.steps)
