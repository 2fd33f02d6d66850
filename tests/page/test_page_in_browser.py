"""The page as a reader's browser has it: accessible, quiet, and deaf to what a log may hold."""

import itertools
import json
import os
import pathlib
import re

import pandas as pd
import pytest

from lib import allowed, catalogue, shown
from lib.catalogue import Entry
from lib.page import Frame, html
from lib.shown import Shown

pytestmark = pytest.mark.browser
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOSTILE = [
    "<script>window.FJCANARY=1</script>",
    '<img src=x onerror="window.FJCANARY=2">',
    '"><script>window.FJCANARY=4</script>',
    "[click](javascript:window.FJCANARY=6)",
    "<iframe srcdoc='<script>parent.FJCANARY=7</script>'></iframe>",
    "<svg onload=window.FJCANARY=8><style>@import 'http://canary.invalid/a'</style></svg>",
    "</style></title><script>window.FJCANARY=9</script>",
    "<link rel=stylesheet href=http://canary.invalid/b><base href=http://canary.invalid/>",
    '"}*{background:url(http://canary.invalid/c)}x{a:"',
    "<div style='background:url(http://canary.invalid/d)' onclick='window.FJCANARY=1'>d</div>",
    "<object data=http://canary.invalid/e></object><embed src=http://canary.invalid/f>",
    "<details open ontoggle=window.FJCANARY=1>g</details>",
    "<video src=http://canary.invalid/h autoplay></video>",
    "-->]]><math><mtext><style><img src=x onerror=window.FJCANARY=1></style></mtext></math>",
    "{{ 7 * 7 }}",
]
# Texts of somebody else's making, where there are any: a folder with a payloads.txt of group, name and JSON text.
if folder := os.environ.get("FJ_EXTRA_DATA"):
    for file in sorted(pathlib.Path(folder).rglob("payloads.txt")):
        lines = [line.split("\t") for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
        HOSTILE += [json.loads(line[2]) for line in lines if line[0] == "html"]
# A policy in a page cannot stop a refresh: of these the allow-list alone is the wall.
REFRESH = "<meta http-equiv=refresh content='0;url=http://canary.invalid/refresh'>"


def report(make, frame=None):
    table = pd.DataFrame(
        {"agency": ["police", "school"], "contacts": [1204, 3], "first_on": pd.to_datetime(["2024-04-05", None])}
    )
    notebook = make.notebook(
        make.words("# Who came?\n\nTwo agencies."),
        make.words("## What was recorded?"),
        make.cell(make.picture(alt="A bar chart of 1,207 contacts.", caption="n = 1,207.")),
        make.words("**How to read this** Left to right."),
        make.words("**What to ask next**\n\n- Why?"),
        make.cell(make.value(Shown(table, "Contacts by agency", note="Two agencies."))),
        make.words("#### Deep\n\n> Their words.\n\n1. One\n2. [Two](https://example.org)\n\n---\n\n`code`"),
        make.cell(make.display({"text/plain": "<Review: 8>"})),
        make.words("## Assumptions and faults\n\nNone."),
    )
    frame = frame or Frame(
        strip=[("Level", "team"), ("Marking", "OFFICIAL"), ("Data to", "31 March 2025")],
        tag="INVENTED DATA",
        opening=["Whose data."],
        lede=["The answer."],
        limits=["Not a sample."],
        account=pd.DataFrame({"file": ["a.csv", "b.csv"], "read": [3, 4]}),
        provenance=[("Rules", "2026.1")],
        purpose="A review.",
        contact=["Ring us."],
    )
    return html(notebook, frame)


def test_the_index_of_reports_is_accessible_and_deaf_to_what_a_record_may_hold(opened, axe):
    given = {"notebook": "n", "data": HOSTILE[0], "level": "team", "period": HOSTILE[1], "made": HOSTILE[2]}
    runs = [
        Entry(
            "20250101T000000Z-a-aaaaaa", HOSTILE[3], key="1", outcome="ok", files=("report.pdf", "tables.xlsx"), **given
        ),
        Entry("20250102T000000Z-a-aaaaaa", "b", key="2", outcome="ok", wrong=catalogue.NOT_WHOLE, **given),
        *(
            Entry(f"20250103T000000Z-a-{n}", "c", key="3", outcome="failed", reason=h, **given)
            for n, h in enumerate(HOSTILE)
        ),
    ]
    for found in ([], runs):
        text = catalogue.page(found)
        for with_csp in (False, True):
            page, did = opened(text, with_csp=with_csp)
            page.evaluate(axe)
            faults = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", WCAG)
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in faults["violations"]] == []
            assert did == {"requests": [], "dialogs": []}
            assert page.evaluate("typeof window.FJCANARY") == "undefined"
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    links = page.evaluate("[...document.querySelectorAll('main a')].map(a => a.getAttribute('href'))")
    assert len(links) == 6 and all(link.startswith("20250101T000000Z-a-aaaaaa/") for link in links)


