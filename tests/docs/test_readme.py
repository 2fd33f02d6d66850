"""What README says must be so: its blocks run, its paths are there, its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_the_python_blocks_of_the_readme_run(block: str) -> None:
    code = f"import matplotlib; matplotlib.use('agg')\n{block}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "<Journeys: 8 families" in done.stdout


def test_the_example_is_ten_lines_of_code() -> None:
    block = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    lines = [line for line in block.splitlines() if line and not line.startswith("import ")]
    assert len(lines) <= 10


@pytest.mark.parametrize("path", re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README))
def test_every_picture_is_there(path: str) -> None:
    assert (ROOT / path).stat().st_size > 10_000


def test_every_picture_of_the_readme_has_a_description() -> None:
    assert all(len(alt) > 40 for alt in re.findall(r"!\[([^\]]*)\]", README))


def test_the_commands_that_the_readme_names_are_there() -> None:
    done = subprocess.run([sys.executable, "-m", "journeys", "--help"], capture_output=True, text=True, check=True)
    for name in set(re.findall(r"python -m journeys (\w+)", README)):
        assert name in done.stdout


def test_the_notebooks_and_formats_that_the_readme_names_are_those_that_there_are() -> None:
    named = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    there = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "journeys" / "rules" / "formats").glob("*.yml")]
    assert sorted(named) == sorted(p.stem for p in there)


def test_the_sources_example_of_the_readme_is_read(tmp_path: Path) -> None:
    from journeys.sources import open_folder

    block, _ = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "sources.yml").write_text(block, encoding="utf-8")
    (tmp_path / "members.csv").write_text("person_id,family_id\n")
    folder = open_folder(tmp_path)
    folder.require("triggers")
    assert folder.entry.files["police_incidents.csv"].agency == "police"


def test_the_new_agency_of_the_readme_is_read(tmp_path: Path) -> None:
    import journeys as fj

    _, block = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "housing.csv").write_bytes((ROOT / "data" / "sample" / "housing.csv").read_bytes())
    (tmp_path / "sources.yml").write_text(f"purpose: p\ninvented: true\n{block}", encoding="utf-8")
    draft = [sys.executable, "-m", "journeys", "formats", "new", str(tmp_path / "housing.csv")]
    assert subprocess.run(draft, cwd=ROOT, capture_output=True, check=False).returncode == 0
    account = fj.account(tmp_path).iloc[0]
    assert account["accepted"] > 400 and not account["rejected_because"]
