"""Whatever the data: no text over text, none cut, none small, the same bytes for the same data."""

import io
import logging
import random
from itertools import pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from journeys import draw
from lib.figures import SHEETS
from lib.lettering import DPI


def drawn(invented, name, **how):
    """The figure of a named case."""
    journey = invented.family(127)
    few = invented.firings(
        invented.firing(
            "2022-11-14", "Three unexplained absences in 28 days", invented.first_ids(journey, "signal", 3)
        ),
        invented.firing("2023-03-06", "Re-referral within 12 months", invented.first_ids(journey, "referral", 1)),
        invented.firing("2024-12-20", "Third domestic-abuse incident in 12 months and nobody answered", [], "possible"),
    )
    big = invented.family(560)
    cases = {
        "3 contacts": lambda: draw.timeline(*invented.three(), **how),
        "127 contacts": lambda: draw.timeline(journey, few, **how),
        "127 contacts, nine firings": lambda: draw.timeline(journey, invented.many_firings(journey, 9), **how),
        "560 contacts": lambda: draw.timeline(big, few, **how),
        "560 contacts, 60 firings": lambda: draw.timeline(big, invented.many_firings(big, 60), **how),
        "months only": lambda: draw.timeline(*invented.months_only(), **how),
        "map, small": lambda: draw.map(
            invented.map_of([("school", "police", 2), ("police", "gp", 1), ("gp", "school", 1)])
        ),
        "map, running example": lambda: draw.map(invented.map_of(invented.RUNNING_EXAMPLE, "activity")),
        "map, tangle": lambda: draw.map(invented.tangle()),
        "map, repeats alone": lambda: draw.map(invented.map_of([("school", "school", 3)])),
        "map, nothing": lambda: draw.map(invented.map_of([])),
    }
    return cases[name]().figure


CASES = (
    "3 contacts", "127 contacts", "127 contacts, nine firings", "560 contacts", "560 contacts, 60 firings",
    "months only", "map, small", "map, running example", "map, tangle", "map, repeats alone", "map, nothing",
)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_no_text_meets_another_or_the_edge(invented, font, name):
    invented.sound(drawn(invented, name))


@pytest.mark.parametrize("how", [{"size": "a3"}, {"frame": False}])
@pytest.mark.parametrize("name", ["3 contacts", "127 contacts", "560 contacts, 60 firings"])
def test_nor_on_the_wall_nor_in_a_page(invented, font, name, how):
    invented.sound(drawn(invented, name, **how))


def test_a_crowd_of_lanes_life_and_periods_stays_legible(invented, font):
    rows = []
    for i in range(20):
        rows += [invented.contact(f"agency {i:02d}", "visit", "touch", f"2022-{1 + i // 2:02d}-{10 + i}")] * 1
        rows += [
            invented.contact(f"agency {i:02d}", "visit", "touch", f"2023-{1 + j:02d}-05", contact_id=f"{i}-{j}")
            for j in range(i % 12)
        ]
    rows = [r | {"before_period": False} for r in rows if r["date"] >= "2022-04-01"]
    for i in range(40):
        label = ("birth", "moved_home", "bereavement")[i % 3]
        day = f"{2022 + (i + 4) // 16}-{1 + (i * 5) % 12:02d}-1{i % 9}"
        rows.append(invented.contact("family", label, "life", max(day, "2022-04-02"), contact_id=f"l{i}"))
    for i in range(9):
        rows.append(
            invented.contact(
                "agency 19",
                f"plan_{i}",
                "status",
                f"2023-0{1 + i // 2}-01",
                ends_on=f"2023-1{i % 3}-01",
                contact_id=f"p{i}",
            )
        )
    journey = invented.Journey("F0003", invented.steps(rows), invented.Review())
    ax = draw.timeline(journey)
    invented.sound(ax.figure)
    assert len(draw.table(ax)) > 14
    names = [words for words, *_ in invented.printed(ax.figure)]
    assert any(words.endswith(" others") for words in names)
    assert "no room to label" in ax.figure.findobj(lambda a: "no room" in getattr(a, "get_text", str)())[0].get_text()


@pytest.mark.parametrize(
    "days", [("2024-02-01", "2024-02-09"), ("2022-04-01", "2022-12-31"), ("2012-06-15", "2024-03-02")]
)
def test_a_week_and_twelve_years_have_readable_axes(invented, font, days):
    journey, firings = invented.three()
    journey.review.start, journey.review.end = (invented.dt.date.fromisoformat(day) for day in days)
    invented.sound(draw.timeline(journey, firings).figure)


def test_twelve_years_are_labelled_by_year_alone(invented):
    journey, _ = invented.three()
    journey.review.start = invented.dt.date(2013, 4, 1)
    words = {text for text, *_ in invented.printed(draw.timeline(journey).figure)}
    assert "2015" in words and not words & {"Jan", "Apr", "Jul", "Oct"}


