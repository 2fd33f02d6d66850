"""What contacts cost: sourced unit costs at one year's prices, whole pennies, nothing guessed, nothing called a saving."""

import inspect
import json
from decimal import Decimal

import pandas as pd
import pytest

import journeys as fj
from journeys.sources import RULES
from journeys.spending import SAVING
from journeys.unitcosts import read_database, read_deflator, read_list
from lib.errors import DataError, PermissionRefused, RequestError, RuleError
from lib.prices import Money, total
from tests.stories.conftest import drawn as drawn_families
from tests.stories.conftest import members_of, supplied
from tests.stories.test_permission import ALLOWED, MEMBERS

SERIES = read_deflator(RULES / "costs" / "gdp_deflator_march_2015.csv", "HM Treasury, March 2015")
KIT = {(c.code, c.kind): c for c in read_list(RULES / "costs" / "ucd_v1_4.csv")}
HEAD = "code,says,unit,bearer,kind,low,value,high,price_year,rag,source\n"
TEN = """
    date        agency       activity
    2024-05-01  hospital     ae_attendance
    2024-05-02  hospital     ae_attendance
    2024-06-01  hospital     ae_attendance
    2024-05-01  gp           consult
    2024-06-01  gp           consult
    2024-07-01  gp           consult
    2024-08-01  gp           consult
    2024-06-02  social_care  csc_contact
    2024-06-03  social_care  csc_contact
    2024-06-04  social_care  csc_referral
"""
BED = {
    "hostel": {"says": "Hostel", "nature": "status", "agencies": ["housing"]},
    "care": {"says": "Child in care", "nature": "status", "agencies": ["social_care"]},
}
HOSTEL = {"hostel": {"activity": "hostel", "code": "HO4.0", "per": "week", "why": "a story"}}


def drawn(root, text, **asked):
    """One family, or several by name."""
    return drawn_families(root, {"F1": text} if isinstance(text, str) else text, **asked)


def at_2015(code, kind="fiscal"):
    cost = KIT[code, kind]
    return str(SERIES.bring(cost.value, cost.price_year, "2015/16").pounds)


def agree(review, costs=None, files=None, **more):
    """A folder's own rules about costs, over the kit's."""
    rules = review.session.folder.path / "rules"
    (rules / "costs").mkdir(parents=True, exist_ok=True)
    for name, text in (files or {}).items():
        (rules / "costs" / name).write_text(text, encoding="utf-8")
    (rules / "costs.yml").write_text(json.dumps({"costs": costs or {}} | more, indent=1), encoding="utf-8")
    return review


def own(rows, **more):
    """A council's own list of unit costs, and the line that names it."""
    return {
        "files": {"own.csv": HEAD + rows},
        "unit_costs": [{"file": "own.csv", "attribution": "Northshire Council"}],
    } | more


def by(review, what, kind="fiscal", **more):
    frame = fj.measures.costs(fj.costs(review), by=what, **more)
    return {g: None if pd.isna(v) else str(v) for g, v in zip(frame[what], frame[kind], strict=True)}


