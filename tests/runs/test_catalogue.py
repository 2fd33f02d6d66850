"""The index points at whole reports only, whatever happened to the rest."""

import json
import os
import threading
import time

import pytest

from lib import catalogue, kernels
from lib.catalogue import GUARD, INDEX, entries, failures, newest_good, write_index
from lib.errors import BuildError
from lib.files import lock

HOSTILE = "</td><script>window.FJCANARY=1</script>\u202e"


@pytest.fixture
def made(notebook, run, monkeypatch):
    """made(name, ...) publishes a whole run without a kernel and returns its folder."""
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)

    def build(name="", data="north", level="team", **given):
        return run(notebook(), given, record={"level": level, "data": data, "name": name})

    return build


def index(reports):
    return write_index(reports).read_text(encoding="utf-8")


def test_the_newest_good_one_of_each_comes_first(made, reports):
    # Runs of one second are told apart by chance, so that the newest is the last by name.
    newest = max(made("monthly").name, made("monthly").name, made("monthly", who="b").name)
    text = index(reports)
    found = entries(reports)
    assert [e.run_id for e in newest_good(found)] == [newest]
    assert text.count(f'href="{newest}/report.html"') == 2 and "3 reports" not in text
    assert [e.run_id for e in found] == sorted((e.run_id for e in found), reverse=True)


def test_runs_that_were_asked_for_by_hand_are_told_apart_by_what_was_asked_and_no_value_is_written(made, reports):
    made(who="FJCANARY")
    made(who="b")
    made(level="board")
    text = index(reports)
    assert len(newest_good(entries(reports))) == 3 and "FJCANARY" not in text


@pytest.mark.parametrize("how", ["changed", "cut", "gone", "added", "record", "link"])
def test_a_run_that_is_not_whole_is_not_pointed_at(made, reports, how):
    good, bad = made("monthly"), made("monthly")
    good, bad = sorted([good, bad])
    page = bad / "report.html"
    content = page.read_bytes()
    if how == "changed":
        page.write_bytes(content.replace(b"Who", b"How", 1))
    elif how == "cut":
        page.write_bytes(content[:-1])
    elif how == "gone":
        page.unlink()
    elif how == "added":
        (bad / "tables").mkdir(exist_ok=True)
        (bad / "tables" / "more.csv").write_text("1")
    elif how == "record":
        (bad / "run.json").write_text((bad / "run.json").read_text()[:-20])
    else:
        os.rename(page, reports / "elsewhere.html")
        page.symlink_to(reports / "elsewhere.html")
    text = index(reports)
    assert f'href="{bad.name}/' not in text and f'href="{good.name}/report.html"' in text
    assert [e.run_id for e in newest_good(entries(reports))] == [good.name]
    assert (catalogue.NOT_WHOLE in text) == (how != "record")


def test_what_failed_is_there_with_its_reason_and_no_link(notebook, run, made, reports, monkeypatch):
    made("monthly")

    def stop(*args, **options):
        raise BuildError(f"It stopped. {HOSTILE}")

    monkeypatch.setattr(kernels, "execute", stop)
    with pytest.raises(BuildError):
        run(notebook(), record={"level": "team", "data": "north", "name": "weekly"})
    text = index(reports)
    assert "weekly" in text and "It stopped." in text and "<script>" not in text and "\u202e" not in text
    assert 'href="failed' not in text and "1 failure with no good run since" in text
    with pytest.raises(BuildError):
        run(notebook(), record={"level": "team", "data": "north", "name": "weekly"})
    ((entry, times, since),) = failures(entries(reports))
    assert (entry.name, times, since) == ("weekly", 2, "not built")
    monkeypatch.setattr(kernels, "execute", lambda notebook, *args, **options: notebook)
    time.sleep(1.1)
    made("weekly")
    assert failures(entries(reports))[0][2].startswith("built on ") and "no good run since" not in index(reports)


def test_what_lies_about_among_the_reports_is_left_alone(made, reports, tmp_path):
    folder = made("monthly")
    (reports / "README.md").write_text("x")
    (reports / "notes").mkdir()
    (reports / ".building-20250101T000000Z-x-aaaaaa").mkdir()
    (reports / "20250101T000000Z-x-aaaaaa").symlink_to(folder)
    (reports / "20250101T000000Z-y-aaaaaa").mkdir()
    (reports / "20250101T000000Z-z-aaaaaa").mkdir()
    (reports / "20250101T000000Z-z-aaaaaa" / "run.json").write_text(json.dumps({"run_id": "../x", "outcome": "ok"}))
    assert [e.run_id for e in entries(reports)] == [folder.name]
    assert index(reports).count("/report.html") == 2


def test_an_index_that_is_right_is_not_written_again_and_a_wrong_one_is(made, reports):
    made("monthly")
    target = write_index(reports)
    before = target.stat().st_mtime_ns
    assert write_index(reports).stat().st_mtime_ns == before
    (reports / f".{INDEX}.0badc0de.part").write_text("half")
    target.write_text("half of an ind")
    assert "monthly" in index(reports) and not [*reports.glob(".index.html.*.part")]


def test_a_link_in_place_of_the_index_is_not_written_through(made, reports, tmp_path):
    made("monthly")
    (tmp_path / "mine").write_text("mine")
    (reports / INDEX).symlink_to(tmp_path / "mine")
    assert "symlink" in catalogue.try_to_write_index(reports)
    assert (tmp_path / "mine").read_text() == "mine"


def test_no_room_for_the_index_leaves_the_old_one_and_loses_no_report(made, reports, monkeypatch):
    made("monthly")
    old = index(reports)
    made("weekly")

    def full(path, content):
        raise BuildError(f"{path.name} could not be written: No space left on device.")

    with monkeypatch.context() as here:
        here.setattr(catalogue, "write_whole", full)
        assert "No space left" in catalogue.try_to_write_index(reports)
    assert (reports / INDEX).read_text(encoding="utf-8") == old
    assert "weekly" in index(reports)


def test_the_last_of_several_writers_has_seen_every_run(made, reports):
    for number in range(4):
        made(f"report{number}")
    threads = [threading.Thread(target=write_index, args=(reports,)) for _ in range(6)]
    with lock(reports / GUARD):
        for thread in threads:
            thread.start()
        made("late")
    for thread in threads:
        thread.join()
    text = (reports / INDEX).read_text(encoding="utf-8")
    assert all(name in text for name in ("report0", "report3", "late"))


def test_an_index_of_nothing_says_so(reports):
    reports.mkdir()
    text = index(reports)
    assert "No report to read yet" in text and "Nothing failed" in text
