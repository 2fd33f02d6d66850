"""A table in a notebook, made so that everybody can read it and nothing in it can act.

It looks right in JupyterLab and goes onto a page as it is; `lib.page` refuses a bare DataFrame.
"""

from __future__ import annotations

import datetime
import decimal
import html
import numbers
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "–"
HIDDEN = ("c", "z", "x", "k")
"""What stands for a number that is not shown, in a column of numbers."""

# Persian and Indic names need the joiners; every other character that draws nothing is written out.
JOINERS = {"\u200c", "\u200d"}
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: object) -> str:
    """Text with its control, direction and broken characters made visible, so that none hides or turns its neighbours.

    >>> visible("fam\\u202egpj"), visible("a\\x00b"), visible("two\\nlines")
    ('fam⟨U+202E⟩gpj', 'a⟨U+0000⟩b', 'two ↵ lines')
    """
    written = re.sub(r"\r\n?|\n", " ↵ ", str(text)).replace("\t", " ")
    if written.isascii() and written.isprintable():
        return written
    return "".join(
        f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in UNSEEN and c not in JOINERS else c for c in written
    )


def plain(value: Any, *, grouped: bool = True) -> str:
    """One value as a reader would write it. `grouped`: thousands separators, which a year does not have.

    >>> plain(datetime.date(2024, 4, 5)), plain(True), plain(None), plain(12345), plain(2.50), plain(["a", 1])
    ('5 April 2024', 'yes', '–', '12,345', '2.5', 'a, 1')
    >>> plain(decimal.Decimal("1207.10")), plain(decimal.Decimal("1207"))
    ('1,207.10', '1,207')
    """
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return ", ".join(f"{plain(k)}: {plain(v, grouped=grouped)}" for k, v in value.items()) or NOTHING
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(plain(v, grouped=grouped) for v in value)) or NOTHING
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return ", ".join(plain(v, grouped=grouped) for v in value) or NOTHING
    # NaN, NaT and pandas' NA are the values that are not equal to themselves, or will not say.
    if value is None or _is_missing(value):
        return NOTHING
    if isinstance(value, datetime.datetime):
        day = f"{value.day} {value:%B} {value.year}"
        return day if value.time() == datetime.time() else f"{day}, {value:%H:%M}"
    if isinstance(value, datetime.date):
        return f"{value.day} {value:%B} {value.year}"
    if isinstance(value, datetime.timedelta):
        return f"{value.days:,} days" if not value.seconds else str(value)
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}" if grouped else str(int(value))
    if isinstance(value, decimal.Decimal):
        # Money, if it has places at all: its pence are told even where the last is none.
        places = 2 if "." in f"{value:f}" else 0
        return f"{value:,.{places}f}" if grouped else f"{value:.{places}f}"
    if isinstance(value, numbers.Real):
        written = f"{value:,.2f}" if grouped else f"{value:.2f}"
        written = written.rstrip("0").rstrip(".") if "." in written else written
        return "0" if written == "-0" else written
    return visible(value)


def _is_missing(value: Any) -> bool:
    same = value == value
    return same is False or type(same).__name__ == "NAType" or (type(same).__name__ == "bool" and not same)


