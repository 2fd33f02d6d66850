"""Permission: real data say whose they are, for what, until when; anything else stops before it is read."""

import datetime as dt

import pandas as pd
import pytest

import journeys as fj
from lib.errors import PermissionRefused
from tests.stories.conftest import supplied

LOG = "Ref,Person,When,What,Outcome,Recorded\n1,P1,01/05/2024,visit,,\n"
MEMBERS = pd.DataFrame({"person_id": ["police:P1"], "family_id": ["F1"]})
ALLOWED = {
    "controller": "Northshire Police",
    "agreement": "ISA-2024-17",
    "lawful_basis": "public task",
    "allowed_uses": ["review", "triggers"],
    "keep_until": "2999-03-31",
}


def real(root, entry=None, **more):
    """A folder of real data: what it says of its one file."""
    return supplied(
        root / "data", {"police.csv": LOG}, {"police.csv": ALLOWED if entry is None else entry}, invented=False, **more
    )


def test_real_data_with_every_permission_are_read(tmp_path):
    assert len(fj.read_contacts(real(tmp_path))) == 1


@pytest.mark.parametrize("key", ALLOWED)
def test_real_data_without_one_of_them_stop(tmp_path, key):
    entry = {k: v for k, v in ALLOWED.items() if k != key}
    with pytest.raises(PermissionRefused, match=rf"line \d+: police\.csv is real data and has no '{key}'"):
        fj.read_contacts(real(tmp_path, entry))


@pytest.mark.parametrize("read", [fj.account, fj.set_aside, fj.read_members])
def test_no_verb_reads_what_may_not_be_read(tmp_path, read):
    with pytest.raises(PermissionRefused):
        read(real(tmp_path, {}))


def test_a_use_that_is_not_on_the_list_stops(tmp_path):
    with pytest.raises(PermissionRefused, match=r"police\.csv may be used for 'review', 'triggers', not for 'linkage'"):
        fj.read_contacts(real(tmp_path), use="linkage")


def test_triggers_need_a_permission_of_their_own(tmp_path):
    folder = real(tmp_path, ALLOWED | {"allowed_uses": ["review"]})
    review = fj.build_journeys(fj.read_contacts(folder), MEMBERS)
    with pytest.raises(PermissionRefused, match="not for 'triggers'"):
        fj.find_triggers(review)


def test_one_file_without_permission_stops_the_folder(tmp_path):
    entries = {"police.csv": ALLOWED, "school.csv": ALLOWED | {"allowed_uses": ["triggers"]}}
    folder = supplied(tmp_path / "data", {"police.csv": LOG, "school.csv": LOG + "\n"}, entries, invented=False)
    with pytest.raises(PermissionRefused, match=r"school\.csv may be used for 'triggers'"):
        fj.read_contacts(folder)


@pytest.mark.parametrize(("days", "stops"), [(-1, True), (0, False), (1, False)])
def test_the_last_day_to_keep_data_is_a_day_on_which_they_may_be_read(tmp_path, days, stops):
    until = dt.date.today() + dt.timedelta(days=days)
    folder = real(tmp_path, ALLOWED | {"keep_until": until.isoformat()})
    if stops:
        with pytest.raises(PermissionRefused, match="was to be kept until"):
            fj.read_contacts(folder)
    else:
        assert len(fj.read_contacts(folder)) == 1


def test_data_read_once_may_not_be_read_past_their_day(tmp_path):
    folder = real(tmp_path)
    assert len(fj.read_contacts(folder)) == 1
    text = (folder / "sources.yml").read_text().replace("2999-03-31", "2020-03-31")
    (folder / "sources.yml").write_text(text)
    with pytest.raises(PermissionRefused):
        fj.read_contacts(folder)


def test_invented_data_need_no_permission(tmp_path):
    assert len(fj.read_contacts(supplied(tmp_path / "data", {"police.csv": LOG}))) == 1


def test_invented_data_past_a_declared_day_stop_all_the_same(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG}, {"police.csv": {"keep_until": "2020-01-01"}})
    with pytest.raises(PermissionRefused):
        fj.read_contacts(folder)


def test_a_published_case_stands_for_the_agreement_and_is_said(tmp_path):
    published = {"source": "a published review", "licence": "OGL 3.0"}
    folder = real(tmp_path, {}, published=published)
    contacts = fj.read_contacts(folder, use="comparison")
    review = fj.build_journeys(contacts, MEMBERS)
    assert review.about.published["source"] == "a published review"


def test_comparison_families_need_a_permission_of_their_own(tmp_path):
    log = LOG + "2,P2,02/05/2024,visit,,\n"
    folder = supplied(tmp_path / "data", {"police.csv": log}, {"police.csv": ALLOWED}, invented=False)
    members = pd.DataFrame({"person_id": ["police:P1", "police:P2"], "family_id": ["F1", "F2"]})
    review = fj.build_journeys(fj.read_contacts(folder), members, families=["F1"])
    assert list(review) == ["F1"]
    with pytest.raises(PermissionRefused, match="not for 'comparison'"):
        _ = review.comparison
