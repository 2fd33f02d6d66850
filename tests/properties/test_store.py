"""The store of a folder: one file, appearing whole by one rename, owner-only, read by many, swept when nobody holds it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import journeys as fj
from journeys import contacts as contacts_module
from journeys import sources
from journeys.contacts import store_key
from lib.errors import DataError, KitError, OldAnswer
from tests.properties.folders import COLUMNS, a_log_that_names_families, folder_of_logs

CODE = Path(fj.__file__).parent.parent
CANARIES = ("FJCANARY-SURNAME", "FJCANARY-NOTE", "FJCANARY-ASIDE", "FJCANARY-COLUMN")

HOLDER = """
import sys, warnings
import journeys as fj
folder = sys.argv[1]
contacts = fj.read_contacts(folder)
print(len(contacts), flush=True)
for line in sys.stdin:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = len(contacts.sql("select * from this"))
    print(rows, *[w.category.__name__ for w in told], flush=True)
"""

READER = """
import sys
import journeys as fj
contacts = fj.read_contacts(sys.argv[1])
fj.build_journeys(contacts)
print(contacts.owner.key, len(contacts), flush=True)
"""

READER_WITHOUT_RIGHTS = """
import os, sys
import journeys as fj
fj.build_journeys(fj.read_contacts(sys.argv[2]))  # whatever is imported late is imported now
if os.geteuid() == 0:  # the superuser may write anywhere
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
fj.read_contacts(sys.argv[1])
"""

SLOW_BUILDER = """
import sys, time
import journeys as fj
from journeys import contacts
from lib import intake
read = intake.read
def slowly(*args):
    print("reading", flush=True)
    made = read(*args)
    print("read", flush=True)
    time.sleep(60)
    return made
intake.read = slowly
fj.read_contacts(sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return a_log_that_names_families(tmp_path / "named")


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=CODE,
    )


