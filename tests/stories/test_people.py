"""Records into persons: what joins two of them, what never does, and what people are asked. Everybody is invented."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from journeys.linkrules import load_link_rules
from journeys.people import Links
from lib.errors import RequestError

BORN = dt.date(2015, 2, 11)
NHS, OTHER_NHS = "943 476 5919", "4010232137"
UPN = "A123456789012"
ADA = {
    "first_name": "Ada",
    "last_name": "Okafor",
    "date_of_birth": BORN,
    "postcode": "PO1 2AB",
    "address": "3 Mill Road",
}


def link(*rows: dict[str, Any], **more: Any) -> Links:
    """Link rows that each name their record under `id`."""
    return fj.link_people(
        pd.DataFrame([{"record_id": r["id"]} | {k: v for k, v in r.items() if k != "id"} for r in rows]), **more
    )


def one(record: str, **values: Any) -> dict[str, Any]:
    return {"id": record, **values}


def outcome(links: Links, a: str, b: str) -> str:
    """same where they are one person; else what is said of the pair, or nothing."""
    whose = dict(zip(links.persons["record_id"], links.persons["person"], strict=True))
    if whose[a] == whose[b]:
        return "same"
    pair = links.pairs[(links.pairs["record_a"] == min(a, b)) & (links.pairs["record_b"] == max(a, b))]
    return "" if pair.empty else str(pair.iloc[0]["outcome"])


def said(**differs: Any) -> str:
    """What is said of Ada's school record and a police record that differs so."""
    return outcome(link(one("school:1", **ADA), one("police:9", **(ADA | differs))), "school:1", "police:9")


def test_names_birth_date_and_home_make_one_person():
    assert said() == "same"


@pytest.mark.parametrize(
    "differs",
    [
        {"date_of_birth": dt.date(2015, 11, 2)},
        {"date_of_birth": dt.date(2015, 2, 12)},
        {"last_name": "Okafr"},
        {"first_name": "Okafor", "last_name": "Ada"},
        {"postcode": "po12ab", "address": "3, MILL ROAD"},
    ],
    ids=["day and month turned", "one figure", "a letter left out", "names turned", "written another way"],
)
def test_one_typing_error_still_makes_one_person(differs: dict[str, Any]):
    assert said(**differs) == "same"


def test_a_short_form_is_the_same_name_and_another_name_is_not():
    william = ADA | {"first_name": "William"}
    bill = link(one("school:1", **william), one("police:9", **(william | {"first_name": "Bill"})))
    assert outcome(bill, "school:1", "police:9") == "same"
    assert said(first_name="Ben") == "not"


def test_a_son_with_his_fathers_name_at_his_fathers_home_is_not_his_father():
    assert said(date_of_birth=dt.date(1985, 7, 30), phone="07700900123") == "not"


def test_twins_are_two_even_a_letter_apart_where_one_supplier_holds_both():
    mia, mya = ADA | {"first_name": "Mira"}, ADA | {"first_name": "Mirra"}
    links = link(one("school:1", **mia), one("school:2", **mya), one("police:9", **mya))
    assert outcome(links, "school:2", "police:9") == "same"
    assert outcome(links, "school:1", "school:2") == outcome(links, "school:1", "police:9") == "ask"


def test_without_a_birth_date_people_are_asked():
    assert said(date_of_birth=None) == "ask"


def test_a_valid_number_with_birth_date_and_first_name_joins_after_a_move_and_a_marriage():
    before = one("health:1", **(ADA | {"nhs_number": NHS}))
    after = one("social:2", first_name="Ada", last_name="Brown", date_of_birth=BORN, nhs_number=NHS.replace(" ", ""))
    assert outcome(link(before, after), "health:1", "social:2") == "same"
    school = one("school:1", **ADA, upn=UPN)
    by_upn = link(school, one("social:2", first_name="Ada", last_name="Brown", date_of_birth=BORN, upn=UPN))
    assert "UPN" in by_upn.pairs.iloc[0]["because"]


def test_two_valid_numbers_are_never_one_person_without_people():
    two = link(one("health:1", **(ADA | {"nhs_number": NHS})), one("social:2", **(ADA | {"nhs_number": OTHER_NHS})))
    assert outcome(two, "health:1", "social:2") == "ask"


def test_a_wrong_check_digit_takes_the_number_off_and_is_counted_and_the_record_stays():
    bare = {"first_name": "Ada", "date_of_birth": BORN}
    wrong = link(one("health:1", **bare, nhs_number="943 476 5918"), one("social:2", **bare, nhs_number="943 476 5918"))
    assert len(wrong.persons) == 2
    assert outcome(wrong, "health:1", "social:2") != "same"
    assert wrong.left_out.values.tolist() == [["nhs_number", "check digit", 2]]


