"""Records read = accepted + set aside + collapsed, once each, for every file."""

import pandas as pd
import pytest

import journeys as fj
from tests.stories.conftest import POLICE, account_of, aside, faults_of, supplied

LOG = """\
Ref,Person,When,What,Outcome,Recorded
101,P1,01/05/2024 14:10,incident,nfa,01/05/2024
101,P1,01/05/2024 14:10,incident,nfa,01/05/2024
102,P1,03/05/2024,incident,nfa,03/05/2024
102,P1,03/05/2024,incident,referred,10/05/2024
,P2,04/05/2024,visit,,04/05/2024
,P2,04/05/2024,visit,,04/05/2024
103,P2,31/02/2024,visit,,31/02/2024
104,P3,05/05/2024,visit,,05/05/2024
105,P3,06/05/2024,incident,nfa,06/05/2024
105,P3,06/05/2024,incident,referred,06/05/2024
Total: 10,,,,,
"""
HEADER = LOG.splitlines()[0] + "\n"
MEMBERS = pd.DataFrame({"person_id": ["police:P1", "police:P2", "police:P3"], "family_id": ["F1", "F1", "F1"]})


@pytest.fixture(scope="module")
def police(tmp_path_factory):
    return supplied(tmp_path_factory.mktemp("account") / "data", {"police.csv": LOG})


def test_eleven_records_are_six_accepted_four_set_aside_and_one_collapsed(police):
    assert account_of(police) == {"police.csv": (11, 6, 4, 1)}


def test_each_record_set_aside_says_its_row_and_why(police):
    assert aside(police) == [
        (7, "bad date"),
        (9, "amended, order unknown"),
        (10, "amended, order unknown"),
        (11, "no date (a footer, perhaps)"),
    ]


def test_set_aside_gives_line_column_and_fix_and_never_a_value(police):
    rows = fj.set_aside(police).df()
    assert rows["source_line"].tolist() == [8, 10, 11, 12]
    assert rows["column"].tolist() == ["date", "recorded_on", "recorded_on", "date"]
    assert rows["fix"].str.len().min() > 10
    said = rows.drop(columns="source_file").to_string()
    assert not [value for value in ("P2", "P3", "31/02", "Total: 10") if value in said]


def test_six_accepted_rows_are_five_contacts_one_of_them_in_two_versions(police):
    contacts = fj.read_contacts(police).df()
    assert len(contacts) == 6
    assert contacts["contact_id"].nunique() == 5
    assert contacts["contact_id"].value_counts().to_dict()["police:102"] == 2


def test_an_amendment_replaces_its_own_contact_and_the_first_version_replaces_nothing(police):
    both = fj.read_contacts(police).df().query("contact_id == 'police:102'")
    assert both["outcome"].tolist() == ["nfa", "referred"]
    assert both["replaces"].fillna("–").tolist() == ["–", "police:102"]


def test_steps_hold_each_contact_once_in_its_latest_version(police):
    review = fj.build_journeys(fj.read_contacts(police), MEMBERS)
    steps = review.steps.df()
    assert len(steps) == 5
    assert steps.set_index("contact_id").loc["police:102", "outcome"] == "referred"


def test_two_rows_alike_without_an_id_are_two_contacts_and_a_doubt(police):
    assert faults_of(fj.read_contacts(police), MEMBERS)["identical_no_id"] == 2


def test_the_same_bytes_again_are_collapsed_whole(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG, "copy.csv": LOG})
    assert account_of(folder) == {"police.csv": (11, 6, 4, 1), "copy.csv": (11, 0, 0, 11)}
    assert len(fj.read_contacts(folder)) == 6


def test_one_byte_more_makes_a_new_file_with_ids_of_its_own(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": LOG, "copy.csv": LOG + "\n"})
    assert account_of(folder) == {"police.csv": (11, 6, 4, 1), "copy.csv": (11, 6, 4, 1)}
    ids = fj.read_contacts(folder).df()["contact_id"]
    assert ids.str.startswith("copy:").sum() == ids.str.startswith("police:").sum() == 6


def test_the_same_bytes_three_times_count_only_the_first(tmp_path):
    folder = supplied(tmp_path / "data", {"a.csv": LOG, "b.csv": LOG, "c.csv": LOG})
    assert account_of(folder) == {"a.csv": (11, 6, 4, 1), "b.csv": (11, 0, 0, 11), "c.csv": (11, 0, 0, 11)}


def test_a_header_alone_is_nothing_read_and_a_fault(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER, "other.csv": LOG})
    assert account_of(folder)["police.csv"] == (0, 0, 0, 0)
    faults = fj.check_contacts(fj.read_contacts(folder)).df()
    assert faults.query("fault == 'empty_file'")["source_file"].tolist() == ["police.csv"]


def test_an_empty_line_is_no_record_and_a_line_of_separators_is_one_set_aside(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,,\n\n,,,,,\n   \n2,P1,02/05/2024,visit,,\n\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder)["police.csv"][1] == 2
    assert (2, "empty row") in aside(folder)
    assert account_of(folder)["police.csv"][0] == sum(account_of(folder)["police.csv"][1:])


def test_values_are_equal_after_trimming_and_unicode_folding(tmp_path):
    # A full-width P and 1, a non-breaking space and a zero-width space are the same text as P1.
    text = (
        HEADER
        + "1,P1,01/05/2024,visit,nfa,\n1,  P1 ,01/05/2024,visit, nfa,\n1,Ｐ１\u00a0,01/05/2024,visit,n\u200bfa,\n"
    )
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (3, 1, 0, 2)}


