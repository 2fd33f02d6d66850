"""The reports themselves, opened as a reader would: accessible, whole, quiet, and deaf to what a log may hold."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pandas as pd
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = pathlib.Path(__file__).resolve().parents[2]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HOSTILE = [
    "<script>window.FJCANARY=1</script>",
    '<img src=x onerror="window.FJCANARY=2">',
    '"><script>window.FJCANARY=4</script>',
    "[click](javascript:window.FJCANARY=6)",
    '=HYPERLINK("http://canary.invalid/")',
    "$\\href{javascript:window.FJCANARY=8}{x}$",
    "\u202egpj.exe",
    "x" * 300,
]
if folder := os.environ.get("FJ_EXTRA_DATA"):
    for file in sorted(pathlib.Path(folder).rglob("payloads.txt")):
        lines = [line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
        HOSTILE += [json.loads(line[2]) for line in lines]
TEXTS = (
    "family_id",
    "person_id",
    "agency",
    "contact_type",
    "reason",
    "need_id",
    "outcome",
    "referred_to",
    "professional_id",
)


def build(notebook: str, data: str, reports: pathlib.Path, *more: str) -> pathlib.Path:
    command = [sys.executable, "-m", "journeys", "report", notebook, "--data", data, "--reports", str(reports), *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return ROOT / done.stdout.splitlines()[-1]


def look(page, did, axe) -> None:
    """No violation, no request, no dialog, and nothing of the data's ran."""
    page.evaluate(axe)
    found = page.evaluate("t => axe.run(document, {runOnly: {type: 'tag', values: t}})", WCAG)
    assert [(v["id"], len(v["nodes"])) for v in found["violations"]] == []
    assert did == {"requests": [], "dialogs": []}
    assert page.evaluate("typeof window.FJCANARY") == "undefined"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "the page is wider than its window"
    )


@pytest.mark.parametrize(
    ("notebook", "data", "more"),
    [
        ("1_check_contacts", "sample", ()),
        ("2_one_family", "sample", ("-p", "family=F0003")),
        pytest.param("3_triggers", "sample", (), marks=pytest.mark.nightly),
        ("4_system_review", "sample", ()),
        ("4_system_review", "sample", ("--level", "board")),
        ("5_this_month", "sample", ("--level", "board")),
        ("2_one_family", "published", ("-p", "family=peter_connelly", "--end", "2007-08-31")),
    ],
    ids=["check", "family", "triggers", "review", "board", "month", "published"],
)
def test_a_report_is_accessible_and_whole(opened, axe, tmp_path, notebook, data, more) -> None:
    text = build(notebook, data, tmp_path, *more).read_text(encoding="utf-8")
    page, did = opened(text, with_csp=False)
    look(page, did, axe)
    assert page.locator("h1").count() == 1
    tables, captions = page.locator("table").count(), page.locator("table > caption").count()
    assert tables == captions >= 3
    assert page.locator("table th:not([scope])").count() == 0
    for picture in page.locator("img").all():
        assert len(picture.get_attribute("alt") or "") > 60
    assert page.locator("text=What this cannot tell you").count() >= 1


def hostile_folder(root: pathlib.Path) -> pathlib.Path:
    """A family for each hostile text, with the text in every column that holds text."""
    rows = []
    for number, text in enumerate(HOSTILE):
        for day in range(3):
            row = dict.fromkeys(
                TEXTS, text.replace("\x00", "\ufffd").replace("\n", " ").replace("\t", " ").strip() or "x"
            )
            row |= {"contact_id": f"{number}-{day}", "date": f"{number % 27 + 1:02d}/0{day + 4}/2024"}
            row |= {"family_id": f"F{number} {row['family_id']}"} if day else {}
            row |= {"contact_type": "visit"} if day == 2 else {}
            rows.append(row)
    pd.DataFrame(rows).to_csv(root / "log.csv", index=False)
    entry = {"log.csv": {"format": "contact_log"}}
    given = {
        "purpose": HOSTILE[0],
        "selection": HOSTILE[1],
        "owner": HOSTILE[2],
        "marking": HOSTILE[3],
        "invented": True,
    }
    (root / "sources.yml").write_text(json.dumps(given | {"files": entry}))
    return root


@pytest.mark.parametrize(
    "notebook",
    [
        *("2_one_family", "4_system_review"),
        *(pytest.param(name, marks=pytest.mark.nightly) for name in ("1_check_contacts", "3_triggers", "5_this_month")),
    ],
)
def test_hostile_text_in_every_column_does_nothing(opened, axe, tmp_path, notebook) -> None:
    folder = hostile_folder(tmp_path)
    family = ("-p", f"family=F1 {HOSTILE[1]}") if notebook == "2_one_family" else ()
    made = build(notebook, str(folder), tmp_path / "reports", *family)
    text = made.read_text(encoding="utf-8")
    for with_csp in (False, True):
        page, did = opened(text, with_csp=with_csp)
        look(page, did, axe)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", made.parent.name)
