"""The page that is handed to one reader of a family: it holds nothing of anybody else, and nothing tells that it is there."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys

import pandas as pd
import pytest
from openpyxl import load_workbook

import journeys as fj
from tests.conftest import folder_of, table
from tests.stories.readers import SINCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SHOWN = """
    id     date        agency   activity             person  outcome         by     need  reason
    SEEN1  2024-03-01  school   request_for_help     ana     nfa             SW101  N101  worried
    SEEN2  2024-03-09  gp       letter_sent          kim     seen            GP202  N101  asthma
    SEEN3  2024-05     housing  chase                ana     follow up       HO303  N102  damp
    SEEN4  2024-08-20  school   absence_unexplained  kim     –               –      –     –
"""
"""The rows that the practitioner ticks for ana, who answers for kim."""

KEPT = """
    id      date        agency         activity                 person  outcome         by     need   reason
    CANID1  2024-03-05  police         domestic_abuse_incident  ana     CANOUT1         CANW1  CANN1  CANWHY1
    CANID2  2024-03-05  police         arrest                   ben     CANOUT2         CANW2  CANN2  CANWHY2
    CANID3  2024-04-17  school         disclosure               kim     CANOUT3         CANW3  CANN3  CANWHY3
    CANID4  2024-04-18  social_care    csc_contact              kim     CANOUT4         CANW4  CANN4  CANWHY4
    CANID5  2024-06-11  CANAGENCY      CANACT5                  ana     CANOUT5         CANW5  CANN5  CANWHY5
    CANID6  2024-07-13  mental_health  assessment               ben     CANOUT6         CANW6  CANN6  CANWHY6
    CANID7  2024-09-29  housing        rehousing                ana     CANOUT7         CANW7  CANN7  CANWHY7
    CANID8  2024-10-30  voluntary      marac_referral           –       CANOUT8         CANW8  CANN8  CANWHY8
    CANID9  2023-01-19  camhs          appointment              kim     CANOUT9         CANW9  CANN9  CANWHY9
