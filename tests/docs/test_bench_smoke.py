"""The benchmark itself still works: a small log goes the whole way, and the tables come out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "tests" / "bench" / "run.py"


@pytest.mark.nightly
def test_the_benchmark_runs_on_a_small_log_and_leaves_nothing_behind(tmp_path: Path) -> None:
    readme = RUN.with_name("README.md").read_bytes()
    said = subprocess.run(
        [sys.executable, str(RUN), "--smoke"],
        env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    for part in (
        "### Aims",
        "### From parquet",
        "### From CSV",
        "### Each trigger",
        "### What dominates",
        "**equal**",
        "contacts 10,000",
    ):
        assert part in said.stdout
    assert list(tmp_path.iterdir()) == []
    assert RUN.with_name("README.md").read_bytes() == readme
