"""Tiny notebooks, and a run with everything but them filled in."""

import hashlib
import io
import json

import nbformat
import nbformat.v4 as nb
import pytest

from lib import runs
from lib.page import Frame


@pytest.fixture
def notebook(tmp_path):
    """notebook("code", "code", parameters="x = 1") writes a notebook and returns its path."""

    def write(*cells, parameters="who = 'a'  # whose", name="tiny"):
        made = nb.new_notebook(
            cells=[
                nb.new_markdown_cell("# Who came?"),
                nb.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
                *(nb.new_code_cell(c) if not c.startswith("#") else nb.new_markdown_cell(c) for c in cells),
            ]
        )
        path = tmp_path / f"{name}.ipynb"
        text = io.StringIO()
        nbformat.write(made, text)
        path.write_text(text.getvalue(), encoding="utf-8")
        return path

    return write


def frame(executed, record):
    return Frame(strip=[("Level", record["level"])], provenance=[("Run", record["run_id"])])


@pytest.fixture
def reports(tmp_path):
    return tmp_path / "reports"


@pytest.fixture
def said():
    """The progress lines of a run."""
    return []


@pytest.fixture
def run(reports, said):
    def start(path, given=None, frame_builder=frame, **options):
        options = {"run_name": "tiny", "record": {"level": "team"}, "progress": said.append} | options
        return runs.run(path, given or {}, reports, frame_builder, **options)

    return start


@pytest.fixture
def is_whole():
    """Whether a run's folder is as its record says, to the last byte."""

    def check(folder):
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        held = {
            p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.rglob("*")
            if p.is_file() and p.name != "run.json"
        }
        return record["outcome"] == "ok" and held == record["files"]

    return check
