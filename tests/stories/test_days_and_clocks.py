"""The civil day as written, the offset, the two clock changes, and midnight."""

import datetime as dt

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import POLICE, faults_of, supplied

HEADER = "Ref,Person,When,What,Outcome,Recorded\n"
MEMBERS = pd.DataFrame({"person_id": ["police:P1"], "family_id": ["F1"]})


def read(root, *written, **entry):
    """Contacts from a column of days and times as written, in ISO."""
    rows = "".join(f"{n},P1,{text},visit,,\n" for n, text in enumerate(written, start=1))
    entries = {"police.csv": {"format": POLICE | {"dates": ["iso"]}} | entry}
    return fj.read_contacts(supplied(root / "data", {"police.csv": HEADER + rows}, entries))


def days(contacts):
    frame = contacts.df()
    return [
        f"{d:%Y-%m-%d}" + ("" if pd.isna(t) else f" {t}") for d, t in zip(frame["date"], frame["time"], strict=True)
    ]


def instants(contacts):
    """The moments in universal time that the engine holds, in order of the rows."""
    rows = contacts.owner.engine.rows(f"SELECT t_utc FROM {contacts.owner.contacts} ORDER BY contact_id")
    return [None if t is None else f"{dt.datetime.fromtimestamp(t, dt.UTC):%Y-%m-%dT%H:%M:%SZ}" for (t,) in rows]


CLOCKS = [
    ("2024-06-30T23:30:00", "2024-06-30 23:30:00", "2024-06-30T22:30:00Z", None),
    ("2024-06-30T23:30:00Z", "2024-06-30 23:30:00", "2024-06-30T23:30:00Z", None),
    ("2024-06-30T23:30:00-05:00", "2024-06-30 23:30:00", "2024-07-01T04:30:00Z", None),
    ("2024-06-30T23:30:00-0500", "2024-06-30 23:30:00", "2024-07-01T04:30:00Z", None),
    ("2024-07-01T00:10:00+05:45", "2024-07-01 00:10:00", "2024-06-30T18:25:00Z", None),
    ("2024-06-30T23:30", "2024-06-30 23:30:00", "2024-06-30T22:30:00Z", None),
    ("2024-03-31T00:59:59", "2024-03-31 00:59:59", "2024-03-31T00:59:59Z", None),
    ("2024-03-31T01:00:00", "2024-03-31 01:00:00", "2024-03-31T01:00:00Z", "clock_gap"),
    ("2024-03-31T01:30:00", "2024-03-31 01:30:00", "2024-03-31T01:30:00Z", "clock_gap"),
    ("2024-03-31T02:00:00", "2024-03-31 02:00:00", "2024-03-31T01:00:00Z", None),
    ("2024-10-27T00:59:59", "2024-10-27 00:59:59", "2024-10-26T23:59:59Z", None),
    ("2024-10-27T01:30:00", "2024-10-27 01:30:00", "2024-10-27T00:30:00Z", "clock_twice"),
    ("2024-10-27T02:00:00", "2024-10-27 02:00:00", "2024-10-27T02:00:00Z", None),
    ("2024-10-27T01:30:00+00:00", "2024-10-27 01:30:00", "2024-10-27T01:30:00Z", None),
    ("2024-10-27", "2024-10-27", None, None),
]


@pytest.fixture(scope="module")
def clocks(tmp_path_factory):
    contacts = read(tmp_path_factory.mktemp("clocks"), *(written for written, *_ in CLOCKS))
    order = [int(i.split(":")[1]) for i in contacts.df()["contact_id"]]
    flags = fj.check_contacts(contacts, MEMBERS).df().query("fault.isin(['clock_gap', 'clock_twice'])")
    flagged = dict(zip(flags["contact_id"], flags["fault"], strict=True))
    rows = zip(order, days(contacts), instants(contacts), strict=True)
    return {CLOCKS[n - 1][0]: (day, instant, flagged.get(f"police:{n}")) for n, day, instant in rows}


@pytest.mark.parametrize(("written", "day", "instant", "flag"), CLOCKS)
def test_day_and_time_are_as_written_and_the_instant_uses_the_offset_or_the_zone(clocks, written, day, instant, flag):
    assert clocks[written] == (day, instant, flag)


def test_the_file_may_declare_another_zone(tmp_path):
    contacts = read(tmp_path, "2024-06-30T23:30:00", zone="America/New_York")
    assert (days(contacts), instants(contacts)) == (["2024-06-30 23:30:00"], ["2024-07-01T03:30:00Z"])


def test_across_the_autumn_change_three_hours_pass_and_no_day(tmp_path):
    contacts = read(tmp_path, "2024-10-27T00:30:00", "2024-10-27T02:30:00")
    assert instants(contacts) == ["2024-10-26T23:30:00Z", "2024-10-27T02:30:00Z"]
    steps = fj.build_journeys(contacts, MEMBERS).steps.df()
    assert steps["days_since_last"].tolist()[1:] == [0]


def test_across_the_spring_change_twenty_three_hours_pass_and_one_day(tmp_path):
    contacts = read(tmp_path, "2024-03-30T12:00:00", "2024-03-31T12:00:00")
    assert instants(contacts) == ["2024-03-30T12:00:00Z", "2024-03-31T11:00:00Z"]
    assert fj.build_journeys(contacts, MEMBERS).steps.df()["days_since_last"].tolist()[1:] == [1]


