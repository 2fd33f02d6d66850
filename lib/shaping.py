"""A batch before it is typed: texts that stand for nothing, the kit's own words, ids of several columns, and records that
tell several dated things, each made a row of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.batches import KEY, NOT_TOLD, Source, plain_text

if TYPE_CHECKING:
    import pyarrow as pa


def shaped(source: Source, batch: pa.Table, own_id: str, when: str) -> pa.Table:
    """The batch as its source declares it; `own_id` is the target of the supplier's id, `when` that of the day.

    A batch of a source that tells several things has a column `part` more: the number of the thing. A record that tells
    none of them keeps one row, without a day, or with the reason that nothing in it is told.
    """
    batch = _without_blanks(source, batch)
    batch = _with_key(source, batch, own_id)
    batch = _in_words(source, batch)
    if source.tells:
        return _told_apart(source, batch, when)
    return _declared_out(batch, _is_left(source, batch))


def _texts(batch: pa.Table) -> list[str]:
    return [n for n in batch.column_names if n not in ("row", "line", "problem") and "__" not in n]


def _without_blanks(source: Source, batch: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not source.blanks:
        return batch
    nothing = pa.array([plain_text(b).casefold() for b in source.blanks], pa.string())
    for name in [*_texts(batch), *(n for n in batch.column_names if n.startswith(KEY))]:
        column = batch.column(name)
        column = column.cast(pa.string())
        is_nothing = pc.is_in(pc.utf8_lower(column), nothing)
        batch = batch.set_column(
            batch.column_names.index(name), name, pc.if_else(is_nothing, pa.scalar(None, pa.string()), column)
        )
    return batch


def _with_key(source: Source, batch: pa.Table, own_id: str) -> pa.Table:
    """The supplier's id, from the columns that make it together; none where any of them is empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not source.key:
        return batch
    names = [f"{KEY}{n}" for n in range(len(source.key))]
    parts = [batch.column(n).cast(pa.string()) for n in names if n in batch.column_names]
    # What parts the values can stand in none of them: two different keys are never written alike.
    escaped = [pc.replace_substring(pc.replace_substring(p, "~", "~0"), "/", "~1") for p in parts]
    if len(parts) < len(names):
        joined = pa.nulls(len(batch), pa.string())
    else:
        joined = pc.binary_join_element_wise(*escaped, "/", null_handling="emit_null")
    dropped = [n for n in batch.column_names if n.startswith(KEY) or n == own_id]
    return batch.drop_columns(dropped).append_column(own_id, joined)


def _in_words(source: Source, batch: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in _texts(batch):
        known = source.words.get(name.split("@")[0])
        if not known:
            continue
        column = batch.column(name).cast(pa.string())
        theirs = pa.array([plain_text(w).casefold() for w in known], pa.string())
        at = pc.index_in(pc.utf8_lower(column), theirs)
        ours = pc.take(pa.array(list(known.values()), pa.string()), at)
        batch = batch.set_column(batch.column_names.index(name), name, pc.coalesce(ours, column))
    return batch


def _told_apart(source: Source, batch: pa.Table, when: str) -> pa.Table:
    """A row for each dated thing that a record tells, in order of record and thing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    shared = [n for n in batch.column_names if "@" not in n]
    pieces, none_told = [], pa.array([True] * len(batch), pa.bool_())
    some_left = pa.array([False] * len(batch), pa.bool_())
    for told in source.tells:
        piece = batch.select(shared)
        for name in batch.column_names:
            target, _, rest = name.partition("@")
            number, _, kind = rest.partition("__")
            if number == str(told.number):
                own = f"{target}__{kind}" if kind else target
                piece = piece.drop_columns([own]) if own in piece.column_names else piece
                piece = piece.append_column(own, batch.column(name))
        for target, value in told.constants.items():
            always = pa.array([value] * len(piece), pa.string())
            if target in told.columns:
                always = pc.coalesce(piece.column(target), always)
            piece = piece.drop_columns([target]) if target in piece.column_names else piece
            piece = piece.append_column(target, always)
        piece = piece.append_column("part", pa.array([told.number] * len(piece), pa.int8()))
        is_dated, is_left = _is_dated(piece, when), _is_left(source, piece)
        is_there = pc.and_not(is_dated, is_left)
        none_told, some_left = pc.and_not(none_told, is_there), pc.or_(some_left, pc.and_(is_dated, is_left))
        pieces.append((piece, is_there))
    kept = [piece.filter(is_there) for piece, is_there in pieces]
    # A record that tells nothing is still a record: it is set aside in its own right.
    kept.append(_declared_out(pieces[0][0], some_left).filter(none_told))
    return pa.concat_tables(kept, promote_options="default").sort_by([("row", "ascending"), ("part", "ascending")])


def _is_left(source: Source, piece: pa.Table) -> pa.Array:
    """Which rows hold a word that the format declares not to be told."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pa.array([False] * len(piece), pa.bool_())
    for target, words in source.words.items():
        if NOT_TOLD in words.values() and target in piece.column_names:
            found = pc.or_(found, pc.fill_null(pc.equal(piece.column(target), NOT_TOLD), False))
    return found


def _declared_out(batch: pa.Table, is_left: pa.Array) -> pa.Table:
    """The batch, with the reason in each row of which nothing is told."""
    import pyarrow.compute as pc

    if not pc.any(is_left).as_py():
        return batch
    at = batch.column_names.index("problem")
    reasons = pc.if_else(is_left, "not told, as its format says", batch.column("problem"))
    return batch.set_column(at, "problem", pc.coalesce(batch.column("problem"), reasons))


def _is_dated(piece: pa.Table, when: str) -> pa.ChunkedArray:
    """Which rows have anything written where their day belongs."""
    import pyarrow.compute as pc

    there = [pc.is_valid(piece.column(n)) for n in (when, f"{when}__at") if n in piece.column_names]
    found = there[0]
    for more in there[1:]:
        found = pc.or_(found, more)
    return found
