"""`link`: persons and families written whole or not at all, with what changed and why, and never over anybody's own file."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import journeys as fj
from journeys import linking
from journeys.__main__ import main
from journeys.linkcommand import told
from journeys.linkfiles import ledgers
from journeys.linking import link
from journeys.linkpeople import People
from journeys.sources import open_folder
from lib import files
from lib.errors import BuildError, DataError, RequestError
from lib.files import lock
from lib.lineage import replayed
from tests.stories.conftest import supplied
from tests.stories.kin import persons_of, records_of

SCHOOL = "Ref,Person,When,What,Outcome,Recorded\n" + "".join(
    f"s{n}{day},{who},{day:02}/0{month}/2024,visit,,\n"
    for n, (who, month) in enumerate([("m", 3), ("c", 3), ("f", 4), ("p", 5), ("q", 5), ("r", 6)])
    for day in (4, 18)
)
POLICE = "Ref,Person,When,What,Outcome,Recorded\n1,9,20/03/2024,visit,,\n2,9,20/08/2025,visit,,\n"

FIRST = """
    id        person    household  from
    school:m  school:m  k:1        2020-01-01
    school:c  school:c  k:1        2020-01-01
    police:9  school:c  –          –
    school:f  school:f  k:2        2020-01-01
    school:g  school:g  k:2        2020-01-01
    school:p  school:p  k:3        2020-01-01
    school:q  school:q  k:3        2020-01-01
    school:r  school:r  k:3        2020-01-01
    """
"""Three families: m and c; f and g; p, q and r."""

SECOND = (
    FIRST
    + """
    school:f  school:f  k:1        2025-03-01
    school:g  school:g  k:1        2025-03-01
    school:r  school:r  k:4        2025-05-01
    school:s  school:s  k:4        2025-05-01
    """
)
"""A year later: f and g have moved in with m and c; r has moved out, and in with s."""


def folder_for(root: Path, **more: Any) -> Path:
    entry = {"agency": "school"}
    return supplied(root, {"school.csv": SCHOOL, "police.csv": POLICE}, {"school.csv": entry}, **more)


@pytest.fixture
def linked(monkeypatch: pytest.MonkeyPatch):
    """Link a folder from records drawn as a table, as if its linkage files held them."""

    def run(root: Path, drawn: str, **more: Any):
        people = People(records_of(drawn), persons_of(drawn), joined={"same NHS number": 1}, to_ask=2)
        monkeypatch.setattr(linking, "read_people", lambda folder: people)
        return link(root, **more)

    return run


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def whole(root: Path) -> dict[str, bytes]:
    names = [p for p in root.rglob("*") if p.is_file() and ".store" not in p.parts]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in names}


def add_lines(root: Path) -> None:
    path = root / "sources.yml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"members": "members.csv", "persons": "persons.csv"}))


def test_two_extracts_a_year_apart_a_family_that_merges_and_one_that_splits(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    first = linked(root, FIRST)
    assert first.lines_to_add == ["persons: persons.csv", "members: members.csv"]
    add_lines(root)
    before = {(r["person_id"], r["family_id"]) for r in rows(root / "members.csv")}
    own = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    assert own["police:9"] == own["school:c"]
    assert len(before) == 7
    contacts = fj.read_contacts(root)
    assert set(contacts.df()["person_id"].dropna()) == {own[f"school:{one}"] for one in "mcfpqr"}
    journeys = fj.build_journeys(contacts, fj.read_members(root))
    family = dict(before)[own["school:c"]]
    assert set(journeys[family].steps["agency"]) == {"school", "police"}

    done = linked(root, SECOND)
    home = dict(before)
    again = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    assert {k: again[k] for k in own} == own
    m, f, p, r = (own[f"school:{one}"] for one in "mfpr")
    spells = [(x["person_id"], x["family_id"], x["from"], x["to"]) for x in rows(root / "members.csv")]
    assert (f, home[f], "2020-01-01", "2025-03-01") in spells
    assert (f, home[m], "2025-03-01", "") in spells
    assert (r, home[p], "2020-01-01", "2025-05-01") in spells
    new = next(family for person, family, start, _ in spells if person == r and start == "2025-05-01")
    assert new not in home.values()

    lines = [(c.what, c.group, c.members, c.other, c.because) for c in ledgers(open_folder(root))[1].runs()[1].changes]
    g, s = own["school:g"], again["school:s"]
    assert ("merged", home[f], (f, g), home[m], "same household") in lines
    assert ("joined", home[m], (f, g), "", "same household") in lines
    assert ("left", home[p], (r,), "", "what joined them has ended") in lines
    assert ("split", new, (r, s), home[p], "same household") in lines
    said = "\n".join(told(done))
    assert "1 family merged into another" in said
    assert "1 family split from another" in said
    assert "pairs that ask a person: 2" in said
    assert "school:" not in said and "person-0" not in said and "F-0" not in said

    journeys = fj.build_journeys(fj.read_contacts(root), fj.read_members(root))
    assert "2025-08-20" in [str(day.date()) for day in journeys[home[m]].steps["date"]]


def test_the_ledger_gives_the_present_members_again(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    linked(root, SECOND)
    _, families = ledgers(open_folder(root))
    state = replayed(change for run in families.runs() for change in run.changes)
    now = {(person, name) for name, group in state.items() for person in group.now}
    ever = {(person, name) for name, group in state.items() for person in group.ever}
    written = rows(root / "members.csv")
    assert now == {(r["person_id"], r["family_id"]) for r in written if not r["to"]}
    assert ever == {(r["person_id"], r["family_id"]) for r in written}


def test_the_same_records_again_change_nothing_and_write_nothing(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, SECOND)
    before = whole(root)
    lines = SECOND.strip().splitlines()
    done = linked(root, "\n".join([lines[0], *reversed(lines[1:])]))
    assert not done.is_written
    assert whole(root) == before
    assert "Nothing has changed since the last run." in "\n".join(told(done))


def test_a_dry_run_says_what_would_change_and_writes_nothing(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    before = whole(root)
    done = linked(root, SECOND, dry_run=True)
    assert "1 family merged into another" in "\n".join(told(done))
    assert whole(root) == before


def test_a_members_file_made_by_hand_is_never_written_over_unasked(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data", members="members.csv")
    (root / "members.csv").write_text("person_id,family_id,from,to,because\nschool:m,OURS,,,known\n")
    before = whole(root)
    with pytest.raises(RequestError, match=r"members.csv was not written by `link`.*--replace-members"):
        linked(root, FIRST)
    assert whole(root) == before
    assert not linked(root, FIRST, dry_run=True).is_written
    linked(root, FIRST, replace_members=True)
    (root / "members.csv").write_text((root / "members.csv").read_text() + "x,y,,,by hand\n")
    with pytest.raises(RequestError, match="was changed by hand since"):
        linked(root, SECOND)


def test_a_suppliers_file_is_no_place_for_members(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    path = root / "sources.yml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"members": "school.csv"}))
    with pytest.raises(RequestError, match=r"school.csv is a supplier's file"):
        linked(root, FIRST, replace_members=True)


def test_whoever_is_stopped_anywhere_finds_all_of_it_or_nothing_and_goes_on(
    tmp_path: Path, linked, monkeypatch
) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    add_lines(root)
    before, was = whole(root), tmp_path / "was"
    shutil.copytree(root, was)
    done = linked(was, SECOND)
    assert done.is_written
    after = {k: v for k, v in whole(was).items() if not k.endswith((".jsonl", ".end"))}
    write, stops = files.write_whole, 0
    for step in range(1, 30):
        shutil.rmtree(root)
        root.mkdir()
        for name, content in before.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(content)
        left = [step]

        def stopping(path: Any, content: bytes, left: list[int] = left) -> None:
            if "holder" not in str(path):
                left[0] -= 1
                if not left[0]:
                    raise BuildError("stopped")
            write(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(files, "write_whole", stopping)
            patch.setattr("lib.sealedlog.write_whole", stopping)
            try:
                linked(root, SECOND)
                break
            except BuildError:
                stops += 1
        now = {k: v for k, v in whole(root).items() if k in before}
        if (root / "private" / "linked.new").is_dir():
            with pytest.raises(DataError, match="`link` was stopped while"):
                fj.read_contacts(root)
        else:
            assert now == before
        linked(root, SECOND)
        assert {k: v for k, v in whole(root).items() if not k.endswith((".jsonl", ".end", ".lock"))} == {
            k: v for k, v in after.items() if not k.endswith(".lock")
        }
        runs = ledgers(open_folder(root))[1].runs()
        assert len(runs) == 2
        assert {c.what for c in runs[1].changes} == {"merged", "joined", "left", "split", "was"}
    assert stops >= 7


def test_a_ledger_that_was_changed_stops_it(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    path = root / "private" / "families.jsonl"
    path.write_text(path.read_text().replace("F-00001", "F-00009", 1))
    before = whole(root)
    with pytest.raises(DataError, match="has been changed by something else"):
        linked(root, SECOND)
    assert whole(root) == before


def test_while_a_run_holds_the_folder_nothing_is_linked(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    (root / ".store").mkdir()
    with lock(root / ".store" / "report.lock"), pytest.raises(files.BusyError):
        linked(root, FIRST)


def test_the_command_says_what_changed_in_counts_and_its_exit_status_what_is_at_fault(
    tmp_path: Path, linked, monkeypatch, capsys
) -> None:
    root = folder_for(tmp_path / "data")
    drawn = FIRST.replace("police:9  school:c", "police:9  police:9")
    people = People(records_of(drawn), persons_of(drawn), joined={"same NHS number": 1}, to_ask=1)
    monkeypatch.setattr(linking, "read_people", lambda folder: people)
    main(["link", str(root)])
    said = capsys.readouterr().out
    assert "8 records of 8 persons." in said
    assert "joined by same NHS number: 1 pair" in said
    assert "4 families, 1 of them of one person." in said
    assert "8 persons new" in said and "4 families new" in said
    assert "Add this line to sources.yml, so that it is used: members: members.csv" in said
    (root / "members.csv").write_text("person_id,family_id,from,to,because\n")
    with pytest.raises(SystemExit) as stopped:
        main(["link", str(root)])
    assert stopped.value.code == 2
    with lock(root / ".store" / "report.lock"), pytest.raises(SystemExit) as busy:
        main(["link", str(root), "--replace-members"])
    assert busy.value.code == 3


SECRET = """
    id        surname    household     uprn          address          postcode  parents   confidential
    school:m  Zzcanary   k:zzcanary1   100200300400  7 Zzcanary Road  PO9 9ZZ   –         yes
    school:c  Zzcanary   k:zzcanary1   100200300400  7 Zzcanary Road  PO9 9ZZ   school:m  –
    school:f  Zzcanary   k:zzcanary2   100200300401  8 Zzcanary Road  PO9 9ZY   –         –
    school:g  Zzcanary   k:zzcanary2   100200300401  8 Zzcanary Road  PO9 9ZY   –         –
    """


def test_no_name_and_no_place_is_in_anything_that_is_written_or_said(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    done = linked(root, SECRET)
    assert together(root) == {"cm", "fg"}
    written = b"".join(whole(root).values()) + "\n".join(told(done)).encode()
    for secret in (b"zzcanary", b"100200300", b"PO9", b"9ZZ"):
        assert secret.lower() not in written.lower()
    assert "confidential, joined by no household and no address: 1 person" in "\n".join(told(done))


# Ids


def test_a_person_keeps_a_number_when_another_supplier_comes(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    own = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    homes = {(r["person_id"], r["family_id"]) for r in rows(root / "members.csv")}
    more = FIRST.replace("school:m  school:m  k:1 ", "school:m  a:1     k:1 ") + "    a:1  a:1  –  –\n"
    linked(root, more)
    again = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    assert again == own | {"a:1": own["school:m"]}
    assert {(r["person_id"], r["family_id"]) for r in rows(root / "members.csv")} == homes


def test_two_persons_found_to_be_one_keep_the_family_and_the_ledger_says_why(tmp_path: Path, linked) -> None:
    apart = FIRST.replace("police:9  school:c", "police:9  police:9")
    root = folder_for(tmp_path / "data")
    linked(root, apart)
    own = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    home = {r["person_id"]: r["family_id"] for r in rows(root / "members.csv")}
    linked(root, FIRST)
    again = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    assert len({again["police:9"], again["school:c"], *own.values()}) == len(set(own.values()))
    changes = ledgers(open_folder(root))[1].runs()[1].changes
    assert "found to be one person with another" in {c.because for c in changes}
    assert {r["family_id"] for r in rows(root / "members.csv")} <= set(home.values())


# What people decided

HEAD = "decision,person,other,family_id,from,to,decided_by,decided_on,because\n"


def decide(root: Path, *lines: str) -> None:
    (root / "family_decisions.csv").write_text(HEAD + "".join(f"{line}\n" for line in lines))


def together(root: Path) -> set[str]:
    found: dict[str, set[str]] = {}
    own = {
        r["person_id"]: r["record_id"].split(":")[1]
        for r in rows(root / "persons.csv")
        if "police" not in r["record_id"]
    }
    for row in rows(root / "members.csv"):
        found.setdefault(row["family_id"], set()).add(own[row["person_id"]])
    return {"".join(sorted(some)) for some in found.values()}


def test_decisions_are_obeyed_each_time(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    one = "one family,school:m,school:f,,,,a lead,2024-05-01,they say so"
    never = "Never one family,school:p,school:{},,,,a lead,01/05/2024,a court order"
    decide(root, one, never.format("q"), never.format("r"))
    for _ in range(2):
        done = linked(root, FIRST)
        assert together(root) == {"cfgm", "p", "qr"}
        assert not done.found.faults
    decide(root, one, never.format("q"))
    done = linked(root, FIRST)
    assert together(root) == {"cfgm"}
    assert len({s.member for s in done.found.families.held}) == 3
    assert "others join the two all the same" in done.found.faults[0]
    assert "held for a person to look at" in {c.because for c in done.found.of_families}


def test_a_person_is_put_in_a_family_from_a_day_to_a_day(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    linked(root, FIRST)
    own = {r["record_id"]: r["person_id"] for r in rows(root / "persons.csv")}
    home = {r["person_id"]: r["family_id"] for r in rows(root / "members.csv")}
    g, m = own["school:g"], own["school:m"]
    decide(
        root,
        f"in this family,police:9,,{home[g]},2024-01-01,2024-07-01,a lead,2024-05-01,lives with them",
        f"in this family,{g},,{home[m]},2024-01-01,,a lead,2024-05-01,lives with them",
    )
    for _ in range(2):
        done = linked(root, FIRST)
        assert not done.found.faults
        spells = [(r["person_id"], r["family_id"], r["from"], r["to"]) for r in rows(root / "members.csv")]
        c = own["school:c"]
        assert [s for s in spells if s[0] == c] == [
            (c, home[m], "2020-01-01", "2024-01-01"),
            (c, home[g], "2024-01-01", "2024-07-01"),
            (c, home[m], "2024-07-01", ""),
        ]
        assert [s for s in spells if s[0] == g] == [
            (g, home[g], "2020-01-01", "2024-01-01"),
            (g, home[m], "2024-01-01", ""),
        ]


FAULTS = {
    "one family,school:gone,school:m,,,,a lead,2024-05-01,x": "line 2 ('one family') cannot be obeyed: the person is in no",
    "one family,school:m,school:gone,,,,a lead,2024-05-01,x": "the other person is in no linkage record",
    "one family,school:c,police:9,,,,a lead,2024-05-01,x": "the two numbers are one person's",
    "in this family,school:c,,F-77777,,,a lead,2024-05-01,x": "there is no family of that id now",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_decision_that_cannot_be_obeyed_is_told(tmp_path: Path, linked, line: str) -> None:
    root = folder_for(tmp_path / "data")
    decide(root, line)
    done = linked(root, FIRST)
    (fault,) = done.found.faults
    assert FAULTS[line] in fault
    assert fault in "\n".join(told(done))
    assert "school" not in fault


def test_never_is_obeyed_before_one_family(tmp_path: Path, linked) -> None:
    root = folder_for(tmp_path / "data")
    decide(
        root,
        "one family,school:m,school:f,,,,a lead,2024-05-01,x",
        "never one family,school:f,school:m,,,,a lead,2024-05-01,x",
    )
    done = linked(root, FIRST)
    assert "line 3 says never, and never is obeyed" in done.found.faults[0]
    assert "cm" in together(root)


MEND = {
    "one famly,school:m,school:f,,,,a lead,2024-05-01,x": "Did you mean 'one family'",
    "one family,school:m,,,,,a lead,2024-05-01,x": "'other' is empty",
    "one family,school:m,school:f,F-1,,,a lead,2024-05-01,x": "'family_id' does not go with",
    "in this family,school:m,,,,,a lead,2024-05-01,x": "'family_id' is empty",
    "in this family,school:m,,F-00001,2024-05-01,2024-05-01,a lead,2024-05-01,x": "`to` is the first day out",
    "one family,school:m,school:f,,,,,2024-05-01,x": "'decided_by' is empty",
    "one family,school:m,school:f,,,,a lead,May,x": "'decided_on' is not a day",
    "one family,school:m,school:f,,,,a lead,2024-05-01,": "'because' is empty",
}


@pytest.mark.parametrize("line", MEND)
def test_a_line_that_is_no_decision_stops_it_before_anything_is_written(tmp_path: Path, linked, line: str) -> None:
    root = folder_for(tmp_path / "data")
    decide(root, line)
    before = whole(root)
    with pytest.raises(DataError, match=r"family_decisions.csv, line 2") as stopped:
        linked(root, FIRST)
    assert MEND[line] in str(stopped.value)
    assert whole(root) == before
