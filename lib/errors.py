"""The error family. Every message says where, what is wrong, what was found, the nearest guess, and what to do.

No message ever holds a personal value: rows are named by their number or by `contact_id`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KitError(Exception):
    """Something the kit can put into plain words. The message is the whole story; no traceback is needed."""


class RequestError(KitError):
    """What was asked for, or the data it was asked of, is at fault: the message says which line to mend."""


class DataError(RequestError):
    """A file in a data folder cannot be used as it stands."""


class PartMissing(DataError):
    """A file is there, and a list or table that its format knows is not in it."""


class RuleError(RequestError):
    """A line of a rules or sources file cannot be used as it stands."""


class PermissionRefused(RequestError):
    """The sources file does not allow this use, or its time has run out."""


class BusyError(KitError):
    """Another run holds the lock."""


class BuildError(KitError):
    """A report could not be built; nothing that was there before has changed."""


class OldAnswer(UserWarning):
    """The files have changed since this answer was read. The answer stands; it is of the earlier files."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word, as a question, or nothing.

    >>> did_you_mean("absense_unexplained", ["late", "absence_unexplained"])
    " Did you mean 'absence_unexplained'?"
    >>> did_you_mean("xyz", ["late"])
    ''
    """
    fold = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(str(word).casefold(), list(fold), n=1, cutoff=0.6)
    return f" Did you mean '{fold[near[0]]}'?" if near else ""


def count(n: float, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> count(1, "family", "families"), count(1204, "contact"), count(2.5, "move")
    ('1 family', '1,204 contacts', '2.5 moves')
    """
    number = f"{n:,.1f}".rstrip("0").rstrip(".") if isinstance(n, float) else f"{n:,}"
    return f"{number} {one if number == '1' else many or one + 's'}"


def listed(values: Iterable[str], most: int = 12) -> str:
    """Names for a message: quoted, in order, and how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    names = [f"'{v}'" for v in values]
    if len(names) <= most:
        return ", ".join(names)
    return ", ".join(names[:most]) + f" and {len(names) - most} more"


def in_words(values: Iterable[str]) -> str:
    """Several things in a sentence.

    >>> in_words(["Monday", "Tuesday", "Friday"]), in_words(["Monday"])
    ('Monday, Tuesday and Friday', 'Monday')
    """
    *rest, last = list(values) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last