def periods(root, rows, **asked):
    """Families whose contacts last: the file has a column for the last day."""
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in rows.strip().splitlines()]
    root.mkdir(exist_ok=True)
    log = pd.DataFrame(lines, columns=["family_id", "date", "ends_on", "agency", "activity"]).replace("–", "")
    log.to_csv(root / "log.csv", index=False)
    form = {"columns": {c: c for c in log.columns}, "dates": ["%Y-%m-%d", "%Y-%m"]}
    sources = {"purpose": "a story", "invented": True, "files": {"log.csv": {"format": form}}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    (root / "rules").mkdir(exist_ok=True)
    (root / "rules" / "activities.yml").write_text(json.dumps({"activities": BED}), encoding="utf-8")
    return fj.build_journeys(fj.read_contacts(root), **{"start": "2023-01-01", "end": "2024-12-31"} | asked)


# Units, lines and totals


def test_ten_contacts_cost_720_49_and_the_parts_add_up(tmp_path):
    review = drawn(tmp_path / "d", TEN)
    assert by(review, "bearer") == {"NHS": "506.68", "Local Authority": "213.81", "All": "720.49"}
    assert by(review, "activity") == {
        "ae_attendance": "349.92",
        "consult": "156.76",
        "csc_contact": "82.84",
        "csc_referral": "130.97",
        "All": "720.49",
    }


@pytest.mark.parametrize(
    ("code", "unit"), [("HE4.0", "116.64"), ("HE20.2", "39.19"), ("SS6.1", "41.42"), ("SS6.2", "130.97")]
)
def test_a_unit_is_rounded_half_up_to_the_penny_once(code, unit):
    assert at_2015(code) == unit


def test_rounding_late_would_give_parts_that_do_not_add():
    exact = Decimal(109) * SERIES.at("2015/16") / SERIES.at("2011/12")
    assert (3 * exact).quantize(Decimal("0.01")) == Decimal("349.93") != 3 * Decimal("116.64")


def test_the_index_gives_the_database_s_own_figure_to_the_penny_on_267_of_282_rows_and_within_5p_on_the_rest():
    off = [
        abs(SERIES.bring(c.value, c.price_year, "2015/16").pounds - Decimal(c.published))
        for c in KIT.values()
        if c.kind == "fiscal" and c.published
    ]
    assert (len(off), off.count(Decimal(0)), max(off)) == (282, 267, Decimal("0.05"))


# Three kinds


def test_fiscal_economic_and_social_stand_in_three_columns_and_are_never_added(tmp_path):
    review = drawn(
        tmp_path / "d",
        """
        date        agency  activity
        2024-05-01  police  domestic_abuse_incident
        """,
    )
    agree(review, {"domestic_abuse_incident": {"code": "CR2.0"}})
    whole = fj.measures.costs(fj.costs(review)).iloc[-1]
    assert [str(whole[k]) for k in ("fiscal", "economic", "social")] == ["2836.48", "1691.55", "7803.19"]
    assert whole["contacts"] == 1
    assert len(fj.costs(review)) == 3
    said = fj.findings.costs(fj.costs(review))
    assert "different things, and are not added up" in said
    assert "12,331.22" not in said and "12331.22" not in str(fj.measures.costs(fj.costs(review)))


def test_a_kind_that_no_figure_has_is_empty_and_not_0(tmp_path):
    assert by(drawn(tmp_path / "d", TEN), "bearer", "social")["All"] is None


# Low and high


def test_low_and_high_come_from_the_source_alone(tmp_path):
    review = drawn(tmp_path / "d", TEN)
    row = "OWN1,GP,Per consultation,NHS,fiscal,40,44,48,2012/13,G,our contract\n"
    agree(review, {"gp_consultation": {"code": "OWN1"}}, base_year="2012/13", **own(row))
    frame = fj.measures.costs(fj.costs(review)).set_index("agency")
    assert list(map(str, frame.loc["gp", ["fiscal_low", "fiscal", "fiscal_high"]])) == ["160.00", "176.00", "192.00"]
    assert frame.loc["hospital", "fiscal_low"] == frame.loc["hospital", "fiscal_high"]
    rows = fj.costs(review).df()
    assert set(rows.loc[rows["has_range"], "agency"]) == {"gp"}
    assert "6 of 10 figures have no range" in fj.findings.costs(fj.costs(review))


def test_where_no_source_gives_a_range_it_is_said(tmp_path):
    costs = fj.costs(drawn(tmp_path / "d", TEN))
    assert (costs.df()["low"] == costs.df()["high"]).all()
    assert "There is no range in the source of any figure" in fj.findings.costs(costs)


# Price years


def test_amounts_of_two_price_years_are_not_added():
    with pytest.raises(RequestError, match=r"2015/16 and 2024/25 prices cannot be added"):
        total([Money(Decimal("720.49"), "2015/16"), Money(Decimal(160), "2024/25")])
    assert total([Money(Decimal("720.49"), "2015/16"), Money(Decimal(160), "2015/16")]).pounds == Decimal("880.49")


@pytest.mark.parametrize("year", ["2020/21", "2024/25"])
def test_nothing_is_brought_past_the_end_of_the_series(tmp_path, year):
    review = drawn(tmp_path / "d", TEN)
    row = f"OWN1,GP,Per consultation,NHS,fiscal,,44,,{year},G,our contract\n"
    agree(review, {"gp_consultation": {"code": "OWN1"}}, **own(row))
    with pytest.raises(
        RuleError, match=rf"line \d+: cost 'gp_consultation'.*{year} is outside the series.*ends at 2019/20"
    ):
        fj.costs(review)


def test_the_last_and_the_first_year_of_the_series_are_in_it(tmp_path):
    review = drawn(tmp_path / "d", TEN)
    row = "OWN1,GP,Per consultation,NHS,fiscal,,44,,2019/20,G,our contract\n"
    agree(review, {"gp_consultation": {"code": "OWN1"}}, **own(row))
    assert len(fj.costs(review)) == 10
    with pytest.raises(ValueError, match="begins at 1989/90"):
        SERIES.at("1988/89")
    assert SERIES.at("1989/90") == 100


def test_a_base_year_past_the_series_is_refused(tmp_path):
    with pytest.raises(RuleError, match=r"base_year: 2024/25 is outside the series"):
        fj.costs(agree(drawn(tmp_path / "d", TEN), base_year="2024/25"))


@pytest.mark.parametrize("where", ["list", "base"])
def test_a_calendar_year_has_no_place_in_a_series_of_financial_years(tmp_path, where):
    review = drawn(tmp_path / "d", TEN)
    if where == "list":
        agree(review, **own("W1,life,Per year,HM Treasury,social,,13000,,2019,,guidance\n"))
    else:
        agree(review, base_year="2019")
    with pytest.raises(RuleError, match="2019 is a calendar year"):
        fj.costs(review)


def test_a_council_s_newer_series_brings_old_figures_up_to_date(tmp_path):
    review = drawn(tmp_path / "d", TEN)
    years = {"2009/10": 75, "2010/11": 76, "2011/12": 77, "2012/13": 78, "2013/14": 80}
    later = {f"{y}/{y - 1999}": 80 + 2 * (y - 2013) for y in range(2014, 2025)}
    lines = "".join(
        f",{y.replace('/', '-')},{i},\n"
        for y, i in ({"2002/03": 60} | {f"{y}/{y - 1999:02d}": 61 for y in range(2003, 2009)} | years | later).items()
    )
    hmt = "a,b,c,d\nGDP deflators,Financial year,2024-25 = 100,change\n" + lines
    agree(review, base_year="2024/25", deflator={"file": "hmt.csv", "source": "HMT, a story"}, files={"hmt.csv": hmt})
    # £38 at 2013/14 prices, index 80, to 2024/25, index 102.
    assert by(review, "agency")["gp"] == str(4 * Decimal("48.45"))
    assert fj.costs(review).owner.note.startswith("What was spent, not what could be saved, at 2024/25 prices. ")
    assert "HMT, a story" in fj.costs(review).owner.note


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (",2014-15,98,\n,2014-15,99,\n", "line 3: |2014/15 stands twice"),
        (",2014-15,98,\n,2016-17,99,\n", "has no 2015/16"),
        (",2014,98,\n", "2014 is a calendar year"),
        (",2014-15,x,\n", "line 2: the index of 2014/15 is no number above 0"),
        (",2014-15,0,\n", "no number above 0"),
        ("nothing\n", "no financial year stands in column B"),
    ],
)
def test_a_series_that_cannot_be_used_says_where(tmp_path, lines, message):
    (tmp_path / "s.csv").write_text("a,b,c,d\n" + lines)
    with pytest.raises(DataError, match=message):
        read_deflator(tmp_path / "s.csv", "a story")


