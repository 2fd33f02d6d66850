"""What is doubtful in a batch before it is typed: letters read in a wrong encoding, days in another order, hidden rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.batches import Source

if TYPE_CHECKING:
    import pyarrow as pa

HIDDEN_ROWS, SERIAL_DAYS, ERROR_CELLS, PADDED_IDS = "hidden_rows", "serial_days", "error_cells", "padded_ids"
"""What a reader counts itself, and gives with its batch, by these names."""

GARBLED = "\u00c3[\u0080-\u00bf\u0152-\u2122]|\u00c2[\u00a0-\u00bf]|\u00e2\u20ac|\u00e2\u0080"
"""Two letters that stand for one where UTF-8 was read as another encoding, and then written so."""

DECIMAL_ID = r"^[0-9]+\.0+$"
"""A whole number as a program writes one that it took for a quantity."""

NO_ID = (
    r"(?i)^(n/?a|#n/a|n/?k|nan|nil|null|none|unknown|not (known|recorded|stated|given)|t\.?b\.?[ac]\.?|[-?.*]+|x{2,})$"
)
"""What people write where they have no id."""

PLACEHOLDER = f"{NO_ID}|^0+$"
"""The same, and noughts alone, which most often stand for none."""

_QUOTES = r"[\"'`\x{b4}\x{2018}\x{2019}\x{201c}\x{201d}]"
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
CHANGED_ID = rf'(?i)^({_QUOTES}|=")|["\x{{201d}}]$|^{_MONTH}-[0-9]{{2}}$|^[0-9]{{1,2}}-{_MONTH}$'
"""What a spreadsheet program makes of an id, or needs so that it makes nothing of it."""

MONTH_FIRST = r"^\s*(0?[1-9]|1[0-2])[/.-](1[3-9]|2[0-9]|3[01])[/.-][0-9]{4}\b"


def doubts_of(source: Source, batch: pa.Table) -> dict[str, int]:
    """How many rows of a batch each doubt touches, by its name; those that touch none are left out."""
    given = {k.decode(): int(v) for k, v in (batch.schema.metadata or {}).items()}
    found = {name: given.get(name, 0) for name in (HIDDEN_ROWS, SERIAL_DAYS, ERROR_CELLS, PADDED_IDS)}
    found["garbled"] = _rows(batch, [n for n in batch.column_names if "__" not in n], GARBLED)
    if any(f.startswith(("%d/", "%d-", "%d.")) for f in source.formats):
        found["month_first"] = _rows(batch, [n for n in batch.column_names if n in source.dates], MONTH_FIRST)
    found["decimal_ids"] = _rows(batch, [n for n in batch.column_names if n.split("@")[0].endswith("_id")], DECIMAL_ID)
    found["changed_ids"] = _rows(batch, [n for n in batch.column_names if n.split("@")[0].endswith("_id")], CHANGED_ID)
    about = [n for n in batch.column_names if n.split("@")[0] in ("person_id", "family_id", "household_id")]
    found["placeholder_ids"] = _rows(batch, about, PLACEHOLDER)
    # A first record may be the nought of its numbers.
    found["placeholder_contacts"] = _rows(batch, [n for n in batch.column_names if n == "contact_id"], f"{NO_ID}|^00+$")
    return {name: n for name, n in found.items() if n}


def _rows(batch: pa.Table, names: list[str], pattern: str) -> int:
    """In how many rows a text of these columns holds a pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    hit = None
    for name in names:
        column = batch.column(name)
        if not pa.types.is_string(column.type):
            continue
        if pattern is GARBLED and pc.all(pc.string_is_ascii(column)).as_py() is not False:
            continue
        found = pc.fill_null(pc.match_substring_regex(column, pattern), False)
        hit = found if hit is None else pc.or_(hit, found)
    return 0 if hit is None else int(pc.sum(hit).as_py() or 0)
