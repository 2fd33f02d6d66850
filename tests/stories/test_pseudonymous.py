"""Rows for one project: no id, no free text, nothing to join two projects by; and who is behind one, asked one at a time."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path

import pandas as pd
import pytest

import journeys as fj
from journeys import pseudonymous
from journeys.pseudonymous import MOST_A_DAY, identify, pseudonymised, rotate
from lib.errors import DataError, RequestError
from tests.conftest import folder_of, table

pytestmark = pytest.mark.usefixtures("key")

LOG = """
    id  person        family  date        activity                reason        need  by        outcome    to
    1   FJCANARYp1    fjf1    2024-05-01  visit                   FJCANARYwhy   n1    FJCANARYw  FJCANARYo  –
    2   FJCANARYp1    fjf1    2024-05-02  referral                –             n1    FJCANARYw  –          school
    3   FJCANARYp2    fjf2    2024-05-03  visit to FJCANARYmum    –             n2    FJCANARYx  –          –
    4   FJCANARYp3    fjf2    2024-05-04  visit                   –             n2    FJCANARYx  –          FJCANARYagency
    5   FJCANARYp3    fjf3    2024-05-05  visit                   –             –     –          –          –
"""
WHY = {
    "project": "housing",
    "reason": "a child may be at risk",
    "approved_by": "head of service",
    "asked_by": "analyst",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "review"
    root.mkdir()
    return folder_of(root, {"police": table(LOG)}, files={"police": {"agency": "police"}})


def test_an_extract_holds_no_id_and_no_free_text(data: Path) -> None:
    contacts = fj.read_contacts(data)
    review = fj.build_journeys(contacts)
    tables = [
        contacts,
        review.steps,
        fj.read_members(data),
        fj.find_triggers(review),
        fj.switches(review),
        fj.handovers(review),
    ]
    tables += [fj.find_chances(review), fj.demand(review), fj.who_knew_what(review), fj.check_contacts(contacts)]
    for one in tables:
        made = pseudonymised(one, project="housing")
        text = made.to_csv()
        assert (
            "FJCANARY" not in text and "fjf" not in text and "police:" not in text and not re.search(r"\bn[12]\b", text)
        ), one
        assert not {"reason", "outcome", "raw_activity", "because", "source_file", "source_row", "time", "says"} & set(
            made.columns
        )


def test_what_analysts_need_stays(data: Path) -> None:
    made = pseudonymised(fj.read_contacts(data), project="housing")
    assert len(made) == 5 and made["family_id_given"].nunique() == 3 and made["person_id"].nunique() == 3
    assert {"agency", "activity", "nature", "date", "professional_id", "need_id", "contact_id"} <= set(made.columns)
    assert sorted(made["date"].dt.day) == [1, 2, 3, 4, 5]
    assert made["family_id_given"].str.fullmatch(r"F[A-Z2-7]{16}").all()


def test_words_that_nobody_has_listed_are_not_told(data: Path) -> None:
    made = pseudonymised(fj.read_contacts(data), project="housing")
    assert sorted(made["activity"].value_counts().items()) == [("not listed", 1), ("referral", 1), ("visit", 3)]
    assert set(made["referred_to"].dropna()) == {"school", "not listed"}


def test_two_projects_share_no_pseudonym_and_no_order(data: Path) -> None:
    rows = ["id,person,family,date,activity,by"]
    rows += [f"{n},P{n % 50},F{n % 20},2024-05-{n % 28 + 1:02},visit,w{n % 9}" for n in range(400)]
    (data / "police.csv").write_text("\n".join(rows) + "\n")
    text = json.loads((data / "sources.yml").read_text())
    columns = text["files"]["police.csv"]["format"]["columns"]
    text["files"]["police.csv"]["format"]["columns"] = {k: v for k, v in columns.items() if v in rows[0].split(",")}
    (data / "sources.yml").write_text(json.dumps(text))
    contacts = fj.read_contacts(data)
    a, b = (pseudonymised(contacts, project=p) for p in ("housing", "schools"))
    ids = ["contact_id", "person_id", "family_id_given", "professional_id"]
    assert not set(a[ids].stack()) & set(b[ids].stack())
    assert (a["date"].to_numpy() == b["date"].to_numpy()).mean() < 0.2, "row n of one is not row n of the other"
    assert list(a.index) == list(b.index) == list(range(400))
    again = pseudonymised(contacts, project="housing")
    assert again.equals(a)


def test_a_frame_must_say_whose_it_is_and_columns_that_nobody_declared_are_left_out(data: Path) -> None:
    frame = fj.read_contacts(data).df().assign(date_of_birth="2015-03-02", surname="FJCANARY", days="FJCANARY")
    with pytest.raises(RequestError, match="data="):
        pseudonymised(frame, project="housing")
    made = pseudonymised(frame, project="housing", data=data)
    assert "date_of_birth" not in made and "surname" not in made and "FJCANARY" not in made.to_csv()


def test_numbers_and_empty_cells_stay_as_they_are(data: Path) -> None:
    frame = pd.DataFrame({"family_id": ["fjf1", None], "days": pd.array([3, None], "Int64"), "is_open": [True, False]})
    made = pseudonymised(frame, project="housing", data=data)
    row = made[made["family_id"].notna()].iloc[0]
    assert row["days"] == 3 and bool(row["is_open"]) and made["days"].isna().sum() == 1


def test_evidence_is_renamed_as_the_contacts_are(data: Path) -> None:
    review = fj.build_journeys(fj.read_contacts(data))
    frame = pd.DataFrame({"family_id": ["fjf1"], "evidence": [["police:1", "police:2"]]})
    made = pseudonymised(frame, project="housing", data=data)
    contacts = pseudonymised(review.steps, project="housing")
    assert set(made["evidence"][0]) <= set(contacts["contact_id"]) and len(made["evidence"][0]) == 2


@pytest.mark.parametrize("name", ["", "Housing", "a b", "x" * 41, "../a", "a\n"])
def test_a_project_has_a_plain_name(data: Path, name: str) -> None:
    with pytest.raises(RequestError, match="project's name"):
        pseudonymised(fj.read_contacts(data), project=name)


def test_no_key_no_extract(data: Path, key: Path) -> None:
    contacts = fj.read_contacts(data)
    key.unlink()
    with pytest.raises(RequestError, match="key new"):
        pseudonymised(contacts, project="housing")
    assert not (data / "private").exists()


def test_two_ids_that_may_be_one_person_are_not_joined(data: Path) -> None:
    text = (data / "police.csv").read_text().replace("4,FJCANARYp3", "4,fjcanary-p2")
    (data / "police.csv").write_text(text)
    with pytest.raises(DataError, match="written in two ways"):
        pseudonymised(fj.read_contacts(data), project="housing")


def test_that_an_extract_was_made_is_noted(data: Path, key: Path) -> None:
    pseudonymised(fj.read_contacts(data), project="housing")
    pseudonymised(fj.read_contacts(data), project="schools")
    noted = (data / "private" / "extracts.jsonl").read_text()
    assert [json.loads(line)["project"] for line in noted.splitlines()] == ["housing", "schools"]
    assert "FJCANARY" not in noted


# Who is behind one


def one_of(data: Path, letter: str = "P", person: str = "FJCANARYp1") -> str:
    made = pseudonymised(fj.read_contacts(data), project="housing")
    frame = fj.read_contacts(data).df()
    first = frame[frame["person_id"] == f"police:{person}"]["date"].min()
    return str(made[made["date"] == first]["person_id" if letter == "P" else "family_id_given"].iloc[0])


def test_one_pseudonym_leads_back_to_one_id_and_the_log_says_so(data: Path, key: Path) -> None:
    assert identify(one_of(data), data, **WHY) == "police:FJCANARYp1"
    assert identify(one_of(data, "F"), data, **WHY) == "fjf1"
    (log,) = key.parent.glob("identified.*.jsonl")
    assert (
        len(log.read_text().splitlines()) == 2
        and "FJCANARY" not in log.read_text()
        and "head of service" in log.read_text()
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "12"}, "reason"),
        ({"approved_by": ""}, "approved"),
        ({"approved_by": " Analyst "}, "Another person"),
        ({"project": "schools"}, "nobody in these data"),
        ({"project": "No Such"}, "purpose"),
    ],
)
def test_nothing_is_told_without_a_reason_and_a_second_person(data: Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(RequestError, match=says) as told:
        identify(one_of(data), data, **(WHY | change))
    assert "FJCANARY" not in str(told.value)


@pytest.mark.parametrize(
    "what", ["P*", "police:FJCANARYp1", "", "P" + "A" * 15, "C" + "A" * 16, f"P{'A' * 16} P{'A' * 16}"]
)
def test_there_is_no_asking_in_bulk(data: Path, what: str) -> None:
    with pytest.raises(RequestError, match="one pseudonym"):
        identify(what, data, **WHY)


def test_twenty_a_day_are_allowed_whether_they_led_anywhere_or_not(data: Path, key: Path) -> None:
    name = one_of(data)
    for n in range(MOST_A_DAY):
        if n % 10:
            with pytest.raises(RequestError, match="nobody"):
                identify("PAAAAAAAAAAAAAAA" + "ABCDEFGHIJ"[n % 10], data, **WHY)
        else:
            identify(name, data, **WHY)
    with pytest.raises(RequestError, match="Ask tomorrow"):
        identify(name, data, **WHY)
    list(rotate([data]))
    with pytest.raises(RequestError, match="Ask tomorrow"):
        identify(name, data, **WHY)


def test_the_day_ends_at_midnight_and_a_clock_set_back_is_seen(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = one_of(data)
    monkeypatch.setattr(pseudonymous, "MOST_A_DAY", 1)

    class Tomorrow(dt.datetime):
        ahead = dt.timedelta(days=0)

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC) + cls.ahead

    monkeypatch.setattr(pseudonymous.dt, "datetime", Tomorrow)
    identify(name, data, **WHY)
    with pytest.raises(RequestError, match="Ask tomorrow"):
        identify(name, data, **WHY)
    Tomorrow.ahead = dt.timedelta(days=1)
    identify(name, data, **WHY)
    Tomorrow.ahead = dt.timedelta(days=-1)
    with pytest.raises(RequestError, match="clock"):
        identify(name, data, **WHY)


def test_a_log_that_was_changed_stops_the_asking(data: Path, key: Path) -> None:
    name = one_of(data)
    identify(name, data, **WHY)
    (log,) = key.parent.glob("identified.*.jsonl")
    log.write_text(log.read_text().replace("head of service", "nobody at all"))
    with pytest.raises(DataError, match="changed by something else"):
        identify(name, data, **WHY)


def test_who_was_forgotten_is_behind_no_pseudonym(data: Path, tmp_path: Path) -> None:
    from journeys.rights import forget

    name = one_of(data)
    forget(data, ["police:FJCANARYp1"], "asked by letter", tmp_path / "reports")
    with pytest.raises(RequestError, match="forgotten"):
        identify(name, data, **WHY)


# A new key


def test_rotation_keeps_a_crosswalk_for_each_project_and_old_pseudonyms_are_still_known(data: Path) -> None:
    before = pseudonymised(fj.read_contacts(data), project="housing")
    old = one_of(data)
    list(rotate([data]))
    after = pseudonymised(fj.read_contacts(data), project="housing")
    assert not set(before["person_id"]) & set(after["person_id"])
    (path,) = (data / "private").glob("crosswalk.*.csv")
    walk = {row["old"]: row["new"] for row in csv.DictReader(path.open())}
    assert {walk[p] for p in before["person_id"]} == set(after["person_id"])
    assert {walk[f] for f in before["family_id_given"]} == set(after["family_id_given"])
    assert "fjf" not in path.read_text() and "FJCANARY" not in path.read_text() and path.stat().st_mode & 0o077 == 0
    assert identify(old, data, **WHY) == "police:FJCANARYp1"


def test_a_rotation_that_cannot_write_its_crosswalk_changes_no_key(data: Path, key: Path, tmp_path: Path) -> None:
    before = key.read_bytes()
    with pytest.raises(RequestError):
        list(rotate([data, tmp_path / "nowhere"]))
    assert key.read_bytes() == before


def test_ids_that_are_numbers_and_columns_that_stand_twice_are_refused(data: Path) -> None:
    with pytest.raises(RequestError, match="Make it text"):
        pseudonymised(pd.DataFrame({"person_id": [943, 944]}), project="housing", data=data)
    twice = pd.DataFrame([["a", "b"]], columns=["person_id", "person_id"])
    with pytest.raises(RequestError, match="stands twice"):
        pseudonymised(twice, project="housing", data=data)
