"""A contact's id: the supplier's own, or a hash of the listed values; never the row number."""

import random

import pytest

import journeys as fj
from lib.errors import RuleError
from tests.stories.conftest import POLICE, account_of, faults_of, supplied

HEADER = "Ref,Person,When,What,Outcome,Recorded\n"
NO_ID = [",P2,04/05/2024,visit,,04/05/2024", ",P2,04/05/2024,visit,,04/05/2024"]
OTHERS = ["1,P1,01/05/2024 14:10,incident,nfa,", ",P3,05/05/2024,visit,,", "2,P1,03/05/2024,visit,,"]
SERIES = {"police_2023.csv": {"series": "police"}, "police_2024.csv": {"series": "police"}}


def ids(folder):
    return sorted(fj.read_contacts(folder).df()["contact_id"])


def log(rows):
    return HEADER + "\n".join(rows) + "\n"


def test_the_id_is_the_files_stem_and_the_suppliers_own(tmp_path):
    folder = supplied(
        tmp_path / "data", {"police.csv": log(["101,P1,01/05/2024,visit,,", "102,P1,03/05/2024,visit,,"])}
    )
    assert ids(folder) == ["police:101", "police:102"]


def test_rows_alike_without_an_id_share_a_hash_and_are_numbered(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": log(NO_ID)})
    first, second = ids(folder)
    stem = first.removesuffix("-1")
    assert (first, second) == (f"{stem}-1", f"{stem}-2")
    assert stem.startswith("police:") and len(stem) > len("police:") + 8


def test_shuffling_and_adding_rows_changes_no_id(tmp_path):
    before = ids(supplied(tmp_path / "a", {"police.csv": log(NO_ID + OTHERS)}))
    rows = [*NO_ID, *OTHERS, "9,P9,09/05/2024,visit,,", ",P9,09/05/2024 10:00,visit,,"]
    random.Random(4).shuffle(rows)
    after = ids(supplied(tmp_path / "b", {"police.csv": log(rows)}))
    assert set(before) < set(after) and len(after) == len(before) + 2


def test_an_unlisted_column_renamed_added_or_moved_changes_no_id(tmp_path):
    before = ids(supplied(tmp_path / "a", {"police.csv": log(NO_ID)}))
    text = "Beat,Recorded,Outcome,What,When,Person,Ref\n" + "green,04/05/2024,,visit,04/05/2024,P2,\n" * 2
    assert ids(supplied(tmp_path / "b", {"police.csv": text})) == before


def test_the_delimiter_and_the_encoding_change_no_id(tmp_path):
    before = ids(supplied(tmp_path / "a", {"police.csv": log([",Zoë,04/05/2024,visit,,"])}))
    other = log([",Zoë,04/05/2024,visit,,"]).replace(",", ";").encode("utf-16")
    assert ids(supplied(tmp_path / "b", {"police.csv": other})) == before


def test_the_way_a_day_is_written_changes_no_id(tmp_path):
    form = {"police.csv": {"format": POLICE | {"dates": ["iso"]}}}
    before = ids(supplied(tmp_path / "a", {"police.csv": log([",P2,04/05/2024,visit,,"])}))
    assert ids(supplied(tmp_path / "b", {"police.csv": log([",P2,2024-05-04,visit,,"])}, form)) == before


def test_one_listed_value_changed_changes_that_hash_alone_and_the_doubt_goes(tmp_path):
    alike = supplied(tmp_path / "a", {"police.csv": log(NO_ID)})
    changed = supplied(tmp_path / "b", {"police.csv": log([",P2,04/05/2024,visit,seen,04/05/2024", NO_ID[1]])})
    assert len(set(ids(alike)) & set(ids(changed))) == 1
    assert all(contact.endswith("-1") for contact in ids(changed))
    assert "identical_no_id" in faults_of(fj.read_contacts(alike))
    assert "identical_no_id" not in faults_of(fj.read_contacts(changed))


def test_any_listed_value_makes_another_contact(tmp_path):
    rows = [
        NO_ID[0],
        ",P3,04/05/2024,visit,,04/05/2024",
        ",P2,05/05/2024,visit,,04/05/2024",
        ",P2,04/05/2024 09:00,visit,,04/05/2024",
        ",P2,04/05/2024,call,,04/05/2024",
        ",P2,04/05/2024,visit,seen,04/05/2024",
        ",P2,04/05/2024,visit,,05/05/2024",
        ",P2,04/05/2024,visit,,",
    ]
    found = ids(supplied(tmp_path / "data", {"police.csv": log(rows)}))
    assert len({i.rsplit("-", 1)[0] for i in found}) == len(rows)


def test_values_that_slide_into_the_next_column_are_not_the_same(tmp_path):
    form = {"columns": POLICE["columns"] | {"reason": "Reason"}, "dates": POLICE["dates"]}
    text = "Ref,Person,When,What,Outcome,Recorded,Reason\n,P1,04/05/2024,visit,ab,,c\n,P1,04/05/2024,visit,a,,bc\n"
    folder = supplied(tmp_path / "data", {"police.csv": text}, {"police.csv": {"format": form}})
    assert len({i.rsplit("-", 1)[0] for i in ids(folder)}) == 2


def test_several_contacts_of_one_row_add_the_event(tmp_path):
    columns = {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What", "agency": "Who"}
    form = {"columns": columns, "dates": POLICE["dates"], "several": {"agency": ";"}}
    text = "Ref,Person,When,What,Who\nR7,P1,01/05/2024,meeting,school; gp\nR8,P1,02/05/2024,meeting,gp\n"
    folder = supplied(tmp_path / "data", {"panel.csv": text}, {"panel.csv": {"format": form}})
    contacts = fj.read_contacts(folder).df()
    assert contacts["contact_id"].tolist() == ["panel:R7#1", "panel:R7#2", "panel:R8"]
    assert contacts["agency"].tolist() == ["school", "gp", "gp"]


def test_one_id_in_two_files_without_a_series_is_two_contacts_and_a_doubt(tmp_path):
    files = {"police_2023.csv": log(["17,P1,01/05/2023,visit,,"]), "police_2024.csv": log(["17,P1,01/05/2024,visit,,"])}
    folder = supplied(tmp_path / "data", files)
    assert ids(folder) == ["police_2023:17", "police_2024:17"]
    assert faults_of(fj.read_contacts(folder))["same_id_two_suppliers"] == 1


def test_one_id_at_two_agencies_is_no_doubt(tmp_path):
    files = {"police.csv": log(["17,P1,01/05/2023,visit,,"]), "school.csv": log(["17,P1,01/05/2024,visit,,"])}
    folder = supplied(tmp_path / "data", files, {"school.csv": {"agency": "school"}})
    assert "same_id_two_suppliers" not in faults_of(fj.read_contacts(folder))


def test_in_one_series_equal_rows_collapse_across_files(tmp_path):
    row = "17,P1,01/05/2023,visit,,01/05/2023"
    files = {"police_2023.csv": log([row]), "police_2024.csv": log([row, "18,P1,01/05/2024,visit,,"])}
    folder = supplied(tmp_path / "data", files, SERIES)
    assert ids(folder) == ["police:17", "police:18"]
    assert account_of(folder) == {"police_2023.csv": (1, 1, 0, 0), "police_2024.csv": (2, 1, 0, 1)}
    assert "same_id_two_suppliers" not in faults_of(fj.read_contacts(folder))


def test_in_one_series_an_earlier_file_is_amended_by_a_later_one(tmp_path):
    files = {
        "police_2023.csv": log(["17,P1,01/05/2023,visit,nfa,01/05/2023"]),
        "police_2024.csv": log(["17,P1,01/05/2023,visit,referred,01/02/2024"]),
    }
    folder = supplied(tmp_path / "data", files, SERIES)
    contacts = fj.read_contacts(folder).df()
    assert contacts["contact_id"].tolist() == ["police:17", "police:17"]
    assert contacts["outcome"].tolist() == ["nfa", "referred"]
    assert contacts["source_file"].tolist() == ["police_2023.csv", "police_2024.csv"]


def test_in_one_series_the_order_of_files_is_no_evidence_of_which_is_later(tmp_path):
    files = {
        "police_2023.csv": log(["17,P1,01/05/2023,visit,nfa,"]),
        "police_2024.csv": log(["17,P1,01/05/2023,visit,referred,"]),
    }
    assert account_of(supplied(tmp_path / "data", files, SERIES)) == {
        "police_2023.csv": (1, 0, 1, 0),
        "police_2024.csv": (1, 0, 1, 0),
    }


def test_in_one_series_rows_alike_without_an_id_are_contacts_of_their_own_and_a_doubt(tmp_path):
    files = {"police_2023.csv": log(NO_ID[:1]), "police_2024.csv": log([NO_ID[0], OTHERS[1]])}
    folder = supplied(tmp_path / "data", files, SERIES)
    assert len(ids(folder)) == 3
    assert faults_of(fj.read_contacts(folder))["identical_no_id"] == 2


def test_without_a_series_rows_alike_in_two_files_are_two_contacts(tmp_path):
    files = {"a.csv": log(NO_ID[:1]), "b.csv": log([NO_ID[0], OTHERS[1]])}
    assert account_of(supplied(tmp_path / "data", files)) == {"a.csv": (1, 1, 0, 0), "b.csv": (2, 2, 0, 0)}


def test_persons_of_one_number_at_two_suppliers_are_two_persons(tmp_path):
    files = {"police.csv": log(["1,123,01/05/2023,visit,,"]), "school.csv": log(["1,123,01/05/2024,visit,,"])}
    folder = supplied(tmp_path / "data", files)
    assert sorted(fj.read_contacts(folder).df()["person_id"]) == ["police:123", "school:123"]


def test_persons_are_one_where_ids_are_declared_shared(tmp_path):
    files = {"police.csv": log(["1,123,01/05/2023,visit,,"]), "school.csv": log(["1,123,01/05/2024,visit,,"])}
    shared = {name: {"person_ids": "shared"} for name in files}
    assert fj.read_contacts(supplied(tmp_path / "data", files, shared)).df()["person_id"].tolist() == ["123", "123"]


def test_two_files_of_one_stem_are_refused_with_both_lines(tmp_path):
    row = log(["17,P1,01/05/2023,visit,,"])
    folder = supplied(tmp_path / "data", {"police.csv": row, "police.txt": row})
    with pytest.raises(
        RuleError, match=r"line \d+ and .*line \d+: police.csv and police.txt share the name 'police'.*series"
    ):
        fj.read_contacts(folder)


def test_two_files_of_one_stem_may_be_one_series(tmp_path):
    files = {"police.csv": log(["17,P1,01/05/2023,visit,,"]), "police.txt": log(["18,P1,01/05/2023,visit,,"])}
    folder = supplied(tmp_path / "data", files, {name: {"series": "police"} for name in files})
    assert ids(folder) == ["police:17", "police:18"]


def test_a_series_named_as_a_file_outside_it_is_refused(tmp_path):
    files = {"police.csv": log(["17,P1,01/05/2023,visit,,"]), "old.csv": log(["18,P1,01/05/2023,visit,,"])}
    folder = supplied(tmp_path / "data", files, {"old.csv": {"series": "police"}})
    with pytest.raises(RuleError, match=r"line \d+: the series 'police' of old.csv .*line \d+"):
        fj.read_contacts(folder)
