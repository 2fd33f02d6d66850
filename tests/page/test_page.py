"""What a page holds, and what stops it. No browser."""

import re

import pandas as pd
import pytest

from lib.errors import BuildError
from lib.front import Asked, Lede, Number, Numbers, Words
from lib.page import Frame, html
from lib.shown import Shown

TABLE = Shown(pd.DataFrame({"agency": ["police", "school"], "contacts": [1204, 3]}), "Contacts by agency")


def body_of(page):
    """What the notebook's own cells show: the main part without the contents and the limits of use."""
    main = re.search(r"<main.*?</main>", page, re.DOTALL)[0]
    return re.sub(r'<div class="(front|contents)">.*?</div>', "", main, flags=re.DOTALL)


def test_a_bare_last_line_of_a_cell_is_on_the_page(make):
    page = body_of(html(make.notebook(make.words("# Q"), make.cell(make.value(TABLE))), Frame()))
    assert page.count("<tr>") == 3 and "<caption>Contacts by agency</caption>" in page and "1,204" in page


def test_code_and_printed_text_are_left_out(make):
    cell = make.cell(make.printed("FJCANARY"), make.display({"text/plain": "said"}), source="FJCANARY = 1")
    page = html(make.notebook(make.words("# Q"), cell), Frame())
    assert "FJCANARY" not in page and "<pre>said</pre>" in page


def test_the_first_heading_becomes_the_title_and_the_only_h1(make):
    page = html(make.notebook(make.words("# Who *came*?\n\nWords."), make.words("# Another")), Frame())
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["Who came?"] and "<title>Who came?</title>" in page
    assert '<h2 id="part-1">Another</h2>' in page


def test_a_given_title_wins(make):
    page = html(make.notebook(make.words("# Who came?")), Frame(title="One family"))
    assert re.findall(r"<h1>(.*?)</h1>", page) == ["One family"] and "Who came?" not in body_of(page)


def test_a_notebook_without_a_title_is_refused(make):
    with pytest.raises(BuildError, match="title"):
        html(make.notebook(make.words("words")), Frame())


def test_headings_never_skip_a_level(make):
    page = html(
        make.notebook(make.words("# Q"), make.words("##### a"), make.words("#### b"), make.words("###### c")), Frame()
    )
    assert re.findall(r"<(h\d)", body_of(page)) == ["h2", "h3", "h4"]


def test_sections_are_in_the_contents(make):
    page = html(make.notebook(make.words("# Q"), make.words("## Who & what?"), make.words("## Then")), Frame())
    assert '<a href="#part-1">Who &amp; what?</a>' in page and '<h2 id="part-2">Then</h2>' in page


def test_how_to_read_and_what_to_ask_stand_side_by_side(make):
    apart = [make.words("**How to read this** Left to right."), make.words("**What to ask next**\n\n- Why?")]
    together = [make.words("**How to read this.** Left to right.\n\n**What to ask next.**\n\n- Why?")]
    for cells in (apart, together):
        page = body_of(html(make.notebook(make.words("# Q"), make.words("## S"), *cells), Frame()))
        assert page.count('<div class="pair">') == 1
        assert re.search(
            r'class="read"><h3>How to read this</h3>.*class="ask"><h3>What to ask next</h3>', page, re.DOTALL
        )
        assert "Left to right." in page and "<li>Why?</li>" in page and "**" not in page


def test_before_the_first_section_the_two_are_side_by_side_alike_and_in_no_list_of_contents(make):
    pair = make.words("**How to read this.** Left to right.\n\n**What to ask next.** Why?")
    page = html(make.notebook(make.words("# Q"), pair, make.words("## S")), Frame())
    assert "<h2>How to read this</h2>" in page and "<h2>What to ask next</h2>" in page
    contents = re.search(r"<nav.*?</nav>", page, re.DOTALL)[0]
    assert "How to read" not in contents and ">S</a>" in contents


def test_sections_open_and_close(make):
    page = html(
        make.notebook(
            make.words("# Q"), make.words("## A"), make.cell(make.value(TABLE)), make.words("## Assumptions")
        ),
        Frame(),
    )
    assert page.count("<section") == page.count("</section>") == 2 and 'class="part ground"' in page


def test_the_frame_is_all_there(make):
    frame = Frame(
        strip=[("Level", "team"), ("Status", "draft")],
        tag="INVENTED DATA",
        opening=["Whose data."],
        lede=["The answer."],
        limits=["Not a sample."],
        account=pd.DataFrame({"file": ["a.csv"], "read": [3]}),
        provenance=[("Rules", "2026.1")],
        purpose="A review.",
        contact=["Ring us."],
    )
    page = html(make.notebook(make.words("# Q")), frame)
    order = ["Whose data.", "team", "draft", "<h1>", "INVENTED DATA", "The answer.", "Not a sample.", "a.csv", "2026.1"]
    text = page[page.index("<body>") :]
    places = [text.index(words) for words in [*order, "A review.", "Ring us."]]
    assert places == sorted(places)
    assert '<html lang="en-GB">' in page and "INVENTED\\20 DATA" in page


def test_the_page_carries_its_own_letters_and_fetches_nothing(make):
    page = html(make.notebook(make.words("# Q")), Frame())
    assert page.count("@font-face") == 3 and len(page) < 8_000_000
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!data:|#)', page) and "url(http" not in page and "<script" not in page