class Shown:
    """A small table with a caption, for a notebook and a page.

    `df`: a pandas DataFrame; a named or lettered index becomes its first columns, a numbered one is left out.
    `caption`: what the table holds, in words. `note`: a line beneath. `rowhead`: the column that names each row, the
    first unless said. `total`: the last row is a total, drawn so.
    Dates are written "5 April 2024", truth yes or no, missing –, numbers right-aligned. Everything is escaped.
    Raises ValueError for no caption, no columns, or a `rowhead` that is not a column.

    >>> import pandas as pd
    >>> Shown(pd.DataFrame({"agency": ["police"], "contacts": [1204]}), "Contacts by agency")
    Contacts by agency
    Agency  Contacts
    police     1,204
    """

    def __init__(self, df: pd.DataFrame, caption: str, note: str = "", rowhead: Any = None, total: bool = False):
        """Take the table and what to say of it; see the class."""
        if not str(caption).strip():
            raise ValueError("A table needs a caption: Shown(df, 'Contacts by agency').")
        self.df = _with_index(df)
        if not len(self.df.columns):
            raise ValueError("A table with no columns cannot be shown.")
        if rowhead is not None and rowhead not in self.df.columns:
            raise ValueError(f"rowhead: there is no column '{rowhead}'. Columns: {list(self.df.columns)}.")
        self.caption, self.note, self.total = visible(caption), visible(note) if note else "", total
        self.rowhead = 0 if rowhead is None else list(self.df.columns).index(rowhead)

    def heads(self) -> list[str]:
        """The column heads as written on the page."""
        return [_head(name) for name in self.df.columns]

    def cells(self) -> list[list[str]]:
        """Every value as written on the page, row by row, not yet escaped."""
        grouped = [not re.search(r"(^|[_ ])year$", str(name), re.IGNORECASE) for name in self.df.columns]
        columns = [
            [plain(v, grouped=grouped[at]) for v in self.df.iloc[:, at].array] for at in range(len(self.df.columns))
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    def _repr_html_(self) -> str:
        heads, rows, right = self.heads(), self.cells(), [_is_number(self.df.iloc[:, at]) for at in range(self._width)]
        n = [' class="n"' if r else "" for r in right]
        head = "".join(f'<th scope="col"{n[at]}>{_e(text)}</th>' for at, text in enumerate(heads))
        body = []
        for number, row in enumerate(rows):
            cells = "".join(
                f'<th scope="row"{n[at]}>{_e(text)}</th>' if at == self.rowhead else f"<td{n[at]}>{_e(text)}</td>"
                for at, text in enumerate(row)
            )
            is_total = self.total and number == len(rows) - 1
            body.append(f'<tr class="total">{cells}</tr>' if is_total else f"<tr>{cells}</tr>")
        if not rows:
            body = [f'<tr><td colspan="{self._width}">No rows.</td></tr>']
        note = f'<p class="note">{_e(self.note)}</p>' if self.note else ""
        return (
            f'<div class="shown" role="region" tabindex="0" aria-label="{_e(self.caption)}"><table>'
            f"<caption>{_e(self.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
            f"</table></div>{note}"
        )

    @property
    def _width(self) -> int:
        return len(self.df.columns)

    def __repr__(self) -> str:
        """The table as plain text, for a terminal."""
        grid = [self.heads(), *self.cells()]
        right = [_is_number(self.df.iloc[:, at]) for at in range(self._width)]
        widths = [max(len(row[at]) for row in grid) for at in range(self._width)]
        lines = (
            "  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in zip(row, widths, right, strict=True)).rstrip()
            for row in grid
        )
        return "\n".join([self.caption, *lines, *([self.note] if self.note else [])])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


def _e(text: str) -> str:
    return html.escape(text, quote=True)


def _head(name: Any) -> str:
    parts = name if isinstance(name, tuple) else (name,)
    words = ", ".join(plain(part, grouped=False) for part in parts if str(part))
    words = words.replace("_", " ").strip() or "Column"
    return words[:1].upper() + words[1:]


def _with_index(df: pd.DataFrame) -> pd.DataFrame:
    index = df.index
    named = [name for name in index.names if name is not None and name not in df.columns]
    if not named and (index.dtype.kind in "iu" or not len(df)):
        return df.reset_index(drop=True)
    if not named and any(name is not None for name in index.names):
        return df.reset_index(drop=True)
    return df.reset_index(names=named if len(named) == index.nlevels else ["item", *map(str, range(1, index.nlevels))])


def _is_number(column: pd.Series) -> bool:
    kind = getattr(column.dtype, "kind", "O")
    if kind == "O":
        held = [v for v in column if v is not None and not (isinstance(v, float) and v != v)]
        if held and all(isinstance(v, str) and v in HIDDEN for v in held):
            return True
        held = [v for v in held if not (isinstance(v, str) and v in HIDDEN)]
        is_number = (isinstance(v, numbers.Real | decimal.Decimal) and not isinstance(v, bool) for v in held)
        return bool(held) and all(is_number)
    return str(kind) in "iuf"
