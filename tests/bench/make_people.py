"""Invented families as five agencies write them down, with errors typed in, and who each record is about.

Seeded. Everybody is invented: names are drawn from lists with few common and many rare ones; numbers have their check
digits; telephones are of the range that is kept for drama. Hard on purpose: twins (some with names a letter apart), sons
with their father's name, families who move, children under either parent's surname, hostels, shared telephones, birth
dates that many children of a small place share.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import Any


def _words(text: str) -> list[str]:
    return text.split()


GIRLS = _words("""
Olivia Amelia Isla Ava Mia Ivy Lily Isabella Rosie Sophia Grace Willow Freya Florence Emily Ella Poppy Evie
Elsie Charlotte Evelyn Sienna Sofia Daisy Phoebe Alice Matilda Sophie Harper Ruby Emma Maya Aria Millie Hallie
Eva Esme Isabelle Ada Jessica Eliza Maryam Aisha Fatima Zainab Zofia Hanna Chloe Molly Maisie Lola Luna Orla
Thea Nancy Bonnie Lottie Eleanor Erin Layla Violet Penelope Robyn Holly Imogen Hannah Abigail Lucy Martha
Victoria Rose Beatrice Summer Katie Rebecca Sarah Laura Emma Gemma Claire Lisa Nicola Michelle Samantha Kelly
Amy Rachel Joanne Natalie Stacey Danielle Leanne Kirsty Donna Tracey Jennifer Elizabeth Priya Anjali Amara Ngozi
Adaeze Katarzyna Agnieszka Svetlana Yuki Nia
""")
BOYS = _words("""
Noah Oliver George Arthur Muhammad Leo Harry Oscar Archie Henry Theodore Freddie Jack Charlie Theo Alfie Jacob
Thomas Finley Arlo William Lucas Roman Tommy Isaac Teddy Alexander Luca Edward James Joshua Albie Elijah Max
Mohammed Reuben Mason Sebastian Rory Jude Daniel Benjamin Ronnie Ethan Hugo Samuel Joseph Ibrahim Yusuf Ahmed
Zachary Adam Louie Bobby Harrison Reggie Jaxon Frankie Jayden Caleb Gabriel Nathan Dylan Toby Ryan Michael
Matthew David Christopher Andrew Mark Paul Lee Craig Darren Stephen Robert Jason Gareth Simon Kevin Ian Jamie
Peter Anthony Kyle Ashley Piotr Tomasz Krzysztof Emeka Chidi Kwame Rajesh Arjun Wei Dmitri Tariq Bilal
""")
SURNAMES = _words("""
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans Walker White
Roberts Green Hall Wood Jackson Clarke Khan Ali Hussain Ahmed Begum Singh Kaur Lewis Harris Martin Cooper Hill
Ward Turner Moore Clark Baker Harrison King Morris Watson Morgan Allen Scott James Parker Young Lee Bell Shah
Murphy Kelly Okafor Mensah Nowak Kowalski Wisniewski Popescu Ivanov Silva Costa Chen Wong Nguyen Null O'Brien
O'Neill
""")
STARTS = _words("""
Hart Ash Whit Brad Black Stan Thorn Wether Hol Ren Kirk Lang Nor Sut Wal Win Cal Mar Fair Haw
""")
ENDS = _words("""
wood ley ton field ford worth by well comb shaw burn dale ham ridge more stead gate wick bury land
""")
STREETS = _words("""
High Church Station Mill Park Queen Albert Victoria Green School Chapel North South Castle London Bridge
""")
SHORT = {"William": "Bill", "Robert": "Rob", "Elizabeth": "Liz", "Katie": "Kate", "Samantha": "Sam", "Thomas": "Tom",
         "Daniel": "Danny", "Alexander": "Alex", "Joshua": "Josh", "Jessica": "Jess", "Benjamin": "Ben", "Samuel": "Sam",
         "Muhammad": "Mohammed", "Theodore": "Theo", "Charlotte": "Lottie", "Joseph": "Joe", "Michael": "Mike"}  # fmt: skip
NEARLY = {
    "Mia": "Mya",
    "Ella": "Bella",
    "Ava": "Ada",
    "Harry": "Harvey",
    "Jayden": "Hayden",
    "Leo": "Theo",
    "Eva": "Ava",
}
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass
class Person:
    """One invented person."""

    key: str
    first: str
    last: str
    born: dt.date
    sex: str
    nhs: str
    upn: str
    home: dict[str, str]
    before: dict[str, str]
    phone: str
    email: str
    other_last: str = ""


def nhs_number(draw: random.Random) -> str:
    """Ten figures, the last of which checks the rest."""
    while True:
        nine = [4, *(draw.randrange(10) for _ in range(8))]
        check = (11 - sum(d * (10 - n) for n, d in enumerate(nine)) % 11) % 11
        if check < 10:
            return "".join(map(str, [*nine, check]))


def upn(draw: random.Random) -> str:
    """A letter and twelve figures, of which the letter is the check."""
    rest = [8, *(draw.randrange(10) for _ in range(11))]
    return LETTERS[sum(d * (n + 2) for n, d in enumerate(rest)) % 23] + "".join(map(str, rest))


def _skewed(draw: random.Random, names: list[str]) -> str:
    return names[int(len(names) * draw.random() ** 1.8)]


def _surname(draw: random.Random) -> str:
    return _skewed(draw, SURNAMES) if draw.random() < 0.55 else draw.choice(STARTS) + draw.choice(ENDS)


def _home(draw: random.Random) -> dict[str, str]:
    area = f"PO{draw.randrange(1, 13)}"
    postcode = f"{area} {draw.randrange(1, 10)}{draw.choice(LETTERS)}{draw.choice(LETTERS)}"
    street = f"{draw.choice(STREETS)} {draw.choice(['Road', 'Street', 'Lane', 'Avenue'])}"
    return {
        "address": f"{draw.randrange(1, 140)} {street}",
        "postcode": postcode,
        "uprn": str(draw.randrange(10**9, 10**10)),
    }


def people(families: int, seed: int) -> list[Person]:
    """The people of so many families."""
    draw = random.Random(seed)
    hostels = [_home(draw) for _ in range(max(1, families // 400))]
    made = []
    for n in range(families):
        home, last = _home(draw), _surname(draw)
        if draw.random() < 0.02:
            home = draw.choice(hostels)
        before = _home(draw) if draw.random() < 0.25 else home
        phone = f"07700900{draw.randrange(1000):03d}" if draw.random() < 0.02 else f"0770{draw.randrange(10**7):07d}"

        def person(
            role: str, first: str, sex: str, born: dt.date, surname: str, n: int = n, home: dict[str, str] = home,
            before: dict[str, str] = before, phone: str = phone,
        ) -> Person:  # fmt: skip
            mail = f"{first}.{surname}{draw.randrange(100)}@mail{draw.randrange(5)}.example".lower().replace("'", "")
            given = (f"{n}:{role}", first, surname, born, sex, nhs_number(draw), upn(draw))
            return Person(*given, home, before, phone, mail)

        mother = person(
            "mother",
            _skewed(draw, GIRLS),
            "F",
            _born(draw, 1970, 2002),
            last if draw.random() < 0.6 else _surname(draw),
        )
        mother.other_last = _surname(draw) if draw.random() < 0.12 else ""
        adults = [mother]
        if draw.random() < 0.65:
            adults.append(person("father", _skewed(draw, BOYS), "M", _born(draw, 1968, 2002), last))
        children: list[Person] = []
        for c in range(draw.choice([1, 1, 1, 2, 2, 2, 3, 3, 4])):
            sex = draw.choice("MF")
            first = _skewed(draw, BOYS if sex == "M" else GIRLS)
            if sex == "M" and len(adults) > 1 and draw.random() < 0.05:
                first = adults[1].first
            if first in {k.first for k in children}:
                continue
            child = person(f"child{c}", first, sex, _born(draw, 2007, 2024), last)
            child.other_last = mother.last if mother.last != last and draw.random() < 0.3 else ""
            children.append(child)
            if draw.random() < 0.03:
                twin = NEARLY.get(first) or _skewed(draw, BOYS if sex == "M" else GIRLS)
                if twin not in {k.first for k in children}:
                    children.append(person(f"twin{c}", twin, sex, child.born, last))
        made += [*adults, *children]
    return made


def _born(draw: random.Random, first: int, last: int) -> dt.date:
    return dt.date(first, 1, 1) + dt.timedelta(days=draw.randrange((last - first + 1) * 365))


CHANCE = {
    "school": (0.0, 0.85),
    "health": (0.75, 0.9),
    "police": (0.4, 0.25),
    "social": (0.3, 0.35),
    "housing": (0.6, 0.0),
}
"""For each agency, what share of adults and of children it holds a record of."""


def records(everybody: list[Person], seed: int) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What the agencies hold, a row each, and for each record id whose it is."""
    draw = random.Random(seed + 1_000_003)
    rows, truth = [], {}
    for at, one in enumerate(everybody):
        for agency, chances in CHANCE.items():
            is_child = "child" in one.key or "twin" in one.key
            times = int(draw.random() < chances[is_child])
            if times and draw.random() < 0.02:
                times = 2
            for _ in range(times):
                record = f"{agency}:{len(rows) + 1}"
                rows.append({"record_id": record, "supplier": agency, **_written(draw, one, agency, everybody, at)})
                truth[record] = one.key
    draw.shuffle(rows)
    return rows, truth