def test_hostile_text_is_shown_and_never_obeyed(invented, font, tmp_path):
    words = invented.hostile_words()
    rows = [
        invented.contact(
            f"{text}{i}",
            text or "visit",
            nature,
            "2023-05-16",
            contact_id=f"{text}{i}",
            raw_activity=text,
            professional_id=text,
        )
        for i, text in enumerate(words)
        for nature in ("touch", "life", "unknown")
    ]
    rows.append(invented.contact("gp", words[0], "status", "2023-01-01", ends_on="2023-09-01"))
    journey = invented.Journey(words[0], invented.steps(rows), invented.Review())
    journey.review.about.purpose = " ".join(words[:8])
    fired = invented.firings(
        *[invented.firing("2023-06-01", text, [text]) | {"family_id": words[0]} for text in words[:3]]
    )
    for ax in (
        draw.timeline(journey, fired),
        draw.map(invented.map_of([(a, b, 2) for a, b in pairwise(words)], "professional")),
    ):
        invented.sound(ax.figure)
        draw.save(ax, tmp_path / "hostile")
        seen = "".join(text for text, *_ in invented.printed(ax.figure)) + draw.alt(ax)
        assert "\u202e" not in seen and "\u0000" not in seen
        assert not any(text.get_parse_math() for text in ax.figure.findobj(invented.Text) if text.get_text())
        assert "<script" not in (tmp_path / "hostile.svg").read_text(encoding="utf-8")


def test_a_long_label_is_whole_in_the_table(invented):
    name = "The partnership for families of the northern wards " * 4
    rows = [invented.contact(name, "visit", "touch", "2023-05-16")]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    assert draw.table(ax)["agency"][0] == name.strip()
    assert any(text.endswith("…") for text, *_ in invented.printed(ax.figure))


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_any_order_give_the_same_bytes(invented, tmp_path, seed):
    journey = invented.family(127, seed)
    fired = invented.many_firings(journey, 6)
    journey.steps["date"] = journey.steps["date"].where(journey.steps.index % 5 != 0, journey.steps["date"].iloc[0])
    other = invented.Journey(journey.family_id, journey.steps.sample(frac=1, random_state=seed), journey.review)
    other.review.coverage = other.review.coverage.sample(frac=1, random_state=seed)
    draw.save(draw.timeline(journey, fired), tmp_path / "a")
    draw.save(draw.timeline(other, fired.sample(frac=1, random_state=seed)), tmp_path / "b")
    for ending in ("svg", "png"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_links_in_any_order_give_the_same_map(invented, tmp_path):
    edges = list(invented.RUNNING_EXAMPLE)
    draw.save(draw.map(invented.map_of(edges, "activity")), tmp_path / "a")
    random.Random(1).shuffle(edges)
    draw.save(draw.map(invented.map_of(edges, "activity")), tmp_path / "b")
    for ending in ("svg", "png"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_files_are_small_dateless_and_carry_the_alt_text(invented, name, tmp_path):
    ax = drawn(invented, name).axes[-1]
    vector, pixels = draw.save(ax, tmp_path / "figure")
    assert pixels.stat().st_size < 250_000
    text = vector.read_text(encoding="utf-8")
    assert "<dc:date>" not in text and "<text" not in text and "Invented data." in text


def test_nothing_global_changes_and_nothing_global_leaks_in(invented, tmp_path):
    journey, firings = invented.three()
    draw.save(draw.timeline(journey, firings), tmp_path / "a")
    with plt.style.context("dark_background"), mpl.rc_context({"font.size": 30, "savefig.bbox": "tight"}):
        before = dict(mpl.rcParams)
        draw.save(draw.timeline(journey, firings), tmp_path / "b")
        assert dict(mpl.rcParams) == before
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_missing_font_is_not_logged(invented, font, caplog, recwarn):
    with caplog.at_level(logging.INFO):
        draw.timeline(*invented.three()).figure.png()
    assert not [r for r in caplog.records if "findfont" in r.getMessage()]
    assert not [w for w in recwarn if "lyph" in str(w.message)]


@pytest.mark.parametrize("size", ["a4", "a3"])
def test_many_lanes_and_many_kinds_of_triggers_still_fit_the_paper(invented, font, size):
    """Lists two to a row, lower lanes, and then fewer lines of the list, counted."""
    many = invented.family(127)
    more = [invented.contact(f"agency {i}", "visit", "touch", f"2024-0{i + 1}-05") for i in range(1)]
    journey = invented.Journey("F0003", pd.concat([many.steps, invented.steps(more)], ignore_index=True), many.review)
    words = [f"{n} of a kind of thing that somebody saw, and nobody answered it for a while" for n in range(12)]
    fired = invented.firings(
        *(invented.firing(f"2023-{1 + i:02d}-11", w + " and longer" * 3 * (i % 2), []) for i, w in enumerate(words))
    )
    ax = draw.timeline(journey, fired, size=size)
    invented.sound(ax.figure)
    assert ax.figure.get_size_inches()[1] * 72 <= SHEETS[size].height + 0.5
    assert any(said.startswith("and ") and "more line" in said for said, *_ in invented.printed(ax.figure))


def test_a_picture_keeps_its_grounds_to_the_shade_and_strays_nowhere_that_shows(invented):
    picture = draw.timeline(*invented.three()).figure
    held = io.BytesIO()
    picture.savefig(held, format="rgba", dpi=DPI)
    across, down = picture.canvas.get_width_height(physical=True)
    drawn = np.frombuffer(held.getvalue(), np.uint8).reshape(down, across, 4)[..., :3].astype(int)
    kept = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB")).astype(int)
    astray = np.abs(drawn - kept).max(axis=2)
    assert astray[0, 0] == 0 and (drawn[0, 0] == 255).all()
    assert (astray == 0).mean() > 0.9 and (astray > 16).mean() < 0.0001
