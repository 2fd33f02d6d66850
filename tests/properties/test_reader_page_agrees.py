"""What is not on a reader's page changes nothing on it; and a slow and obvious loop finds the same page."""

from __future__ import annotations

import datetime as dt
import random

import pandas as pd
import pytest

import journeys as fj
from journeys.readerpage import page_proposals
from tests.stories.readers import book_with, household

PERSONS = ["ana", "gp9", "ben", "kim", "lee", None]
OTHERS = ["ben", None]
KINDS = [
    *("request_for_help", "letter_sent", "meeting", "absence_ill", "referral", "domestic_abuse_incident", "disclosure"),
    *("marac_referral", "csc_contact", "appointment_missed", "help_started", "present", "a word of their own"),
]
AGENCIES = ["school", "gp", "police", "social_care", "family", "an agency of their own"]
FIRST = dt.date(2023, 1, 1)


def day_of(rng):
    day = FIRST + dt.timedelta(days=rng.randrange(720))
    return rng.choice([f"{day}", f"{day}", f"{day} 10:{day.day:02d}", f"{day:%Y-%m}", f"{day:%Y}"])


def log_of(rng, rows=90):
    found = []
    for n in range(rows):
        person = rng.choice(PERSONS)
        found.append(
            {
                "id": f"c{n}",
                "date": day_of(rng),
                "agency": rng.choice(AGENCIES),
                "activity": rng.choice(KINDS),
                "person": person,
                "family": "F1" if person is None else rng.choice([None, None, "F1", "F2"]),
                "outcome": rng.choice([None, "nfa", "domestic abuse", "seen"]),
                "reason": rng.choice([None, None, "neighbour's call", "mother's drinking"]),
                "by": rng.choice([None, "SW1", "SW2"]),
            }
        )
    return pd.DataFrame(found)


def members_of(rng):
    """The reader, under two numbers, another adult and two children, who come and go; all of them in F1 at the end."""
    lines = ["person  family  from  to"]
    for person in ("ana", "ben", "kim", "lee"):
        a, b, c = sorted(FIRST + dt.timedelta(days=rng.randrange(700)) for _ in range(3))
        kind = rng.randrange(3) if a < b < c else 0
        lines += [f"{person}  F1  {a if kind else '–'}  {b if kind == 2 else '–'}"]
        lines += [f"{person}  F2  {b}  {c}", f"{person}  F1  {c}  –"] if kind == 2 else []
    lines += [line.replace("ana", "gp9") for line in lines if line.startswith("ana")]
    return "\n".join(lines)


@pytest.mark.parametrize("seed", range(8))
def test_a_page_is_the_same_where_nothing_but_its_rows_ever_existed(tmp_path, seed):
    rng = random.Random(seed)
    log, members = log_of(rng), members_of(rng)
    review = household(tmp_path / "all", log, members)
    readers = [("ana; gp9", "kim"), ("ana; gp9", "lee"), ("ben", "")]
    book = book_with(review, readers, tick=lambda row: rng.random() < 0.5)
    page = fj.page_for(review, "F1", "ana", book)
    on_it = {r["contact_id"].split(":")[-1] for r in book.rows("page") if r["says"] and r["reader"].startswith("ana")}
    assert len(page) == len(on_it) > 0
    alone = log[log["id"].isin(on_it)].sample(frac=1, random_state=seed)
    same = fj.page_for(household(tmp_path / "alone", alone, members), "F1", "ana", book)
    pd.testing.assert_frame_equal(page, same)
    other = log_of(random.Random(seed + 1000)).assign(id=lambda f: "x" + f["id"])
    other["person"] = [rng.choice(OTHERS) for _ in other.index]
    other["family"] = "F1"
    among = pd.concat([alone, other], ignore_index=True).sample(frac=1, random_state=seed)
    same = fj.page_for(household(tmp_path / "among", among, members), "F1", "ana", book)
    pd.testing.assert_frame_equal(page, same)


@pytest.mark.parametrize("seed", range(8))
def test_a_slow_and_obvious_loop_finds_the_same_rows(tmp_path, seed):
    rng = random.Random(seed)
    log, members = log_of(rng), members_of(rng)
    review = household(tmp_path / "d", log, members)
    book = book_with(review, [("ana; gp9", "kim")])
    found = {row["contact_id"].split(":")[-1] for row in page_proposals(review, book)}
    spells = [line.split("  ") for line in members.splitlines()[1:]]

    def is_in(person, day):
        return any(
            who == person and family == "F1" and (a == "–" or a <= f"{day}") and (b == "–" or f"{day}" < b)
            for who, family, a, b in spells
        )

    expected = set()
    for row in log.itertuples():
        if row.person not in ("ana", "gp9", "kim") or row.activity == "present" or row.family == "F2":
            continue
        text = row.date.split(" ")[0]
        days = [d for d in (dt.date(2022, 12, 1) + dt.timedelta(days=n) for n in range(800)) if f"{d}".startswith(text)]
        if all(is_in(who, day) for who in ("ana", "gp9", row.person) for day in days):
            expected.add(row.id)
    assert found == expected
