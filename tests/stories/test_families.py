"""People into families from declared evidence: each rule, and the edge beside it."""

from __future__ import annotations

import random
from dataclasses import replace

import pandas as pd
import pytest

from journeys.columns import SEPARATED
from journeys.evidence import read_evidence
from journeys.kinrules import load_kinship
from journeys.sources import RULES
from lib.errors import RuleError
from tests.stories.kin import (
    RULES_IN_FORCE,
    days_of,
    evidence_of,
    families_of,
    homes,
    persons_of,
    records_of,
)


def test_one_household_id_over_the_same_days_is_a_family() -> None:
    assert homes("""
        id  household
        a   school:H1
        b   school:H1
        c   school:H2
        """) == ["a b"]


def test_household_ids_of_two_suppliers_are_never_the_same() -> None:
    assert (
        homes("""
        id  household
        a   school:1
        b   police:1
        """)
        == []
    )


def test_from_the_later_first_day_to_the_earlier_last() -> None:
    assert days_of("""
        id  household  from        to
        a   school:H1  2024-01-01  2024-06-01
        b   school:H1  2024-03-01  –
        """) == [
        "a in a+b, 2024-03-01 to 2024-06-01: same household",
        "b in a+b, 2024-03-01 to –: same household",
    ]


def test_whom_a_family_leaves_behind_is_a_family_of_one_for_as_long_as_there_is_a_record() -> None:
    assert days_of("""
        id  household  from        to
        a   school:H1  2024-01-01  2024-06-01
        b   school:H1  2024-01-01  2024-03-01
        """) == [
        "a in a+b, 2024-01-01 to 2024-06-01: same household",
        "b in a+b, 2024-01-01 to 2024-03-01: same household",
    ]


def test_who_moves_out_as_another_moves_in_was_never_together_with_them() -> None:
    moves = """
        id  household  from        to
        a   school:H1  2024-01-01  2024-06-01
        b   school:H1  {day}       –
        """
    assert homes(moves.format(day="2024-06-01")) == []
    assert homes(moves.format(day="2024-05-31")) == ["a b"]


def test_somebody_who_moves_is_in_one_family_at_a_time() -> None:
    assert days_of("""
        id  household  from        to
        p   school:H1  2024-01-01  2024-06-01
        p   school:H2  2024-06-01  –
        q   school:H1  2024-01-01  –
        r   school:H1  2024-01-01  –
        s   school:H2  2024-01-01  –
        t   school:H2  2024-01-01  –
        """) == [
        "p in p+q+r, 2024-01-01 to 2024-06-01: same household",
        "p in p+s+t, 2024-06-01 to –: same household",
        "q in p+q+r, 2024-01-01 to –: same household",
        "r in p+q+r, 2024-01-01 to –: same household",
        "s in p+s+t, 2024-01-01 to –: same household",
        "t in p+s+t, 2024-01-01 to –: same household",
    ]


def test_an_address_without_a_last_day_ends_where_the_same_suppliers_next_one_begins() -> None:
    text = """
        id  person  household  from
        p   p       school:H1  2024-01-01
        p   p       school:H2  2024-06-01
        q   q       school:H1  2024-01-01
        s   s       school:H2  2024-01-01
        """
    assert homes(text) == ["p q", "p s"]
    assert days_of(text)[2] == "q in p+q, 2024-01-01 to –: same household"
    assert homes(text, replace(RULES_IN_FORCE, ends_with_next=False)) == ["p q s"]


