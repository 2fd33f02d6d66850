"""Whether a text holds what points at somebody: numbers with their check digits, postcodes, telephones, addresses, ids.

What is found is told by kind and place, and never written out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

CANARY = "FJCANARY"
"""Stands in the invented data of tests where something personal would: wherever it turns up, something has leaked."""

NHS = re.compile(r"(?<![\w-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w-])")
UPN = re.compile(r"(?<!\w)[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z](?!\w)")
POSTCODE = re.compile(r"(?<![\w-])(?:(?i:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})(?![\w-])")
"""In either case with its space; without one in capitals alone, since half of any hash looks so."""

PHONE = re.compile(r"(?<![\w-])(?:\+44[ -]?|0)\d(?:[ -]?\d){8,9}(?![\w-])")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
TOKEN = re.compile(r"[A-Za-z0-9][\w:/#.-]*[A-Za-z0-9]")
SHORTEST = 4
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def kinds(text: str, ids: Collection[str] = (), allowed: Iterable[str] = ()) -> list[str]:
    """What kinds of identifier a text holds, each once, in order of the alphabet.

    `ids`: those of the data, `allowed`: numbers and addresses that may stand there, as a telephone to ring.

    >>> kinds("ring 01632 960123, about 943 476 5919"), kinds("F0003 came", {"F0003"})
    (['an NHS number', 'a telephone number'], ['an id of the data'])
    """
    for words in allowed:
        text = text.replace(words, " ")
    found = dict.fromkeys(_found(text))
    if ids and any(_is_id(token, ids) for token in TOKEN.findall(text)):
        found["an id of the data"] = None
    return list(found)


def _found(text: str) -> Iterator[str]:
    if CANARY.casefold() in text.casefold():
        yield "a canary"
    if any(is_nhs_number(hit) for hit in NHS.findall(text)):
        yield "an NHS number"
    if any(is_upn(hit) for hit in UPN.findall(text)):
        yield "a unique pupil number"
    if POSTCODE.search(text):
        yield "a postcode"
    if any(not is_nhs_number(hit.group()) for hit in PHONE.finditer(text)):
        yield "a telephone number"
    if EMAIL.search(text):
        yield "an e-mail address"


def _is_id(token: str, ids: Collection[str]) -> bool:
    # An id may stand within a word of a path or a title: its parts are looked at, too.
    return token in ids or any(part in ids for part in re.split(r"[:/#.-]", token))


def worth_looking_for(ids: Iterable[str]) -> frozenset[str]:
    """Ids that can be looked for: a bare number of a few digits is on every page, and means nothing.

    >>> sorted(worth_looking_for(["F1", "F0003", "12", "school:12", "123456"]))
    ['123456', 'F0003', 'F1', 'school:12']
    """
    return frozenset(one for one in ids if len(one) > 1 and not (one.isdigit() and len(one) < SHORTEST + 2))


def is_nhs_number(text: str) -> bool:
    """Whether ten digits have an NHS number's check digit.

    >>> is_nhs_number("943 476 5919"), is_nhs_number("943 476 5918"), is_nhs_number("000 000 0000")
    (True, False, False)
    """
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(digit * (10 - n) for n, digit in enumerate(digits[:9])) % 11
    return (0 if check == 11 else check) == digits[9]


def is_upn(text: str) -> bool:
    """Whether thirteen characters are a unique pupil number: its first letter is the check of the rest.

    >>> is_upn("A123456789012"), is_upn("B123456789012")
    (True, False)
    """
    rest = [int(c) if c.isdigit() else UPN_LETTERS.index(c) for c in text[1:]]
    return UPN_LETTERS[sum(value * (n + 2) for n, value in enumerate(rest)) % 23] == text[0]
