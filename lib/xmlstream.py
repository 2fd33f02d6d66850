"""XML as a stream of beginnings, texts and ends, with walls: no DOCTYPE, no entities, no network, no endless depth.

A file is fed to expat a piece at a time and nothing of it is kept here, so that its size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from lib.errors import DataError

PIECE = 1 << 20
DEEPEST = 200
LONGEST_TAG = 10_000_000
"""Bytes in which something must begin or end: a longer tag or comment is no record of anybody's."""


class Readable(Protocol):
    """What gives its bytes in pieces."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, or none at the end."""


class Listener(Protocol):
    """Who is told what a file holds. Names come without their prefix."""

    def begins(self, name: str, attributes: dict[str, str], line: int) -> None:
        """An element begins on a line."""

    def text(self, words: str) -> None:
        """More text of the element that is open."""

    def ends(self) -> None:
        """The element that is open ends."""


def local(name: str) -> str:
    """A name without its prefix.

    >>> local("xs:date"), local("date")
    ('date', 'date')
    """
    return name.rpartition(":")[2]


def walk(name: str, file: Readable, listener: Listener) -> Iterator[None]:
    """Tell a listener all that a file holds; comes back after each piece, so that what was heard can be taken away.

    `name` is the file's, for messages. Raises `DataError`, with the line, for what is not well formed, for a DOCTYPE (it
    may pull in other files, or grow without end), and for tags and depths beyond the walls.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth, quiet = 0, 0

    def begins(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, quiet
        depth, quiet = depth + 1, 0
        if depth > DEEPEST:
            raise DataError(
                f"{name}, line {parser.CurrentLineNumber}: elements stand {DEEPEST} deep in each other here, so the "
                "file was not read on. Export it again."
            )
        listener.begins(local(tag), attributes, parser.CurrentLineNumber)

    def ends(tag: str) -> None:
        nonlocal depth, quiet
        depth, quiet = depth - 1, 0
        listener.ends()

    def text(words: str) -> None:
        nonlocal quiet
        quiet = 0
        listener.text(words)

    def refuse(*of: object) -> None:
        raise DataError(
            f"{name}, line {parser.CurrentLineNumber}: the file has a DOCTYPE, which may pull in other files or grow "
            "without end, so it was not read. Ask the supplier for the file without that line."
        )

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begins, ends, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        while piece := file.read(PIECE):
            quiet += len(piece)
            parser.Parse(piece, False)
            if quiet > LONGEST_TAG:
                raise DataError(
                    f"{name}, line {parser.CurrentLineNumber}: one tag or comment is longer than "
                    f"{LONGEST_TAG // 1_000_000} MB, so the file was not read on. Export it again."
                )
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DataError(_in_words(name, error)) from None
    except (LookupError, ValueError):
        raise DataError(
            f"{name}: its first line names an encoding that is not read here. Save it as utf-8, utf-16 or windows-1252."
        ) from None
    yield


def _in_words(name: str, error: expat.ExpatError) -> str:
    said = expat.ErrorString(error.code)
    at = f"{name}, line {error.lineno}"
    if said in _CUT_SHORT:
        return f"{at}: the file ends in the middle, so it was cut short. Export it again."
    if said == expat.errors.XML_ERROR_UNKNOWN_ENCODING:
        return f"{at}: the encoding that is named here is not read. Save it as utf-8, utf-16 or windows-1252."
    return f"{at}: this is not well-formed XML ({said}). Export it again."


_CUT_SHORT = (
    expat.errors.XML_ERROR_NO_ELEMENTS,
    expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_PARTIAL_CHAR,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)