PLACES = {
    "the same UPRN": ("Hill", "100", "–", "–", "Hill", "0100", "–", "–", True),
    "another UPRN": ("Hill", "100", "–", "–", "Hill", "101", "–", "–", False),
    "the same UPRN and no name in common": ("Hill", "100", "–", "–", "Dale", "100", "–", "–", False),
    "the same line and postcode, however written": (
        "Hill",
        "–",
        "1 High St.",
        "PO1 2AB",
        "HILL",
        "–",
        "1, high st",
        "po12ab",
        True,
    ),
    "the same line and another postcode": (
        "Hill",
        "–",
        "1 High St",
        "PO1 2AB",
        "Hill",
        "–",
        "1 High St",
        "PO1 2AC",
        False,
    ),
    "another line in one postcode": ("Hill", "–", "1 High St", "PO1 2AB", "Hill", "–", "2 High St", "PO1 2AB", False),
    "no postcode": ("Hill", "–", "1 High St", "–", "Hill", "–", "1 High St", "–", False),
    "no address line": ("Hill", "–", "–", "PO1 2AB", "Hill", "–", "–", "PO1 2AB", False),
    "a postcode that is none": ("Hill", "–", "1 High St", "ZZ", "Hill", "–", "1 High St", "ZZ", False),
    "no surnames": ("–", "100", "–", "–", "–", "100", "–", "–", False),
    "a surname that stands for none": ("Unknown", "100", "–", "–", "Unknown", "100", "–", "–", False),
    "a UPRN of noughts": ("Hill", "0000", "–", "–", "Hill", "0000", "–", "–", False),
    "no fixed abode": ("Hill", "–", "No Fixed Abode", "PO1 2AB", "Hill", "–", "no fixed abode", "PO1 2AB", False),
}


@pytest.mark.parametrize("name", PLACES)
def test_one_address_and_a_surname_in_common(name: str) -> None:
    *cells, joined = PLACES[name]
    rows = ["  ".join((who, *cells[n : n + 4])) for who, n in (("a", 0), ("b", 4))]
    assert homes("\n".join(["id  surname  uprn  address  postcode", *rows])) == (["a b"] if joined else [])


BLANKS = ["–", "school:", "school:0", "school:000", "school:unknown", "school:N/A", "school:9999", "school: "]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_household_joins_nobody(blank: str) -> None:
    assert homes(f"id  household\na  {blank}\nb  {blank}") == []


def test_a_household_of_fifteen_is_a_family_and_of_sixteen_joins_nobody_and_is_counted() -> None:
    def drawn(people: int) -> str:
        return "id  household\n" + "\n".join(f"p{n:02}  school:H1" for n in range(people))

    assert len(homes(drawn(15))) == 1
    assert homes(drawn(16)) == []
    evidence = evidence_of(drawn(16))
    assert (evidence.shared_keys["household"], evidence.shared_people["household"]) == (1, 16)
    assert not families_of(drawn(16)).held


def test_a_hostel_is_one_however_few_are_there_at_a_time() -> None:
    rows = [f"p{n:02}  hostel:1  {2000 + n}-01-01  {2001 + n}-06-01" for n in range(16)]
    assert homes("\n".join(["id  household  from  to", *rows])) == []


def test_two_records_of_one_person_count_once() -> None:
    rows = [f"r{n:02}  p{n // 2:02}  school:H1" for n in range(30)]
    assert len(homes("\n".join(["id  person  household", *rows]))) == 1


def test_who_come_out_more_than_fifteen_are_held_and_in_no_family() -> None:
    def chain(people: int) -> str:
        rows = [f"p{n:02}  k:{10 + n}" for n in range(people)] + [f"p{n:02}  k:{10 + n - 1}" for n in range(1, people)]
        return "id  household\n" + "\n".join(rows)

    rules = replace(RULES_IN_FORCE, ends_with_next=False)
    assert len(homes(chain(15), rules)) == 1
    found = families_of(chain(16), rules)
    assert not found.members
    assert len(found.held) == 16


# Parents and children

TWO_ROOFS = """
    id  household  parents  from
    m   k:11       –        –
    f   k:12       –        –
    c   k:11       m;f      2020-05-01
    """


def test_a_child_whose_parents_live_apart_is_in_both_families_and_says_so() -> None:
    assert days_of(TWO_ROOFS) == [
        "c in c+f, 2020-05-01 to –: separated parents",
        "c in c+m, 2020-05-01 to –: separated parents",
        "f in c+f, 2020-05-01 to –: parent and child",
        "m in c+m, 2020-05-01 to –: same household; parent and child",
    ]
    assert SEPARATED == "separated parents"


def test_parents_under_one_roof_are_one_family() -> None:
    assert homes(TWO_ROOFS.replace("k:12", "k:11")) == ["c f m"]


