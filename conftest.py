"""No test reaches beyond this machine: walls round every Python that pytest is, and that pytest starts."""

from __future__ import annotations

import os
import runpy
import tempfile
from pathlib import Path

import pytest

OFFLINE = Path(__file__).parent / "tests" / "offline"
TRIED = "FJ_TESTS_REACHED_OUT"


def pytest_configure(config: pytest.Config) -> None:
    """Put the walls up, here and on the path of every process that is started from here."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(OFFLINE), os.environ.get("PYTHONPATH"))))
    os.environ[TRIED] = str(Path(tempfile.mkdtemp(prefix="fj-offline-")) / "tried.txt")
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What was tried beyond the walls fails the tests, even where a program swallowed the refusal."""
    tried = Path(os.environ[TRIED])
    if tried.exists():
        session.exitstatus = 1
        print(f"\nSomething was sought on other machines: {sorted(set(tried.read_text().split()))}")
        tried.unlink()
    tried.parent.rmdir()


@pytest.fixture
def no_other_machine() -> Path:
    """The file in which a try to reach another machine is written down; it is not there while there was none."""
    return Path(os.environ[TRIED])