def test_a_number_borne_by_two_people_is_no_evidence_for_anybody():
    ben = {"first_name": "Ben", "last_name": "Shah", "date_of_birth": dt.date(2011, 5, 6), "nhs_number": NHS}
    far = {"first_name": "Ada", "date_of_birth": BORN, "nhs_number": NHS}
    links = link(one("health:1", **far), one("police:2", **far), one("social:3", **ben))
    assert links.persons["person"].nunique() == 3
    assert ["nhs_number", "borne by two different people", 3] in links.left_out.values.tolist()


NOTHING = ["", " ", "Unknown", "n/a", "Not known", "-", "."]


@pytest.mark.parametrize("nothing", [None, float("nan"), *NOTHING])
def test_nothing_never_joins_nothing(nothing: Any):
    texts = ("first_name", "last_name", "sex", "postcode", "address", "uprn", "nhs_number", "upn", "phone", "email")
    links = link(*(one(f"{s}:1", **dict.fromkeys(texts, nothing)) for s in ("school", "police", "health")))
    assert links.pairs.empty
    assert links.persons["person"].nunique() == 3


@pytest.mark.parametrize(
    ("column", "placeholder"),
    [
        ("nhs_number", "0000000000"),
        ("nhs_number", "9999999999"),
        ("date_of_birth", dt.date(1900, 1, 1)),
        ("first_name", "Baby"),
        ("postcode", "ZZ99 3WZ"),
        ("phone", "00000 000000"),
        ("email", "none@none.com"),
    ],
)
def test_a_placeholder_is_no_evidence_and_is_counted(column: str, placeholder: Any):
    names = {"first_name": "Ada", "last_name": "Okafor", "date_of_birth": BORN}
    with_it = link(
        one("school:1", **(names | {column: placeholder})), one("police:9", **(names | {column: placeholder}))
    )
    without = link(one("school:1", **(names | {column: None})), one("police:9", **(names | {column: None})))
    assert with_it.left_out["records"].tolist() == [2]
    assert with_it.pairs.drop(columns=["record_a", "record_b"]).equals(
        without.pairs.drop(columns=["record_a", "record_b"])
    )


@pytest.mark.parametrize(("sharers", "is_evidence"), [(15, True), (16, False)])
def test_a_telephone_of_more_than_fifteen_people_is_no_evidence(sharers: int, is_evidence: bool):
    names = [
        "Ada",
        "Ben",
        "Cleo",
        "Dev",
        "Esme",
        "Finn",
        "Gwen",
        "Hugo",
        "Ivy",
        "Jack",
        "Kian",
        "Lena",
        "Mo",
        "Nell",
        "Olga",
        "Petr",
    ]
    rows = [
        one(
            f"school:{n}",
            first_name=names[n],
            last_name=f"Q{names[n]}son",
            date_of_birth=dt.date(1970 + n, 3, 4),
            phone="01632 960123",
        )
        for n in range(sharers)
    ]
    again = one("police:1", **{k: v for k, v in rows[0].items() if k != "id"})
    links = link(*rows, again)
    row = links.pairs[links.pairs["record_a"] == "police:1"].iloc[0]
    assert (row["phone"] == "telephone: same") is is_evidence


def test_a_confidential_record_is_not_compared_by_where_it_lives():
    hidden = one("social:2", **ADA, phone="01632 960123", email="a@b.example", uprn="100", confidential=True)
    links = link(one("school:1", **ADA, phone="01632 960123", email="a@b.example", uprn="100"), hidden)
    pair = links.pairs.iloc[0]
    assert pair[["home", "phone", "email"]].tolist() == ["", "", ""]
    assert set(links.left_out[links.left_out["because"] == "confidential"]["column"]) == {
        *("address", "email", "phone", "postcode", "uprn")
    }
    assert links.persons["is_confidential"].tolist() == [outcome(links, "school:1", "social:2") == "same", True]


# People


def decide(word: str, on: dt.date = dt.date(2026, 3, 1), a: str = "school:1", b: str = "police:9") -> dict[str, Any]:
    return {"record_a": a, "record_b": b, "decision": word, "decided_by": "data lead", "decided_on": on}


def test_what_people_decided_is_obeyed_against_all_weights():
    same, ben = [one("school:1", **ADA), one("police:9", **ADA)], one("police:9", **(ADA | {"first_name": "Ben"}))
    assert outcome(link(*same, decisions=[decide("not")]), "school:1", "police:9") == "not"
    assert outcome(link(same[0], ben, decisions=[decide("same")]), "school:1", "police:9") == "same"
    assert outcome(link(*same, decisions=[decide("cannot tell")]), "school:1", "police:9") == "ask"