def test_parents_who_part_are_one_family_until_then() -> None:
    assert days_of("""
        id  household  parents  from        to
        m   k:11       –        2020-01-01  –
        d   k:11       m;f      2020-01-01  –
        f   k:11       –        2020-01-01  2023-01-01
        f   k:12       –        2023-01-01  –
        """) == [
        "d in d+f+m, 2020-01-01 to 2023-01-01: same household; parent and child",
        "d in d+f+m, 2023-01-01 to –: separated parents",
        "d in d+f, 2023-01-01 to –: separated parents",
        "f in d+f+m, 2020-01-01 to 2023-01-01: same household; parent and child",
        "f in d+f, 2023-01-01 to –: parent and child",
        "m in d+f+m, 2020-01-01 to –: same household; parent and child",
    ]


def test_parents_of_whom_nothing_says_that_they_live_together_are_not_joined_by_their_child() -> None:
    assert homes("""
        id  parents
        m   –
        f   –
        c   m;f
        """) == ["c f", "c m"]


def test_one_parent_and_a_child_of_whom_no_home_is_known_are_a_family() -> None:
    assert homes("""
        id  parents
        m   –
        c   m
        """) == ["c m"]


def test_a_child_who_lives_with_a_grandparent_is_in_that_family_and_in_the_parents() -> None:
    assert days_of("""
        id  household  parents
        g   k:11       –
        c   k:11       m
        m   k:12       –
        """) == [
        "c in c+g, – to –: separated parents",
        "c in c+m, – to –: separated parents",
        "g in c+g, – to –: same household",
        "m in c+m, – to –: parent and child",
    ]


def test_two_parents_with_families_of_their_own_are_not_joined_by_a_child() -> None:
    assert homes("""
        id  household  parents
        m   k:11       –
        n   k:11       –
        f   k:12       –
        s   k:12       –
        c   k:11       m;f
        """) == ["c f s", "c m n"]


def test_a_parents_word_joins_up_to_the_eighteenth_birthday() -> None:
    text = """
        id  parents  born
        m   –        –
        c   m        2006-02-28
        """
    assert days_of(text)[1] == "m in c+m, – to 2024-02-28: parent and child"
    assert days_of(text.replace("2006-02-28", "2004-02-29"))[1] == "m in c+m, – to 2022-03-01: parent and child"
    assert days_of(text.replace("2006-02-28", "–"))[1] == "m in c+m, – to –: parent and child"


def test_a_parent_who_is_in_no_record_and_a_parent_of_oneself_join_nobody_and_the_first_is_counted() -> None:
    text = """
        id  person  parents
        c   c       school:gone
        d   d       e
        e   d       –
        """
    assert homes(text) == []
    assert evidence_of(text).unknown_parents == 1


def test_whoever_is_the_parent_of_sixteen_is_an_office_and_joins_nobody() -> None:
    def drawn(children: int) -> str:
        return "\n".join(["id  parents", "m  –", *(f"c{n:02}  m" for n in range(children))])

    rules = replace(RULES_IN_FORCE, most_in_family=30)
    assert len(homes(drawn(15), rules)) == 1
    assert homes(drawn(16), rules) == []
    assert evidence_of(drawn(16)).shared_keys["parent"] == 1


def test_a_child_of_sixteen_parents_is_no_evidence() -> None:
    rows = [f"p{n:02}  –" for n in range(16)]
    text = "\n".join(["id  parents", *rows, "c  " + ";".join(f"p{n:02}" for n in range(16))])
    assert homes(text) == []


# Confidential

PROTECTED = """
    id  person  surname  household  uprn  parents  confidential
    m   m       Hill     k:11       100   –        yes
    n   m       Hill     k:12       101   –        –
    c   c       Hill     k:11       100   m        –
    f   f       Hill     k:12       101   –        –
    """


def test_a_confidential_person_is_joined_by_no_household_and_no_address_of_any_record() -> None:
    assert homes(PROTECTED) == ["c m"]
    assert homes(PROTECTED.replace("yes", "–")) == ["c f m"]


def test_a_refuge_is_counted_with_those_who_are_confidential_and_joins_nobody_else() -> None:
    rows = [f"p{n:02}  k:11  {'yes' if n < 8 else '–'}" for n in range(16)]
    assert homes("\n".join(["id  household  confidential", *rows])) == []
    few = "\n".join(["id  household  confidential", *rows[:15]])
    assert homes(few) == [" ".join(f"p{n:02}" for n in range(8, 15))]


# What people decided


def test_two_whom_a_person_decided_to_be_one_family_are() -> None:
    text = "id  household\na  k:11\nb  k:11\nc  –"
    assert homes(text, together=[("c", "a")]) == ["a b c"]
    assert "c in a+b+c, – to –: decided by hand" in days_of(text, together=[("c", "a")])


