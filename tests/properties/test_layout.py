"""The house itself: what git keeps, which libraries are named where, how long a module is, and what code may not do."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import journeys

ROOT = Path(journeys.__file__).parent.parent
MODULES = sorted([*(ROOT / "lib").rglob("*.py"), *(ROOT / "journeys").rglob("*.py")])
MOST_LINES = 420
TEST_ONLY = ("playwright", "axe-playwright-python")
CONDA_NAMES = {"python-duckdb": "duckdb", "python-tzdata": "tzdata"}
"""What conda-forge calls a package that it lists under another name."""


def plain(name: str) -> str:
    """A package's name as all indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(file: str) -> dict[str, set[str]]:
    """Package -> its versions in a lock (more than one where Pythons differ)."""
    found = defaultdict(set)
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / file).read_text("utf-8"), re.M):
        found[plain(name)].add(version)
    return dict(found)


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def environment() -> tuple[dict[str, str], dict[str, str]]:
    """What environment.yml asks of conda, and of pip within it."""
    lines = YAML(typ="safe").load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    (under_pip,) = (line["pip"] for line in lines if isinstance(line, dict))
    cut = [
        re.fullmatch(r"([A-Za-z0-9._-]+?)(?:(==|>=)(\S+))?", line).groups() for line in lines if isinstance(line, str)
    ]
    conda = {CONDA_NAMES.get(name, plain(name)): f"{sign or ''}{version or ''}" for name, sign, version in cut}
    return conda, {plain(name): f"=={version}" for name, version in (line.split("==") for line in under_pip)}


def wanted() -> list[str]:
    return [plain(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in project()["dependencies"]]


# Git


def git(*words: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what git keeps cannot be asked")
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", ["lib/x.py", "journeys/x.py", "data/sample/x.csv", "data/published/x.csv"])
def test_git_keeps_what_is_ours(path: str) -> None:
    assert git("check-ignore", path).returncode == 1


@pytest.mark.parametrize(
    "path",
    ["data/real/police.csv", "data/sample/.store/x.duckdb", "data/sample/private/x.jsonl", "reports/2024/page.html"],
)
def test_git_leaves_what_is_personal(path: str) -> None:
    assert git("check-ignore", path).returncode == 0


def test_notebooks_hold_no_outputs() -> None:
    kept = git("ls-files", "--cached", "--others", "--exclude-standard", "*.ipynb").stdout.split()
    for name in kept:
        for cell in json.loads((ROOT / name).read_text("utf-8"))["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None, name


# Libraries


def test_every_dependency_is_in_the_lock() -> None:
    assert set(wanted()) <= set(locked("requirements.lock"))


def test_conda_names_the_same_libraries_at_the_same_versions() -> None:
    """And may name what the tests need beside them."""
    (conda, pip), lock = environment(), locked("requirements.lock")
    both = conda | pip
    assert not conda.keys() & pip.keys()
    for name in wanted():
        assert both[name].removeprefix("==") in lock[name], name
    tests = {plain(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in project()["optional-dependencies"]["test"]}
    for name in set(both) - {"python", "pip"} - set(wanted()):
        assert name in tests
        assert both[name].removeprefix("==") in locked("requirements-test.lock")[name], name


def test_one_floor_for_python() -> None:
    conda, _ = environment()
    assert conda["python"] == project()["requires-python"] == ">=3.11"


def test_the_test_lock_holds_the_whole_lock() -> None:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert lines
    assert set(lines) <= set((ROOT / "requirements-test.lock").read_text("utf-8").splitlines())


@pytest.mark.parametrize("file", ["pyproject.toml", "environment.yml", "requirements.lock", "requirements-test.lock"])
def test_no_addresses(file: str) -> None:
    assert "://" not in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("name", TEST_ONLY)
def test_checkers_that_need_a_browser_are_for_tests_alone(name: str) -> None:
    assert name in locked("requirements-test.lock")
    assert name not in locked("requirements.lock")
    assert name not in wanted()


def test_every_locked_line_has_a_hash() -> None:
    for file in ("requirements.lock", "requirements-test.lock"):
        for part in re.split(r"\n(?=\S)", (ROOT / file).read_text("utf-8").strip()):
            assert part.startswith("#") or "--hash=sha256:" in part, (file, part[:60])


# Code


def test_no_verb_has_a_modules_name() -> None:
    """Loading the module would put it in the verb's place."""
    assert not set(journeys._VERBS) & {path.stem for path in (ROOT / "journeys").iterdir()}


@pytest.mark.parametrize("module", MODULES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_module_is_short_enough_to_read(module: Path) -> None:
    assert len(module.read_text("utf-8").splitlines()) <= MOST_LINES


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{a.name}" if node.module in ("journeys", "lib") else f"{node.module}"
                for a in node.names
            )


def forbidden(tree: ast.AST) -> list[str]:
    """What no module may do: load pickles, run text as code, guess dates, colour a frame as HTML."""
    found = [
        n
        for n in imported(tree)
        if n.split(".")[0] in ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            bare = isinstance(node.func, ast.Name)
            if bare and name in ("eval", "exec", "compile", "__import__"):
                found.append(name)
            if name in ("read_pickle", "to_pickle", "os.system"):
                found.append(name)
            if any(k.arg in ("dayfirst", "infer_datetime_format") for k in node.keywords):
                found.append("a guessed date")
            if any(k.arg == "shell" and getattr(k.value, "value", False) for k in node.keywords):
                found.append("a shell")
        if isinstance(node, ast.Attribute) and node.attr in ("style", "Styler") and not _of_a_figure(node):
            found.append("a Styler")
    return found


def _of_a_figure(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("plt", "figures")


@pytest.mark.parametrize("module", MODULES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_module_does_what_none_may(module: Path) -> None:
    assert not forbidden(ast.parse(module.read_text("utf-8")))


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from pickle import loads",
        "eval('1')",
        "exec(text)",
        "pd.to_datetime(x, dayfirst=True)",
        "pd.read_csv(x, dayfirst=True)",
        "frame.style.format()",
        "subprocess.run(x, shell=True)",
        "frame.to_pickle(x)",
    ],
)
def test_what_none_may_do_is_seen(code: str) -> None:
    assert forbidden(ast.parse(code))