def test_the_latest_word_holds_and_two_words_of_one_day_are_asked_again():
    same = [one("school:1", **ADA), one("police:9", **ADA)]
    later = decide("same", dt.date(2026, 3, 2))
    assert outcome(link(*same, decisions=[later, decide("not")]), "school:1", "police:9") == "same"
    assert outcome(link(*same, decisions=[decide("same"), decide("not")]), "school:1", "police:9") == "ask"


def test_a_pair_that_is_never_to_be_joined_is_kept_apart_whoever_decides_and_through_others_too():
    three = [one("school:1", **ADA), one("police:9", **ADA), one("health:5", **ADA)]
    links = link(*three, never=[("police:9", "school:1")], decisions=[decide("same")])
    assert outcome(links, "school:1", "police:9") == "not"
    # Which of the two the third belongs to, nothing says: it is asked, not drawn by lot.
    assert outcome(links, "health:5", "school:1") == outcome(links, "health:5", "police:9") == "ask"


def test_two_decisions_cannot_join_a_protected_pair_through_a_third():
    three = [one("school:1", **ADA), one("police:9", **ADA), one("health:5", **ADA)]
    both = [decide("same", b="health:5"), decide("same", a="police:9", b="health:5")]
    links = link(*three, never=[("police:9", "school:1")], decisions=both)
    whose = dict(zip(links.persons["record_id"], links.persons["person"], strict=True))
    assert whose["school:1"] != whose["police:9"]


def test_a_not_between_two_records_keeps_them_apart_through_a_third():
    three = [
        one("school:1", **ADA),
        one("police:9", **ADA),
        one("health:5", **ADA, nhs_number=NHS),
        one("social:6", **ADA, nhs_number=NHS),
    ]
    links = link(*three, decisions=[decide("not")])
    whose = dict(zip(links.persons["record_id"], links.persons["person"], strict=True))
    assert whose["school:1"] != whose["police:9"]
    assert whose["health:5"] == whose["social:6"]


@pytest.mark.parametrize("broken", [{"decision": "maybe"}, {"decided_by": ""}, {"decided_on": None}])
def test_a_decision_that_cannot_be_read_is_refused_by_its_row_and_no_value(broken: dict[str, Any]):
    with pytest.raises(RequestError, match="decisions, row 1") as refused:
        link(one("school:1", **ADA), one("police:9", **ADA), decisions=[decide("same") | broken])
    assert "Ada" not in str(refused.value) and "police:9" not in str(refused.value)


# Chains, sizes, order


def test_a_chain_of_typing_errors_does_not_join_two_birth_dates():
    days = [dt.date(2015, 2, 11), dt.date(2015, 2, 21), dt.date(2015, 2, 22)]
    links = link(*(one(f"agency{n}:1", **(ADA | {"date_of_birth": day})) for n, day in enumerate(days)))
    whose = links.persons["person"].tolist()
    assert whose[0] != whose[2]
    assert "ask" in set(links.pairs["outcome"])


def test_more_records_than_one_person_has_are_asked_about():
    cap = load_link_rules().caps.one_person
    rows = [one(f"a{n:02d}:1", **ADA) for n in range(cap + 1)]
    assert link(*rows[:cap]).persons["person"].nunique() == 1
    assert link(*rows).persons["person"].nunique() == cap + 1


@pytest.mark.parametrize("n", [0, 1, 2, 10])
def test_few_records_are_weighed_as_declared_and_the_model_says_so(n: int):
    rows = [{"record_id": f"school:{i}", "first_name": "Ada", "last_name": "Okafor"} for i in range(n)]
    links = fj.link_people(pd.DataFrame(rows, columns=["record_id", "first_name", "last_name"]))
    assert len(links.persons) == n
    assert "as declared" in links.model["made_by"]


def test_the_order_of_rows_changes_nothing():
    from tests.bench.make_people import people, records

    rows, _ = records(people(25, 11), 11)
    first = fj.link_people(pd.DataFrame(rows))
    random.Random(5).shuffle(rows)
    again = fj.link_people(pd.DataFrame(rows))
    assert first.persons.equals(again.persons)
    assert first.pairs.equals(again.pairs)
    assert first.model == again.model


def test_no_evidence_holds_a_value():
    links = link(one("school:1", **ADA, phone="01632 960123"), one("police:9", **ADA, phone="01632 960123"))
    text = (repr(links) + links.pairs.drop(columns=["record_a", "record_b"]).to_csv() + repr(links.model)).casefold()
    for value in ("okafor", "2015", "po1", "mill", "960123"):
        assert value not in text
