"""Chances to help on the swim-lane: numbered, with what they rest on, first help, and the time lost between."""

import re

import pytest
from matplotlib.patches import Polygon

from journeys import draw
from journeys.columns import TABLES
from lib.errors import RequestError
from lib.timescale import number
from tests.draw.conftest import sound


def day(text):
    from datetime import date

    return float(number(date.fromisoformat(text)))


def chance(on, says, evidence=(), **more):
    row = {
        "chance_id": f"{on}:{says}", "family_id": "F0003", "on": on, "kind": "k", "says": says, "evidence": list(evidence),
        "first_help_on": None, "days_lost": None, "is_open": True, "status": "proposed", "hindsight": "seen with hindsight; not tested",
    }  # fmt: skip
    return row | more


@pytest.fixture
def chances(invented):
    def made(*rows):
        frame = invented.pd.DataFrame(list(rows), columns=[c.name for c in TABLES["chances"]])
        for column in ("on", "first_help_on"):
            frame[column] = invented.pd.to_datetime(frame[column]).astype("datetime64[us]")
        return frame

    return made


def words(invented, ax):
    return [text for text, *_ in invented.printed(ax.figure)]


def lines(ax, name):
    return [tuple(map(list, line.get_data())) for line in ax.lines if line.get_gid() == name]


def triangles(ax):
    return [p for p in ax.patches if isinstance(p, Polygon) and p.get_gid() == "firing"]


TWO = (("2022-11-14", "Third unexplained absence: 3 of them"), ("2023-02-20", "Low mood; Rent arrears: 20 Feb 2023"))


def test_the_bar_runs_from_chance_1_to_first_help_and_title_label_and_alt_say_its_days(invented, chances):
    given = chances(*[chance(on, says, first_help_on="2024-01-18") for on, says in TWO])
    ax = draw.timeline(invented.family(127), chances=given)
    ((xs, ys),) = lines(ax, "lost")
    assert xs == [day("2022-11-14"), day("2024-01-18")] and ys[0] == ys[1]
    ((across, _),) = lines(ax, "help-line")
    assert across == [day("2024-01-18")] * 2
    assert ax.figure.finding.endswith("First help came 430 days after the first chance")
    assert "First help, 430 days after chance 1" in words(invented, ax)
    assert "First chance to help 14 November 2022; first help 18 January 2024, 430 days later." in draw.alt(ax)
    assert {"Chances to help", "Third unexplained absence", "Low mood; and more"} <= set(words(invented, ax))
    assert "Triggers" not in words(invented, ax)


def test_a_day_of_first_help_that_is_given_wins(invented, chances):
    given = chances(chance(*TWO[0], first_help_on="2024-01-18"))
    ax = draw.timeline(invented.family(127), chances=given, first_help="2022-11-15")
    assert ax.figure.finding.endswith("First help came 1 day after the first chance")
    same = draw.timeline(invented.family(127), chances=given, first_help="2022-11-14")
    assert same.figure.finding.endswith("First help came on the day of the first chance") and not lines(same, "lost")
    before = draw.timeline(invented.family(127), chances=given, first_help="2022-11-13")
    assert before.figure.finding.endswith("First help came before the first chance")
    assert "First help, before chance 1" in words(invented, before) and not lines(before, "lost")


def test_without_help_the_bar_runs_to_the_edge_and_stays_open(invented, chances):
    ax = draw.timeline(invented.family(127), chances=chances(chance(*TWO[0])))
    ((xs, _),) = lines(ax, "lost")
    assert xs == [day("2022-11-14"), ax.get_xlim()[1]]
    assert [line.get_markerfacecolor() for line in ax.lines if line.get_gid() == "open"] == ["white"]
    assert "No help yet, 868 days so far" in words(invented, ax) and not lines(ax, "help-line")
    assert ax.figure.finding.endswith("No help yet, 868 days after the first chance")


def test_help_after_the_period_is_no_help_yet(invented, chances):
    given = chances(chance(*TWO[0], first_help_on="2025-04-01"))
    assert draw.timeline(invented.family(127), chances=given).figure.finding.endswith("868 days after the first chance")
    last = chances(chance(*TWO[0], first_help_on="2025-03-31"))
    ax = draw.timeline(invented.family(127), chances=last)
    assert ax.figure.finding.endswith("First help came 868 days after the first chance")


def test_in_a_published_case_no_days_run_on(invented, chances):
    journey = invented.family(127)
    journey.review.about.published = {"source": "a report"}
    ax = draw.timeline(journey, chances=chances(chance(*TWO[0])))
    assert not lines(ax, "lost") and ax.figure.finding.endswith("No help is recorded after the first chance")


