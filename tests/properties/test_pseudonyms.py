"""Pseudonyms: by the published vectors, the same however an id is written, and apart wherever they must be."""

from __future__ import annotations

import base64
import hashlib
import hmac
from random import Random

import pytest

from lib.errors import BuildError, DataError, RequestError
from lib.pseudonyms import Pseudonyms, hkdf, is_nhs_number, kid, new_key, normal

KEY = bytes(range(32))


def span(first: int, last: int) -> bytes:
    return bytes(range(first, last + 1))


@pytest.mark.parametrize(
    ("secret", "salt", "info", "length", "out"),
    [
        (
            b"\x0b" * 22,
            span(0, 12),
            span(0xF0, 0xF9),
            42,
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            span(0, 0x4F),
            span(0x60, 0xAF),
            span(0xB0, 0xFF),
            82,
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f"
            "09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            b"\x0b" * 22,
            b"",
            b"",
            42,
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
)
def test_keys_are_derived_as_rfc_5869_says(secret: bytes, salt: bytes, info: bytes, length: int, out: str) -> None:
    """The three test cases for SHA-256 in RFC 5869, appendix A."""
    assert hkdf(secret, info, length, salt).hex() == out


def test_hkdf_gives_no_more_than_it_may() -> None:
    assert len(hkdf(KEY, b"", 8160)) == 8160
    with pytest.raises(ValueError, match="8,160"):
        hkdf(KEY, b"", 8161)


@pytest.mark.parametrize(
    ("purpose", "letter", "text", "pseudonym"),
    [
        ("project:housing", "P", "9434765919", "PVIMFLDQUA3NCRUGS"),
        ("project:schools", "P", "9434765919", "PS5FAUL4GBFAHMCIQ"),
        ("project:housing", "F", "F0001", "FZ22RXUM3N4TQOCOO"),
    ],
)
def test_the_same_key_purpose_and_id_always_give_the_same(purpose: str, letter: str, text: str, pseudonym: str) -> None:
    """Fixed vectors: a change to any of them would part every extract from those before it."""
    assert Pseudonyms(KEY, purpose).of(letter, text) == pseudonym


def test_a_pseudonym_is_as_its_definition_says_it() -> None:
    """Written out again, from the definitions of HKDF, HMAC and base32 alone."""
    for n in range(200):
        root = hmac.new(bytes(32), KEY, hashlib.sha256).digest()
        sub = hmac.new(root, b"project:a\x01", hashlib.sha256).digest()
        mark = hmac.new(sub, b"P\x1f" + f"S:{n}".encode(), hashlib.sha256).digest()
        assert Pseudonyms(KEY, "project:a").of("P", f"s: {n}") == "P" + base64.b32encode(mark).decode()[:16]


@pytest.mark.parametrize(
    "written",
    [
        "943 476 5919",
        "943-476-5919",
        "943\u00a0476\u20115919",
        " 9434765919\t",
        "9\u200b434765919\ufeff",
        "９４３４７６５９１９",
    ],
)
def test_one_number_however_it_is_written(written: str) -> None:
    names = Pseudonyms(KEY, "project:a")
    assert normal(written) == "9434765919" and is_nhs_number(written)
    assert names.of("P", written) == names.of("P", "9434765919")


def test_capitals_and_composed_letters_are_one() -> None:
    assert normal("siân-1") == normal("SIA\u0302N 1") == "SIÂN1"


def test_check_figures() -> None:
    """943 476 5919 is the example of the NHS Data Dictionary; a check figure of 10 makes no number, and 11 is 0."""
    good = [n for n in range(9434765910, 9434765920) if is_nhs_number(str(n))]
    assert good == [9434765919]
    assert not is_nhs_number("943476591") and not is_nhs_number("94347659190") and not is_nhs_number("94E4765919")

    def slowly(text: str) -> bool:
        rest = sum(int(text[at]) * weight for at, weight in zip(range(9), range(10, 1, -1), strict=True)) % 11
        return {0: 0, 1: None}.get(rest, 11 - rest) == int(text[9])

    rng = Random(5)
    numbers = [f"{rng.randrange(10**10):010}" for _ in range(3000)]
    assert [is_nhs_number(n) for n in numbers] == [slowly(n) for n in numbers]


def test_two_purposes_share_no_pseudonym() -> None:
    ids = [f"F{n:04}" for n in range(2000)]
    a, b = (set(Pseudonyms(KEY, f"project:{p}").each("F", ids).values()) for p in ("a", "b"))
    other = set(Pseudonyms(new_key(), "project:a").each("F", ids).values())
    assert len(a) == len(b) == len(other) == 2000
    assert not a & b and not a & other and not {p[1:] for p in a} & {p[1:] for p in b}


def test_a_person_and_a_family_of_one_number_differ_in_more_than_the_letter() -> None:
    names = Pseudonyms(KEY, "project:a")
    assert names.of("P", "17")[1:] != names.of("F", "17")[1:]


def test_no_two_of_many_meet() -> None:
    ids = [f"s:{n}" for n in range(100_000)]
    assert len(set(Pseudonyms(KEY, "project:a").each("P", ids).values())) == 100_000


def test_ids_that_only_look_alike_are_never_made_one() -> None:
    names = Pseudonyms(KEY, "project:a")
    with pytest.raises(DataError, match="1 id is written in two ways") as told:
        names.each("P", ["police:A-1", "police:a1", "police:B"])
    assert "A-1" not in str(told.value)
    assert len(set(names.each("C", ["police:1-11", "police:11-1"], exact=True).values())) == 2


def test_an_nhs_number_written_in_two_ways_is_one_person() -> None:
    found = Pseudonyms(KEY, "project:a").each("P", ["943 476 5919", "9434765919", "9434765870"])
    assert found["943 476 5919"] == found["9434765919"] != found["9434765870"]


def test_pseudonyms_that_meet_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pseudonyms, "exactly", lambda self, letter, text: "PAAAAAAAAAAAAAAAA")
    with pytest.raises(BuildError, match="same pseudonym"):
        Pseudonyms(KEY, "project:a").each("P", ["1", "2"])


@pytest.mark.parametrize("key", [b"", b"short", bytes(31), bytes(33), "k" * 32])
def test_a_key_is_32_bytes(key: bytes) -> None:
    with pytest.raises(RequestError, match="32 random bytes"):
        Pseudonyms(key, "project:a")


@pytest.mark.parametrize("purpose", ["", "Project", "a b", "1a", "a\x1f", "a" * 65])
def test_a_purpose_is_a_plain_word(purpose: str) -> None:
    with pytest.raises(RequestError, match="purpose"):
        Pseudonyms(KEY, purpose)


def test_nothing_shows_the_key() -> None:
    names = Pseudonyms(KEY, "project:a")
    assert KEY.hex() not in repr(names) and kid(KEY) in repr(names) and len(kid(KEY)) == 8
    assert len({new_key() for _ in range(100)}) == 100
