"""Capability charts, and effort and life: nothing drawn that is not in the table, gaps and limits as they are, titles true."""

from __future__ import annotations

import datetime as dt
import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import journeys as fj
from journeys import draw, series
from journeys.columns import TABLES
from journeys.drawing import effortplan as effort
from journeys.life import Line, judge
from journeys.register import Measure
from lib.errors import RequestError

STEADY = [26, 22, 29, 34, 38, 32, 27, 26, 36, 42, 33, 23, 25, 41, 61, 20, 30, 23, 27, 28, 26, 35, 31, 27, 34, 36, 20]
TRIAL = [19, 16, 19, 15, 20, 20, 19, 16, 18]


def months(values, *, still=False, families=7, start="2022-04-01"):
    """A series of contacts a month; None is a gap."""
    n = len(values)
    frame = pd.DataFrame({
        "on": pd.date_range(start, periods=n, freq="MS").astype("datetime64[us]"), "value": pd.array(values, "Float64"),
        "agencies": pd.array([0 if v is None else 9 for v in values], "Int64"), "of_agencies": pd.array([9] * n, "Int64"),
        "families": pd.array([families] * n, "Int64"), "is_open": [False] * (n - still) + [True] * still,
    })  # fmt: skip
    assert list(frame.columns) == [c.name for c in TABLES["contacts_a_month"]]
    return frame


def line(
    values, name="Their own score", about="“We feel listened to”", better="higher", scale=(0, 10), what="score", **more
):
    measure = Measure(says="", kind="outcome", better=better, whose_view="family", source="ours", scale=scale)
    days = tuple(dt.date(2022, 4, 1) + dt.timedelta(days=30 * n) for n in range(len(values)))
    return Line(name, about, what, measure, days, tuple(values), **more)


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def marks(ax, name):
    return [one for one in [*ax.lines, *ax.patches] if one.get_gid() == name]


def both(invented, monthly, lines, monkeypatch, family="F0003", **how):
    """Effort and life of a family whose contacts a month are given."""
    monkeypatch.setattr(series, "monthly", lambda journey: monthly)
    return draw.effort_and_life(SimpleNamespace(family_id=family, review=invented.Review()), lines, **how)


SPLIT = {"2024-07-01": "one point of contact begins"}
CAPABILITY = {
    "a split on trial": (months(STEADY + TRIAL), SPLIT),
    "two splits": (months(STEADY + TRIAL), SPLIT | {"2023-07-01": "a new form"}),
    "a split of one month": (months(STEADY + TRIAL), {"2025-03-01": "the last month"}),
    "steady": (months(STEADY), {}),
    "five": (months(STEADY[:5]), {}),
    "six": (months(STEADY[:6]), {}),
    "gaps and an open month": (months([*STEADY[:9], None, None, *STEADY[:9]], still=True), {}),
    "no value": (months([None, None]), {}),
    "all alike": (months([4] * 12), {}),
    "wild": (months([1, 90] * 6 + [1] * 12 + [90] * 12), {}),
    "ten years": (months([20 + (n * 7) % 13 for n in range(120)], start="2015-04-01"), {}),
}


@pytest.mark.parametrize("signals", ["wheeler", "nhs"])
@pytest.mark.parametrize("name", CAPABILITY)
def test_no_text_of_a_capability_chart_meets_another(invented, font, name, signals):
    frame, splits = CAPABILITY[name]
    review = invented.Review()
    review.start = frame["on"].min().date()
    for shown in (True, False):
        invented.sound(draw.capability(frame, review, splits=splits, signals=signals, frame=shown).figure)


def test_limits_signals_and_the_split_are_drawn_and_said(invented):
    ax = draw.capability(
        months(STEADY + TRIAL), invented.Review(), splits=SPLIT, decided_beforehand=True, level="board"
    )
    said = " ".join(words(invented, ax))
    for part in ("Split: one point of", "TRIAL LIMITS", "9 points, firm at 12", "June 2023: 61 contacts.", "Ask: what happened?",
                 "XmR, mean moving range × 2.66, unscreened", "decided beforehand", "Signals are kept in the limits",
                 "upper limit 52.5", "mean 30.8", "n = 994 contacts, 7 families, 36 months", "Level: BOARD"):  # fmt: skip
        assert part in said, part
    assert len(marks(ax, "ring")) == len(marks(ax, "split")) == 1
    assert len(marks(ax, "limit")) == 6
    assert ax.figure.finding.endswith("since “one point of contact begins”, 18, on trial")
    assert draw.alt(ax).endswith("Table below. Invented data.")
    assert len(draw.alt(ax)) <= 350


def test_the_table_holds_every_value_with_its_move_and_limits(invented):
    table = draw.table(draw.capability(months(STEADY + TRIAL), invented.Review(), splits=SPLIT))
    assert table["value"].tolist() == STEADY + TRIAL
    assert table["move"].dropna().tolist() == [
        abs(b - a) for part in (STEADY, TRIAL) for a, b in itertools.pairwise(part)
    ]
    assert table["limits"].tolist() == ["firm"] * 27 + ["TRIAL"] * 9
    assert table.loc[table["signals"] != "", "value"].tolist() == [61]


