"""The tables and pictures of a finished page, each as a file of its own: nothing that the page does not show.

They are read back from the page itself, so that a table here has the cells that its readers see, and a level that hides
something on the page hides it here. A file is named by the words of the notebook (the heading or caption as its author
wrote it), never by what the data say.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from lib.shown import NOTHING

SYMBOLS = {
    "c": "hidden, to keep people from being known",
    "z": "not applicable",
    "x": "not available",
    "k": "not nought, and rounds to nought",
}
"""What stands in a column of numbers where no number may, or can."""

NUMBER = re.compile(r"[-−]?(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)(\.\d+)?")
MONTHS = ["January", "February", "March", "April", "May", "June"]
MONTHS += ["July", "August", "September", "October", "November", "December"]
DAY = re.compile(rf"(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})")
# What a spreadsheet takes for a formula when a cell begins with it, in the widths of East Asian letters too.
FORMULA = tuple("=+-@\t\r|＝＋－＠")
BOM = "\ufeff"


@dataclass
class Grid:
    """A table of the page: its caption, heads and rows as written there; `numbers` says which columns hold numbers.

    `under`: the heading it stands under. `name`: of its file, without ending.
    """

    under: str = ""
    caption: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    marked: list[bool] = field(default_factory=list)
    name: str = ""

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold numbers: those that the page sets as numbers, and numbers among symbols."""
        return [self._holds_numbers(at) for at in range(len(self.heads))]

    def _holds_numbers(self, at: int) -> bool:
        if at < len(self.marked) and self.marked[at]:
            return True
        held = [row[at] for row in self.rows if at < len(row) and row[at] != NOTHING]
        rest = [cell for cell in held if cell not in SYMBOLS]
        return len(rest) < len(held) and bool(rest) and all(NUMBER.fullmatch(cell) for cell in rest)


@dataclass
class Drawn:
    """A picture of the page: its PNG, its alt text and caption, and the heading it stands under."""

    png: bytes
    alt: str
    caption: str = ""
    under: str = ""
    name: str = ""


def read_parts(page: str, words: str) -> tuple[list[Grid], list[Drawn]]:
    """The tables and pictures of a page, in its order, each with a name.

    `page`: as `lib.page.html` made it. `words`: what the notebook's author wrote, all of it; a caption or heading that
    does not stand there word for word names no file.

    >>> page = '<h2>Who came?</h2><table><caption>Ann</caption><tr><th scope="col">N</th></tr><tr><td>=1</td></tr></table>'
    >>> read_parts(page, "## Who came?")[0][0].name
    '01-who-came'
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    known = _same(words)
    kinds: list[tuple[str, Sequence[Grid | Drawn]]] = [("table", reader.grids), ("picture", reader.drawn)]
    for kind, found in kinds:
        for number, part in enumerate(found, start=1):
            said = next((w for w in (part.caption, part.under) if w and _stands_in(_same(w), known)), "")
            part.name = f"{number:02d}-{_slug(said) or kind}"
    return reader.grids, reader.drawn


def as_csv(grid: Grid) -> bytes:
    """A table as tidy CSV: a row of heads, then rows; the page's cells, written for a program.

    1,204 is written 1204, 5 April 2024 as 2024-04-05, and – as nothing; `c`, `z`, `x` and `k` stay. Text is quoted, and
    text that a spreadsheet would run as a formula has ' before it. UTF-8, with the mark that Excel looks for.

    >>> as_csv(Grid(heads=["Agency", "Contacts"], rows=[["=police", "1,204"]], marked=[False, True])).decode("utf-8-sig")
    '"Agency","Contacts"\\r\\n"\\'=police",1204\\r\\n'
    """
    numbers = grid.numbers
    lines = [[_quoted(head) for head in told_apart(grid.heads)]]
    lines += [[_for_programs(cell, numbers[at]) for at, cell in enumerate(row[: len(numbers)])] for row in grid.rows]
    return (BOM + "".join(",".join(line) + "\r\n" for line in lines)).encode("utf-8", "replace")


def listing(drawn: Sequence[Drawn]) -> Grid:
    """What each picture shows, in words, for whoever pastes one into a document: its file, alt text and caption."""
    rows = [[f"{picture.name}.png", picture.alt, picture.caption] for picture in drawn]
    return Grid(caption="What each picture shows", heads=["File", "Alt text", "Caption"], rows=rows)


def bare_svg(drawing: str) -> bytes:
    """A drawing without what nobody sees: its record of itself, its comments, and the names of its groups.

    >>> bare_svg('<svg><metadata><a/></metadata><g id="F1"><!-- Ann --><path id="p"/></g></svg>')
    b'<svg><g><path id="p"/></g></svg>'
    """
    drawing = re.sub(r"<metadata>.*?</metadata>\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
    return re.sub(r'<g id="[^"]*"', "<g", drawing).encode("utf-8", "replace")


def told_apart(heads: Sequence[str]) -> list[str]:
    """Heads of which no two are the same, and none is empty.

    >>> told_apart(["Days", "Days", ""])
    ['Days', 'Days (2)', 'Column 3']
    """
    made: list[str] = []
    for number, head in enumerate(heads, start=1):
        head = head.strip() or f"Column {number}"
        times = 2
        while (said := head if head not in made else f"{head} ({times})") in made:
            times += 1
        made.append(said)
    return made


def safe_text(cell: str) -> str:
    """Text that no spreadsheet runs: ' before what begins as a formula does.

    >>> safe_text("=1+1"), safe_text("police")
    ("'=1+1", 'police')
    """
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) else cell


def _for_programs(cell: str, is_number: bool) -> str:
    if cell == NOTHING:
        return ""
    if is_number and NUMBER.fullmatch(cell):
        return cell.replace(",", "").replace("−", "-")
    if day := DAY.fullmatch(cell):
        return f"{day[3]}-{MONTHS.index(day[2]) + 1:02d}-{int(day[1]):02d}"
    return _quoted(cell)


def _quoted(cell: str) -> str:
    return '"' + safe_text(cell).replace('"', '""') + '"'


def _same(words: str) -> str:
    """Words without marks of emphasis, case or line ends, to see whether two say the same."""
    return re.sub(r"[\s*_`\\]+", " ", words).strip().casefold()


def _stands_in(said: str, words: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(said)}(?!\w)", words))


def _slug(words: str, most: int = 48) -> str:
    """Words as a file's name, cut between two of them: Windows allows a path 260 characters in all."""
    plain = unicodedata.normalize("NFKD", words.replace("'", "")).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug if len(slug) <= most else slug[: most + 1].rpartition("-")[0] or slug[:most]