@pytest.fixture
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has read the folder, and answers a line on its input with a count."""
    process = start(HOLDER, folder)
    try:
        assert process.stdout and int(process.stdout.readline()) == 8
        yield process
    finally:
        process.kill()
        process.wait()


def stores(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / ".store").glob("[!.]*.duckdb") if "-steps" not in p.name)


def add_a_row(folder: Path) -> None:
    with open(folder / "school.csv", "a", encoding="utf-8") as file:
        header = (folder / "school.csv").read_text("utf-8").splitlines()[0].split(",")
        row = {"contact_id": "9", "person_id": "P1", "family_id": "F1", "date": "2024-05-01", "agency": "school"}
        file.write(",".join(({"activity": "visit"} | row).get(c, "") for c in header) + "\n")


def ask(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdin and process.stdout
    process.stdin.write("again\n")
    process.stdin.flush()
    return process.stdout.readline().split()


def test_a_kernel_keeps_its_answer_and_is_told_that_it_is_old(folder: Path, held: subprocess.Popen[str]) -> None:
    assert ask(held) == ["8"]
    (old,) = stores(folder)
    add_a_row(folder)
    rebuilt = start(READER, folder).communicate(timeout=60)[0].split()
    assert rebuilt[1] == "9"
    assert len(stores(folder)) == 2, "the store that a kernel holds was swept away under it"
    assert ask(held) == ["8", "OldAnswer"], "it keeps its answer and is told once"
    assert ask(held) == ["8"]
    held.kill()
    held.wait()
    add_a_row(folder)
    assert len(fj.read_contacts(folder)) == 9, "the same row twice under one id is one contact"
    (left,) = stores(folder)
    assert left not in (old, rebuilt[0] + ".duckdb")
    assert not list((folder / ".store").glob(f"{rebuilt[0]}*.duckdb")), "its steps went with it"


def test_in_one_process_too(folder: Path) -> None:
    contacts = fj.read_contacts(folder)
    review = fj.build_journeys(contacts)
    add_a_row(folder)
    with pytest.warns(OldAnswer, match="files of named have changed"):
        assert len(contacts) == 8
    with pytest.warns(OldAnswer):
        assert len(review.steps) == 8 - 1, "the earlier version is no step"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        os.utime(folder / "helpers.csv")
        fresh = fj.read_contacts(folder)
        os.utime(folder / "school.csv")
        assert len(fresh) == 9, "touched and not changed is not old"


def test_a_folder_that_somebody_holds_is_opened_once_until_it_changes(folder: Path) -> None:
    first, members = fj.read_contacts(folder), fj.read_members(folder)
    assert members.owner is first.owner
    add_a_row(folder)
    second = fj.read_contacts(folder)
    assert second.owner is not first.owner
    assert second.owner is fj.read_members(folder).owner


def test_a_new_version_of_the_kits_activities_is_heard_where_the_folder_has_lines_of_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "activities.yml").write_text('{"version": "ours"}', encoding="utf-8")
    before = sources.open_folder(folder)
    assert {"activities.yml", "rules/activities.yml", "sources.yml"} <= set(before.hashes())
    kit = shutil.copytree(sources.RULES, tmp_path / "kit")
    with open(kit / "activities.yml", "a", encoding="utf-8") as file:
        file.write("# a new version\n")
    key = store_key(before)
    monkeypatch.setattr(sources, "RULES", kit)
    assert store_key(sources.open_folder(folder)) != key


def test_a_kit_that_may_read_better_reads_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fj.read_contacts(folder).owner.key
    assert fj.read_contacts(folder).owner.key == before
    monkeypatch.setattr(contacts_module, "own_code", lambda: "another version")
    assert fj.read_contacts(folder).owner.key != before


def test_two_that_build_at_once_make_one_store(folder: Path) -> None:
    pair = [start(READER, folder) for _ in range(2)]
    said = [p.communicate(timeout=90) for p in pair]
    assert [p.returncode for p in pair] == [0, 0], said
    assert said[0][0] == said[1][0]
    assert len(stores(folder)) == 1
    assert not list((folder / ".store").glob(".building-*"))


def test_only_the_owner_may_look(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        contacts = fj.read_contacts(folder)
        review = fj.build_journeys(contacts)
        assert len(review) == 2
        home = folder / ".store"
        assert home.stat().st_mode & 0o777 == 0o700
        for path in home.rglob("*"):
            allowed = 0o700 if path.is_dir() else 0o600
            assert path.stat().st_mode & 0o777 & ~allowed == 0 or path.name.endswith(".lock"), path.name
    finally:
        os.umask(before)


def test_nothing_is_left_but_the_store_the_steps_and_locks(folder: Path) -> None:
    contacts = fj.read_contacts(folder)
    fj.build_journeys(contacts, fj.read_members(folder))
    key = contacts.owner.key
    left = {p.name for p in (folder / ".store").iterdir()}
    expected = {f"{key}.duckdb", f"{key}-steps.duckdb", "build.lock", "spill"}
    assert {n for n in left if not n.endswith(".held")} <= expected
    assert {f"{key}.duckdb", f"{key}-steps.duckdb"} <= left
    assert not list((folder / ".store" / "spill").iterdir()) if "spill" in left else True


def canary_folder(root: Path) -> Path:
    good = {
        "contact_id": "1",
        "person_id": "P1",
        "family_id": "F1",
        "date": "2024-05-01",
        "agency": "school",
        "activity": "visit",
    }
    rows = [
        good,
        good | {"contact_id": "2", "date": "31/13/2024 FJCANARY-ASIDE"},
        good | {"contact_id": "3", "activity": ""},
    ]
    folder_of_logs(root, {"school.csv": rows})
    lines = (root / "school.csv").read_text("utf-8").splitlines()
    body = [f"{line},FJCANARY-SURNAME {'x' * 40} {n},FJCANARY-NOTE{'y' * 40} {n}" for n, line in enumerate(lines[1:])]
    text = "\n".join([f"{lines[0]},FJCANARY-COLUMN,note", *body]) + "\n"
    (root / "school.csv").write_text(text, encoding="utf-8")
    sources = (root / "sources.yml").read_text("utf-8").replace('"columns": {', '"columns": {"note": "note", ')
    (root / "sources.yml").write_text(sources, encoding="utf-8")
    return root


def test_unlisted_columns_notes_and_bad_values_are_in_no_byte(tmp_path: Path) -> None:
    folder = canary_folder(tmp_path / "canaries")
    contacts = fj.read_contacts(folder)
    review = fj.build_journeys(contacts)
    assert len(review.steps) == 1
    aside = fj.set_aside(folder).df()
    assert len(aside) == 2
    shown = (
        aside.to_csv()
        + fj.check_contacts(contacts).df().to_csv()
        + fj.account(folder).to_csv()
        + contacts.df().to_csv()
    )
    raw = b"".join(p.read_bytes() for p in (folder / ".store").rglob("*") if p.is_file())
    assert len(raw) > 10_000
    assert b"school" in raw, "a listed value is there, in plain bytes: the search can find"
    for canary in CANARIES:
        assert canary.encode() not in raw, canary
        assert canary not in shown, canary


def test_the_search_for_canaries_can_find(tmp_path: Path) -> None:
    folder = canary_folder(tmp_path / "canaries")
    sources = (folder / "sources.yml").read_text("utf-8").replace('"note": "note"', '"reason": "note"')
    (folder / "sources.yml").write_text(sources, encoding="utf-8")
    fj.read_contacts(folder)
    assert any(b"FJCANARY-NOTE" in p.read_bytes() for p in (folder / ".store").glob("*.duckdb"))


def test_a_builder_killed_leaves_nothing_under_a_final_name(folder: Path) -> None:
    process = start(SLOW_BUILDER, folder)
    try:
        assert process.stdout and process.stdout.readline() == "reading\n"
        assert process.stdout.readline() == "read\n"
        assert list((folder / ".store").glob(".building-*")), "it was to be killed while it builds"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    finally:
        process.kill()
    assert stores(folder) == []
    began = time.monotonic()
    assert len(fj.read_contacts(folder)) == 8
    assert time.monotonic() - began < 20, "a dead builder's lock was waited for"
    assert len(stores(folder)) == 1
    assert not list((folder / ".store").glob(".building-*"))


def test_a_build_that_fails_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib import intake

    def fail(*args: object) -> None:
        raise DataError("no")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "read", fail)
        with pytest.raises(DataError):
            fj.read_contacts(folder)
    assert stores(folder) == []
    assert not list((folder / ".store").glob(".building-*"))
    assert len(fj.read_contacts(folder)) == 8


def test_a_folder_that_may_not_be_written_says_so_in_words(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        shut = a_log_that_names_families(Path(name) / "named")
        os.chmod(shut, 0o555)
        words = [sys.executable, "-c", READER_WITHOUT_RIGHTS, str(shut), str(folder)]
        try:
            ran = subprocess.run(words, capture_output=True, text=True, cwd=CODE, timeout=60, check=False)
        finally:
            os.chmod(shut, 0o755)
    assert ran.returncode
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("lib.errors."), last
    assert "store" in last or "write" in last


def test_the_columns_here_are_those_of_the_kit() -> None:
    from journeys.sources import FORMAT_TARGETS

    assert set(COLUMNS) <= set(FORMAT_TARGETS)
    assert shutil.which(sys.executable)
    assert issubclass(DataError, KitError)


def test_a_folder_whose_name_no_store_can_have_is_refused_in_words(tmp_path):
    home = tmp_path / "what?now"
    shutil.copytree(CODE / "data" / "published", home, ignore=shutil.ignore_patterns(".store"))
    with pytest.raises(DataError, match=r"what\?now holds a question mark.*Rename the folder"):
        fj.read_contacts(home)
