"""What may leave: a measure's own table, in families, with few of them hidden, and nothing of a small review at all."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys import release
from journeys.journey import Journeys
from journeys.policy import policy_of
from journeys.sources import open_folder
from lib import ledger as ledgers
from lib.disclose import TooSparse
from lib.errors import PermissionRefused, RequestError, RuleError
from tests.conftest import folder_of

MET = {"gp": range(60), "school": range(57), "police": range(24), "housing": range(6)}
"""Which of sixty families each agency met."""


def area(root: Path, met: dict[str, Any] = MET, reviewed: int = 8, **more: Any) -> Path:
    """A data folder of families, each met by some agencies on days of their own; the first few are under review."""
    root.mkdir(exist_ok=True)
    rows = []
    for n, (agency, families) in enumerate(met.items()):
        for family in families:
            day = dt.date(2024, 1, 1) + dt.timedelta(days=20 * n + family % 15)
            rows.append((f"F{family:03}", day.isoformat(), agency, "visit", f"{agency}{family}"))
    log = pd.DataFrame(rows, columns=["family", "date", "agency", "activity", "id"])
    names = sorted(set(log["family"]))[:reviewed]
    more = {"reviewed": names} | more if reviewed else more
    return folder_of(root, {"log": log}, **more)


def review_of(folder: Path, **asked: Any) -> Journeys:
    return fj.build_journeys(fj.read_contacts(folder), start="2024-01-01", end="2024-12-31", **asked)


def everyone(folder: Path) -> Journeys:
    return release.everyone(review_of(folder))


def families(frame: pd.DataFrame) -> dict[str, Any]:
    return dict(zip(frame["agency"], frame["families"], strict=True))


def test_families_are_counted_small_ones_hidden_and_the_rest_rounded(tmp_path):
    shown = fj.publish(fj.measures.agencies(everyone(area(tmp_path / "a"))), "agencies")
    assert shown.columns.tolist() == ["agency", "families", "contacts", "percent_of_families"]
    assert families(shown)["Housing"] == "c" and families(shown)["Police"] == 25
    assert shown.set_index("agency").loc["Housing"].tolist() == ["c", "c", "c"]
    assert "figures may not sum" in shown.attrs["note"]
    # A share stands beside what it is a share of, rounded as every count.
    assert "Percent is of all 60 families." in shown.attrs["note"]


def test_an_agency_that_is_in_no_list_is_not_named_and_all_of_them_are_counted_together(tmp_path):
    # What a supplier writes in a column of its own may be a worker's name.
    met = {"gp": range(60), "Mrs FJCANARY": range(24), "Mr FJCANARY": range(12, 30), "school": range(40)}
    review = everyone(area(tmp_path / "a", met))
    frames = {"agencies": fj.measures.agencies(review), "links": fj.measures.links(review)}
    tables = release.together(frames).tables
    assert families(tables["agencies"].frame())["Other agencies"] == 30
    links = {row[:2]: row[2] for row in tables["links"].rows}
    assert links["GP", "Other agencies"] == 30 and not any("FJCANARY" in name for pair in links for name in pair)
    assert "FJCANARY" not in repr(release.together(frames))


def test_where_nearly_all_families_were_met_those_who_were_not_are_not_told(tmp_path):
    shown = families(fj.publish(fj.measures.agencies(everyone(area(tmp_path / "a"))), "agencies"))
    # 57 of 60: three were not, and whoever knows that there are sixty would know. Sixty of sixty tells of nobody.
    assert shown["School"] == "c" and shown["GP"] == 60


def test_of_eight_families_nothing_is_shown_and_no_nought_either(tmp_path):
    review = review_of(area(tmp_path / "a"))
    firings, asked = fj.find_triggers(review), fj.demand(review)
    for frame, name in (
        (fj.measures.agencies(review), "agencies"),
        (fj.measures.demand(asked), "demand"),
        (fj.measures.demand(asked, every="month"), "demand"),
        (fj.measures.triggers(firings), "triggers"),
        (fj.measures.links(review), "links"),
    ):
        shown = fj.publish(frame, name)
        assert set(shown.iloc[0, 1:]) <= {"c", ""} and len(shown) == 1, name
        assert shown.attrs["note"].startswith("Nothing is shown: fewer than 10 families stand behind this table.")


def test_nine_families_are_too_few_and_ten_are_enough(tmp_path):
    for count, said in ((9, "c"), (10, 10)):
        folder = area(tmp_path / str(count), {"gp": range(count)}, reviewed=0)
        shown = fj.publish(fj.measures.agencies(review_of(folder)), "agencies")
        assert shown["families"].tolist() == [said], count


def test_a_wider_extract_of_a_few_more_families_is_nearly_those_reviewed_and_says_nothing(tmp_path):
    for beyond, said in ((9, "c"), (10, 20)):
        folder = area(tmp_path / str(beyond), {"gp": range(8 + beyond)})
        shown = fj.publish(fj.measures.agencies(everyone(folder)), "agencies")
        assert shown["families"].tolist() == [said], beyond


def test_a_frame_that_was_changed_is_refused(tmp_path):
    review = everyone(area(tmp_path / "a"))
    frame = fj.measures.agencies(review)
    frame.loc[0, "families"] = 30
    with pytest.raises(RequestError, match="was changed after the measure made it"):
        fj.publish(frame, "agencies")


@pytest.mark.parametrize("change", [lambda f: f.copy(), lambda f: f[f["families"] > 3], lambda f: pd.DataFrame(f)])
def test_a_copy_a_part_and_one_made_by_hand_lack_their_families(tmp_path, change):
    frame = fj.measures.agencies(everyone(area(tmp_path / "a")))
    with pytest.raises(RequestError, match="does not say how many families"):
        fj.publish(change(frame), "agencies")


def test_a_frame_leaves_under_its_own_name_alone(tmp_path):
    frame = fj.measures.agencies(everyone(area(tmp_path / "a")))
    with pytest.raises(RequestError, match="this frame is 'agencies', and not 'demand'"):
        fj.publish(frame, "demand")
    with pytest.raises(RequestError, match="no table 'families' may leave"):
        fj.publish(frame, "families")


def test_rows_about_families_never_leave(tmp_path):
    review = everyone(area(tmp_path / "a"))
    with pytest.raises(RequestError, match="rows about single families never leave"):
        fj.publish(fj.find_triggers(review), "triggers")
    with pytest.raises(RequestError, match="does not say how many families"):
        fj.publish(fj.measures.demand(fj.demand(review), every="kind"), "demand")


def test_a_map_counts_families_and_leaves_out_links_of_few(tmp_path):
    met = {"gp": range(60), "school": range(45), "police": range(24), "housing": range(6)}
    shown = fj.publish(fj.measures.links(everyone(area(tmp_path / "a", met))), "links")
    assert [tuple(row) for row in shown.itertuples(index=False)] == [("GP", "School", 45), ("School", "Police", 25)]


def test_a_family_that_makes_up_more_than_half_of_a_sum_hides_the_sum_and_not_the_count(tmp_path):
    folder = area(tmp_path / "a", {"gp": range(60)})
    log = pd.read_csv(folder / "log.csv")
    many = [("F001", f"2024-03-{n % 28 + 1:02}", "gp", "visit", f"more{n}") for n in range(60)]
    pd.concat([log, pd.DataFrame(many, columns=log.columns)]).to_csv(folder / "log.csv", index=False)
    shown = fj.publish(fj.measures.agencies(everyone(folder)), "agencies")
    assert shown[["families", "contacts"]].iloc[0].tolist() == [60, "c"]


def test_demand_and_triggers_are_counted_in_families(tmp_path):
    folder = area(tmp_path / "a", {"gp": range(60), "school": range(30)})
    log = pd.read_csv(folder / "log.csv")
    log["activity"] = log["agency"].map({"gp": "asked_for_help", "school": "help_started"})
    log.to_csv(folder / "log.csv", index=False)
    (folder / "rules").mkdir()
    known = {"asked_for_help": {"says": "Asked", "nature": "touch", "asked_by": "family"}}
    met = {"says": "asked twice", "why": "a story", "source": "ours", "mark": "illustrative", "pattern": "first"}
    met |= {
        "activity": "asked_for_help",
        "answered_by": ["help_started"],
        "answered_within_days": 60,
    }
    (folder / "rules" / "activities.yml").write_text(json.dumps({"activities": known}))
    (folder / "rules" / "triggers.yml").write_text(json.dumps({"triggers": {"asked": met}}))
    review = everyone(folder)
    rows = fj.demand(review)
    shown = fj.publish(fj.measures.demand(rows), "demand").iloc[0]
    assert shown["period"] == "the whole period" and shown["families"] == 60
    for every, first in (("month", "2024-01"), ("quarter", "2024 Q1"), ("year", "2024")):
        assert fj.publish(fj.measures.demand(rows, every=every), "demand")["period"].tolist()[0] == first
    fired = fj.publish(fj.measures.triggers(fj.find_triggers(review, only=["asked"])), "triggers").iloc[0]
    assert fired[["trigger", "families", "answered", "open", "not_answered"]].tolist() == ["asked twice", 60, 30, 30, 0]
    assert fired["weeks_to_help"] == 3


def test_a_table_too_sparse_to_be_made_safe_says_so_and_shows_nothing(tmp_path, monkeypatch):
    def too_sparse(*given: Any, **more: Any) -> Any:
        raise TooSparse("sparse")

    monkeypatch.setattr(release, "protect", too_sparse)
    shown = fj.publish(fj.measures.agencies(everyone(area(tmp_path / "a"))), "agencies")
    assert set(shown["families"]) == {"c"} and "too sparse" in shown.attrs["note"]
    assert shown["agency"].tolist() == ["GP", "Housing", "Police", "School"]


def test_a_year_and_the_whole_are_one_system(tmp_path):
    folder = area(tmp_path / "a", {"gp": range(60)})
    log = pd.read_csv(folder / "log.csv").assign(activity="asked_for_help")
    log.loc[log.index < 4, "date"] = "2023-03-03"
    log.to_csv(folder / "log.csv", index=False)
    (folder / "rules").mkdir()
    known = {"asked_for_help": {"says": "Asked", "nature": "touch", "asked_by": "family"}}
    (folder / "rules" / "activities.yml").write_text(json.dumps({"activities": known}))
    review = release.everyone(fj.build_journeys(fj.read_contacts(folder), start="2023-01-01", end="2024-12-31"))
    rows = fj.demand(review)
    frames = {"demand": fj.measures.demand(rows), "demand: year": fj.measures.demand(rows, every="year")}
    got = release.together(frames)
    assert got.tables["demand: year"].frame().set_index("period").loc["2023", "families"] == "c"
    whole, later = got.tables["demand"].rows[0][1], got.tables["demand: year"].rows[1][1]
    assert "c" in (whole, later) or whole - later == 5


def test_a_preview_writes_nothing(tmp_path):
    folder = area(tmp_path / "a")
    before = sorted(p.name for p in folder.iterdir())
    fj.publish(fj.measures.agencies(everyone(folder)), "agencies")
    assert sorted(p.name for p in folder.iterdir() if p.name != ".store") == [n for n in before if n != ".store"]


def test_shuffled_rows_give_the_same_table(tmp_path):
    one = area(tmp_path / "a")
    two = area(tmp_path / "b")
    pd.read_csv(two / "log.csv").sample(frac=1, random_state=3).to_csv(two / "log.csv", index=False)
    for name, made in (("agencies", fj.measures.agencies), ("links", fj.measures.links)):
        first, second = (fj.publish(made(everyone(folder)), name) for folder in (one, two))
        pd.testing.assert_frame_equal(first, second)


def test_published_cases_are_counted_for_nobody(tmp_path):
    folder = area(tmp_path / "a", invented=False, reviewed=0, published={"source": "a report", "licence": "OGL"})
    with pytest.raises(PermissionRefused, match="published cases"):
        fj.publish(fj.measures.agencies(review_of(folder)), "agencies")


# The policy


def ruled(folder: Path, **lines: Any) -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "disclosure.yml").write_text(json.dumps(lines), encoding="utf-8")
    return folder


def test_a_folder_may_be_stricter(tmp_path):
    folder = ruled(area(tmp_path / "a"), threshold=30)
    assert policy_of(open_folder(folder)).rule.threshold == 30
    assert families(fj.publish(fj.measures.agencies(everyone(folder)), "agencies"))["Police"] == "c"


def test_a_folder_is_less_strict_only_with_a_name_and_a_reason(tmp_path):
    folder = ruled(area(tmp_path / "a"), threshold=8)
    with pytest.raises(RuleError, match="threshold is 8 here and 10 in the kit's own rules"):
        policy_of(open_folder(folder))
    with pytest.raises(RuleError, match="less strict"):
        policy_of(open_folder(ruled(folder, threshold=8, approved_by="head of early help")))
    said = {"approved_by": "head of early help", "reason": "agreed by the board"}
    policy = policy_of(open_folder(ruled(folder, threshold=8, **said)))
    assert policy.rule.threshold == 8 and "head of early help" in policy.because
    table = release.together({"agencies": fj.measures.agencies(everyone(folder))}).tables["agencies"]
    assert "agreed by the board" in table.record["because"]


def test_nobody_may_go_under_eight(tmp_path):
    folder = ruled(area(tmp_path / "a"), threshold=7, approved_by="head", reason="because")
    with pytest.raises(RuleError, match=r"disclosure.yml, line 1: threshold is a whole number of 8 or more"):
        policy_of(open_folder(folder))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"treshold": 12}, "Did you mean 'threshold'"),
        ({"base": 0}, "base is a whole number of 1"),
        ({"base": 25}, "base is 25, and more than the threshold"),
        ({"threshold": True}, "threshold is a whole number"),
        ({"sensitive": "police"}, "sensitive is a list of words"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path, lines, said):
    with pytest.raises(RuleError, match=said):
        policy_of(open_folder(ruled(area(tmp_path / "a"), **lines)))


def test_the_strictest_suppliers_rule_wins(tmp_path):
    folder = area(tmp_path / "a", files={"log": {"least_families": 25}})
    assert policy_of(open_folder(folder)).rule.threshold == 25
    assert families(fj.publish(fj.measures.agencies(everyone(folder)), "agencies"))["Police"] == "c"
    assert policy_of(open_folder(area(tmp_path / "b", files={"log": {"least_families": 5}}))).rule.threshold == 10


# The ledger


def test_a_figure_that_changed_by_one_family_stands_as_it_was_released(tmp_path):
    folder = area(tmp_path / "a")
    first = released(folder)
    area(folder, MET | {"police": range(27)})
    assert families(fj.publish(fj.measures.agencies(everyone(folder)), "agencies"))["Police"] == first["Police"] == 25
    area(folder, MET | {"police": range(34)})
    assert families(fj.publish(fj.measures.agencies(everyone(folder)), "agencies"))["Police"] in (35, "c")


def test_a_figure_that_stands_says_so_without_saying_whether_it_changed(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    same = fj.publish(fj.measures.agencies(everyone(folder)), "agencies").attrs["note"]
    area(folder, MET | {"police": range(25)})
    assert fj.publish(fj.measures.agencies(everyone(folder)), "agencies").attrs["note"] == same
    assert "which of the two is not told" in same


def released(folder: Path, on: dt.date = dt.date(2026, 1, 5)) -> dict[str, Any]:
    """The agencies' table goes into the ledger, as a release would write it."""
    home = folder / release.HOME
    ledger = ledgers.read(home) or ledgers.begin(home)
    got = release.together({"agencies": fj.measures.agencies(everyone(folder))}, on=on, ledger=ledger)
    policy = got.policy
    given = (got.figures, got.published, got.populations, policy.rule, policy.afresh_after)
    ledger.refuse_overlaps(got.populations, policy.rule.threshold)
    ledger.record(f"run{on}", on, *given)
    ledger.rests |= got.rests
    ledger.write()
    return families(got.tables["agencies"].frame())