def test_under_six_values_there_is_a_run_chart_and_no_limit(invented):
    five = draw.capability(months(STEADY[:5]), invented.Review())
    assert marks(five, "limit") == []
    assert five.figure.finding == "5 months, mean 29.8 contacts: too few for limits"
    assert len(marks(draw.capability(months(STEADY[:6]), invented.Review()), "limit")) == 3


def test_a_gap_breaks_the_line_and_an_open_month_is_outside_the_limits(invented):
    ax = draw.capability(months([5, 6, 5, None, 6, 5, 6, 400], still=True), invented.Review())
    assert len([one for one in marks(ax, "join") if one.get_ydata()[0] < 200]) == 4
    assert len(marks(ax, "open")) == 1
    assert draw.table(ax)["upper"].max() < 20
    assert "1 month is a gap" in " ".join(words(invented, ax))


def test_each_convention_gives_its_own_limits_and_its_own_name(invented):
    upper = {}
    for exclude in ("none", "screened", "capchart"):
        ax = draw.capability(months(STEADY), invented.Review(), exclude=exclude)
        upper[exclude] = draw.table(ax)["upper"][0]
        assert {"none": "unscreened", "screened": "moving ranges over 3.267", "capchart": "values outside left out"}[
            exclude
        ] in (" ".join(words(invented, ax)))
    assert len(set(upper.values())) == 3


def test_rows_in_any_order_give_the_same_chart(invented, tmp_path):
    frame = months(STEADY + TRIAL)
    for name, one in (("a", frame), ("b", frame.sample(frac=1, random_state=2))):
        draw.save(draw.capability(one, invented.Review(), splits=SPLIT), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").stat().st_size < 250_000


def test_what_is_no_series_is_refused(invented):
    frame, review = months(STEADY), invented.Review()
    for call, said in (
        (lambda: draw.capability(pd.DataFrame({"value": [1]}), review), "This is no series of the kit"),
        (lambda: draw.capability(pd.concat([frame, frame]), review), "a dot for each family is none"),
        (lambda: draw.capability(frame, review, splits={"2023-01-01": " "}), "has no reason"),
        (lambda: draw.capability(frame, review, splits={"2030-01-01": "x"}), "no value on both sides"),
        (lambda: draw.capability(frame, review, splits={"soon": "x"}), "not a day that exists"),
        (lambda: draw.capability(frame, review, level="public"), "There is no level 'public'"),
        (lambda: draw.capability(months(STEADY, families=1), review, level="board"), "of one family"),
        (lambda: draw.effort_and_life(None, costs=frame), "day, low, value and high"),
    ):
        with pytest.raises(RequestError, match=said):
            call()


UP = line([3, 4] * 4 + [7, 8] * 4)
FLAT = line([3, 4, 3, 4, 3, 4, 3])
WAITS = line([92, 120, 75, 45, 35, 33, 15, 110, 20, 165, 55], "Days between crises", "from each to the next", scale=(0, None),
             what="wait", open_on=dt.date(2025, 3, 31), open_value=93.0)  # fmt: skip
SCHOOL = line(
    [0.88, 0.94, 0.93, 0.86, None, 0.86, 0.91, 0.88] * 4,
    "Attendance",
    "of possible sessions",
    scale=(0, 1),
    what="month",
)
LONG = line(
    [5], "A measure of a council's own with a long name " * 3, "“" + "we would like to be asked first " * 9 + "”"
)
COSTS = pd.DataFrame({"day": ["2022-06-01", "2023-06-01", "2024-12-01"], "low": [100.0, 9000, 32000],
                      "value": [120.0, 12000, 40210], "high": [150.0, 15000, 51000]})  # fmt: skip
EFFORT = {
    "all four": ([SCHOOL, WAITS, FLAT, UP], {"costs": COSTS, "first_help": "2024-01-18"}),
    "no life line": ([], {}),
    "a long name and one value": ([LONG, FLAT], {"first_help": "2025-03-20"}),
    "eight lines": ([SCHOOL, WAITS, FLAT, UP] * 2, {}),
    "an improvement": ([UP], {"costs": COSTS[:1]}),
}


@pytest.mark.parametrize("values", [STEADY + TRIAL, [1, 0, 2], [None] * 3 + STEADY, [20, 30] * 60])
@pytest.mark.parametrize("name", EFFORT)
def test_no_text_of_effort_and_life_meets_another(invented, font, name, values, monkeypatch):
    lines, how = EFFORT[name]
    for shown in (True, False):
        invented.sound(both(invented, months(values, still=True), lines, monkeypatch, frame=shown, **how).figure)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([FLAT], "no discernible improvement in one life line"),
        ([FLAT, WAITS], "no discernible improvement: none of two life lines shows a change"),
        ([UP, FLAT], "one of two life lines improved"),
        (
            [line([7, 8] * 4 + [3, 4] * 4)],
            "no discernible improvement: one of one life line worsened, and none improved",
        ),
        ([line([3])], "too little is recorded of the family’s life to tell whether it changed"),
        ([], "and nobody recorded what changed in the family’s life"),
    ],
)
def test_the_title_says_what_the_rule_says(invented, lines, title, monkeypatch):
    ax = both(invented, months(STEADY), lines, monkeypatch, costs=COSTS)
    assert ax.figure.finding == f"832 contacts and £40k later, {title}"


