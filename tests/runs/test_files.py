import datetime
import os
import stat

import pytest

from lib import files
from lib.errors import BuildError, BusyError, RuleError
from lib.files import appear, known_keys, load, lock, private_dir, write_whole

POSIX = pytest.mark.skipif(os.name != "posix", reason="permissions and symlinks as on POSIX")


@pytest.fixture
def yaml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text):
        path = tmp_path / "sources.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path)

    return read


def test_what_yaml_1_1_would_change_stays_text(yaml):
    text = "a: NO\nb: on\nc: 12:30\nd: 007\ne: 01632960001\nf: y\ng: 2024-04-05T10:00:00\n"
    assert list(yaml(text).data.values()) == ["NO", "on", "12:30", "007", "01632960001", "y", "2024-04-05T10:00:00"]


def test_plain_kinds_are_read(yaml):
    data = yaml("a: 3\nb: 2.5\nc: true\nd: ~\ne: 2024-04-05\nf: [x, 1]\ng: {h: '3'}\n").data
    assert data == {
        "a": 3,
        "b": 2.5,
        "c": True,
        "d": None,
        "e": datetime.date(2024, 4, 5),
        "f": ["x", 1],
        "g": {"h": "3"},
    }


def test_an_empty_file_holds_nothing(yaml):
    assert yaml("# only this\n").data == {}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' is given twice, first on line 1"),
        ("x:\n  y: !!python/object/apply:os.system [ls]\n", 2, "tag"),
        ("x: !mine 1\n", 1, "tag"),
        ("x: &a [1]\ny: *a\n", 1, "alias"),
        ("x: &a {b: 1}\ny:\n  <<: *a\n", 3, "merge"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: [1,\nb: 2\n", 3, "cannot be read as YAML"),
        ("a: 1\n\tb: 2\n", 2, "spaces, not tabs"),
        ("a: 1\nb: 2024-02-30\n", 2, "not a day in the calendar"),
        ("%YAML 1.1\n---\na: NO\n", 1, "%"),
        ("a: 1\nb: \x01\n", 2, "control character"),
        (b"a: 1\nb: \xff\n", 2, "UTF-8"),
        ("just words\n", 1, "keys and values"),
        ("? [a]\n: 1\n", 1, "key"),
        ("[" * 2000, 1, "nested too deeply"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(yaml, text, line, says):
    with pytest.raises(RuleError) as raised:
        yaml(text)
    assert str(raised.value).startswith(f"sources.yml, line {line}: ") and says in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_many_aliases_do_not_grow(yaml):
    bomb = "a: &a [x]\n" + "".join(
        f"{n}: &{n} [{', '.join(['*' + p] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(RuleError, match="alias"):
        yaml(bomb)


def test_a_file_that_is_not_there_is_named_with_the_nearest(yaml, tmp_path):
    yaml("a: 1")
    with pytest.raises(RuleError, match=r"source.yml: there is no such file. Did you mean 'sources.yml'\?"):
        load(tmp_path / "source.yml")


def test_every_part_knows_its_line(yaml):
    read = yaml("files:\n  police.csv:\n    covers:\n      - 2022-04-01\n      - 2025-03-31\n")
    assert read.line("files", "police.csv", "covers") == 3
    assert read.line("files", "police.csv", "covers", 1) == 5
    assert read.line("files", "school.csv", "covers") == 1
    assert read.line() == 1


def test_an_unknown_key_is_named_with_its_line_and_the_nearest(yaml):
    read = yaml("files:\n  police.csv:\n    formt: x\n    agency: police\n")
    with pytest.raises(RuleError, match=r"^sources.yml, line 3: unknown key 'formt'. Did you mean 'format'\? Keys"):
        known_keys(read, ("files", "police.csv"), ["format", "agency"])
    known_keys(read, ("files", "police.csv"), ["formt", "agency"])
    known_keys(read, ("not", "there"), ["a"])


def test_a_list_where_keys_should_be_is_named(yaml):
    with pytest.raises(RuleError, match="line 1: 'files' should hold keys and values, and holds a list"):
        known_keys(yaml("files: [a]\n"), ("files",), ["a"])


# Writing


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    write_whole(target, b"old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(BuildError, match=r"a\.txt could not be written: No space left on device"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@POSIX
def test_what_is_written_is_for_its_owner(tmp_path):
    folder = private_dir(tmp_path / "a" / "b")
    write_whole(folder / "c", b"")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and stat.S_IMODE((folder / "c").stat().st_mode) == 0o600


@POSIX
def test_nothing_is_written_through_a_symlink(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "way").symlink_to(tmp_path / "folder")
    for attempt in (
        lambda: write_whole(tmp_path / "link", b"new"),
        lambda: private_dir(tmp_path / "way"),
        lambda: lock(tmp_path / "link").__enter__(),
    ):
        with pytest.raises(BuildError, match="symlink"):
            attempt()
    assert (tmp_path / "real").read_bytes() == b"old"


def test_a_folder_appears_whole_and_replaces_nothing(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_text(name)
    assert appear(tmp_path / "one", tmp_path / "final") == tmp_path / "final"
    with pytest.raises(BuildError, match="there already"):
        appear(tmp_path / "two", tmp_path / "final")
    assert (tmp_path / "final" / "deep" / "file").read_text() == "one" and (tmp_path / "two").is_dir()


# Locks


def test_a_held_lock_says_who_holds_it_and_what_to_do(tmp_path):
    with (
        lock(tmp_path / "lock"),
        pytest.raises(BusyError, match=rf"process {os.getpid()}, since \d\d:\d\d on .* Wait until it ends"),
        lock(tmp_path / "lock"),
    ):
        pass
    with lock(tmp_path / "lock"):
        pass


def test_a_holder_file_that_cannot_be_read_does_not_hide_the_lock(tmp_path):
    with lock(tmp_path / "lock"):
        (tmp_path / "lock.holder").write_text("{")
        with pytest.raises(BusyError, match="another run is at work"), lock(tmp_path / "lock"):
            pass


def test_a_holder_file_left_by_a_dead_process_locks_nothing(tmp_path):
    (tmp_path / "lock.holder").write_text('{"pid": 1, "since": "2024-01-01T00:00:00+00:00"}')
    (tmp_path / "lock").write_text("")
    with lock(tmp_path / "lock"):
        pass