def test_what_stood_for_a_year_is_counted_afresh_once_ten_families_have_come_or_gone(tmp_path):
    folder = area(tmp_path / "a")
    first = released(folder)
    area(folder, MET | {"police": range(6, 34)})
    # 24 became 28, by ten who came and six who went.
    assert released(folder, dt.date(2026, 6, 1))["Police"] == first["Police"] == 25
    assert released(folder, dt.date(2027, 1, 5))["Police"] in (30, "c")


def test_what_rests_on_a_figure_that_stands_stands_with_it(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    before = fj.publish(fj.measures.agencies(everyone(folder)), "agencies").set_index("agency")
    area(folder, MET | {"police": [*range(1, 24), 59]})
    log = pd.read_csv(folder / "log.csv")
    more = log[log["agency"] == "police"].assign(id=lambda f: "again" + f["id"], date="2024-06-01")
    pd.concat([log, more]).to_csv(folder / "log.csv", index=False)
    after = fj.publish(fj.measures.agencies(everyone(folder)), "agencies").set_index("agency")
    assert before.loc["Police"].tolist() == after.loc["Police"].tolist()


def test_a_period_that_counts_nearly_the_same_families_stands_as_the_other_was_released(tmp_path):
    folder = area(tmp_path / "a")
    first = released(folder)
    longer = fj.build_journeys(fj.read_contacts(folder), start="2023-12-01", end="2024-12-31")
    shown = families(fj.publish(fj.measures.agencies(release.everyone(longer)), "agencies"))
    assert shown == first


def test_a_population_that_differs_by_a_few_is_refused_and_both_are_named(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    ledger = ledgers.read(folder / release.HOME)
    few = fj.build_journeys(
        fj.read_contacts(folder), start="2024-01-01", end="2024-11-30", families=[f"F{n:03}" for n in range(55)]
    )
    got = release.together({"agencies": fj.measures.agencies(few)}, ledger=ledger)
    with pytest.raises(RequestError, match=r"1 January 2024 to 30 November 2024.*1 January 2024 to 31 December 2024"):
        ledger.refuse_overlaps(got.populations, 10)


def test_a_ledger_that_is_missing_cut_changed_or_old_is_refused_and_never_a_first_release(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    home = folder / release.HOME
    ledger, key = home / ledgers.LEDGER, home / ledgers.SECRET
    whole = ledger.read_bytes()
    assert len(ledgers.read(home, 1).releases) == 1
    with pytest.raises(ledgers.LedgerRefused, match="old copy"):
        ledgers.read(home, 2)
    for broken in (whole[:-20], b"", b"[]", whole.replace(b'"true": 24', b'"true": 34'), b'{"schema": 1}'):
        ledger.write_bytes(broken)
        with pytest.raises(ledgers.LedgerRefused, match=r"cannot be read|changed by another hand"):
            ledgers.read(home)
    later = json.loads(whole) | {"schema": 2}
    ledger.write_text(json.dumps(later))
    with pytest.raises(ledgers.LedgerRefused, match="schema 2"):
        ledgers.read(home)
    ledger.unlink()
    with pytest.raises(ledgers.LedgerRefused, match="is missing"):
        ledgers.read(home)
    key.unlink()
    with pytest.raises(ledgers.LedgerRefused, match="3 were released before"):
        ledgers.read(home, 3)
    assert ledgers.read(home) is None


def test_a_publish_looks_at_the_ledger_and_refuses_a_broken_one(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    (folder / release.HOME / ledgers.LEDGER).unlink()
    with pytest.raises(ledgers.LedgerRefused):
        fj.publish(fj.measures.agencies(everyone(folder)), "agencies")


def test_a_threshold_that_was_raised_hides_what_was_shown_under_it(tmp_path):
    folder = area(tmp_path / "a")
    assert released(folder)["Police"] == 25
    ruled(folder, threshold=30)
    assert families(fj.publish(fj.measures.agencies(everyone(folder)), "agencies"))["Police"] == "c"


def test_the_ledger_names_no_family(tmp_path):
    folder = area(tmp_path / "a")
    released(folder)
    assert "F00" not in (folder / release.HOME / ledgers.LEDGER).read_text("utf-8")