# Uncosted


def test_a_contact_with_no_agreed_unit_cost_is_counted_and_is_not_0(tmp_path):
    review = drawn(
        tmp_path / "d",
        """
        date        agency       activity
        2024-05-01  gp           consult
        2024-05-02  gp           call
        2024-05-03  school       meeting
        2024-05-04  police       domestic_abuse_incident
        2024-05-05  social_care  visit
        """,
    )
    costs = fj.costs(review)
    assert costs.df()["activity"].tolist() == ["consult"]
    missing = fj.measures.uncosted(costs).set_index("activity")
    assert missing["contacts"].sum() == 4
    assert missing.loc["meeting", "why"] == "no unit cost is agreed"
    assert "by the hour" in missing.loc["visit", "why"]
    assert "counted twice" in missing.loc["domestic_abuse_incident", "why"]
    assert "1 of 5 contacts has an agreed unit cost" in costs.owner.note
    assert "4 have none and are in no sum" in costs.owner.note


def test_an_agency_s_visit_is_not_another_s(tmp_path):
    review = drawn(
        tmp_path / "d",
        """
        date        agency          activity
        2024-05-01  gp              visit
        2024-05-02  health_visitor  visit
        """,
    )
    assert by(review, "agency") == {"gp": at_2015("HE20.4"), "All": at_2015("HE20.4")}