def test_values_are_equal_as_dates_however_they_were_written(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,,\n1,P1,1/5/2024,visit,,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 1, 0, 1)}


def test_capitals_are_a_difference(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,nfa,\n1,P1,01/05/2024,visit,NFA,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 0, 2, 0)}


def test_a_difference_in_a_column_that_no_format_lists_is_no_difference(tmp_path):
    text = "Ref,Person,When,What,Outcome,Recorded,Beat\n1,P1,01/05/2024,visit,,,green\n1,P1,01/05/2024,visit,,,blue\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 1, 0, 1)}


def test_a_difference_in_the_day_of_recording_alone_is_an_amendment(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,,02/05/2024\n1,P1,01/05/2024,visit,,03/05/2024\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 2, 0, 0)}
    assert fj.read_contacts(folder).df()["replaces"].notna().tolist() == [False, True]


def test_three_versions_in_order_are_three_accepted_and_one_contact_whatever_the_order_of_rows(tmp_path):
    text = (
        HEADER
        + "1,P1,03/05/2024,visit,c,12/05/2024\n1,P1,01/05/2024,visit,a,02/05/2024\n1,P1,02/05/2024,visit,b,10/05/2024\n"
    )
    folder = supplied(tmp_path / "data", {"police.csv": text})
    contacts = fj.read_contacts(folder)
    assert account_of(folder) == {"police.csv": (3, 3, 0, 0)}
    assert contacts.df()["outcome"].tolist() == ["a", "b", "c"]
    steps = fj.build_journeys(contacts, MEMBERS).steps.df()
    assert (steps["outcome"].tolist(), len(steps)) == (["c"], 1)


def test_a_version_that_goes_back_to_the_first_values_is_a_version_still(tmp_path):
    text = (
        HEADER
        + "1,P1,01/05/2024,visit,a,02/05/2024\n1,P1,01/05/2024,visit,b,03/05/2024\n1,P1,01/05/2024,visit,a,04/05/2024\n"
    )
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (3, 3, 0, 0)}
    assert fj.build_journeys(fj.read_contacts(folder), MEMBERS).steps.df()["outcome"].tolist() == ["a"]


def test_where_two_of_three_versions_cannot_be_ordered_all_are_set_aside(tmp_path):
    text = (
        HEADER
        + "1,P1,01/05/2024,visit,a,02/05/2024\n1,P1,01/05/2024,visit,b,02/05/2024\n1,P1,01/05/2024,visit,c,09/05/2024\n"
    )
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (3, 0, 3, 0)}


def test_an_amendment_that_does_not_say_when_it_was_recorded_sets_both_aside(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,a,02/05/2024\n1,P1,01/05/2024,visit,b,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 0, 2, 0)}


def test_a_repeat_of_a_version_that_is_set_aside_is_collapsed_and_the_account_still_adds_up(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,a,\n1,P1,01/05/2024,visit,a,\n1,P1,01/05/2024,visit,b,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    read, accepted, set_aside, collapsed = account_of(folder)["police.csv"]
    assert (read, accepted, set_aside + collapsed) == (3, 0, 3)


def test_a_version_with_a_bad_date_leaves_the_other_to_stand(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,a,02/05/2024\n1,P1,31/06/2024,visit,b,03/05/2024\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 1, 1, 0)}
    assert aside(folder) == [(2, "bad date")]


def test_two_versions_recorded_at_times_of_one_day_are_in_order(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,b,02/05/2024 16:00\n1,P1,01/05/2024,visit,a,02/05/2024 09:00\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert fj.read_contacts(folder).df()["outcome"].tolist() == ["a", "b"]


def test_two_versions_of_one_day_of_which_one_has_no_time_cannot_be_ordered(tmp_path):
    text = HEADER + "1,P1,01/05/2024,visit,b,02/05/2024 16:00\n1,P1,01/05/2024,visit,a,02/05/2024\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 0, 2, 0)}


def test_a_contact_in_no_family_is_accepted_and_said_beside_it(police):
    members = "person_id,family_id,from,to,because\npolice:P1,F1,,,\n"
    (police.parent / "with").mkdir(exist_ok=True)
    folder = supplied(police.parent / "with", {"police.csv": LOG, "members.csv": members}, members="members.csv")
    row = fj.account(folder).iloc[0]
    assert (row["read"], row["accepted"], row["set_aside"], row["collapsed"]) == (11, 6, 4, 1)
    assert row["in_no_family"] == 3


def test_one_record_that_gives_two_contacts_is_accepted_once(tmp_path):
    text = "Ref,Person,When,What,Who\n1,P1,01/05/2024,meeting,school; gp\n2,P9,02/05/2024,meeting,school; gp\n"
    columns = {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What", "agency": "Who"}
    form = {"columns": columns, "dates": POLICE["dates"], "several": {"agency": ";"}}
    members = "person_id,family_id,from,to,because\nlog:P1,F1,,,\n"
    sources = {"log.csv": {"format": form}}
    folder = supplied(tmp_path / "data", {"log.csv": text, "members.csv": members}, sources, members="members.csv")
    assert account_of(folder) == {"log.csv": (2, 2, 0, 0)}
    assert len(fj.read_contacts(folder)) == 4
    assert fj.account(folder)["in_no_family"].tolist() == [1]