def test_the_notebook_is_not_changed(make):
    notebook = make.notebook(make.words("# Q"), make.cell(make.printed("x")))
    before = repr(notebook)
    html(notebook, Frame())
    assert repr(notebook) == before


# What stops a page


def faults(make, *cells):
    with pytest.raises(BuildError) as raised:
        html(make.notebook(make.words("# Q"), make.words("## Who came?"), *cells), Frame())
    return str(raised.value)


def test_an_error_stops_the_page_and_its_value_is_not_said(make):
    message = faults(make, make.cell(make.error("ValueError", "FJCANARY")))
    assert "Cell 3 (under 'Who came?') stopped with an error (ValueError)" in message and "FJCANARY" not in message


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_a_picture_without_alt_text_stops_the_page(make, kind):
    for alt in ("", "  "):
        assert "Cell 3" in faults(make, make.cell(make.picture(alt=alt, kind=kind, content="<svg/>")))
    assert "alt text" in faults(make, make.cell(make.display({kind: make.png})))


def test_a_bare_data_frame_stops_the_page_and_the_message_says_what_to_use(make):
    frame = pd.DataFrame({"a": [1]})
    message = faults(make, make.cell(make.display({"text/html": frame._repr_html_(), "text/plain": ""})))
    assert "Cell 3" in message and "caption" in message and "Shown(" in message


def test_a_styled_frame_stops_the_page(make):
    table = "<style>x</style><table><caption>c</caption><tr><th class='blank'>a</th></tr></table>"
    assert "scopes" in faults(make, make.cell(make.display({"text/html": table})))


def test_every_fault_is_named_at_once(make):
    message = faults(make, make.cell(make.picture(alt="")), make.cell(make.error("KeyError", "x")))
    assert "Cell 3" in message and "Cell 4" in message


def test_a_picture_in_words_stops_the_page(make):
    assert "Cell 3" in faults(make, make.words("![x](http://canary.invalid/x.png)"))


# Words and what they may hold


@pytest.mark.parametrize(
    ("source", "held", "not_held"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script"),
        ("a <img src=x onerror=alert(1)> b", "&lt;img", "<img"),
        ("[x](javascript:alert(1))", "x", "href"),
        ("[x](JAVASCRIPT&#58;alert(1))", "x", "href"),
        ("[x](data:text/html,y)", "x", "href"),
        ("[x](file:///etc/passwd)", "x", "href"),
        ("[x](https://example.org/a)", 'href="https://example.org/a"', "target"),
        ("[x](#part-1)", 'href="#part-1"', "target"),
        ("<https://example.org>", 'href="https://example.org"', "target"),
        ("<h2 id=main>x</h2>", "&lt;h2", 'id="main"'),
    ],
)
def test_words_hold_no_markup_and_link_to_pages_alone(make, source, held, not_held):
    for cells in ([make.words(source)], [make.cell(make.display({"text/markdown": source}))]):
        page = body_of(html(make.notebook(make.words("# Q"), *cells), Frame()))[len('<main id="main" tabindex="-1">') :]
        assert held in page and not_held not in page


def test_a_broken_character_does_not_break_the_page(make):
    bad = "a\ud800b\u202ec\x00"
    cells = [
        make.words(bad),
        make.cell(make.display({"text/html": f"<p>{bad}</p>"}), make.display({"text/plain": bad})),
    ]
    page = html(make.notebook(make.words("# Q"), *cells), Frame(title=bad, strip=[(bad, bad)]))
    assert "\u202e" not in page and "⟨U+202E⟩" in page
    page.encode("utf-8")


def test_text_in_a_frame_is_never_a_template_or_markup(make):
    bad = "{{ 7 * 7 }}</title></style><script>x</script>{% raw %}"
    page = html(
        make.notebook(make.words("# Q")), Frame(title=bad, tag=bad, strip=[(bad, bad)], lede=[bad], purpose=bad)
    )
    assert "<script" not in page and "49" not in page[page.index("<body>") :] and page.count("</style>") == 1


# The first page


def front(make, *shown):
    cells = [make.cell(make.value(part)) for part in shown]
    return html(
        make.notebook(make.words("# Q"), *cells, make.words("## First part"), make.cell()), Frame(limits=["no"])
    )


def test_what_stands_before_the_first_part_comes_before_the_contents(make):
    page = front(make, Lede("Help came late."), Numbers([Number("Times told", "14", "Median of 8.", sure="By rule.")]))
    places = [page.index(w) for w in ("Help came late.", "Times told", "On this page", "First part</h2>")]
    assert places == sorted(places)
    assert '<ul class="numbers"><li><span class="question">Times told</span>' in page


def test_what_is_asked_stands_beside_what_the_page_cannot_tell_and_the_contents_after(make):
    page = front(make, Asked("Two decisions", [("Ring one person", "from September"), ("Ask once", "")]))
    places = [page.index(w) for w in ('<div class="asked">', "What this cannot tell you", "On this page")]
    assert places == sorted(places)
    assert page.count("Ring one person") == 1
    assert '<div class="lead">' not in page


def test_hostile_words_on_the_first_page_are_words(make):
    evil = "<script>alert(1)</script>"
    page = front(make, Lede(evil), Words(evil, evil), Asked(evil, [(evil, evil)]), Numbers([Number(evil, evil, evil)]))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") == 9


def test_no_words_leave_no_place(make):
    assert "<blockquote>" not in front(make, Words("", ""))
