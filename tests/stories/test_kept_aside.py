"""What was set aside is kept as it came, for the data's owner alone, and comes in once the format or the file is mended."""

import os
import stat
import subprocess
import sys

import pytest

import journeys as fj
from journeys import aside, rights
from journeys.contacts import open_session
from tests.stories.conftest import POLICE, account_of, supplied
from tests.stories.test_intake_edges import HEADER, ROW, workbook

BAD = '2,"P\u2019 2",2024-05-02,visit,"said ""no""\r\nand left",\r\n3,P3\r\n'


def kept(folder):
    room = aside.keep(open_session(folder)).get("set_aside")
    return {p.name: p.read_bytes() for p in sorted(room.iterdir())} if room else {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
def test_records_of_a_text_file_are_kept_byte_for_byte(tmp_path, encoding):
    text = HEADER.replace("\n", "\r\n")
    whole = (text + ROW + BAD + ROW.replace("1,", "4,", 1)).encode(encoding)
    found = kept(supplied(tmp_path / "data", {"police.csv": whole}))
    assert list(found) == ["police.csv"]
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)
    assert found["police.csv"] == text.encode(plain) + BAD.encode(plain)
    assert BAD.encode(plain) in whole


def test_a_last_line_that_was_cut_short_is_kept_as_far_as_it_goes(tmp_path):
    found = kept(supplied(tmp_path / "data", {"police.csv": HEADER + ROW + "2,P1,01/0"}))
    assert found["police.csv"].endswith(b"\n2,P1,01/0\r\n")


def test_records_of_a_workbook_are_kept_as_they_were_read(tmp_path):
    rows = [HEADER.strip().split(","), ["1", "P1", "31/02/2024", "visit", "seen", None]]
    found = kept(supplied(tmp_path / "data", {"police.xlsx": workbook(tmp_path / "p.xlsx", rows)}))
    assert found["police.xlsx.csv"].decode().splitlines()[1] == "1,2,1,P1,31/02/2024,visit,seen,"


def test_nothing_is_kept_where_nothing_was_set_aside(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + ROW})
    assert kept(folder) == {} and not (folder / "private").exists()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_owner_may_read_them(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + BAD})
    kept(folder)
    modes = [stat.S_IMODE((folder / "private" / p).stat().st_mode) for p in ("", "set_aside", "set_aside/police.csv")]
    assert modes == [0o700, 0o700, 0o600]


def test_a_mended_format_brings_them_in(tmp_path):
    text = HEADER + ROW + "2,P1,2024-05-02,visit,,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    assert account_of(folder) == {"police.csv": (2, 1, 1, 0)} and kept(folder)
    form = POLICE | {"dates": [*POLICE["dates"], "iso"]}
    supplied(tmp_path / "data", {"police.csv": text}, {"police.csv": {"format": form}})
    assert account_of(folder) == {"police.csv": (2, 2, 0, 0)} and not kept(folder)


def test_the_kept_records_themselves_come_in_when_they_are_mended(tmp_path):
    text = HEADER + ROW + "2,P1,31/02/2024,visit,,\n"
    folder = supplied(tmp_path / "data", {"police.csv": text})
    mended = kept(folder)["police.csv"].replace(b"31/02", b"29/02")
    series = {"series": "police"}
    supplied(
        tmp_path / "data",
        {"police.csv": text, "mended.csv": mended},
        dict.fromkeys(("police.csv", "mended.csv"), series),
    )
    contacts = fj.read_contacts(folder).df()
    assert sorted(contacts["contact_id"]) == ["police:1", "police:2"]


def test_check_says_where_they_are_and_shows_none_of_them(tmp_path):
    folder = supplied(tmp_path / "data", {"police.csv": HEADER + "2,FJCANARY,31/02/2024,FJCANARY,FJCANARY,\n" + ROW})
    done = subprocess.run(
        [sys.executable, "-m", "journeys", "check", str(folder)], capture_output=True, text=True, check=True
    )
    assert "As they came, for the data's owner alone:" in done.stdout
    assert "FJCANARY" not in done.stdout + done.stderr
    assert b"FJCANARY" in (folder / "private" / "set_aside" / "police.csv").read_bytes()


def test_they_go_when_what_they_were_made_from_is_past_its_day(tmp_path, monkeypatch):
    folder = supplied(
        tmp_path / "data", {"police.csv": HEADER + BAD + ROW}, {"police.csv": {"keep_until": "2030-01-01"}}
    )
    kept(folder)
    monkeypatch.setattr("journeys.sources.today", lambda: __import__("datetime").date(2031, 1, 1))
    for due in rights.due(folder, tmp_path / "reports"):
        if due.remove:
            due.remove()
    assert not (folder / "private" / "set_aside").exists()
