"""What a swim-lane says is what the data hold: lanes, marks, rings, spans, numbers, words."""

import re

import pytest
from matplotlib.patches import Polygon, Rectangle

from journeys import draw
from journeys.drawing.marks import SHAPES
from lib.errors import RequestError
from lib.timescale import number


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def places(ax, name):
    """The x and y of every mark drawn under a name."""
    lines = [line for line in ax.lines if line.get_gid() == name]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def day(invented, text):
    return number(invented.dt.date.fromisoformat(text))


def test_lanes_stand_in_order_of_first_contact_and_never_by_volume(invented):
    rows = [invented.contact("police", "visit", "touch", f"2023-06-{d:02d}") for d in range(1, 20)]
    rows += [
        invented.contact("school", "visit", "touch", "2023-02-01"),
        invented.contact("gp", "visit", "touch", "2023-02-01"),
    ]
    rows += [invented.contact("camhs", "visit", "touch", ("2022-12-01", "2022-12-31"))]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    order = ["CAMHS", "GP", "School", "Police"]
    assert list(draw.table(ax)["agency"]) == order
    heights = {text: box.y1 for text, _, box in invented.printed(ax.figure) if text in order}
    assert sorted(order, key=lambda name: -heights[name]) == order


def test_every_nature_has_a_shape_of_its_own():
    markers = [str(shape.marker) for shape in SHAPES.values()]
    assert len(set(markers)) == len(markers) == 6
    assert len({shape.word for shape in SHAPES.values()}) == 6


def test_each_contact_is_one_mark_on_its_day(invented):
    journey = invented.family(127)
    ax = draw.timeline(journey)
    drawn = sum(len(places(ax, name)) for nature in SHAPES for name in (nature, f"{nature}-span"))
    table = draw.table(ax)
    assert drawn == table["contacts"].sum() - table["statuses"].sum()
    steps = journey.steps[(journey.steps["nature"] == "touch") & journey.steps["date"].notna()]
    steps = steps[~steps["before_period"]]
    assert sorted(x for x, _ in places(ax, "touch")) == sorted(number(d.date()) for d in steps["date"])


def test_evidence_is_ringed_where_it_lies_and_nowhere_else(invented):
    rows = [invented.contact("school", "absence_unexplained", "signal", f"2023-05-{d:02d}") for d in (2, 9, 16, 23)]
    rows += [invented.contact("hospital", "ae_attendance", "touch", "2023-05-17")]
    fired = invented.firings(invented.firing("2023-05-18", "Rule", [rows[0]["contact_id"], rows[2]["contact_id"]]),
                             invented.firing("2023-05-19", "Other", [rows[4]["contact_id"]]))  # fmt: skip
    ax = draw.timeline(invented.Journey("F0003", invented.steps(rows), invented.Review()), fired)
    ringed = places(ax, "evidence")
    assert [x for x, _ in ringed] == [day(invented, "2023-05-02"), day(invented, "2023-05-16")]
    assert set(ringed) <= set(places(ax, "signal"))
    assert places(ax, "evidence-crisis") == places(ax, "crisis") == places(ax, "touch")


def test_a_contact_known_to_the_month_is_a_span_with_a_hollow_mark(invented):
    rows = [invented.contact("gp", "visit", "touch", ("2023-05-01", "2023-05-31"))]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    assert places(ax, "touch") == []
    assert [x for x, _ in places(ax, "touch-span")] == [day(invented, "2023-05-16") + 0.5]
    assert [x for x, _ in places(ax, "span")] == [day(invented, "2023-05-01"), day(invented, "2023-06-01")]
    assert "hollow: some time in that span" in words(invented, ax)
    assert "1 of 1 contacts are not known to the day" in ax.figure.finding


def test_a_possible_firing_is_hollow_and_says_so(invented):
    journey, fired = invented.months_only()
    ax = draw.timeline(journey, fired)
    shape = next(p for p in ax.patches if isinstance(p, Polygon) and p.get_gid() == "firing")
    assert shape.get_facecolor()[:3] == (1, 1, 1)
    assert any(text.startswith("Possibly: ") for text in words(invented, ax))