def test_order_inside_a_day_is_as_written_and_a_pair_backwards_by_offset_is_counted(tmp_path):
    contacts = read(tmp_path, "2024-10-27T01:45:00+01:00", "2024-10-27T01:15:00+00:00")
    steps = fj.build_journeys(contacts, MEMBERS).steps.df()
    assert steps["contact_id"].tolist() == ["police:2", "police:1"]
    assert steps["moment"].tolist() == [1, 2]
    assert steps["days_since_last"].fillna(-1).tolist() == [-1, 0]
    assert faults_of(contacts, MEMBERS)["clock_disorder"] == 1


def test_times_in_order_both_ways_are_no_disorder(tmp_path):
    contacts = read(tmp_path, "2024-10-27T01:15:00+01:00", "2024-10-27T01:45:00+00:00")
    assert "clock_disorder" not in faults_of(contacts, MEMBERS)


def test_a_column_that_is_midnight_throughout_has_no_times(tmp_path):
    contacts = read(tmp_path, "2024-05-01T00:00:00", "2024-05-02T00:00:00")
    assert days(contacts) == ["2024-05-01", "2024-05-02"]
    assert "lone_midnight" not in faults_of(contacts, MEMBERS)


def test_a_lone_midnight_among_times_is_accepted_without_a_time_and_counted(tmp_path):
    contacts = read(tmp_path, "2024-05-01T00:00:00", "2024-05-02T00:00:00", "2024-05-03T09:30:00")
    assert days(contacts) == ["2024-05-01", "2024-05-02", "2024-05-03 09:30:00"]
    faults = fj.check_contacts(contacts, MEMBERS).df().query("fault == 'lone_midnight'")
    assert (len(faults), faults["contacts"].tolist()) == (1, [2])


def test_midnight_is_second_nought_where_it_is_declared_a_time(tmp_path):
    contacts = read(tmp_path, "2024-05-01T00:00:00", "2024-05-03T09:30:00", midnight="time")
    assert days(contacts) == ["2024-05-01 00:00:00", "2024-05-03 09:30:00"]
    assert "lone_midnight" not in faults_of(contacts, MEMBERS)


def test_a_second_after_midnight_is_a_time(tmp_path):
    contacts = read(tmp_path, "2024-05-01T00:00:01", "2024-05-02T00:00:00")
    assert days(contacts) == ["2024-05-01 00:00:01", "2024-05-02"]


def test_midnight_in_typed_columns_is_as_in_text(tmp_path):
    when = pd.to_datetime(["2024-05-01 00:00", "2024-05-03 09:30"])
    frame = pd.DataFrame({"Ref": ["1", "2"], "Person": "P1", "When": when, "What": "visit"})
    entry = {
        "agency": "police",
        "format": {"columns": {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What"}},
    }
    sources = {"purpose": "a story", "invented": True, "files": {"police": entry}}
    lone = fj.read_contacts(frames={"police": frame}, sources=sources)
    assert days(lone) == ["2024-05-01", "2024-05-03 09:30:00"]
    assert faults_of(lone, MEMBERS)["lone_midnight"] == 1
    throughout = fj.read_contacts(frames={"police": frame.assign(When=when.normalize())}, sources=sources)
    assert days(throughout) == ["2024-05-01", "2024-05-03"]
    assert "lone_midnight" not in faults_of(throughout, MEMBERS)


def test_each_file_has_midnights_of_its_own(tmp_path):
    rows = [HEADER + "1,P1,01/05/2024 00:00,visit,,\n", HEADER + "1,P1,01/05/2024 09:00,visit,,\n"]
    contacts = fj.read_contacts(supplied(tmp_path / "data", dict(zip(["a.csv", "b.csv"], rows, strict=True))))
    assert days(contacts) == ["2024-05-01", "2024-05-01 09:00:00"]
    assert "lone_midnight" not in faults_of(contacts)


def test_a_day_with_an_offset_that_crosses_midnight_stays_on_the_day_as_written(tmp_path):
    frame = pd.DataFrame(
        {"Ref": ["1"], "Person": "P1", "When": pd.to_datetime(["2024-06-30T23:30:00-05:00"]), "What": "visit"}
    )
    entry = {
        "agency": "police",
        "format": {"columns": {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What"}},
    }
    sources = {"purpose": "a story", "invented": True, "files": {"police": entry}}
    contacts = fj.read_contacts(frames={"police": frame}, sources=sources)
    assert (days(contacts), instants(contacts)) == (["2024-06-30 23:30:00"], ["2024-07-01T04:30:00Z"])


WRITTEN = {
    "29/02/2024": "",
    "29/02/2023": "bad date",
    "31/04/2024": "bad date",
    "1/5/2024": "",
    "01/05/24": "bad date",
    "05/13/2024": "bad date",
    "2024-05-01": "bad date",
    "01-05-2024": "bad date",
    "01/05/2024 24:00": "bad date",
    "01/05/2024 9:05": "",
    "01/01/1900": "year out of range",
    "01/01/1901": "",
    "31/12/2100": "",
    "01/01/2101": "year out of range",
    "45413": "bad date",
    "yesterday": "bad date",
    "01/05/2024?": "bad date",
}


@pytest.fixture(scope="module")
def fates(tmp_path_factory):
    rows = "".join(f"{n},P1,{text},visit,,\n" for n, text in enumerate(WRITTEN))
    folder = supplied(tmp_path_factory.mktemp("written") / "data", {"police.csv": HEADER + rows})
    reasons = {r.source_row - 1: r.reason for r in fj.set_aside(folder).df().itertuples()}
    return {text: reasons.get(n, "") for n, text in enumerate(WRITTEN)}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_day_is_read_exactly_by_the_declared_formats_or_set_aside(fates, written):
    assert fates[written] == WRITTEN[written]
