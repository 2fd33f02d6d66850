"""Natural process limits, edge by edge: how few values refuse them, what lies on a line, what a split needs."""

import pytest

from lib.errors import RequestError
from lib.xmr import Signal, xmr


def rules(values, **how):
    return [(s.rule, s.first, s.index, s.side) for s in xmr(values, **how).signals]


def test_five_values_refuse_limits_six_are_on_trial_and_twelve_are_firm():
    found = [xmr(([1, 2] * 6)[:n]).status for n in (5, 6, 11, 12)]
    assert found == ["too few", "TRIAL", "TRIAL", "firm"]
    five = xmr([1, 2, 1, 2, 1]).segments[0]
    assert (five.centre, five.lower, five.upper, five.range_upper) == (1.4, None, None, None)


def test_a_gap_counts_for_nothing_and_no_range_crosses_it():
    chart = xmr([1, 2, None, 9, 8, 9, 8])
    assert chart.ranges == (None, 1, None, None, 1, 1, 1)
    assert chart.segments[0].points == 6
    assert chart.status == "TRIAL"
    assert xmr([1, 2, None, 9, 8, 9]).status == "too few"


def test_values_that_are_all_parted_by_gaps_have_no_limits_however_many():
    assert xmr([1, None] * 12).status == "too few"


def test_a_series_without_any_value_has_no_centre():
    chart = xmr([None, None])
    assert (chart.status, chart.segments[0].centre) == ("too few", None)
    assert xmr([]).status == "too few"


def test_on_the_limit_is_inside_and_a_hair_past_it_is_out():
    values = [0, 3] * 9 + [0]
    assert xmr([*values, 11]).segments[0].upper == 11
    assert rules([*values, 11]) == []
    assert rules([*values, 11.1]) == [("outside", 19, 19, 1)]
    flat = xmr([5] * 12)
    assert (flat.segments[0].lower, flat.segments[0].upper, flat.signals) == (5, 5, ())


def test_numbers_are_those_that_were_written():
    one = xmr([0.1, 0.3] * 6).segments[0]
    assert (one.lower, one.centre, one.upper) == (-0.332, 0.2, 0.732)


@pytest.mark.parametrize(("length", "found"), [(7, []), (8, [("run", 8, 15, 1)])])
def test_seven_on_one_side_are_no_signal_and_eight_are(length, found):
    values = [30, 10] * 4 + [24] * length
    assert [s for s in rules([*values, 0, 30, 0, 30]) if s[0] == "run"] == found


def test_a_value_on_the_centre_ends_a_run():
    values = [4, 6] * 4
    assert [s for s in rules([*values, *[6] * 8, *[4] * 8]) if s[0] == "run"]
    on = [4, 6] * 4 + [6, 6, 6, 6, 5, 6, 6, 6, 6] + [4, 4, 4, 4, 5, 4, 4, 4, 4]
    assert xmr(on).segments[0].centre == 5
    assert [s for s in rules(on) if s[0] == "run"] == []


def test_the_two_presets_differ():
    rise = [37, 38, 39, 40, 41, 42, 43]
    up = [60, 20, 60, 20, 60, 20, *rise, 20, 60, 20]
    assert rules(up, signals="nhs") == [("trend", 5, 12, 1)]
    assert rules(up) == []
    assert rules([60, 20, 60, 20, 60, 39, *rise[3:], 38, 60, 20], signals="nhs") == []


def test_the_published_series_in_each_convention():
    x = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    assert xmr(x, exclude="capchart").segments[0].left_out == (4,)
    assert xmr(x, exclude="screened").segments[0].left_out == (4, 5)
    assert xmr(x, exclude="capchart").segments[0].lower == pytest.approx(-1.1894, abs=5e-5)
    assert all(Signal(4, "outside", 4, 1) in xmr(x, exclude=how).signals for how in ("none", "screened", "capchart"))


def test_limits_stop_at_the_ends_of_the_scale_and_signals_do_not_move():
    x = [80, 99, 85, 99, 78, 99, 90]
    wide, cut = xmr(x), xmr(x, floor=0, ceiling=100)
    assert wide.segments[0].upper > 100
    assert cut.segments[0].upper == 100
    assert cut.segments[0].lower == wide.segments[0].lower
    assert wide.signals == cut.signals


def test_a_split_needs_a_reason_and_values_on_both_sides():
    with pytest.raises(RequestError, match="The split at value 7 has no reason"):
        xmr([1, 2] * 6, split_at={6: " "})
    for at in (0, 12):
        with pytest.raises(RequestError, match="no value on both sides"):
            xmr([1, 2] * 6, split_at={at: "a trial"})
    chart = xmr([1, 2] * 6 + [5, 6, 5], split_at={12: "a trial"})
    assert [(s.status, s.reason) for s in chart.segments] == [("firm", ""), ("too few", "a trial")]
    assert chart.ranges[12] is None


def test_names_that_are_not_known_say_which_are():
    for how, words in (({"method": "mode"}, "method 'mode' is not known"), ({"exclude": "screend"}, "Did you mean 'screened'"),
                       ({"signals": "west"}, "Known: 'wheeler', 'nhs'")):  # fmt: skip
        with pytest.raises(RequestError, match=words):
            xmr([1, 2, 3], **how)
    with pytest.raises(RequestError, match="not a number"):
        xmr([1, float("nan")])


def test_the_convention_is_said_in_words():
    assert xmr([1, 2]).convention == (
        "XmR, mean moving range × 2.66, unscreened; signals: outside the limits, 3 of 4 nearer a limit than the centre, "
        "8 in a row on one side"
    )
    assert (
        "median moving range × 3.145, values outside left out"
        in xmr([1], method="median", exclude="capchart").convention
    )
