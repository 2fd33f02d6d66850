"""The command as a lead runs it: what it prints, and its exit status."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "journeys", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | env,
    )


def small(root: Path, **sources: object) -> Path:
    """A data folder of one family, whose person and family are canaries."""
    (root / "police.csv").write_text(
        "id,who,family,when,what\n1,FJCANARY1,FJCANARY2,01/05/2024,visit\n2,FJCANARY1,FJCANARY2,02/05/2024,visit\n"
    )
    columns = {"contact_id": "id", "person_id": "who", "family_id": "family", "date": "when", "activity": "what"}
    files = {"police.csv": {"agency": "police", "format": {"columns": columns, "dates": ["%d/%m/%Y"]}}}
    given: dict[str, object] = {"purpose": "a story", "invented": True, "files": files} | sources
    (root / "sources.yml").write_text(json.dumps(given, default=str, indent=1))
    return root


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One run of the review on the sample."""
    reports = tmp_path_factory.mktemp("reports")
    return run("report", "4_system_review", "--data", "sample", "--reports", str(reports)), reports


def test_a_report_prints_its_path_last_and_exits_0(review: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    done, _ = review
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_file()


def test_a_long_run_says_how_far_it_is(review: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    assert re.search(r"Building 4_system_review: \d+ of \d+, Check 1, purpose", review[0].stderr)


def test_the_record_holds_the_account_the_inputs_and_the_versions(
    review: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    (record,) = review[1].glob("*/run.json")
    kept = json.loads(record.read_text())
    assert kept["outcome"] == "ok"
    assert all(f["read"] == f["accepted"] + f["set_aside"] + f["collapsed"] for f in kept["account"])
    assert len(kept["inputs"]["police.csv"]) == 64
    assert kept["rules"]["triggers"] and kept["libraries"]["pandas"] and kept["level"] == "team"


def test_the_page_carries_the_account_the_level_and_invented_data(
    review: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    (page,) = review[1].glob("*/report.html")
    text = page.read_text(encoding="utf-8")
    for words in (
        "INVENTED DATA",
        "TEAM",
        "accepted + set aside + collapsed",
        "attendance.csv",
        "This is not an alert system",
    ):
        assert words in text


def test_the_log_of_a_run_names_nobody(review: tuple[subprocess.CompletedProcess[str], Path]) -> None:
    (log,) = review[1].glob("*/log.jsonl")
    assert not re.search(r"F00\d\d|attendance:|police:", log.read_text())


def test_a_board_page_names_no_family(tmp_path: Path) -> None:
    done = run("report", "4_system_review", "--data", "sample", "--level", "board", "--reports", str(tmp_path))
    assert done.returncode == 0, done.stderr
    text = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    assert not re.search(r"F00\d\d", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))
    assert "rows about single families" in text


def test_one_family_at_board_stops_and_says_why(tmp_path: Path) -> None:
    done = run("report", "2_one_family", "--data", "sample", "--level", "board", "--reports", str(tmp_path))
    assert done.returncode == 2
    assert "no family's rows are shown" in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "4_system_reveiw", "--data", "sample"), "Did you mean '4_system_review'?"),
        (("report", "4_system_review", "--data", "sampel"), "Did you mean 'sample'?"),
        (("report", "4_system_review", "--data", "sample", "--level", "bord"), "Did you mean 'board'?"),
        (("report", "2_one_family", "--data", "sample", "-p", "famly=F0001"), "Did you mean 'family'?"),
        (("report", "2_one_family", "--data", "sample", "-p", "family"), "Write -p name=value"),
        (("check", "nowhere"), "there is no data folder 'nowhere'"),
    ],
)
def test_a_mistyped_request_stops_with_the_nearest_guess(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    more = ("--reports", str(tmp_path)) if arguments[0] == "report" else ()
    done = run(*arguments, *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_family_that_is_not_there_stops_the_run_and_leaves_no_report(tmp_path: Path) -> None:
    done = run("report", "2_one_family", "--data", "sample", "-p", "family=F00003", "--reports", str(tmp_path))
    assert done.returncode == 2
    assert "Did you mean 'F0003'?" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == ["failed", "index.html"]


def test_a_period_with_nothing_in_it_is_no_empty_report(tmp_path: Path) -> None:
    done = run(
        "report",
        "4_system_review",
        "--data",
        "sample",
        "--start",
        "2031-01-01",
        "--end",
        "2031-02-01",
        "--reports",
        str(tmp_path),
    )
    assert done.returncode == 2
    assert "no contact of these families lies between 1 Jan 2031 and 1 Feb 2031" in done.stderr


def test_a_held_lock_exits_3_and_says_who_holds_it(tmp_path: Path) -> None:
    from lib.files import lock

    folder = small(tmp_path)
    run("check", str(folder))
    with lock(folder / ".store" / "report.lock"):
        done = run("report", "1_check_contacts", "--data", str(folder), "--reports", str(tmp_path / "reports"))
    assert done.returncode == 3
    assert f"process {os.getpid()}" in done.stderr


def test_past_its_date_data_is_not_used(tmp_path: Path) -> None:
    folder = small(tmp_path)
    sources = json.loads((folder / "sources.yml").read_text())
    sources["files"]["police.csv"]["keep_until"] = "2020-03-31"
    (folder / "sources.yml").write_text(re.sub(r'"(2020-03-31)"', r"\1", json.dumps(sources, indent=1)))
    done = run("check", str(folder))
    assert done.returncode == 2
    assert "was to be kept until 31 March 2020" in done.stderr and re.search(r"sources.yml, line \d+", done.stderr)


def test_real_data_without_an_agreement_is_not_read(tmp_path: Path) -> None:
    done = run("check", str(small(tmp_path, invented=False)))
    assert done.returncode == 2
    assert "is real data and has no 'controller'" in done.stderr


def test_a_file_that_cannot_be_read_is_in_the_account_and_the_exit_status(tmp_path: Path) -> None:
    folder = small(tmp_path)
    (folder / "police.csv").write_text("<!doctype html><title>Sign in</title>")
    done = run("check", str(folder))
    assert done.returncode == 2
    assert "police.csv" in done.stdout and "web page" in done.stdout + done.stderr


def test_check_prints_no_personal_value(tmp_path: Path) -> None:
    folder = small(tmp_path)
    text = (folder / "police.csv").read_text()
    (folder / "police.csv").write_text(text + "3,FJCANARY3,FJCANARY4,31/02/2024,FJVISIT\n4,,,01/05/2024,visit\n5,x\n")
    done = run("check", str(folder))
    assert "FJCANARY" not in done.stdout + done.stderr
    assert "bad date (first on line 4)" in done.stdout


def test_the_sample_command_makes_a_folder_that_can_be_reported_on(tmp_path: Path) -> None:
    done = run("sample", str(tmp_path / "mine"), "--families", "2", "--comparison", "1", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 invented families under review and 1 to compare with")
    assert run("check", str(tmp_path / "mine")).returncode == 0
    again = run("sample", str(tmp_path), "--families", "2")
    assert again.returncode == 2 and "Traceback" not in again.stderr


def test_the_doctor_says_what_is_well(tmp_path: Path) -> None:
    done = run("doctor")
    assert "libraries in the lock" in done.stdout
    assert done.returncode == 0, done.stdout


def test_a_published_case_opens_with_whose_data_it_is(tmp_path: Path) -> None:
    done = run("report", "2_one_family", "--data", "published", "-p", "family=daniel_pelka", "--reports", str(tmp_path))
    assert done.returncode == 0, done.stderr
    text = next(tmp_path.glob("*/report.html")).read_text(encoding="utf-8")
    body = text[text.index("<body") :]
    assert body.index("real people, from published reports") < body.index("<h1")
    assert "INVENTED DATA" not in body


def test_another_package_called_lib_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    shutil.copytree(ROOT / "journeys", tmp_path / "alone" / "journeys", ignore=shutil.ignore_patterns("__pycache__"))
    ours = str(tmp_path / "alone")
    code = f"import sys; sys.path[:] = [{str(tmp_path)!r}, {ours!r}] + [p for p in sys.path if p != {str(ROOT)!r}]; import journeys"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "another package called 'lib'" in done.stderr


def test_the_lab_passes_on_what_it_is_given() -> None:
    done = run("lab", "--version")
    assert done.returncode == 0
    assert re.fullmatch(r"4\.\d+\.\d+", done.stdout.strip())
