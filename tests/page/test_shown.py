import datetime
import decimal
import html.parser

import numpy as np
import pandas as pd
import pytest

from lib.shown import Shown, plain, visible


class Cells(html.parser.HTMLParser):
    """The words of each cell, and the tags with their attributes."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("th", "td", "caption"):
            self.words.append("")

    def handle_data(self, data):
        if self.words:
            self.words[-1] += data


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime.date(2024, 4, 5), "5 April 2024"),
        (pd.Timestamp("2024-04-05 14:30"), "5 April 2024, 14:30"),
        (pd.NaT, "–"),
        (pd.NA, "–"),
        (float("nan"), "–"),
        (np.float64("nan"), "–"),
        (decimal.Decimal("NaN"), "–"),
        (None, "–"),
        (np.True_, "yes"),
        (False, "no"),
        (np.int64(1234567), "1,234,567"),
        (-1200, "-1,200"),
        (0.126, "0.13"),
        (-0.001, "0"),
        (1200.0, "1,200"),
        (decimal.Decimal("3.10"), "3.10"),
        (["police", 1200], "police, 1,200"),
        (np.array(["a", "b"]), "a, b"),
        ([], "–"),
        ({"b", "a"}, "a, b"),
        (pd.Timedelta(days=3), "3 days"),
        ("", ""),
    ],
)
def test_a_value_is_written_as_a_reader_would(value, written):
    assert plain(value) == written


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x00", "\x1b", "\u200b", "\ufeff", "\u2028", "\ud800", "\x85"])
def test_a_character_that_draws_nothing_is_written_out(hidden):
    assert visible(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_a_joiner_in_a_name_stays():
    assert visible("علی\u200cرضا") == "علی\u200cرضا"


def test_every_cell_has_a_head_and_the_caption_names_the_region():
    frame = pd.DataFrame({"agency": ["police", "school"], "n_contacts": [1204, 3], "first_on": [pd.NaT, pd.NaT]})
    page = Cells(Shown(frame, "Who came")._repr_html_())
    heads = [(a["scope"], a.get("class")) for tag, a in page.tags if tag == "th"]
    assert heads == [("col", None), ("col", "n"), ("col", None), ("row", None), ("row", None)]
    assert page.words[:5] == ["Who came", "Agency", "N contacts", "First on", "police"]
    region = page.tags[0][1]
    assert (region["role"], region["tabindex"], region["aria-label"]) == ("region", "0", "Who came")


def test_markup_in_cells_heads_caption_and_note_comes_out_as_text():
    bad = '"><script>alert(1)</script>'
    page = Cells(Shown(pd.DataFrame({bad: [bad]}), bad, note=bad)._repr_html_())
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.words[0] == page.words[1] == bad and page.words[2].startswith(bad)


def test_a_year_has_no_thousands_separator():
    assert Shown(pd.DataFrame({"price_year": [2016], "days": [2016]}), "c").cells() == [["2016", "2,016"]]


def test_a_named_index_is_shown_and_a_numbered_one_is_not():
    frame = pd.DataFrame({"agency": ["a", "b"], "n": [1, 2]})
    assert Shown(frame.set_index("agency"), "c").heads() == ["Agency", "N"]
    assert Shown(frame.iloc[[1]], "c").heads() == ["Agency", "N"]
    assert Shown(frame.groupby("agency").sum(), "c").heads() == ["Agency", "N"]


def test_an_empty_table_says_so():
    assert "No rows." in Shown(pd.DataFrame({"a": []}), "c")._repr_html_()


@pytest.mark.parametrize("caption", ["", "  "])
def test_a_table_needs_a_caption(caption):
    with pytest.raises(ValueError, match="caption"):
        Shown(pd.DataFrame({"a": [1]}), caption)


def test_a_total_row_is_marked():
    assert '<tr class="total">' in Shown(pd.DataFrame({"a": ["x", "All"]}), "c", total=True)._repr_html_()


def test_two_columns_of_one_name_are_both_shown():
    assert Shown(pd.DataFrame([[1, "x"]], columns=["a", "a"]), "c").cells() == [["1", "x"]]