def test_past_three_firings_the_words_go_to_a_list(invented):
    journey = invented.family(127)
    ax = draw.timeline(journey, invented.many_firings(journey, 9))
    numbers = {text for text in words(invented, ax) if re.fullmatch(r"\d", text)}
    assert {str(n) for n in range(1, 10)} <= numbers
    assert "Three unexplained absences in 28 days: 1, 3 (possibly), 5, 7, 9" in words(invented, ax)


def test_firings_of_other_families_and_other_times_are_not_drawn(invented):
    journey, fired = invented.three()
    other = fired.assign(family_id="F9999")
    late = fired.assign(fired_on=fired["fired_on"] + invented.pd.DateOffset(years=3))
    ax = draw.timeline(journey, invented.pd.concat([other, late]))
    assert not [p for p in ax.patches if p.get_gid() == "firing"]
    assert any("1 firing outside the period not drawn" in text for text in words(invented, ax))


def test_no_firings_asked_for_leaves_no_row(invented):
    assert "Triggers" not in words(invented, draw.timeline(invented.three()[0]))


def test_title_alt_and_table_hold_the_same_numbers(invented):
    journey = invented.family(127)
    ax = draw.timeline(journey)
    table = draw.table(ax)
    counted = journey.steps[~journey.steps["before_period"] & (journey.steps["nature"] != "life")]
    assert table["contacts"].sum() == len(counted)
    natures = ["touches", "referrals", "decisions", "records", "signals", "statuses", "unclassed"]
    assert (table[natures].sum(axis=1) == table["contacts"]).all()
    met = counted[counted["nature"].isin(["touch", "referral"])]
    assert table["staff"].sum() == met.groupby("agency")["professional_id"].nunique().sum()
    assert f"{table['staff'].sum()} professionals" in ax.figure.finding
    assert f"{len(counted)} contacts with {len(table)} agencies" in draw.alt(ax)
    crises = counted["activity"].isin(invented.CRISES).sum()
    assert f"{crises} crises" in draw.alt(ax) and f"{crises} crises" in ax.figure.finding
    assert (table["first"] == counted.groupby("agency")["earliest"].min()[[*_ids(invented, table)]].to_numpy()).all()
    shown = [text for text in words(invented, ax) if re.fullmatch(r"\d+", text)]
    assert all(str(n) in shown for n in table["contacts"])


def _ids(invented, table):
    back = {name: key for key, name in invented.NAMES.items()}
    return [back[name] for name in table["agency"]]


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_the_title_says_how_often_help_followed(invented, answered):
    journey = invented.family(127)
    fired = invented.firings(
        *[
            invented.firing(f"2023-0{i + 1}-01", "Rule", [], answered_on="2023-09-01" if i < answered else None)
            for i in range(2)
        ]
    )
    title = draw.timeline(journey, fired).figure.finding
    assert ("never followed", "help followed once", "followed in time each time")[answered] in title.replace("has ", "")


def test_present_marks_are_counted_and_not_drawn(invented):
    rows = [invented.contact("school", "present", "record", "2023-05-02", contact_id=f"p{i}") for i in range(1140)]
    rows += [invented.contact("school", "case_note", "record", "2023-05-16")]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    assert len(places(ax, "record")) == 1
    assert "1,140 present marks are counted, not drawn." in " ".join(words(invented, ax))
    assert list(draw.table(ax)["contacts"]) == [1] and list(draw.table(ax)["not_drawn"]) == [1140]


def test_contacts_before_the_period_are_counted_and_not_drawn(invented):
    rows = [
        invented.contact("gp", "visit", "touch", "2021-05-02"),
        invented.contact("gp", "visit", "touch", "2023-05-02"),
    ]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    assert len(places(ax, "touch")) == 1
    assert "1 contact before the period not drawn." in " ".join(words(invented, ax))


def test_a_status_with_an_end_is_a_bar_and_one_without_is_a_mark(invented):
    rows = [
        invented.contact("housing", "temporary_housing", "status", "2023-01-10", ends_on="2023-06-09"),
        invented.contact("benefits", "benefit_award", "status", "2023-02-10"),
    ]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    bar = next(p for p in ax.patches if isinstance(p, Rectangle) and p.get_gid() == "period")
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (day(invented, "2023-01-10"), day(invented, "2023-06-10"))
    assert [x for x, _ in places(ax, "record")] == [day(invented, "2023-02-10")]
    assert "Temporary accommodation" in words(invented, ax)


