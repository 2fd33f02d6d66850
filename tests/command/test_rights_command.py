"""What people type to answer for the data; and that no value of anybody's comes out where it should not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.command.test_command import ROOT, run

FIELDS = ("person", "family", "need", "reason", "outcome", "worker", "replaced", "surname", "born", "note")
MARKS = {name: f"FJCANARY{name}" for name in FIELDS}
"""One marker for each field of a log; `surname`, `born` and `note` are columns that no format lists."""


def marked(root: Path, *, invented: bool = True) -> Path:
    """A data folder in which every field of every row holds its own marker, with rows that go wrong in every way."""
    root.mkdir(parents=True)
    heads = [
        "id",
        "person",
        "family",
        "when",
        "what",
        "need",
        "reason",
        "outcome",
        "worker",
        "replaced",
        "surname",
        "born",
        "note",
    ]
    rows = []
    for n in range(1, 31):
        day = f"{n % 28 + 1:02}/05/2024" if n % 7 else "99/99/2024"
        kind = ("request_for_help", "visit", "absence_unexplained", "incident")[n % 4]
        values = {name: f"{mark}{n % 3}" for name, mark in MARKS.items()} | {"replaced": ""}
        rows.append([f"{n}", values["person"], values["family"], day, kind, *(values[name] for name in FIELDS[2:])])
    rows[4] = rows[4][:7]
    rows.append(rows[1])
    text = "\n".join(",".join(row) for row in [heads, *rows])
    (root / "police.csv").write_text(text + "\n")
    columns = {"contact_id": "id", "person_id": "person", "family_id": "family", "date": "when", "activity": "what"}
    columns |= {
        "need_id": "need",
        "reason": "reason",
        "outcome": "outcome",
        "professional_id": "worker",
        "replaces": "replaced",
    }
    entry = {
        "agency": "police",
        "covers": ["2024-01-01", "2024-12-31"],
        "format": {"columns": columns, "dates": ["%d/%m/%Y"]},
    }
    sources = {"purpose": "a story", "selection": "chosen", "invented": invented, "files": {"police.csv": entry}}
    (root / "sources.yml").write_text(json.dumps(sources, indent=1))
    return root


def texts_of(folder: Path) -> dict[str, str]:
    """Every file below a folder as text, by its path; workbooks and other zips unpacked."""
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        parts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as whole:
                parts += [whole.read(name) for name in whole.namelist()]
        found[str(path.relative_to(folder))] = "\n".join(part.decode("utf-8", "replace") for part in parts)
    return found


def test_no_value_of_anybody_comes_out_where_it_should_not(tmp_path: Path) -> None:
    """Every command on marked data: nothing in what is printed, in names, logs, records, board pages or certificates."""
    data, reports, key = marked(tmp_path / "data" / "real"), tmp_path / "reports", tmp_path / "keys" / "k"
    on = ("--data", str(data), "--reports", str(reports))
    who = ("police:FJCANARYperson1",)
    why = ("--reason", "asked by letter")
    asked = [
        (("key", "new"), 0),
        (("key", "where"), 0),
        (("check", str(data)), 0),
        (("book", str(data)), 0),
        (("report", "4_system_review", "--level", "board", *on), 0),
        (("report", "2_one_family", "--level", "board", "-p", "family=FJCANARYfamily0", *on), 2),
        (("subject", *who, *on), 0),
        (("subject", "police:FJCANARYpersonx", *on), 2),
        (("identify", "P" + "A" * 16, "--data", str(data), "--project", "a", *why, "--approved-by", "head"), 2),
        (("prune", *on), 0),
        (("forget", *who, *on, *why), 0),
        (("forget", "FJCANARYperson2", *on, *why), 2),
        (("check", str(data)), 0),
        (("key", "rotate", "--data", str(data)), 0),
        (("destroy", str(data), "--yes", "FJCANARYreal", *why), 2),
    ]
    for words, status in asked:
        done = run(*words, FJ_KEY=str(key))
        assert done.returncode == status, (words, done.stderr)
        assert "FJCANARY" not in done.stdout + done.stderr, words
        assert "Traceback" not in done.stderr, words
    for name, text in texts_of(reports).items():
        assert "/raw/" in name or "FJCANARY" not in name + text.replace(str(tmp_path), ""), name
    for name, text in texts_of(tmp_path / "keys").items():
        assert "FJCANARY" not in name + text, name
    held = texts_of(data)
    assert not any("FJCANARY" in name for name in held)
    for field in ("surname", "born", "note"):
        # What was set aside lies as it came in a room for its owner alone; no format lists it anywhere else.
        where = {name for name, text in held.items() if MARKS[field] in text}
        assert where <= {"police.csv", "private/set_aside/police.csv"} and "police.csv" in where
    for name, text in held.items():
        if name.startswith((".store/", "review/", "private/forgotten", "private/crosswalk", "private/set_aside")):
            assert "FJCANARYperson1" not in text and "FJCANARYfamily1" not in text, name
    done = run("destroy", str(data), "--yes", "real", *why, "--reports", str(reports), FJ_KEY=str(key))
    assert done.returncode == 0 and not data.exists() and "FJCANARY" not in done.stdout + done.stderr
    assert not any("FJCANARY" in text for text in texts_of(tmp_path / "data").values())


def test_the_owner_alone_can_read_what_is_put_together(tmp_path: Path) -> None:
    data = marked(tmp_path / "real")
    done = run(
        "subject",
        "police:FJCANARYperson1",
        "--data",
        str(data),
        "--reports",
        str(tmp_path),
        cwd=tmp_path,
        PYTHONPATH=str(ROOT),
    )
    assert done.returncode == 0, done.stderr
    place = tmp_path / done.stdout.splitlines()[-1]
    assert (place / "held.xlsx").is_file() and place.is_relative_to(data / "private")
    if os.name == "posix":
        assert place.stat().st_mode & 0o077 == 0
    assert "FJCANARYreason1" in str(texts_of(place))


def test_prune_lists_and_removes_only_when_told_to(tmp_path: Path) -> None:
    data = marked(tmp_path / "real")
    made = tmp_path / "reports" / "one"
    made.mkdir(parents=True)
    (made / "run.json").write_text(json.dumps({"data": "real", "inputs": {"school.csv": "", "sources.yml": ""}}))
    first = run("prune", "--data", str(data), "--reports", str(tmp_path / "reports"))
    assert first.returncode == 0 and "school.csv, which sources.yml names no more" in first.stdout and made.exists()
    assert "add --yes" in first.stdout
    second = run("prune", "--data", str(data), "--reports", str(tmp_path / "reports"), "--yes")
    assert second.returncode == 0 and not made.exists() and "cannot be called back" in second.stdout


def test_prune_goes_on_past_a_folder_that_cannot_be_looked_at(tmp_path: Path) -> None:
    broken, well = marked(tmp_path / "broken"), marked(tmp_path / "well")
    (broken / "sources.yml").write_text("purpose: [")
    (well / ".store").mkdir()
    (well / ".store" / "old.duckdb").write_text("x")
    done = run("prune", "--data", str(broken), "--data", str(well), "--reports", str(tmp_path / "reports"), "--yes")
    assert done.returncode == 2 and "broken cannot be looked at" in done.stdout
    assert not (well / ".store" / "old.duckdb").exists()


# Notebooks


NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "a",
            "source": "x",
            "execution_count": 3,
            "metadata": {"papermill": {"status": "completed"}},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "FJCANARYout"}],
        },
        {
            "cell_type": "code",
            "id": "b",
            "source": "family = 'FJCANARYfamily'",
            "execution_count": None,
            "metadata": {"tags": ["injected-parameters"]},
            "outputs": [],
        },
        {
            "cell_type": "markdown",
            "id": "c",
            "source": "words",
            "metadata": {},
            "attachments": {"p": {"image/png": "FJCANARYpicture"}},
        },
    ],
    "metadata": {"papermill": {"parameters": {"family": "FJCANARYparameter"}}, "kernelspec": {"name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the hook in force."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q")
    (root / ".githooks").mkdir()
    hook = root / ".githooks" / "pre-commit"
    python = f"PYTHONPATH={ROOT} exec {sys.executable} -m journeys strip --staged"
    text = (ROOT / ".githooks" / "pre-commit").read_text()
    assert (
        'exec "$python" -m journeys strip --staged' in text
        and (ROOT / ".githooks" / "pre-commit").stat().st_mode & 0o100
    )
    hook.write_text(f"#!/bin/sh\n{python}\n")
    hook.chmod(0o755)
    git(root, "config", "core.hooksPath", ".githooks")
    (root / "notebooks").mkdir()
    (root / "notebooks" / "n.ipynb").write_text(json.dumps(NOTEBOOK))
    return root


def git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    name = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *name, *words], cwd=root, capture_output=True, text=True, check=False)


def test_a_commit_holds_nothing_that_a_notebook_showed_and_the_copy_keeps_it(clone: Path) -> None:
    git(clone, "add", "notebooks")
    done = git(clone, "commit", "-qm", "a notebook")
    assert done.returncode == 0, done.stderr
    kept = git(clone, "show", "HEAD:notebooks/n.ipynb").stdout
    assert "FJCANARY" not in kept and '"source": "x"' in kept and "kernelspec" in kept
    assert "FJCANARY" not in git(clone, "grep", "--cached", "-a", "FJCANARY").stdout, "nor does the index"
    assert "FJCANARYout" in (clone / "notebooks" / "n.ipynb").read_text()


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("data/real/police.csv", "FJCANARY", "is data"),
        ("reports/1/report.html", "FJCANARY", "is data"),
        ("notebooks/k.txt", json.dumps({"key": "0" * 64}), "holds a key"),
        (
            "notebooks/o.ipynb",
            json.dumps({"cells": [{"cell_type": "code", "source": "n = '943 476 5919'"}]}),
            "NHS number",
        ),
        ("notebooks/o.ipynb", "no notebook", "no notebook that can be read"),
    ],
)
def test_what_may_not_be_committed_is_not(clone: Path, path: str, content: str, says: str) -> None:
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text(content)
    git(clone, "add", "-f", path)
    done = git(clone, "commit", "-qm", "x")
    assert done.returncode != 0 and says in done.stderr and "FJCANARY" not in done.stderr
    assert git(clone, "rev-parse", "HEAD").returncode != 0, "nothing was committed"


def test_invented_data_and_a_notebook_with_nothing_to_strip_go_through_as_they_are(clone: Path) -> None:
    text = (ROOT / "notebooks" / "1_check_contacts.ipynb").read_text(encoding="utf-8")
    (clone / "notebooks" / "n.ipynb").write_text(text, encoding="utf-8")
    (clone / "data" / "sample").mkdir(parents=True)
    (clone / "data" / "sample" / "x.csv").write_text("a,b\n")
    git(clone, "add", ".")
    assert git(clone, "commit", "-qm", "x").returncode == 0
    assert git(clone, "show", "HEAD:notebooks/n.ipynb").stdout == text


def test_strip_takes_out_of_a_notebook_what_it_showed(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(NOTEBOOK))
    assert run("strip", str(path)).returncode == 0
    assert "FJCANARY" not in path.read_text() and len(json.loads(path.read_text())["cells"]) == 2
    before = path.read_bytes()
    assert run("strip", str(path)).stdout == "" and path.read_bytes() == before
    (tmp_path / "x.ipynb").write_text("[]")
    assert "no notebook" in run("strip", str(tmp_path / "x.ipynb")).stderr


# JupyterLab and the doctor


def test_lab_keeps_no_copy_of_a_notebook_in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
    from traitlets.config import Config
    from traitlets.config.loader import KVArgParseConfigLoader

    from journeys.safekeeping import lab_command

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    project = tmp_path / "project"
    project.mkdir()
    (project / "n.ipynb").write_text(json.dumps(NOTEBOOK))
    words = lab_command(sys.executable, project)
    (place,) = [w.split("=", 1)[1] for w in words if "checkpoint_dir" in w]
    if os.name == "posix":
        assert Path(place).stat().st_mode & 0o077 == 0
    flags = [w for w in words if w.startswith("--FileCheckpoints")]
    config: Config = KVArgParseConfigLoader(argv=flags).load_config()
    manager = AsyncLargeFileManager(root_dir=str(project), config=config)
    asyncio.run(manager.create_checkpoint("n.ipynb"))
    assert [p.name for p in project.iterdir()] == ["n.ipynb"]
    assert [p.name for p in Path(place).iterdir()] == ["n-checkpoint.ipynb"]
    lab_command(sys.executable, project)
    assert not list(Path(place).iterdir()), "and none outlives the session after"


def findings(project: Path) -> dict[str, str]:
    from journeys.safekeeping import look

    return {f.what: f.mend for f in look(project) if not f.is_well}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FJ_KEY", str(tmp_path / "keys" / "k"))
    root = tmp_path / "project"
    for name in ("data/real", "reports/1", "notebooks"):
        (root / name).mkdir(parents=True, mode=0o700)
        (root / name).chmod(0o700)
    return root


def test_the_doctor_finds_nothing_where_all_is_well_kept(project: Path) -> None:
    assert findings(project) == {}


@pytest.mark.parametrize(
    "what", ["data open", "reports open", "outputs", "checkpoints", "synced", "key open", "key in tree"]
)
def test_the_doctor_finds_what_is_not(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    from lib import keys

    if os.name != "posix" and "open" in what:
        pytest.skip("who may read a file is not looked at on this system")
    says = ""
    if what == "data open":
        (project / "data" / "real").chmod(0o755)
        says = "chmod 700 data/real"
    elif what == "reports open":
        (project / "reports" / "1").chmod(0o750)
        says = "chmod 700 reports"
    elif what == "outputs":
        (project / "notebooks" / "n.ipynb").write_text(json.dumps(NOTEBOOK))
        says = "n.ipynb: run python -m journeys strip"
    elif what == "checkpoints":
        (project / "notebooks" / ".ipynb_checkpoints").mkdir()
        says = "delete notebooks/.ipynb_checkpoints"
    elif what == "synced":
        (project / "data" / ".stfolder").mkdir(mode=0o700)
        says = "move it to a folder that stays on this machine"
    elif what == "key open":
        keys.make(tmp_path / "keys" / "k")
        (tmp_path / "keys" / "k").chmod(0o644)
        says = "chmod 600"
    else:
        keys.make(tmp_path / "keys" / "k")
        (tmp_path / "keys" / ".git").mkdir()
        says = "under version control"
    found = findings(project)
    assert len(found) == 1 and says in next(iter(found.values())), found


def test_the_doctor_finds_what_git_keeps(project: Path) -> None:
    git(project, "init", "-q")
    (project / "notebooks" / "n.ipynb").write_text(json.dumps(NOTEBOOK))
    (project / "data" / "real" / "police.csv").write_text("x")
    git(project, "add", "-f", ".")
    found = " ".join([*findings(project), *findings(project).values()])
    assert "1 notebook committed with what it showed" in found and "1 file of data committed" in found
    assert "git rm --cached data/real/police.csv" in found


def test_help_says_what_each_command_does() -> None:
    said = run("--help").stdout
    for name in ("forget", "prune", "destroy", "subject", "identify", "key", "strip"):
        assert re.search(rf"^  {name}\s+\S", said, re.MULTILINE), name