class _Reader(HTMLParser):
    """Walks a page once and keeps its tables and pictures, each with the heading before it."""

    def __init__(self) -> None:
        super().__init__()
        self.grids, self.drawn = list[Grid](), list[Drawn]()
        self.under, self.said = "", list[str]()
        self.grid: Grid | None = None
        self.row: list[str] = []
        self.is_head = False
        self.caption_due, self.span = False, 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        begins = tag in ("h2", "h3", "h4", "caption", "th", "td")
        if begins or (self.caption_due and tag == "p" and about.get("class") == "caption"):
            self.said = []
        if tag == "table":
            self.grid = Grid(under=self.under)
        elif tag == "tr":
            self.row, self.is_head = [], True
        elif tag == "img" and (about.get("src") or "").startswith("data:image/png;base64,"):
            png = base64.b64decode(about["src"].partition(",")[2])
            self.drawn.append(Drawn(png, about.get("alt", ""), under=self.under))
            self.caption_due = True
        if tag in ("td", "th") and self.grid is not None:
            self.is_head = self.is_head and about.get("scope") == "col"
            self.span = int(about.get("colspan") or 1)
            if about.get("scope") == "col":
                self.grid.marked.append(about.get("class") == "n")

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3", "h4"):
            self.under, self.caption_due = self._words(), False
        elif tag == "p" and self.caption_due:
            self.drawn[-1].caption, self.caption_due = self._words(), False
        elif self.grid is None:
            return
        elif tag == "caption":
            self.grid.caption = self._words()
        elif tag in ("td", "th"):
            self.row += [self._words()] * self.span
        elif tag == "tr":
            self._end_row(self.grid)
        elif tag == "table":
            if self.grid.heads:
                self.grids.append(self.grid)
            self.grid = None

    def _words(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.said)).strip()

    def _end_row(self, grid: Grid) -> None:
        if self.is_head and self.row and not grid.heads:
            grid.heads = self.row
        elif self.row and not (len(set(self.row)) == 1 and self.row[0] == "No rows." and not grid.rows):
            grid.rows.append(self.row)