def test_two_who_are_never_one_family_are_not_and_whom_others_join_are_held() -> None:
    two = "id  household\na  k:11\nb  k:11"
    assert homes(two, never=[frozenset("ab")]) == []
    assert not families_of(two, never=[frozenset("ab")]).held
    three = families_of(f"{two}\nc  k:11", never=[frozenset("ab")])
    assert not three.members
    assert {spell.member for spell in three.held} == {"a", "b", "c"}


def test_a_child_is_not_taken_into_the_family_of_a_parent_who_is_never_to_be_in_one_with_it() -> None:
    assert homes(TWO_ROOFS, never=[frozenset("cf")]) == ["c m"]


# What never matters, and what may be changed


def test_who_is_joined_to_nobody_is_a_family_of_one_and_need_not_be() -> None:
    text = "id  household\na  –\nb  –"
    assert {(m.family, m.person) for m in families_of(text).members} == {("1", "a"), ("2", "b")}
    assert not families_of(text, replace(RULES_IN_FORCE, alone=False)).members


def test_days_out_of_order_join_nobody_and_are_counted() -> None:
    text = """
        id  household  from        to
        a   k:11       2024-06-01  2024-06-01
        b   k:11       –           –
        """
    assert homes(text) == []
    assert evidence_of(text).backward == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_never_matters(seed: int) -> None:
    rng = random.Random(seed)
    lines = ["id  household  surname  uprn  parents  from"]
    for n in range(40):
        parents = f"p{rng.randrange(40):02};p{rng.randrange(40):02}" if rng.random() < 0.3 else "–"
        lines.append(
            f"p{n:02}  k:{rng.randrange(10, 25)}  {rng.choice(['Hill', 'Dale'])}  {rng.randrange(100, 130)}  {parents}  "
            f"20{rng.randrange(10, 20)}-01-01"
        )
    text = "\n".join(lines)
    records, persons = records_of(text), persons_of(text)
    mixed = records.iloc[rng.sample(range(len(records)), len(records))].reset_index(drop=True)
    assert read_evidence(mixed, persons, RULES_IN_FORCE) == read_evidence(records, persons, RULES_IN_FORCE)
    shuffled = "\n".join([lines[0], *rng.sample(lines[1:], len(lines) - 1)])
    assert families_of(shuffled) == families_of(text)


def test_cells_that_are_missing_as_pandas_has_it_join_nobody() -> None:
    records = records_of("id  household\na  –\nb  –")
    for name in ("household_id", "address", "postcode", "uprn", "last_name", "date_of_birth", "from_date"):
        records[name] = pd.Series([None, float("nan")], dtype=object)
    assert not read_evidence(records, {"a": "a", "b": "b"}, RULES_IN_FORCE).pairs


def test_a_council_switches_a_kind_off_and_sets_its_own_cap(tmp_path) -> None:
    own = tmp_path / "kinship.yml"
    own.write_text("most_in_family: 3\nkinship:\n  household: {most: 2}\n  address: {in_force: false}\n")
    rules = load_kinship([RULES / "kinship.yml", own])
    assert homes("id  household\na  k:11\nb  k:11\nc  k:11", rules) == []
    assert homes("id  surname  uprn\na  Hill  100\nb  Hill  100", rules) == []
    assert rules.most_in_family == 3


WRONG = {
    "kinship: {household: {most: 0}}": "greater than 0",
    "kinship: {household: {shape: house}}": "'household', 'parent' or 'address' is expected",
    "kinship: {household: {until_age: 3}}": "until_age stands only with shape parent",
    "kinship: {again: {says: x, why: x, source: x, mark: local, most: 2, shape: parent}}": "both of shape parent",
    "most_in_family: 1": "2 or more",
    "alone: perhaps": "true or false",
    "blanks: [1]": "a list of words",
    "parents_apart: never": "unknown key",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_rule_that_cannot_be_used_is_told_with_its_line(tmp_path, text: str) -> None:
    own = tmp_path / "kinship.yml"
    own.write_text(text)
    with pytest.raises(RuleError, match="line 1") as told:
        load_kinship([RULES / "kinship.yml", own])
    assert WRONG[text] in str(told.value)
