"""The same inputs give the same page and the same files beside it, whatever the machine's zone, tongue and hash seed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.command.test_command import ROOT, run

# Each zone, each locale and each seed once or more: an error in one of them shows in one of these.
PLACES = [
    {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Europe/London", "LC_ALL": "en_GB.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4294967295"},
]
ALL = [{"TZ": t, "LC_ALL": c, "PYTHONHASHSEED": s} for t in ("UTC", "Europe/London", "Pacific/Auckland")
       for c in ("C", "en_GB.UTF-8", "tr_TR.UTF-8") for s in ("0", "1", "4294967295")]  # fmt: skip


def built(data: Path, reports: Path, place: dict[str, str], *request: str) -> tuple[str, dict[str, bytes]]:
    """The body of a page, without the table of what made it, and the files beside it."""
    done = run("report", *request, "--data", str(data), "--reports", str(reports), **place)
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.splitlines()[-1]).parent
    page = (folder / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body>") :]
    made = re.search(r'<div class="shown"[^>]*aria-label="What made this page">.*?</table></div>', body, re.DOTALL)
    assert made and folder.name in made[0]
    body = body.replace(made[0], "")
    assert folder.name not in body
    left = ("report.html", "run.json", "log.jsonl")
    return body, {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name not in left
    }


def same(tmp_path: Path, places: list[dict[str, str]], *request: str) -> None:
    (first, beside), *others = [
        built(ROOT / "data" / "sample", tmp_path / str(number), place, *request) for number, place in enumerate(places)
    ]
    assert any(name.startswith("tables/") for name in beside) and "tables.xlsx" in beside
    for place, (body, files) in zip(places[1:], others, strict=True):
        assert body == first, place
        assert files.keys() == beside.keys(), place
        assert [name for name in files if files[name] != beside[name]] == [], place


@pytest.mark.slow
def test_the_same_inputs_give_the_same_page_and_tables_in_other_places(tmp_path: Path) -> None:
    same(tmp_path, PLACES, "1_check_contacts")


@pytest.mark.nightly
@pytest.mark.parametrize(
    "request_", [("1_check_contacts",), ("4_system_review", "--level", "board")], ids=["check", "review"]
)
def test_the_same_inputs_give_the_same_page_and_tables_in_all_places(tmp_path: Path, request_: tuple[str, ...]) -> None:
    for number, place in enumerate(ALL[1:]):
        same(tmp_path / str(number), [ALL[0], place], *request_)
        shutil.rmtree(tmp_path / str(number))
