"""What the kit counts in the two published cases, as data/published/findings.md lays it beside the published totals."""

from __future__ import annotations

from datetime import date

import pytest

import journeys as fj

NHS = ("GP practice, Haringey", "Whittington Hospital", "Haringey Teaching PCT", "North Middlesex Hospital")
CLINIC = ("St Ann's child development clinic", "St Ann's Hospital child development clinic")


@pytest.fixture(scope="module")
def steps():
    review = fj.build_journeys(fj.read_contacts("published"))
    return {family: review[family].steps for family in review}


def test_visits_to_a_gp_are_fewer_than_the_fourteen_published(steps):
    rows = steps["peter_connelly"]
    seen = rows[(rows["agency"] == NHS[0]) & (rows["latest"].dt.date <= date(2007, 7, 26))]
    assert seen["activity"].value_counts().to_dict() == {"visit": 8, "referral": 1, "call": 1}


def test_contacts_of_the_last_eight_months_are_fewer_than_the_sixty_published(steps):
    rows = steps["peter_connelly"]
    late = rows[(rows["earliest"].dt.date >= date(2006, 12, 11)) & (rows["agency"] != "family")]
    assert (late["nature"] != "life").sum() == 35


def test_contacts_with_the_nhs_are_fewer_than_the_thirty_four_published(steps):
    rows = steps["peter_connelly"]
    met = rows[rows["agency"].isin([*NHS, *CLINIC]) & rows["nature"].isin(["touch", "referral"])]
    assert len(met) == 18


def test_the_wait_for_the_clinic_runs_from_the_second_request(steps):
    rows = steps["peter_connelly"]
    asked = rows[(rows["nature"] == "referral") & (rows["referred_to"] == CLINIC[0])]
    seen = rows.loc[rows["agency"] == CLINIC[1], "latest"].dt.date.iloc[0]
    waits = [((seen - r.latest.date()).days, (seen - r.earliest.date()).days) for r in asked.itertuples()]
    assert waits == [(113, 113), (32, 61)]


def test_one_call_to_the_police_is_known_of_the_twenty_seven_incidents(steps):
    rows = steps["daniel_pelka"]
    calls = rows[rows["agency"] == "West Midlands Police"]
    assert calls["activity"].tolist() == ["domestic_abuse_call", "call"]
