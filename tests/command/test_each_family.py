"""A report for each family in one command: every page what it would be alone, whatever was built before it."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path

import nbformat
import nbformat.v4 as nb
import pytest
from click.testing import CliRunner

from journeys import reports
from journeys.reports import Request, build, build_each
from lib.errors import BuildError, BusyError, RequestError
from lib.files import lock
from tests.conftest import folder_of, table

TINY = """
import os
import journeys as fj
from lib.errors import RequestError
from lib.shown import Shown
import pandas as pd

contacts = fj.read_contacts(data)
review = fj.build_journeys(contacts, families=[family])
if family == "F3":
    raise RequestError("nothing can be told of this family.")
left = sorted({"left_by", "mine"} & set(globals()))
left_by = family
told = f"{family} had {len(review[family].steps)} contacts, {len(left)} names left, kernel {os.getpid()}"
Shown(pd.DataFrame({"n": [1]}), told)
"""


@pytest.fixture
def families(tmp_path: Path) -> str:
    rows = [f"F{n}  P{n}  2024-05-0{day}  school  visit" for n in (1, 2, 3, 4) for day in range(1, n + 1)]
    (tmp_path / "data").mkdir()
    return str(
        folder_of(tmp_path / "data", {"school": table("\n".join(["family  person  date  agency  activity", *rows]))})
    )


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook of one family, in a folder of its own, and one of no family."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name, more in (("tiny", "family = 'F1'  # which"), ("whole", "")):
        given = f"data = 'sample'  # a folder\nlevel = 'team'  # who reads it\n{more}"
        cells = [nb.new_markdown_cell("# Who came?"), nb.new_code_cell(given, metadata={"tags": ["parameters"]})]
        text = io.StringIO()
        nbformat.write(nb.new_notebook(cells=[*cells, nb.new_code_cell(TINY)]), text)
        (folder / f"{name}.ipynb").write_text(text.getvalue(), encoding="utf-8")
    monkeypatch.setattr(reports, "NOTEBOOKS", folder)
    return tmp_path / "reports"


def quiet(line: str) -> None:
    """No progress."""


def told(made: object) -> tuple[str, ...]:
    """What a tiny page says: whose it is, how many contacts, how many names another left, and in which kernel."""
    assert isinstance(made, Path), made
    text = (made / "report.html").read_text(encoding="utf-8")
    found = re.search(r"(F\d) had (\d) contacts, (\d) names left, kernel (\d+)", text)
    assert found
    return found.groups()


def test_one_kernel_serves_many_families_and_each_begins_with_no_name_of_another(
    families: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MOST_AT_ONCE", 1)
    said: list[str] = []
    made = build_each(Request("tiny", families), tiny, progress=said.append)
    assert list(made) == ["F1", "F2", "F3", "F4"]
    pages = {family: told(one) for family, one in made.items() if family != "F3"}
    assert [pages[f][:3] for f in ("F1", "F2", "F4")] == [("F1", "1", "0"), ("F2", "2", "0"), ("F4", "4", "0")]
    # One in which a notebook failed runs no other.
    assert pages["F1"][3] == pages["F2"][3] != pages["F4"][3]
    assert isinstance(made["F3"], RequestError) and "nothing can be told" in str(made["F3"])
    assert said[-1] == "4 of 4 built: family F4" and "3 of 4 not built: family F3" in said
    assert [p.name for p in tiny.iterdir() if p.name.startswith(".building")] == []
    records = [json.loads((one / "run.json").read_text()) for one in made.values() if isinstance(one, Path)]
    assert [r["parameters"]["family"] for r in records] == ["F1", "F2", "F4"]
    assert len(list((tiny / "failed").iterdir())) == 1


def test_what_holds_for_every_family_is_said_once(families: str, tiny: Path) -> None:
    with pytest.raises(RequestError, match="tiny has no parameter 'start'"):
        build_each(Request("tiny", families, parameters={"start": "2024"}), tiny, progress=quiet)
    with pytest.raises(RequestError, match=r"everybody"):
        build_each(Request("tiny", families, level="everybody"), tiny, progress=quiet)


@pytest.mark.parametrize(
    ("notebook", "given", "said"),
    [("tiny", {"family": "F1"}, "has no family of its own"), ("whole", {}, "whole is no report of one family")],
)
def test_what_cannot_be_built_for_each_is_refused(
    families: str, tiny: Path, notebook: str, given: dict[str, str], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        build_each(Request(notebook, families, parameters=given), tiny, progress=quiet)
    assert not tiny.exists()


def test_a_folder_at_work_is_left_alone(families: str, tiny: Path) -> None:
    with lock(Path(families) / ".store" / reports.LOCK), pytest.raises(BusyError):
        build_each(Request("tiny", families), tiny, progress=quiet)


def test_the_command_builds_side_by_side_prints_each_page_and_says_which_could_not_be_built(
    families: str, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports.os, "cpu_count", lambda: 2)
    done = CliRunner().invoke(reports.report, ["tiny", "--data", families, "--each-family", "--reports", str(tiny)])
    assert isinstance(done.exception, BuildError)
    assert str(done.exception).startswith("1 of 4 reports could not be built. Family 'F3': nothing can be told")
    pages = [told(Path(line).parent) for line in done.stdout.splitlines() if line.endswith("report.html")]
    assert [page[:2] for page in pages] == [("F1", "1"), ("F2", "2"), ("F4", "4")]
    assert pages[0][3] != pages[1][3] == pages[2][3]


def test_once_stopped_it_begins_no_other(families: str, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports.os, "cpu_count", lambda: 2)
    told: list[str] = []

    def stop(line: str) -> None:
        told.append(line)
        if len(told) == 1:
            raise KeyboardInterrupt
        time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        build_each(Request("tiny", families), tiny, progress=stop)
    assert len(told) == 2 == len([run for run in tiny.iterdir() if run.is_dir() and run.name != "failed"])


def test_a_page_whose_data_changed_meanwhile_is_not_published(families: str, tiny: Path) -> None:
    notebook = tiny.parent / "notebooks" / "tiny.ipynb"
    adds = "with open(fj.read_contacts(data).owner.folder.path / 'school.csv', 'a') as log: log.write('F1,P1,2024-06-01,school,visit\\n')"
    cells = nbformat.read(notebook, as_version=4)
    cells.cells.append(nb.new_code_cell(adds))
    nbformat.write(cells, notebook)
    with pytest.raises(BuildError, match="changed while tiny was built"):
        build(Request("tiny", families), tiny, progress=quiet)
    assert [run for run in tiny.iterdir() if run.is_dir() and run.name != "failed"] == []


@pytest.mark.nightly
def test_the_page_of_a_family_is_byte_for_byte_what_it_is_alone(families: str, tmp_path: Path) -> None:
    made = build_each(Request("2_one_family", families), tmp_path / "each", progress=quiet)
    for family in ("F2", "F4"):
        alone = build(
            Request("2_one_family", families, parameters={"family": family}), tmp_path / "alone", progress=str
        )
        assert _page(alone) == _page(made[family])


def _page(made: object) -> str:
    assert isinstance(made, Path)
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    text = (made / "report.html").read_text(encoding="utf-8")
    return text.replace(record["run_id"], "").replace(record["started"], "")