def _written(draw: random.Random, one: Person, agency: str, everybody: list[Person], at: int) -> dict[str, Any]:
    """One person as one agency wrote them down."""
    careless = 2.0 if agency == "police" else 1.0

    def slip(share: float) -> bool:
        return draw.random() < share * careless

    first, last, born, home = one.first, one.last, one.born, one.home
    if one.other_last and draw.random() < 0.4:
        last = one.other_last
    if slip(0.04):
        first = SHORT.get(first, first)
    first, last = (_typo(draw, name) if slip(0.03) else name for name in (first, last))
    if slip(0.005):
        first, last = last, first
    if slip(0.012):
        born = _wrong_day(draw, born)
    if slip(0.008) and born.day <= 12:
        born = born.replace(month=born.day, day=born.month)
    if draw.random() < 0.2:
        home = one.before
    row: dict[str, Any] = {"first_name": first, "last_name": last, "date_of_birth": born, "sex": one.sex, **home}
    if agency != "housing":
        row["uprn"] = None if draw.random() < 0.6 else row["uprn"]
    row["phone"] = one.phone if draw.random() < 0.5 else None
    row["email"] = one.email if draw.random() < 0.25 else None
    row["nhs_number"] = (
        one.nhs if (agency == "health" and not slip(0.08)) or (agency == "social" and slip(0.4)) else None
    )
    row["upn"] = (
        one.upn if agency == "school" or (agency == "social" and "mother" not in one.key and slip(0.3)) else None
    )
    if row["nhs_number"] and slip(0.004):
        row["nhs_number"] = everybody[at - 1].nhs
    if row["nhs_number"] and slip(0.01):
        row["nhs_number"] = row["nhs_number"][:-1] + str((int(row["nhs_number"][-1]) + 1) % 10)
    for column, share, instead in (
        ("first_name", 0.006, "Unknown"), ("date_of_birth", 0.004, dt.date(1900, 1, 1)), ("postcode", 0.02, "ZZ99 3WZ"),
        ("phone", 0.02, "00000000000"), ("address", 0.05, None), ("sex", 0.05, None), ("postcode", 0.05, None),
    ):  # fmt: skip
        if slip(share):
            row[column] = instead
    if agency == "police" and draw.random() < 0.15:
        row["date_of_birth"] = None
    if row["postcode"] and slip(0.02):
        row["postcode"] = _typo(draw, row["postcode"])
    return row


def _wrong_day(draw: random.Random, born: dt.date) -> dt.date:
    part = draw.choice(["day", "month", "year"])
    if part == "day":
        return born.replace(day=draw.randrange(1, 29))
    if part == "month":
        return born.replace(day=min(born.day, 28), month=draw.randrange(1, 13))
    return born.replace(day=min(born.day, 28), year=born.year + draw.choice([-10, -1, 1]))


def _typo(draw: random.Random, name: str) -> str:
    at = draw.randrange(len(name))
    kind = draw.choice(["drop", "twice", "swap", "other"])
    if kind == "drop" and len(name) > 2:
        return name[:at] + name[at + 1 :]
    if kind == "twice":
        return name[:at] + name[at] + name[at:]
    if kind == "swap" and at + 1 < len(name):
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + draw.choice("abcdefghijklmnoprstuvwy") + name[at + 1 :]
