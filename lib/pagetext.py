"""What a page says, read back from its bytes: its tables, cell by cell, and the words outside them."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

PICTURE = re.compile(r"data:[\w/+.-]*;base64,([A-Za-z0-9+/=\s]+)")
UNSEEN = ("style", "script", "title")
APART = ("p", "td", "th", "li", "tr", "div", "section", "caption", "h1", "h2", "h3", "dt", "dd", "a", "figcaption")


class Page(HTMLParser):
    """A page, read: `tables` (caption, then rows of cells), `words` outside tables, and every attribute's `texts`."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.words = ""
        self.texts: list[str] = []
        self.stack: list[str] = []
        self.feed(PICTURE.sub("", page))
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        self.texts += [value for _, value in attrs if value]
        if tag == "table":
            self.tables.append(("", []))
        elif tag == "tr" and self.tables:
            self.tables[-1][1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1][1]:
            self.tables[-1][1][-1].append("")
        if tag in ("table", "td", "th", "caption", *UNSEEN):
            self.stack.append(tag)
        if tag in APART:
            self.words += " "

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        if tag in self.stack:
            while self.stack.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Put text where it belongs."""
        if any(tag in UNSEEN for tag in self.stack):
            self.texts.append(data)
        elif "table" not in self.stack:
            self.words += data
        elif self.stack[-1] == "caption":
            caption, rows = self.tables[-1]
            self.tables[-1] = (caption + data, rows)
        elif self.stack[-1] in ("td", "th"):
            self.tables[-1][1][-1][-1] += data
        else:
            self.words += data

    def handle_comment(self, data: str) -> None:
        """A comment is text that somebody may read."""
        self.texts.append(data)


def pictures(page: str) -> list[bytes]:
    """Every picture and font that a page carries, as bytes."""
    return [base64.b64decode(re.sub(r"\s", "", found)) for found in PICTURE.findall(page)]