def test_what_happens_in_the_family_s_life_is_nobody_s_contact(tmp_path):
    review = drawn(
        tmp_path / "d",
        """
        date        agency  activity
        2024-05-01  family  birth
        2024-05-01  gp      consult
        """,
    )
    assert sum(fj.costs(review).owner.contacts.values()) == 1


def test_with_nothing_costed_the_words_say_so(tmp_path):
    review = drawn(tmp_path / "d", "date        agency  activity\n2024-05-01  school  meeting")
    assert fj.findings.costs(fj.costs(review)).startswith("No contact has an agreed unit cost")
    assert by(review, "agency") == {"All": None}


def test_contacts_before_the_period_are_in_no_sum(tmp_path):
    text = """
        date        agency  activity
        2024-03-31  gp      consult
        2024-04-01  gp      consult
        """
    review = drawn(tmp_path / "d", text, start="2024-04-01")
    assert by(review, "agency")["All"] == "39.19"
    assert sum(fj.costs(review).owner.contacts.values()) == 1


def test_a_contact_that_may_lie_in_the_period_is_in_it(tmp_path):
    text = """
        date     agency  activity
        2024-03  gp      consult
        2024-04  gp      consult
        """
    assert by(drawn(tmp_path / "a", text, start="2024-03-31"), "agency")["All"] == "78.38"
    assert by(drawn(tmp_path / "b", text, start="2024-04-01"), "agency")["All"] == "39.19"


# Periods


@pytest.mark.parametrize(
    ("to", "days", "cost"), [("2024-01-10", 10, "167.20"), ("2024-01-07", 7, "117.04"), ("2024-01-01", 1, "16.72")]
)
def test_a_period_costs_its_days_both_ends_counted(tmp_path, to, days, cost):
    review = periods(tmp_path / "d", f"F1  2024-01-01  {to}  housing  hostel")
    row = fj.costs(agree(review, HOSTEL)).df().iloc[0]
    assert (row["days"], str(row["value"]), str(row["unit"])) == (days, cost, "117.04")


def test_a_period_is_cut_at_the_ends_of_the_period_under_review_and_says_that_it_goes_on(tmp_path):
    review = periods(tmp_path / "d", "F1  2022-12-01  2025-02-01  housing  hostel\nF1  2024-01-01  –  school  meeting")
    row = fj.costs(agree(review, HOSTEL)).df().iloc[0]
    assert (row["days"], row["is_open"]) == (366 + 365, True)
    assert sum(fj.costs(review).owner.contacts.values()) == 2


def test_a_period_that_ended_the_day_before_is_not_in_it(tmp_path):
    review = periods(
        tmp_path / "d", "F1  2022-12-01  2022-12-31  housing  hostel\nF1  2024-01-01  2024-01-01  housing  hostel"
    )
    assert fj.costs(agree(review, HOSTEL)).df()["days"].tolist() == [1]


@pytest.mark.parametrize(
    ("day", "to", "why"), [("2024-01-01", "–", "no last day"), ("2024-01", "2024-02-01", "the day on which")]
)
def test_a_period_whose_length_is_not_known_is_uncosted(tmp_path, day, to, why):
    review = periods(tmp_path / "d", f"F1  {day}  {to}  housing  hostel")
    costs = fj.costs(agree(review, HOSTEL))
    assert len(costs) == 0
    assert fj.measures.uncosted(costs)["why"].tolist()[0].startswith(why)
    assert "1 has none" in costs.owner.note


def test_a_period_s_days_fall_in_their_own_years_and_add_up_to_the_whole(tmp_path):
    review = periods(tmp_path / "d", "F1  2024-03-28  2024-04-06  housing  hostel")
    # 4 days of 117.04 a week are 66.88; 10 days are 167.20.
    assert by(agree(review, HOSTEL), "year") == {"2023/24": "66.88", "2024/25": "100.32", "All": "167.20"}


@pytest.mark.parametrize(("per", "ok"), [("week", True), ("contact", False), ("day", False)])
def test_a_unit_is_used_for_what_it_is_of(tmp_path, per, ok):
    review = periods(tmp_path / "d", "F1  2024-01-01  2024-01-10  housing  hostel")
    agree(review, {"hostel": HOSTEL["hostel"] | {"per": per}})
    if ok:
        assert len(fj.costs(review)) == 1
    else:
        with pytest.raises(RuleError, match=r"HO4\.0 runs by the week .*Write per: week"):
            fj.costs(review)