def test_a_chance_that_rests_on_a_span_is_possible_and_no_days_are_claimed(invented, chances):
    journey = invented.family(127)
    span = next(r for r in journey.steps.itertuples() if r.precision == "month" and not r.before_period)
    exact = invented.first_ids(journey, "touch", 1)[0]
    assert journey.steps.set_index("contact_id").loc[exact, "precision"] == "day"
    given = chances(chance(*TWO[0], [span.contact_id], first_help_on="2024-01-18"), chance(*TWO[1], [exact]))
    ax = draw.timeline(journey, chances=given)
    assert [p.get_facecolor()[:3] == (1, 1, 1) for p in triangles(ax)] == [True, False]
    assert ax.figure.finding.endswith("First help came after the first chance")
    assert "First help, after chance 1" in words(invented, ax) and "by 14 November 2022" in draw.alt(ax)
    assert not re.search(r"\d days", ax.figure.finding + " ".join(words(invented, ax)[:60]))


def test_where_most_contacts_are_spans_no_wait_in_days_is_claimed_anywhere(invented, chances):
    journey, _ = invented.months_only()
    given = chances(chance(*TWO[1], family_id="F0005", first_help_on="2024-01-18"))
    ax = draw.timeline(journey, chances=given)
    assert ax.figure.finding.endswith("so no wait in days is claimed")
    assert "First help, after chance 1" in words(invented, ax)


def test_a_rejected_chance_keeps_its_number_and_is_not_drawn(invented, chances):
    rows = [chance(*TWO[0], status="rejected"), chance(*TWO[1], status="confirmed", first_help_on="2023-02-25")]
    ax = draw.timeline(invented.family(127), chances=chances(*rows[::-1]))
    assert len(triangles(ax)) == 1 and "First help, 5 days after chance 2" in words(invented, ax)
    assert "Chances: 1 confirmed by reviewers, 1 rejected and not drawn." in " ".join(words(invented, ax))


def test_what_a_chance_rests_on_is_ringed(invented, chances):
    journey = invented.family(30)
    ids = invented.first_ids(journey, "signal", 2)
    ax = draw.timeline(journey, chances=chances(chance(*TWO[0], ids)))
    ringed = [x for line in ax.lines if str(line.get_gid()).startswith("evidence") for x in line.get_xdata()]
    steps = journey.steps.set_index("contact_id")
    assert sorted(ringed) == sorted(number(steps.loc[i, "date"].date()) for i in ids)
    assert "ringed: evidence for a chance" in words(invented, ax)


@pytest.mark.parametrize(("n", "worded"), [(3, True), (4, False)])
def test_past_three_chances_there_are_numbers_only(invented, chances, n, worded):
    given = chances(*[chance(f"2023-0{2 * i + 1}-01", f"Reason {'abcd'[i]}") for i in range(n)])
    ax = draw.timeline(invented.family(127), chances=given)
    found = words(invented, ax)
    assert {str(i + 1) for i in range(n)} <= set(found) and len(triangles(ax)) == n
    assert any("Reason a" in text for text in found) is worded
    assert ("as in the table of chances" in " ".join(found)) is not worded


def test_no_chance_is_said_and_help_is_still_drawn(invented, chances):
    ax = draw.timeline(invented.family(127), chances=chances(), first_help="2023-05-01")
    assert ax.figure.finding.endswith("No chance to help is proposed")
    assert "First help" in words(invented, ax) and not lines(ax, "lost")
    bare = draw.timeline(invented.family(127), chances=chances())
    assert "none is proposed by the rules in force" in words(invented, bare)


def test_the_order_of_rows_is_no_evidence(invented, chances):
    rows = [chance(*TWO[1]), chance(*TWO[0], first_help_on="2024-01-18"), chance("2023-05-01", "Third")]
    one, other = (draw.timeline(invented.family(127), chances=chances(*r)) for r in (rows, rows[::-1]))
    assert draw.alt(one) == draw.alt(other) and words(invented, one) == words(invented, other)


HELP = [None, "2022-12-20", "2023-09-21", "2025-03-30"]


@pytest.mark.parametrize("help_on", HELP)
@pytest.mark.parametrize("n", [0, 1, 3, 30])
def test_nothing_lies_over_anything(invented, chances, font, n, help_on):
    says = ("A visit found nobody in, and the agency did not see the family", "Short", "Many words " * 12)
    given = chances(*[chance(f"202{2 + i % 3}-{i % 9 + 1:02d}-{i % 27 + 1:02d}", says[i % 3]) for i in range(4, n + 4)])
    for journey in (invented.family(127), invented.three()[0]):
        of = given.assign(family_id=journey.family_id)
        ax = draw.timeline(journey, chances=of, first_help=help_on, size="a4" if n < 30 else "a3")
        sound(ax.figure)
        assert len(draw.alt(ax)) <= 350


def test_what_cannot_be_drawn_is_refused_in_words(invented, chances):
    journey, fired = invented.three()
    with pytest.raises(RequestError, match="not both"):
        draw.timeline(journey, fired, chances=chances())
    with pytest.raises(RequestError, match="Give chances too"):
        draw.timeline(journey, first_help="2023-05-01")
    with pytest.raises(RequestError, match="not what find_chances gives"):
        draw.timeline(journey, chances=fired)
