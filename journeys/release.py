"""What may leave the partnership: measures' tables in families, small counts and all that rests on them hidden.

`publish` previews: it reads the ledger of releases, and never writes it. `python -m journeys release` is the only way out.
Nothing leaves that rests on fewer families than the threshold: of a review of eight nothing is counted, and no nought
is shown, since a nought of eight tells of eight. Tables of one report are protected together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeys.journey import Journeys, check_review
from journeys.leavecolumns import LEAVES
from journeys.leaving import EVERYBODY, Behind, behind
from journeys.policy import Policy, policy_of
from lib.disclose import HIDDEN, Held, Key, Protected, Relation, Shown, TooSparse, protect
from lib.errors import PermissionRefused, RequestError
from lib.ledger import Figure, Ledger, Population, read
from lib.magnitudes import middle, share, total, weeks

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

HOME = ".releases"
"""The folder of a data folder that holds its ledger."""

today = dt.date.today
"""The day of a release; tests set another."""


@dataclass(frozen=True)
class Leaving:
    """One table as it leaves: its rows, how it was protected, and in words what a reader needs to know of that."""

    table: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]
    definition: str
    says: str
    note: str
    record: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """The table as a DataFrame: numbers, words and symbols."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(self.columns), dtype=object)


@dataclass(frozen=True)
class Released:
    """All tables of one report, with what the ledger needs of them. Never kept, but by a release, in the ledger."""

    policy: Policy
    tables: Mapping[str, Leaving]
    figures: tuple[Figure, ...]
    published: Mapping[tuple[str, Key], Shown]
    populations: tuple[Population, ...]
    rests: Mapping[str, Shown]