def test_what_runs_by_the_hour_cannot_be_used(tmp_path):
    review = agree(drawn(tmp_path / "d", TEN), {"health_visitor_visit": {"code": "HE23.3"}})
    with pytest.raises(RuleError, match="No log says how long a contact took"):
        fj.costs(review)


# Groups


SHARED = members_of(
    """
    person     family  from        to  because
    school:P1  F1      2000-01-01  –   separated parents
    school:P1  F2      2000-01-01  –   separated parents
    school:P2  F1      2000-01-01  –   –
    """
)


def test_a_contact_of_two_families_is_shown_in_both_and_counts_once(tmp_path):
    files = {"school.csv": "person,date,agency,activity\nP1,2024-05-01,gp,consult\nP2,2024-05-02,gp,consult\n"}
    form = {"columns": {"person_id": "person", "date": "date", "agency": "agency", "activity": "activity"}}
    entry = {"school.csv": {"format": form | {"dates": ["%Y-%m-%d"]}, "agency": None}}
    folder = supplied(tmp_path / "d", files, entry)
    review = fj.build_journeys(fj.read_contacts(folder), SHARED)
    costs = fj.costs(review)
    assert len(costs) == 3
    assert by(review, "family") == {"F1": "39.19", "F1 and F2 (shared)": "39.19", "All": "78.38"}
    assert str(fj.measures.cost_so_far(costs, "F1")["value"].iloc[-1]) == "78.38"
    assert str(fj.measures.cost_so_far(costs, "F2")["value"].iloc[-1]) == "39.19"
    assert "1 contact of children in two families is counted once" in fj.findings.costs(costs)


def test_a_contact_that_may_lie_in_two_years_stands_apart(tmp_path):
    review = drawn(
        tmp_path / "d",
        """
        date     agency  activity
        2024-03  gp      consult
        2024-04  gp      consult
        2024     gp      consult
        """,
    )
    assert by(review, "year") == {"2023/24": "39.19", "2024/25": "39.19", "not known": "39.19", "All": "117.57"}


def test_classes_of_demand_come_from_people_and_the_rest_is_unknown(tmp_path):
    review = drawn(tmp_path / "d", TEN)
    ids = fj.costs(review).df()
    visits = ids.loc[ids["activity"] == "ae_attendance", "contact_id"].tolist()
    classes = {visits[0]: "failure", visits[1]: "value", "somebody:else": "failure"}
    assert by(review, "demand", demand=classes) == {
        "value": "116.64",
        "failure": "116.64",
        "unknown": "487.21",
        "All": "720.49",
    }
    frame = pd.DataFrame(classes.items(), columns=["contact_id", "label"])
    assert by(review, "demand", demand=frame) == by(review, "demand", demand=classes)


@pytest.mark.parametrize(
    ("by_what", "demand", "message"),
    [
        ("demand", None, "go together"),
        ("agency", {}, "go together"),
        ("demand", {"a": "waste"}, "'waste' is no class of demand"),
        ("demand", pd.DataFrame({"contact_id": ["a", "a"], "label": ["value", "failure"]}), "two classes"),
        ("demand", pd.DataFrame({"id": ["a"]}), "contact_id and label"),
        ("agencies", None, "Did you mean 'agency'"),
    ],
)
def test_groups_that_cannot_be_told_say_why(tmp_path, by_what, demand, message):
    costs = fj.costs(drawn(tmp_path / "d", TEN))
    with pytest.raises(RequestError, match=message):
        fj.measures.costs(costs, by=by_what, demand=demand)


def test_agencies_stand_as_they_first_met_the_family_and_never_by_size(tmp_path):
    review = drawn(tmp_path / "d", TEN + "    2024-04-01  social_care  visit\n")
    assert list(by(review, "agency")) == ["social_care", "gp", "hospital", "All"]


# Day by day