def test_no_accessibility_fault_and_the_content_is_there(make, opened, axe):
    page, did = opened(report(make))
    page.evaluate(axe)
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", WCAG)
    assert [v["id"] for v in found["violations"]] == []
    assert did == {"requests": [], "dialogs": []}
    rows = page.evaluate("[...document.querySelectorAll('main tr')].map(r => [...r.cells].map(c => c.textContent))")
    assert rows == [["Agency", "Contacts", "First on"], ["police", "1,204", "5 April 2024"], ["school", "3", "–"]]
    assert page.evaluate("[...document.querySelectorAll('caption')].length") == 3
    assert page.evaluate("[...document.querySelectorAll('th')].every(h => ['col', 'row'].includes(h.scope))")
    assert page.evaluate("[...document.images].map(i => i.alt)") == ["A bar chart of 1,207 contacts."]
    assert page.evaluate("document.images[0].naturalWidth") == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.evaluate("[...document.fonts].map(f => f.status)") == ["loaded"] * 3
    assert page.evaluate("[...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")


def test_a_narrow_screen_does_not_scroll_sideways(make, opened):
    long_name = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 4
    frame = Frame(strip=[("Level", long_name)], lede=[long_name], limits=[long_name], provenance=[("a", long_name)])
    page, _ = opened(report(make, frame), width=320)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_level_is_readable_without_printed_backgrounds(make, opened):
    page, _ = opened(report(make))
    page.emulate_media(media="print")
    style = page.evaluate("(s => [s.color, s.borderTopColor])(getComputedStyle(document.querySelector('.level')))")
    assert style == ["rgb(27, 27, 27)", "rgb(18, 67, 109)"]


def hostile(make, texts):
    cells = []
    for text in texts:
        table = Shown(pd.DataFrame({text: [text], "n": [1]}), text, note=text)
        cells += [
            make.words(text.replace("![", "[")),
            make.cell(make.value(table), make.display({"text/markdown": text}), make.display({"text/plain": text})),
            make.cell(make.picture(alt=text, caption=text), make.display({"text/html": text})),
            make.cell(
                make.picture(kind="image/svg+xml", content=f"<svg xmlns='http://www.w3.org/2000/svg'>{text}</svg>")
            ),
        ]
    both = "".join(texts)
    frame = Frame(
        title=both,
        lang='en"><script>window.FJCANARY=5</script>',
        strip=[(both, both)] * 2,
        tag=both,
        opening=[both],
        lede=[both],
        limits=[both],
        account=pd.DataFrame({both: [both]}),
        account_caption=both,
        provenance=[(both, both)],
        purpose=both,
        contact=[both],
    )
    return html(make.notebook(*cells), frame)


def acted(page, did):
    for link in page.query_selector_all("a[href^='javascript']"):
        link.click(timeout=1000)
    return page.evaluate("window.FJCANARY"), did["requests"], did["dialogs"]


def test_escaping_and_the_allow_list_are_enough_without_the_policy(make, opened):
    assert acted(*opened(hostile(make, [*HOSTILE, REFRESH]), with_csp=False)) == (None, [], [])


@pytest.fixture
def no_escaping(monkeypatch):
    monkeypatch.setattr(shown, "_e", lambda text: text)
    monkeypatch.setattr(allowed, "clean", lambda markup, tags=None: markup)
    monkeypatch.setattr(allowed.Tables, "__init__", lambda self, markup: setattr(self, "missing", set()))


def test_the_policy_is_enough_without_escaping_and_the_allow_list(make, opened, no_escaping):
    text = hostile(make, HOSTILE)
    assert "<script>window.FJCANARY=1</script>" in text
    assert acted(*opened(text)) == (None, [], [])


def test_with_both_walls_down_the_canary_sings(make, opened, no_escaping):
    """Without this the two tests above could pass for a page that nothing was ever put on."""
    canary, requests, _ = acted(*opened(hostile(make, HOSTILE), with_csp=False))
    assert canary and requests


def test_hostile_text_is_read_by_the_reader_as_it_was_written(make, opened):
    page, _ = opened(hostile(make, HOSTILE))
    cells = page.evaluate("[...document.querySelectorAll('main tbody th')].map(c => c.textContent)")
    assert cells == HOSTILE
    assert page.evaluate("document.querySelectorAll('main script, main iframe, main [style], main object').length") == 0


def test_printing_keeps_the_level_on_every_page(make):
    style = re.search(r"@top-left\{content:\"(.*?)\"", report(make))[1]
    assert style.startswith("TEAM")