def publish(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A measure's table as it would leave the partnership: a preview, which releases nothing and writes nothing.

    `frame` as a measure made it: `agencies`, `demand` (by month, quarter, year or in all), `triggers` or `links`. `name`
    is one of these. Returns a DataFrame of families, with the columns of `columns.LEAVES[name]`: a count under the
    threshold is `c`, and so is what rests on it, or would tell of it; others are rounded, so figures may not sum; `z`
    does not apply; `x` is not available; `k` rounds to nought. Rows stand by name. `attrs["note"]` says it in words.

    Raises `RequestError` for a table that may not leave, and for a frame that lacks its counts or was changed after the
    measure made it; `PermissionRefused` where the sources do not allow comparison, and comparison families are counted.

    Source of the rules: `lib.disclose` and rules/disclosure.yml.

    >>> from journeys.contacts import read_contacts
    >>> from journeys.journey import build_journeys
    >>> from journeys.measures import agencies
    >>> eight = publish(agencies(build_journeys(read_contacts("sample"))), "agencies")
    >>> set(eight["families"]), eight.attrs["note"].split(". ")[0]
    ({'c'}, 'Nothing is shown: fewer than 10 families stand behind this table')
    """
    one = together({name: frame}).tables[name]
    shown = one.frame()
    shown.attrs["note"] = one.note
    return shown


def together(frames: Mapping[str, pd.DataFrame], on: dt.date | None = None, ledger: Ledger | None = None) -> Released:
    """Several tables of one report, protected as one: what two of them tell together is looked at, too.

    `frames`: by name, as in `publish`; of one table several kinds may stand side by side, as `demand: month` and
    `demand: year`. `ledger`: the ledger in hand, else that of the data folder is read.
    """
    found = {name: behind(frame, name.partition(":")[0]) for name, frame in frames.items()}
    if len({(one.says, one.everybody, one.review.session.folder.path) for one in found.values()}) > 1:
        raise RequestError(
            "tables that leave together are of one review: the same data, families and days. Give these."
        )
    folder = next(iter(found.values())).review.session.folder
    policy = policy_of(folder)
    if ledger is None and folder.path is not None:
        ledger = read(folder.path / HOME)
    for one in found.values():
        _allow(one)
    seen = {name: one for name, one in found.items() if not too_few(one, policy)}
    figures = tuple(_figures(seen))
    held: dict[Key, Held] = {}
    if ledger is not None:
        stands = ledger.held(figures, policy.rule, on or today(), policy.afresh_after)
        held = {cell: was for (_, cell), was in stands.items()}
    try:
        done = _protect(seen.values(), policy, held) if seen else None
    except TooSparse:
        seen, figures, done = {}, (), None
    rests: dict[str, Shown] = {}
    tables = {}
    for name, one in found.items():
        if done is None or name not in seen:
            tables[name] = _withheld(name, one, policy)
        else:
            tables[name] = _laid_out(name, one, policy, done, held, ledger, rests)
    published = {(f.table, f.cell): done.shown[f.cell] for f in figures} if done else {}
    populations = tuple(Population(one.table, one.definition, one.says, one.everybody) for one in seen.values())
    return Released(policy, tables, figures, published, populations, rests)


def too_few(one: Behind, policy: Policy) -> bool:
    """Whether so few families stand behind a table, or stand in it beside those under review, that it shows nothing.

    Where a wider extract holds only a few more than those under review, its counts are nearly theirs.
    """
    beyond = len(one.everybody - one.reviewed)
    few = len(one.everybody) < policy.rule.threshold
    return few or (0 < beyond < policy.least_beyond and bool(one.everybody & one.reviewed))


def everyone(review: Journeys) -> Journeys:
    """All the families of the folder, those under review among them, over the same days: what area tables rest on.

    Raises `PermissionRefused` where the sources do not allow comparison, and for published cases.
    """
    check_review(review)
    names = {*review.families, *review.comparison.families, *(review.session.folder.entry.reviewed or ())}
    r = review
    return Journeys(r.session, r.engine, r.codes, r.start, r.end, r.as_at, sorted(names))


def area_frames(review: Journeys) -> dict[str, pd.DataFrame]:
    """The registered tables of an area, by name: the only ones of a public report. `review` as `everyone` gives it."""
    from journeys import measures
    from journeys.asked import demand
    from journeys.triggers import find_triggers

    rows = demand(review)
    return {
        "agencies": measures.agencies(review),
        "demand": measures.demand(rows),
        "demand: year": measures.demand(rows, every="year"),
        "links": measures.links(review),
        "triggers": measures.triggers(find_triggers(review)),
    }


def _allow(one: Behind) -> None:
    """Families that were not under review are comparison families: their use is asked for."""
    folder = one.review.session.folder
    if folder.entry.published:
        raise PermissionRefused("published cases stand for themselves: nothing is counted over them for the public.")
    if one.reviewed and one.everybody - one.reviewed:
        folder.require("comparison")


def _figures(found: Mapping[str, Behind]) -> list[Figure]:
    """Every cell that some table shows, once, with who is counted in it."""
    figures: dict[Key, Figure] = {}
    for one in found.values():
        for line in one.lines:
            for cell in line.cells.values():
                says = f"all {one.table}, {one.says}" if cell != EVERYBODY else one.says
                table = one.table if cell != EVERYBODY else "families"
                definition = one.definition if cell != EVERYBODY else "families"
                figures.setdefault(cell, Figure(table, cell, definition, says, one.families[cell]))
    return [figures[cell] for cell in sorted(figures)]


def _protect(found: Any, policy: Policy, held: Mapping[Key, Held]) -> Protected:
    families: dict[Key, frozenset[str]] = {}
    relations: dict[tuple[Any, ...], Relation] = {}
    shown: set[Key] = set()
    unseen: set[Key] = set()
    periods: dict[tuple[str, str], list[Key]] = {}
    for one in found:
        families |= one.families
        relations |= {(r.whole, r.parts, r.kind): r for r in one.relations}
        unseen |= one.unseen
        shown |= {cell for line in one.lines for cell in line.cells.values()}
    for key in shown:
        if key[0] == "demand":
            periods.setdefault((key[1], key[3]), []).append(key)
    for (every, label), parts in sorted(periods.items()):
        # The whole period is no less than any of its years, and no more than all of them, where all are at hand.
        whole = ("demand", "all", "the whole period", label)
        if every != "all" and whole in shown and frozenset().union(*(families[p] for p in parts)) == families[whole]:
            relations[whole, every] = Relation(whole, tuple(sorted(parts)), "union")
    counts = {key: len(who) for key, who in families.items()}
    unseen |= set(counts) - shown
    return protect(counts, relations.values(), policy.rule, unseen=unseen, known={EVERYBODY}, held=held)


def _laid_out(
    name: str,
    one: Behind,
    policy: Policy,
    done: Protected,
    held: Mapping[Key, Held],
    ledger: Ledger | None,
    rests: dict[str, Shown],
) -> Leaving:
    form = LEAVES[one.table]
    rows = []
    for line in one.lines:
        row: list[Shown] = [*line.names, *(done.shown[line.cells[column]] for column in form.counts)]
        for column, (kind, *on) in form.rests.items():
            keys = [line.cells[base] for base in on]
            place = "|".join([one.table, column, *("/".join(key) for key in keys)])
            before = ledger.rests.get(place) if ledger is not None and all(key in held for key in keys) else None
            value = before if before is not None else _resting(kind, column, line, one, keys, done, policy)
            value = HIDDEN if HIDDEN in (done.shown[key] for key in keys) else value
            rests[place] = value
            row.append(value)
        rows.append(tuple(row))
    if one.table == "links":
        rows = _others(rows)
    cells = {cell for line in one.lines for cell in line.cells.values()}
    hidden = sum(done.shown[cell] == HIDDEN for cell in cells)
    record = {
        "table": name,
        "definition": one.definition,
        "says": one.says,
        "policy": policy.version,
        "threshold": policy.rule.threshold,
        "base": policy.rule.base,
        "hidden": hidden,
        "audit": "passed",
        "because": policy.because,
    }
    return Leaving(
        name,
        form.says,
        (*form.by, *form.counts, *form.rests),
        tuple(rows),
        one.definition,
        one.says,
        _note(one, policy, done.shown.get(EVERYBODY, HIDDEN), bool(cells & set(held))),
        record,
    )


def _resting(
    kind: str, column: str, line: Any, one: Behind, keys: Sequence[Key], done: Protected, policy: Policy
) -> Shown:
    if kind == "share":
        part, whole = (len(one.families[key]) for key in keys)
        told = share(part, whole, policy.rule, is_sensitive=policy.is_sensitive(line.category))
        over, under = (done.shown[key] for key in keys)
        if isinstance(told, str) or isinstance(over, str) or isinstance(under, str):
            return told
        # Of the counts as they are shown, which may have stood for a while.
        return min(100, (200 * over + under) // (2 * under)) if under else HIDDEN
    brought = line.amounts[column]
    if kind == "sum":
        return total(brought, policy.rule)
    found = middle(brought, policy.rule)
    return found if isinstance(found, str) else weeks(found)


def _others(rows: Sequence[tuple[Shown, ...]]) -> list[tuple[Shown, ...]]:
    """Of a map, links of few families are not drawn, and are not told from links that there are not."""
    return [row for row in rows if row[-1] != HIDDEN]


def _withheld(name: str, one: Behind, policy: Policy) -> Leaving:
    """A table of which nothing may be counted: every place hidden, noughts too, and why."""
    form = LEAVES[one.table]
    width = len(form.counts) + len(form.rests)
    is_few = too_few(one, policy)
    why = (
        f"Nothing is shown: fewer than {policy.rule.threshold} families stand behind this table, or fewer than "
        f"{policy.least_beyond} beside those under review. Nothing can be counted of so few that would not tell of one. "
        "A wider area, a longer time or words instead of numbers can be published."
        if is_few
        else "Nothing is shown: the table is too sparse to be made safe. Merge categories, or ask for longer periods."
    )
    if is_few and len(one.everybody) < policy.rule.threshold:
        why = why.replace(f", or fewer than {policy.least_beyond} beside those under review", "")
    names = [line.names for line in one.lines] if not is_few else [("every row",) + ("",) * (len(form.by) - 1)]
    rows = tuple((*n, *[HIDDEN] * width) for n in names)
    record = {"table": name, "policy": policy.version, "threshold": policy.rule.threshold, "base": policy.rule.base}
    record |= {"hidden": "all", "audit": "withheld", "because": policy.because}
    columns = (*form.by, *form.counts, *form.rests)
    return Leaving(name, form.says, columns, rows, one.definition, "", why, record)


def _note(one: Behind, policy: Policy, families: Shown, stands: bool) -> str:
    rule = policy.rule
    said = [
        f"Families, {one.says}. c: fewer than {rule.threshold}, or hidden so that fewer cannot be worked out. Other counts "
        f"are rounded to {rule.base}, so figures may not sum. Nought is nought."
    ]
    if LEAVES[one.table].rests:
        if (
            "all_families" in {base for _, *on in LEAVES[one.table].rests.values() for base in on}
            and families != HIDDEN
        ):
            said.append(f"Percent is of all {families:,} families.")
        said.append("z: does not apply. k: rounds to nought. What rests on a hidden count is hidden.")
    if one.table == "links":
        said.append("Links of fewer families are left out, as if there were none.")
    if stands:
        said.append(
            f"Some figures stand as they were last released: they have changed by fewer than {rule.threshold} families, or "
            "not at all, and which of the two is not told. Such a figure is counted afresh when it has changed by "
            f"{rule.threshold}, or after {policy.afresh_after} days once {rule.threshold} families have come or gone."
        )
    return " ".join(said)


def ledger_of(folder: Path, released: int = 0) -> Ledger | None:
    """The ledger of a data folder, if anything was ever released from it. Raises what `lib.ledger.read` raises."""
    return read(folder / HOME, released)
