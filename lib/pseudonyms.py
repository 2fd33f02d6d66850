"""Keyed pseudonyms: the same id gives the same pseudonym for one purpose, and another for any other.

A pseudonym is a letter for its kind and 80 bits of HMAC-SHA256, under a key that HKDF-SHA256 (RFC 5869) derives for one
purpose. Nobody without the key can make or try one, and the pseudonyms of two purposes cannot be joined. A plain hash,
or one with a salt that everybody knows, is none: all NHS numbers can be tried against it in minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping

from lib.errors import BuildError, DataError, RequestError, count

KEY_BYTES = 32
TAKEN = 10
"""How many bytes of the HMAC are kept: 80 bits, 16 letters, so that among two million ids no two are expected to meet.
"""

IGNORED = re.compile("[\\s\u00a0\u00ad\u180e\u200b-\u200f\u2060\ufeff\u2010-\u2015\u2212-]")
"""What a person's id may be written with or without: spaces, hyphens, characters that nobody sees."""

PURPOSE = re.compile(r"[a-z][a-z0-9:._-]{0,63}")


def new_key() -> bytes:
    """A new key: 32 bytes from the system's own source of randomness."""
    return secrets.token_bytes(KEY_BYTES)


def kid(key: bytes) -> str:
    """A key's name: the first 8 hexadecimal figures of its SHA-256. It says which key, and nothing about it.

    >>> kid(bytes(32))
    '66687aad'
    """
    return hashlib.sha256(key).hexdigest()[:8]


def hkdf(secret: bytes, info: bytes, length: int = 32, salt: bytes = b"") -> bytes:
    """HKDF-SHA256: a key of its own for each `info`. Source: RFC 5869.

    `secret`: the key it is made from. `length`: bytes, at most 8,160. Raises ValueError above that.

    >>> hkdf(bytes.fromhex("0b" * 22), bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"), 42, bytes(range(13))).hex()[:16]
    '3cb25f25faacd57a'
    """
    if length > 255 * 32:
        raise ValueError("HKDF-SHA256 gives at most 8,160 bytes")
    root = hmac.digest(salt or bytes(32), secret, "sha256")
    block, out = b"", b""
    while len(out) < length:
        block = hmac.digest(root, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def normal(text: str) -> str:
    """An id however it is written: one spelling of its letters, no spaces, hyphens or unseen characters, upper-case.

    >>> normal("943 476 5919") == normal("943-476\u00a05919") == "9434765919"
    True
    """
    return IGNORED.sub("", unicodedata.normalize("NFKC", text)).upper()


def is_nhs_number(text: str) -> bool:
    """Whether an id is ten figures whose last is the check figure of the rest, as NHS numbers are made (modulus 11).

    Source: NHS Data Model and Dictionary, "NHS NUMBER".

    >>> is_nhs_number("943 476 5919"), is_nhs_number("943 476 5918")
    (True, False)
    """
    figures = normal(text)
    if not re.fullmatch(r"[0-9]{10}", figures):
        return False
    check = 11 - sum((10 - at) * int(figure) for at, figure in enumerate(figures[:9])) % 11
    return (0 if check == 11 else check) == int(figures[9])


class Pseudonyms:
    """The pseudonyms of one purpose, such as `project:housing`."""

    def __init__(self, key: bytes, purpose: str) -> None:
        """Derive the purpose's own key. Raises `RequestError` for a key of another length or a purpose that is none."""
        if not isinstance(key, bytes) or len(key) != KEY_BYTES:
            raise RequestError(f"a key is {KEY_BYTES} random bytes. Make one with: python -m journeys key new")
        if not PURPOSE.fullmatch(purpose):
            raise RequestError("a purpose begins with a small letter and holds small letters, figures, : . _ and -.")
        self.kid, self.purpose = kid(key), purpose
        self._key = hkdf(key, purpose.encode())

    def __repr__(self) -> str:
        return f"<pseudonyms for {self.purpose}, key {self.kid}>"

    def of(self, letter: str, text: str) -> str:
        """The pseudonym of an id, however the id is written: `letter` (its kind) and 16 letters or figures.

        >>> Pseudonyms(bytes(32), "project:a").of("P", "943 476 5919")
        'PBE5TUN7PZB65FUT4'
        """
        return self.exactly(letter, normal(text))

    def exactly(self, letter: str, text: str) -> str:
        """The pseudonym of a text to the letter, for numbers that differ in a hyphen and are not the same."""
        mark = hmac.digest(self._key, f"{letter}\x1f{text}".encode("utf-8", "surrogatepass"), "sha256")
        return letter + base64.b32encode(mark[:TAKEN]).decode("ascii")

    def each(self, letter: str, texts: Iterable[str], *, exact: bool = False) -> Mapping[str, str]:
        """The pseudonym of each id. No two ids ever share one.

        Raises `DataError` where two ids are told apart by spaces, hyphens or capitals alone and are no NHS numbers:
        they may be two people or one, and which is not guessed. Raises `BuildError` where two pseudonyms meet by
        chance.
        """
        found = {text: self.exactly(letter, text) if exact else self.of(letter, text) for text in set(texts)}
        if len(set(found.values())) == len(found):
            return found
        alike: dict[str, list[str]] = {}
        for text in found:
            alike.setdefault(text if exact else normal(text), []).append(text)
        pairs = sum(len(some) > 1 and not is_nhs_number(one.rpartition(":")[2]) for one, some in alike.items())
        if pairs:
            raise DataError(
                f"{count(pairs, 'id is', 'ids are')} written in two ways that differ only in spaces, hyphens or capitals, "
                "so nobody can tell whether they are one person. Write them alike at source, or make them differ."
            )
        if len(set(found.values())) < len(alike):
            raise BuildError(
                "two ids came to the same pseudonym, which chance alone hardly ever does. Nothing was made."
            )
        return found