def test_a_sum_grows_on_the_last_day_a_contact_may_have_happened_and_a_period_day_by_day(tmp_path):
    rows = "F1  2024-01-01  2024-01-03  housing  hostel\nF1  2024-01  –  gp  consult"
    frame = fj.measures.cost_so_far(fj.costs(agree(periods(tmp_path / "d", rows), HOSTEL)), "F1")
    assert [f"{r.day:%-d %b} {r.value}" for r in frame.itertuples()] == [
        "1 Jan 16.72",
        "2 Jan 33.44",
        "3 Jan 50.16",
        "31 Jan 89.35",
    ]


def test_a_family_that_is_not_there_gets_the_nearest_guess(tmp_path):
    costs = fj.costs(drawn(tmp_path / "d", {"F0001": TEN}))
    with pytest.raises(RequestError, match="Did you mean 'F0001'"):
        fj.measures.cost_so_far(costs, "F001")
    with pytest.raises(RequestError, match="Did you mean 'fiscal'"):
        fj.measures.cost_so_far(costs, "F0001", "fiscall")


# What is never said


@pytest.mark.parametrize("word", SAVING)
def test_spending_is_no_saving(tmp_path, word):
    costs = fj.costs(drawn(tmp_path / "d", TEN))
    with pytest.raises(RequestError, match="not what could be saved"):
        fj.measures.costs(costs, by=word)


def test_every_sentence_says_that_it_is_spending_at_old_prices(tmp_path):
    costs = fj.costs(drawn(tmp_path / "d", TEN))
    for said in (fj.findings.costs(costs), costs.owner.note):
        assert "not what could be saved" in said
        assert "2015/16 prices, old, likely too low" in said
        assert "Unit Cost Database v1.4, March 2015, CC BY 4.0; a selection, reshaped" in said
        assert "HM Treasury GDP deflators, March 2015" in said


def test_prices_of_the_period_itself_are_not_called_old(tmp_path):
    text = "date        agency  activity\n2016-03-31  gp      consult\n"
    assert not fj.costs(drawn(tmp_path / "a", text, cover_to="2016-03-31")).owner.is_old
    assert fj.costs(drawn(tmp_path / "b", text, cover_to="2016-04-01")).owner.is_old


def test_no_argument_multiplies_or_annualises():
    given = {
        p for f in (fj.costs, fj.measures.costs, fj.measures.cost_so_far, fj.findings.costs, fj.draw.costs)
        for p in inspect.signature(f).parameters
    }  # fmt: skip
    assert given <= {"review", "costs", "by", "demand", "family", "kind", "level", "frame"}


# Permission, rules and files


@pytest.mark.parametrize("allowed", [["review", "triggers"], ["review", "cost"]])
def test_real_data_are_costed_only_where_their_permission_says_cost(tmp_path, allowed):
    log = "Ref,Person,When,What,Outcome,Recorded\n1,P1,01/05/2024,antisocial_behaviour,,\n"
    entry = {"police.csv": ALLOWED | {"allowed_uses": allowed}}
    folder = supplied(tmp_path / "d", {"police.csv": log}, entry, invented=False)
    review = fj.build_journeys(fj.read_contacts(folder), MEMBERS)
    if "cost" in allowed:
        assert by(review, "agency") == {"police": "47.13", "All": "47.13"}
    else:
        with pytest.raises(PermissionRefused, match=r"not for 'cost' \(ISA-2024-17\)\. Ask Northshire Police"):
            fj.costs(review)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"gp_consultation": {"code": "HE20.22"}}, r"line \d+: .*'HE20\.22', which no file.*Did you mean 'HE20\.2'"),
        (
            {"x": {"activity": "consultt", "why": "a"}},
            "'consultt', which is not in activities.yml.*Did you mean 'consult'",
        ),
        ({"x": {"activity": "call", "agency": "scool", "why": "a"}}, "agency 'scool'.*Did you mean 'school'"),
        ({"x": {"activity": "consult", "code": "HE4.0", "why": "a"}}, "'gp_consultation' and 'x' fit the same contact"),
        ({"x": {"activity": "call"}}, "'why': it is not there"),
        ({"x": {"activity": "call", "why": "a", "cost": 3}}, "unknown key 'cost'"),
        ({"gp_consultation": {"per": "hour"}}, "'per': one of 'contact'"),
    ],
)
def test_a_line_that_cannot_be_used_says_which(tmp_path, lines, message):
    with pytest.raises(RuleError, match=message):
        fj.costs(agree(drawn(tmp_path / "d", TEN), lines))


