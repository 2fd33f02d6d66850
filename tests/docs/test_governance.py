"""What the pages on security, data protection and contributing say must be so: paths exist, commands run as written."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import journeys as fj
from lib import keys
from tests.command.test_rights_command import marked

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("SECURITY.md", "DATA-PROTECTION.md", "CONTRIBUTING.md")
TEXT = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}


def paths(text: str) -> set[str]:
    """What stands between backticks and looks like a file or folder of the kit."""
    found = set(
        re.findall(r"`([A-Za-z.][\w./-]*(?:\.(?:py|md|yml|toml|lock)|/|run|LICENSE|gitignore|gitattributes))`", text)
    )
    return {
        p for p in found if p.startswith((".", "journeys/", "lib/", "tests/")) or (ROOT / p).exists() or p.isupper()
    }


@pytest.mark.parametrize(
    ("page", "path"), [(page, path) for page, text in TEXT.items() for path in sorted(paths(text))]
)
def test_every_path_on_the_pages_is_there(page: str, path: str) -> None:
    assert (ROOT / path).exists(), page


def test_every_criterion_of_gold_names_a_file() -> None:
    rows = re.findall(r"^\| (baseline|silver|gold) \| ([^|]+) \| ([^|]+) \|$", TEXT["CONTRIBUTING.md"], re.MULTILINE)
    assert [sum(level == one for level, _, _ in rows) for one in ("baseline", "silver", "gold")] == [5, 9, 4]
    for _, criterion, met_by in rows:
        named = [p for p in re.findall(r"`([^`]+)`", met_by) if (ROOT / p).exists()]
        assert named, criterion


def test_every_command_on_the_pages_exists() -> None:
    from journeys.__main__ import cli

    for name, text in TEXT.items():
        for command in set(re.findall(r"python -m journeys ([a-z]+)", text)):
            assert command in cli.commands, (name, command)


def test_every_answer_to_an_officer_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In their order on the page: what one answer changes, the next finds."""
    text = TEXT["DATA-PROTECTION.md"].partition("## An officer's questions")[2]
    blocks = re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 8
    data = marked(tmp_path / "data" / "real")
    monkeypatch.setenv("FJ_KEY", str(tmp_path / "keys" / "k"))
    keys.make(tmp_path / "keys" / "k")
    first = fj.pseudonymised(fj.read_contacts(data), project="housing")
    words = {
        "DATA": str(data),
        "PERSON": "police:FJCANARYperson1",
        "NAME": "real",
        "PSEUDONYM": first["person_id"].dropna().iloc[0],
    }
    last: list[str] = []
    for kind, block in blocks:
        if kind == "python":
            scope = {"fj": fj, "DATA": data}
            exec(compile(block, "DATA-PROTECTION.md", "exec"), scope)
            assert len(scope["rows"])
            continue
        for line in block.strip().splitlines():
            asked = [words.get(word, word) for word in shlex.split(line)]
            if asked[-2:] == ["prune", "--yes"]:
                asked += ["--data", str(data)]
            if "destroy" in asked:
                last = asked
                continue
            said = journeys(asked, tmp_path)
            assert said.returncode == 0 or ("doctor" in asked and "MEND" in said.stdout), (line, said.stderr)
            assert "FJCANARY" not in said.stdout + said.stderr or "identify" in asked, line
    said = journeys(last, tmp_path)
    assert said.returncode == 0 and not data.exists() and list((tmp_path / "data").glob("certificate*.json"))


def journeys(asked: list[str], reports: Path) -> subprocess.CompletedProcess[str]:
    assert asked[:3] == ["python", "-m", "journeys"]
    takes_reports = asked[3] in ("subject", "forget", "prune", "destroy")
    more = ["--reports", str(reports / "reports")] if takes_reports else []
    return subprocess.run(
        [sys.executable, *asked[1:], *more], cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