"""
"""The rows that nobody ticks for ana: each agency, worker, need, word and day of theirs stands nowhere else."""

CANARIES = [
    *("CAN", "ana", "ben", "kim", "F1", "SEEN", "SW101", "N101", "GP202", "asthma", "damp", "worried"),
    *("olice", "buse", "arac", "rrest", "ocial care", "ental health", "oluntary", "refuge", "moved", "another home"),
    *("5 March", "17 April", "18 April", "11 June", "13 July", "29 September", "30 October", "19 January", "2023"),
    *("2024-", ".csv", "contact_id", "family_id", "sha256:", "rules", "agreed", "TEAM", "Level", "Parameters"),
]


def data(root: pathlib.Path, *drawn: str) -> pathlib.Path:
    """A folder with the rows drawn, a file for each agency, and a book in which the rows of SHOWN are ticked for ana."""
    root.mkdir()
    log = pd.concat([table(text) for text in drawn], ignore_index=True)
    log["family"] = ["F1" if person is None or pd.isna(person) else None for person in log["person"]]
    members = table(SINCE).rename(columns={"person": "person_id", "family": "family_id"})
    members.to_csv(root / "members.csv", index=False)
    files = {
        agency: {"person_ids": "shared", "series": "log", "covers": ["2024-01-01", "2024-12-31"]}
        for agency in log["agency"].unique()
    }
    logs = {agency: log[log["agency"] == agency] for agency in files}
    more = {"owner": "head of early help", "safeguarding_contact": "01632 960123", "selection": "chosen by CANPANEL"}
    folder_of(root, logs, files=files, members="members.csv", marking="CANMARKING", **more)
    review = fj.build_journeys(fj.read_contacts(root), fj.read_members(root))
    path = fj.write_book(review)
    fill(path, "readers", lambda row: row == 2, family_id="F1", reader="ana", answers_for="kim")
    fj.write_book(review)
    seen = {f"log:{name}" for name in table(SHOWN)["id"]}
    fill(path, "page", lambda row: row in seen, show="yes")
    return root


def fill(path, sheet, wanted, **cells):
    workbook = load_workbook(path)
    page = workbook[sheet]
    names = [cell.value.replace(" ", "_") for cell in page[1]]
    for line in range(2, max(page.max_row, 2) + 1):
        if wanted(line) or wanted(
            page.cell(line, names.index("contact_id") + 1).value if "contact_id" in names else None
        ):
            for name, value in (cells | {"decided_by": "early help panel"}).items():
                page.cell(line, names.index(name) + 1).value = value
    workbook.save(path)


def command(folder: pathlib.Path, *more: str) -> subprocess.CompletedProcess[str]:
    given = ["report", "family_page", "--data", str(folder), "--reports", str(folder.parent / "reports"), *more]
    return subprocess.run(
        [sys.executable, "-m", "journeys", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def build(folder: pathlib.Path) -> tuple[str, pathlib.Path, str]:
    done = command(folder, "-p", "family=F1", "-p", "reader=ana")
    assert done.returncode == 0, done.stderr
    made = ROOT / done.stdout.splitlines()[-1]
    return made.read_text(encoding="utf-8"), made, done.stdout


@pytest.fixture(scope="module")
def handed(tmp_path_factory):
    """The page of all the rows, and the page of a folder where only those on it ever existed."""
    root = tmp_path_factory.mktemp("readers")
    return build(data(root / "whole", SHOWN, KEPT)), build(data(root / "alone", SHOWN))


def test_it_says_in_plain_words_what_was_ticked(handed):
    text = handed[0][0]
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)[1:]
    assert [re.sub(r"<[^>]*>", "|", row).strip("|").replace("||", "|") for row in rows] == [
        "1 March 2024|You|You asked the school for help. They decided to do nothing more.",
        "9 March 2024|A child|The GP sent a letter.",
        "In May 2024|You|You asked the housing office what was happening. They said that they would be in touch again.",
        "20 August 2024|A child|The school marked the child absent, and had no reason yet.",
    ]
    for words in ("Please check every line", "Whom to ask", "01632 960123", "INVENTED DATA", "for nobody else"):
        assert words in text


def test_no_canary_is_anywhere_on_it(handed):
    text = re.sub(r"<style>.*?</style>", "", handed[0][0], flags=re.DOTALL)
    text = re.sub(r"sha256-[\w+/=]+", "", text)
    assert [canary for canary in CANARIES if canary in text] == []
    assert "<!--" not in text and not re.search(r"\b(total|rows|contacts|of \d+)\b", text)
    assert re.findall(r"<title>(.*?)</title>", text) == ["What did services write down?"]
    assert len(re.findall(r"<meta", text)) == 4


def test_it_is_the_same_to_the_byte_where_the_other_rows_never_existed(handed):
    assert handed[0][0] == handed[1][0]


def test_its_path_names_nobody_and_the_record_stays_with_the_team(handed):
    _, made, said = handed[0]
    assert re.fullmatch(r"\d{8}T\d{6}Z-family_page-[0-9a-f]{6}", made.parent.name)
    assert "report.html alone is handed over" in said.splitlines()[-2]
    # Nothing beside the page adds to it: no table, picture or workbook.
    assert sorted(p.name for p in made.parent.iterdir()) == ["log.jsonl", "report.html", "run.json"]
    record = json.loads((made.parent / "run.json").read_text())
    assert record["parameters"]["reader"] == "ana" and record["rules"]["readers"]
    assert "ana" not in (made.parent / "log.jsonl").read_text().split('"')


def test_a_reader_whom_nobody_declared_gets_no_page(handed):
    folder = handed[0][1].parent.parent.parent / "whole"
    before = sorted(p.name for p in handed[0][1].parent.parent.glob("2*"))
    done = command(folder, "-p", "family=F1", "-p", "reader=ben")
    assert done.returncode == 2 and "nobody has declared this reader" in done.stderr
    assert sorted(p.name for p in handed[0][1].parent.parent.glob("2*")) == before


def test_it_is_not_made_at_board(handed):
    done = command(
        handed[0][1].parent.parent.parent / "whole", "--level", "board", "-p", "family=F1", "-p", "reader=ana"
    )
    assert done.returncode == 2 and "Use --level team" in done.stderr


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_is_accessible_on_a_telephone_and_a_desk(handed, opened, axe, width):
    page, did = opened(handed[0][0], with_csp=False, width=width)
    page.evaluate(axe)
    found = page.evaluate("t => axe.run(document, {runOnly: {type: 'tag', values: t}})", WCAG)
    assert [v["id"] for v in found["violations"]] == []
    assert did == {"requests": [], "dialogs": []}
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