def test_two_lines_may_share_an_activity_where_no_contact_fits_both(tmp_path):
    lines = {"consult_by_housing": {"activity": "consult", "agency": "housing", "why": "a story"}}
    assert len(fj.costs(agree(drawn(tmp_path / "d", TEN), lines))) == 10


GOOD = "OWN1,GP,Per consultation,NHS,fiscal,40,44,48,2012/13,G,ours"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (GOOD.replace(",44,", ",£44,"), "line 2: value is not a plain number"),
        (GOOD.replace(",44,", ",-44,"), "line 2: value is not a plain number"),
        (GOOD.replace(",44,", ',"4,400",'), "line 2: value is not a plain number"),
        (GOOD.replace(",44,", ",1e3,"), "line 2: value is not a plain number"),
        (GOOD.replace(",44,", ",,"), "'value' is empty"),
        (GOOD.replace(",40,", ",,"), "low and high go together"),
        (GOOD.replace(",40,", ",45,"), "does not lie between low and high"),
        (GOOD.replace("fiscal", "cash"), "'cash' is no kind of cost"),
        (GOOD.replace("2012/13", "2012/14"), "a financial year is written as 2015/16"),
        (GOOD.replace(",G,", ",green,"), "rag is R, A or G"),
        (GOOD + ",more", "12 cells, and the header has 11"),
        (f"{GOOD}\n{GOOD}", "line 3: OWN1 has a fiscal figure already"),
    ],
)
def test_a_row_of_a_council_s_list_that_cannot_be_used_says_where(tmp_path, row, message):
    (tmp_path / "own.csv").write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_list(tmp_path / "own.csv")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HEAD.replace(",value", ",valu"), "Did you mean 'value'"),
        (HEAD.replace(",source", ""), "the column 'source' is not there"),
        (HEAD.replace("says", "code"), "'code' stands twice"),
        ("", "is empty"),
    ],
)
def test_a_header_that_cannot_be_used_says_why(tmp_path, head, message):
    (tmp_path / "own.csv").write_text(head, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_list(tmp_path / "own.csv")


def test_the_sheets_of_the_database_are_read_as_they_are_published(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Health"
    sheet.append(
        ["Outcome category", "", "Cost code", "Detail", "Unit", "Agency", "", "Fiscal Cost", "", "", "Economic value"]
    )
    sheet.append([""] * 7 + ["Estimated", "Year", "Updated", "Estimated", "Year"])
    sheet.append(
        [
            "HEALTH",
            "A&E",
            "HE4.0",
            "A&E\n attendance",
            "Per incident",
            "NHS",
            "CCG",
            109.0,
            "2011/12",
            116.64,
            12.5,
            "2011/12",
        ]
    )
    sheet.append(["HEALTH", "A&E", "HE4.0.1", "Nothing known", "Per incident", "NHS", "CCG", "n/a", "", ""])
    sheet.append([""] * 12)
    book.create_sheet("Lookups").append(["nothing"])
    book.save(tmp_path / "ucd.xlsx")
    found = read_database(tmp_path / "ucd.xlsx", ["Health"])
    assert [(c.code, c.says, c.kind, str(c.value), c.price_year, c.bearer) for c in found] == [
        ("HE4.0", "A&E attendance", "fiscal", "109", "2011/12", "NHS"),
        ("HE4.0", "A&E attendance", "economic", "12.5", "2011/12", "NHS"),
    ]
    with pytest.raises(DataError, match="no cost code in column C"):
        read_database(tmp_path / "ucd.xlsx", ["Lookups"])
    with pytest.raises(DataError, match="no sheet of the name that the rules give"):
        read_database(tmp_path / "ucd.xlsx", ["Fire"])


def test_a_folder_s_own_lines_are_said(tmp_path):
    review = agree(drawn(tmp_path / "d", TEN), {"gp_telephone": {"code": "HE20.3"}})
    assert ("costs", "gp_telephone", "changed") in set(
        fj.measures.own_rules(review)[["rules", "name", "change"]].itertuples(index=False, name=None)
    )


def test_what_is_shipped_is_what_its_licence_lets_be_shipped():
    assert len({code for code, _ in KIT}) == 291
    assert not [code for code, _ in KIT if code.startswith(("PSSRU", "WELLBY"))]
    notice = (RULES / "costs" / "NOTICE.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in notice and "creativecommons.org/licenses/by/4.0" in notice and "selection" in notice
