"""Periods and due days, each edge on both sides."""

import datetime as dt

import pytest

from lib.errors import RequestError
from lib.periods import due, period, today


def day(text):
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("words", "on", "first", "last"),
    [
        ("last full month", "2025-03-31", "2025-02-01", "2025-02-28"),
        ("last full month", "2025-04-01", "2025-03-01", "2025-03-31"),
        ("last full month", "2024-03-01", "2024-02-01", "2024-02-29"),
        ("last full month", "2025-01-01", "2024-12-01", "2024-12-31"),
        ("Last  12 full months", "2025-04-07", "2024-04-01", "2025-03-31"),
        ("last 1 full month", "2025-04-07", "2025-03-01", "2025-03-31"),
        ("last full week", "2025-04-06", "2025-03-24", "2025-03-30"),
        ("last full week", "2025-04-07", "2025-03-31", "2025-04-06"),
        ("last full quarter", "2025-03-31", "2024-10-01", "2024-12-31"),
        ("last full quarter", "2025-04-01", "2025-01-01", "2025-03-31"),
        ("last financial year", "2025-03-31", "2023-04-01", "2024-03-31"),
        ("last financial year", "2025-04-01", "2024-04-01", "2025-03-31"),
        ("financial year to date", "2025-04-01", "2024-04-01", "2025-03-31"),
        ("financial year to date", "2025-04-02", "2025-04-01", "2025-04-01"),
        ("calendar year to date", "2025-01-01", "2024-01-01", "2024-12-31"),
        ("last 28 days", "2025-03-01", "2025-02-01", "2025-02-28"),
        ("2024-04-01 to 31/03/2025", "2030-01-01", "2024-04-01", "2025-03-31"),
    ],
)
def test_a_period_is_whole_days_before_the_day(words, on, first, last):
    assert period(words, day(on)) == (day(first), day(last))


def test_everything_has_no_days():
    assert period("everything", day("2025-01-01")) == (None, None)


@pytest.mark.parametrize(
    "words",
    ["last month", "last 0 full months", "last 2 full month", "last full months", "", "last 0 days", "2024-04-01 to"],
)
def test_what_is_no_period_is_refused_with_those_that_are(words):
    with pytest.raises(RequestError, match="is no period"):
        period(words, day("2025-01-01"))


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(RequestError, match="ends before it begins"):
        period("2025-04-01 to 2025-03-31", day("2025-01-01"))
    with pytest.raises(RequestError, match="not a day that exists"):
        period("2025-02-30 to 2025-03-31", day("2025-01-01"))


@pytest.mark.parametrize(
    ("every", "on", "at", "last"),
    [
        ("day", "", "2025-04-06", "2025-04-06"),
        # Good Friday to Easter Monday 2025 are the 18th to the 21st of April.
        ("working day", "", "2025-04-21", "2025-04-17"),
        ("working day", "", "2025-04-22", "2025-04-22"),
        ("week", "Tuesday", "2025-04-07", "2025-04-01"),
        ("week", "tuesday", "2025-04-08", "2025-04-08"),
        ("week", "", "2025-04-13", "2025-04-07"),
        # New Year's Day is no working day: the fifth of January 2025 is the 8th.
        ("month", "5th working day", "2025-01-07", "2024-12-06"),
        ("month", "5th working day", "2025-01-08", "2025-01-08"),
        ("month", "", "2025-06-01", "2025-05-01"),
        ("month", "last working day", "2025-08-28", "2025-07-31"),
        ("month", "last working day", "2025-08-29", "2025-08-29"),
        ("month", "day 31", "2025-02-27", "2025-01-31"),
        ("month", "day 31", "2025-02-28", "2025-02-28"),
        ("quarter", "1st working day", "2025-03-31", "2025-01-02"),
        ("quarter", "1st working day", "2025-04-01", "2025-04-01"),
        ("year", "day 1", "2025-12-31", "2025-01-01"),
        ("financial year", "3rd working day", "2025-04-02", "2024-04-04"),
        ("financial year", "3rd working day", "2025-04-03", "2025-04-03"),
    ],
)
def test_the_last_day_on_which_it_was_due(every, on, at, last):
    assert due(every, on).last(day(at)) == day(last)


@pytest.mark.parametrize("every", ["day", "working day", "week", "month", "quarter", "year", "financial year"])
def test_what_is_next_due_was_last_due_on_that_day_and_on_none_between(every):
    when = due(every)
    for start in (dt.date(2024, 2, 28), dt.date(2024, 12, 20), dt.date(2025, 4, 17)):
        at = when.next(start)
        assert at > start and when.last(at) == at
        assert {when.last(start + dt.timedelta(days=n)) for n in range((at - start).days)} == {when.last(start)}


@pytest.mark.parametrize(
    ("every", "on", "said"),
    [
        ("mnth", "", "Did you mean 'month'"),
        ("month", "5th wroking day", "Write '5th working day'"),
        ("month", "0th working day", "not known"),
        ("month", "16th working day", "not known"),
        ("month", "day 32", "not known"),
        ("week", "Mnday", "Did you mean 'monday'"),
        ("day", "Monday", "leave it out"),
    ],
)
def test_what_is_no_due_day_is_refused(every, on, said):
    with pytest.raises(RequestError, match=said):
        due(every, on)


def test_today_is_a_day_in_britain_wherever_the_machine_thinks_it_is(monkeypatch):
    import time

    if not hasattr(time, "tzset"):
        pytest.skip("this system cannot be told another time zone")
    found = set()
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.add(today())
    monkeypatch.delenv("TZ")
    time.tzset()
    assert len(found) == 1