def test_a_gap_in_what_was_supplied_is_hatched_and_said(invented):
    ax = draw.timeline(invented.family(127))
    hatched = [p for p in ax.patches if p.get_hatch() and p.get_height() > 15]
    spans = {(p.get_x(), p.get_x() + p.get_width()) for p in hatched}
    assert spans == {
        (day(invented, "2022-04-01"), day(invented, "2023-01-01")),
        (day(invented, "2025-01-01"), day(invented, "2025-04-01")),
    }
    assert {"no records before Jan 2023", "no records after Dec 2024"} <= set(words(invented, ax))


def test_crowded_lanes_become_monthly_bars_on_one_scale(invented):
    ax = draw.timeline(invented.family(560))
    bars = [p for p in ax.patches if p.get_gid() == "bar"]
    table = draw.table(ax)
    tallest = int(re.search(r"tallest bar (\d+)", " ".join(words(invented, ax)))[1])
    share = max(bar.get_height() for bar in bars) / tallest
    spans = int(re.search(r"(\d+) of the spans", " ".join(words(invented, ax)) + " 0 of the spans")[1])
    drawn = round(sum(bar.get_height() for bar in bars) / share)
    assert drawn == table["contacts"].sum() - table["statuses"].sum() - spans
    assert places(ax, "touch") == []


def test_only_what_is_used_is_in_the_key(invented):
    ax = draw.timeline(*invented.three())
    assert "seen or spoken to" in words(invented, ax) and "ringed: evidence for a trigger" in words(invented, ax)
    assert not {"decision", "referral", "orange ring: crisis"} & set(words(invented, ax))


def test_an_unmapped_nature_is_drawn_with_its_own_word(invented):
    rows = [invented.contact("gp", "code 7", "unknown", "2023-05-02")]
    ax = draw.timeline(invented.Journey("F1", invented.steps(rows), invented.Review()))
    assert len(places(ax, "unknown")) == 1 and "record not yet classed" in words(invented, ax)


def test_a_family_with_no_contact_says_so(invented):
    ax = draw.timeline(invented.Journey("F1", invented.steps([]), invented.Review()), invented.firings())
    assert ax.figure.finding == "No contact with this family is drawn in three years"
    assert "0 contacts" in draw.alt(ax) and draw.table(ax).empty
    invented.sound(ax.figure)


def test_invented_data_is_said_and_real_data_shows_its_level(invented):
    journey, fired = invented.three()
    ax = draw.timeline(journey, fired)
    assert "INVENTED DATA" in words(invented, ax) and draw.alt(ax).endswith("Invented data.")
    journey.review.about.invented, journey.review.about.marking = False, "OFFICIAL-SENSITIVE"
    ax = draw.timeline(journey, fired)
    assert "TEAM · OFFICIAL-SENSITIVE" in words(invented, ax) and "nvented" not in draw.alt(ax)


def test_without_its_frame_the_words_are_in_the_caption(invented):
    ax = draw.timeline(*invented.three(), frame=False)
    assert ax.figure.finding not in words(invented, ax)
    assert ax.figure.finding in ax.figure.caption and "n = 3 contacts" in ax.figure.caption
    assert "INVENTED DATA" in words(invented, ax)


@pytest.mark.parametrize("name", ["3", "127", "560", "months"])
def test_alt_text_is_short_and_ends_as_it_should(invented, name):
    big = int(name) if name.isdigit() and name != "3" else 0
    case = (
        invented.three()
        if name == "3"
        else invented.months_only()
        if name == "months"
        else (invented.family(big), None)
    )
    said = draw.alt(draw.timeline(*case))
    assert len(said) <= 350 and said.startswith("Swim-lane of family") and said.endswith("Table below. Invented data.")


@pytest.mark.parametrize(
    "how, says",
    [
        ({"size": "A44"}, "Use 'a4' or 'a3'"),
        ({"level": "bord"}, "Did you mean 'board'"),
        ({"level": "board"}, "one family"),
    ],
)
def test_a_wrong_request_is_refused_in_words(invented, how, says):
    with pytest.raises(RequestError, match=says):
        draw.timeline(*invented.three(), **how)