def test_without_a_life_line_the_panel_is_hatched_and_says_so(invented, monkeypatch):
    ax = both(invented, months(STEADY), [], monkeypatch)
    assert "not recorded by anyone" in words(invented, ax)
    assert any(patch.get_hatch() for patch in ax.patches)


def test_too_few_contacts_give_life_and_no_verdict(invented, monkeypatch):
    for values, few in (([1, 0, 4], True), ([1, 0, 5], False)):
        ax = both(invented, months(values), [UP], monkeypatch)
        said = " ".join(words(invented, ax))
        assert ("No verdict: too few contacts" in said) is few
        assert ("Improved" in said) is not few
        assert ("improved" in draw.alt(ax)) is not few
        assert bool(marks(ax, "bar")) is not few


def test_effort_has_a_bar_a_month_and_past_five_years_a_quarter(invented, monkeypatch):
    assert len(marks(both(invented, months(STEADY), [FLAT], monkeypatch), "bar")) == 27
    assert effort.bars(months([1] * 60))[0][2] == 1
    quarters = effort.bars(months([1] * 61))
    assert [value for _, _, value, _ in quarters] == [3.0] * 20 + [1.0]
    assert [still for *_, still in quarters] == [False] * 20 + [True]
    assert effort.bars(months([1, None] + [1] * 60))[0][2] is None


def test_costs_are_drawn_only_where_they_are_given(invented, monkeypatch):
    without, given = (both(invented, months(STEADY), [FLAT], monkeypatch, costs=costs) for costs in (None, COSTS))
    assert "Cost so far" not in words(invented, without)
    assert {"Cost so far", "spent, not saveable", "£40k", "£32k to £51k"} <= set(words(invented, given))


def test_a_wait_that_still_runs_and_a_gap_are_drawn_as_such(invented, monkeypatch):
    ax = both(invented, months(STEADY), [WAITS], monkeypatch)
    assert len(marks(ax, "open")) == 1
    said = " ".join(words(invented, ax))
    for part in ("93 days so far, open", "TRIAL limits", "mean 69.5 days", "No signal in 11 waits", "limits are rough"):
        assert part in said
    joins = marks(both(invented, months(STEADY), [SCHOOL], monkeypatch), "join")
    assert len(joins) == 31 - 2 * 4


def test_the_table_holds_what_is_drawn_and_the_lines_that_are_not(invented, monkeypatch):
    lines = [SCHOOL, WAITS, FLAT, UP] * 2
    ax = both(invented, months(STEADY), lines, monkeypatch, costs=COSTS, first_help="2024-01-18")
    table = draw.table(ax)
    assert table.loc[table["panel"] == "Contacts", "value"].tolist() == STEADY
    assert (table["what"] == "value").sum() == sum(len(one.values) for one in lines) + len(COSTS)
    for verdict in map(judge, lines):
        assert table["what"].str.startswith(verdict.says).any()
    assert "2 life lines are not drawn, and in the table" in " ".join(words(invented, ax))


def test_words_of_families_are_shown_and_never_obeyed(invented, font, monkeypatch, tmp_path):
    hostile = invented.hostile_words()
    for n, text in enumerate(hostile[:: max(1, len(hostile) // 8)]):
        ax = both(invented, months(STEADY), [line([3, 4] * 4, text, text)], monkeypatch, family=text)
        invented.sound(ax.figure)
        chart = draw.capability(
            months(STEADY + TRIAL), invented.Review(), splits={"2024-07-01": text or "x"} if text.strip() else SPLIT
        )
        invented.sound(chart.figure)
        if n < 2:
            draw.save(ax, tmp_path / "hostile")
        plt.close("all")


def test_one_familys_effort_and_life_are_drawn_at_board_only_by_its_consent_and_without_its_number():
    review = fj.build_journeys(fj.read_contacts("sample"), fj.read_members("sample"))
    with pytest.raises(RequestError, match="does not say that it agreed"):
        draw.effort_and_life(review["F0003"], level="board")
    ax = draw.effort_and_life(review["F0002"], close=True, level="board")
    assert "F0002" not in draw.alt(ax) + " ".join(t.get_text() for t in ax.figure.findobj(plt.Text))


def test_on_the_sample_both_are_drawn_from_the_records():
    review = fj.build_journeys(
        fj.read_contacts("sample"), fj.read_members("sample"), start="2022-04-01", end="2025-03-31"
    )
    ax = draw.effort_and_life(review["F0001"])
    table = draw.table(ax)
    assert table.loc[table["panel"] == "Contacts", "value"].sum() == fj.measures.monthly(review["F0001"])["value"].sum()
    chart = draw.capability(fj.measures.monthly(review), review, level="board")
    assert draw.table(chart)["value"].sum() == fj.measures.monthly(review)["value"].sum()
