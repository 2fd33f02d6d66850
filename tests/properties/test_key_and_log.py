"""Keys where nobody else comes by them, and a log in which no change goes unseen."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from lib import keys
from lib.errors import DataError, RequestError
from lib.sealedlog import SealedLog

posix = pytest.mark.skipif(os.name != "posix", reason="this system has no owners and modes: nothing is claimed there")
KEY = bytes(range(32))


# Where a key may be


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journeys.key"
    name = keys.make(path)
    assert len(keys.read(path)) == 32 and name == keys.kid(keys.read(path))
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o077 == 0
    before = path.read_bytes()
    with pytest.raises(RequestError, match="nothing replaces a key"):
        keys.make(path)
    assert path.read_bytes() == before


def test_a_key_in_a_git_work_tree_is_refused(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with pytest.raises(RequestError, match="under version control"):
        keys.make(tmp_path / "deep" / "down" / "k")
    assert not (tmp_path / "deep").exists()


def test_a_key_that_comes_to_lie_in_a_work_tree_is_not_used(tmp_path: Path) -> None:
    keys.make(tmp_path / "keys" / "k")
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    with pytest.raises(RequestError, match=r"is not used: .*under version control"):
        keys.read(tmp_path / "keys" / "k")


def test_a_link_into_a_work_tree_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    (tmp_path / "tree" / "below").mkdir()
    (tmp_path / "plain").symlink_to(tmp_path / "tree" / "below")
    with pytest.raises(RequestError, match="under version control"):
        keys.make(tmp_path / "plain" / "k")


@pytest.mark.parametrize(
    "folder",
    [
        *("OneDrive", "OneDrive - Northshire Council", "onedrive", "Dropbox", "Dropbox (Personal)", "Google Drive"),
        *("GoogleDrive-me@example.org", "My Drive", "Nextcloud", "ownCloud", "iCloud Drive", "Mobile Documents"),
        *("CloudStorage", "Box Sync", "Northshire SharePoint", "Syncthing", "Roaming", "pCloudDrive"),
    ],
)
def test_a_key_in_a_synced_folder_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(RequestError, match="copies to other computers"):
        keys.make(tmp_path / folder / "keys" / "k")


@pytest.mark.parametrize("folder", ["Drive", "Local", "boxes", "megan", "cloud studies", "keys"])
def test_other_folders_are_not_taken_for_synced_ones(tmp_path: Path, folder: str) -> None:
    keys.make(tmp_path / folder / "k")


def test_a_synced_folder_of_another_name_is_known_by_its_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine" / ".stfolder").mkdir(parents=True)
    assert keys.synced(tmp_path / "mine" / "k") == "mine"
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "work"))
    assert keys.synced(tmp_path / "work" / "k") == "work"


def test_a_key_does_not_lie_with_the_data(tmp_path: Path) -> None:
    (tmp_path / "sources.yml").write_text("purpose: x\n")
    with pytest.raises(RequestError, match="with the data"):
        keys.make(tmp_path / "private" / "k", ("sources.yml",))


@posix
@pytest.mark.parametrize(
    ("mode", "well"), [(0o600, True), (0o400, True), (0o640, False), (0o604, False), (0o620, False)]
)
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int, well: bool) -> None:
    keys.make(tmp_path / "k" / "k")
    (tmp_path / "k" / "k").chmod(mode)
    if well:
        assert keys.read(tmp_path / "k" / "k")
    else:
        with pytest.raises(RequestError, match="chmod 600"):
            keys.read(tmp_path / "k" / "k")


@posix
def test_a_key_that_others_may_replace_or_reach_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "k" / "k"
    keys.make(path)
    path.parent.chmod(0o777)
    with pytest.raises(RequestError, match="replace it"):
        keys.read(path)
    path.parent.chmod(0o700)
    os.link(path, tmp_path / "other")
    with pytest.raises(RequestError, match="another name"):
        keys.read(path)
    (tmp_path / "other").unlink()
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(RequestError, match="symlink"):
        keys.read(tmp_path / "link")


@pytest.mark.parametrize("content", ["", "x", "{}", '{"key": 5}', '{"key": "zz"}', '{"key": "00"}', "[]"])
def test_what_is_no_key_is_never_used_as_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "k").write_text(content)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(RequestError, match=r"put back|Put back"):
        keys.read(tmp_path / "k")


def test_no_message_holds_the_key(tmp_path: Path) -> None:
    path = tmp_path / "k" / "k"
    keys.make(path)
    hidden = keys.read(path).hex()
    path.write_text(json.dumps({"key": hidden[:-2]}))
    with pytest.raises(RequestError) as told:
        keys.read(path)
    assert hidden[:10] not in str(told.value)


def test_the_variable_names_the_place_and_windows_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert keys.usual_place("V", "kit", "k", {"V": "~/there"}) == Path.home() / "there"
    assert keys.usual_place("V", "kit", "k", {"XDG_CONFIG_HOME": "/c"}) == Path("/c/kit/k")


def test_rotation_keeps_the_old_key_sealed(tmp_path: Path) -> None:
    path = tmp_path / "k" / "k"
    first = keys.make(path)
    with keys.rotated(path) as (old, new):
        assert keys.kid(old) == first and new != old
    ring = keys.ring(path)
    assert list(ring) == [keys.kid(new), first] and keys.read(path) == new and ring[first] == old


def test_a_rotation_that_fails_leaves_the_old_key(tmp_path: Path) -> None:
    path = tmp_path / "k" / "k"
    first = keys.make(path)
    with pytest.raises(KeyError), keys.rotated(path):
        raise KeyError
    assert list(keys.ring(path)) == [first]


# The log


def log_of(root: Path, lines: int = 4) -> SealedLog:
    made = SealedLog(root / "log.jsonl", KEY)
    for n in range(lines):
        made.add({"says": f"line {n}"})
    return made


def test_lines_are_read_back_in_order(tmp_path: Path) -> None:
    assert [line["says"] for line in log_of(tmp_path).read()] == ["line 0", "line 1", "line 2", "line 3"]
    assert SealedLog(tmp_path / "none.jsonl", KEY).read() == []


def _change(lines: list[str]) -> list[str]:
    return [*lines[:1], lines[1].replace("line 1", "line 9"), *lines[2:]]


TAMPERING = {
    "a word changed": _change,
    "a line taken out": lambda lines: [lines[0], *lines[2:]],
    "the last line cut off": lambda lines: lines[:-1],
    "all lines cut off": lambda lines: [],
    "two lines in another order": lambda lines: [lines[1], lines[0], *lines[2:]],
    "a line twice": lambda lines: [*lines, lines[-1]],
    "half a line": lambda lines: [*lines[:-1], lines[-1][:20]],
    "a line of somebody's own": lambda lines: [*lines, json.dumps({"line": 5, "says": "x", "seal": "0" * 64})],
    "no line at all": lambda lines: ["[]", *lines[1:]],
}


@pytest.mark.parametrize("how", TAMPERING)
def test_a_change_to_the_log_is_found_and_stops(tmp_path: Path, how: str) -> None:
    log = log_of(tmp_path)
    changed = TAMPERING[how](log.path.read_text().splitlines())
    log.path.write_text("".join(f"{line}\n" for line in changed))
    for act in (log.read, lambda: log.add({"says": "more"})):
        with pytest.raises(DataError, match="changed by something else"):
            act()
    assert log.path.read_text().splitlines() == changed


def test_a_line_from_another_history_under_the_same_key_is_found(tmp_path: Path) -> None:
    """A copy of the log was put back once, and went on in another way: its lines are well sealed, and not of this log."""
    (tmp_path / "other").mkdir()
    log, other = log_of(tmp_path), SealedLog(tmp_path / "other" / "log.jsonl", KEY)
    other.add({"says": "another beginning"})
    other.add({"says": "another line 1"})
    lines = log.path.read_text().splitlines()
    lines[1] = other.path.read_text().splitlines()[1]
    log.path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(DataError, match="line 2 is not as it was written"):
        log.read()


def test_a_log_or_its_end_that_is_gone_is_missed(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    end = log.end.read_bytes()
    log.end.unlink()
    with pytest.raises(DataError, match="not there"):
        log.read()
    log.end.write_bytes(end)
    log.path.unlink()
    with pytest.raises(DataError, match="off its end"):
        log.read()


def test_a_line_that_was_not_counted_before_the_power_went_is_whole(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    end = log.end.read_bytes()
    log.add({"says": "line 4"})
    log.end.write_bytes(end)
    assert len(log.read()) == 5
    log.add({"says": "line 5"})
    assert len(log.read()) == 6


def test_another_key_seals_nothing_here(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    with pytest.raises(DataError):
        SealedLog(log.path, bytes(32)).read()
