"""Which records are alike: pairs weighed by Splink in a database of their own, with no way out and no order of its own.

The model is that of Fellegi and Sunter: a pair compares in each column in one of several ways (levels), and each way
weighs log2(m / u), m being its share among pairs that belong together and u among pairs that do not. The same records
give the same weights to the last digit, whatever their order: one thread, sorted rows, a seed.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.dialect import literal
from lib.errors import RequestError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

NOTHING = "nothing"
"""The level of a pair of which one has nothing in the column: it weighs nothing."""

LEAST, MOST = 1e-9, 1 - 1e-9
KEY = "block_{}"
Shares = Mapping[str, Mapping[str, tuple[float, float]]]
"""For each column, for each of its levels, m and u."""


@dataclass(frozen=True)
class Level:
    """One way in which two values compare: its name, its test in SQL over `x_l` and `x_r`, m and u.

    `frequency` names the column whose common values weigh less and rare ones more; `kept`: m and u are not estimated.
    """

    name: str
    test: str
    m: float
    u: float
    frequency: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Comparison:
    """A column and its levels, best first; the last holds for whatever is left. `nothing` is the test for no evidence."""

    name: str
    nothing: str
    levels: tuple[Level, ...]

    @property
    def tests(self) -> list[tuple[str, str]]:
        """Each level's name and its test, `nothing` first; the last has the test that always holds."""
        return [(NOTHING, self.nothing), *((v.name, v.test) for v in self.levels[:-1]), (self.levels[-1].name, "TRUE")]


@dataclass(frozen=True)
class Training:
    """How m and u are estimated: agreement in all columns of one of `sure` finds a share `finds` of the pairs that belong
    together; each of `sessions` blocks once."""

    sure: tuple[tuple[str, ...], ...]
    finds: float
    sessions: tuple[tuple[str, ...], ...]
    pairs: int
    seed: int


class Pairing:
    """Records to be compared: an Arrow table with a whole number `card` from 0, one row each, and a column per value.

    `blocks` are the groups of columns by which pairs are looked up: two records are compared where all columns of one
    block are equal and filled. A block's value that more than `most` records share is not looked up by.
    """

    def __init__(
        self, cards: pa.Table, comparisons: Sequence[Comparison], blocks: Sequence[tuple[str, ...]], most: int
    ) -> None:
        self.comparisons, self.blocks, self.count, self.most = comparisons, blocks, len(cards), int(most)
        self.con = _alone()
        self.con.register("incoming", cards)
        self.con.execute("CREATE TABLE given AS SELECT * FROM incoming ORDER BY card")
        self.con.unregister("incoming")
        self.left_out: dict[str, int] = {}
        for n, columns in enumerate(blocks):
            self._look_up(n, columns, most)
        keys = ", ".join(f"k{n}.key AS {KEY.format(n)}" for n in range(len(blocks)))
        joins = " ".join(f"LEFT JOIN look_{n} AS k{n} ON g.card = k{n}.card" for n in range(len(blocks)))
        self.con.execute(f"CREATE TABLE cards AS SELECT g.*, {keys} FROM given AS g {joins} ORDER BY g.card")
        self._drop("given", *(f"look_{n}" for n in range(len(blocks))))

    def _look_up(self, n: int, columns: Sequence[str], most: int) -> None:
        """Make `look_<n>`: the block of each record, where it has one and few enough share it."""
        filled = " AND ".join(f"{c} IS NOT NULL" for c in columns)
        joined = f"concat_ws(chr(31), {', '.join(columns)})"
        self.con.execute(
            f"CREATE TABLE look_{n} AS SELECT card, key FROM (SELECT card, {joined} AS key, count(*) OVER "
            f"(PARTITION BY {joined}) AS n FROM given WHERE {filled}) AS t WHERE n BETWEEN 2 AND {int(most)}"
        )
        over = self.con.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM given WHERE {filled} GROUP BY {joined} HAVING count(*) > {int(most)}) AS t"
        ).fetchall()[0][0]
        if over:
            self.left_out[" and ".join(columns)] = int(over)

    def agreeing(self, columns: Sequence[str]) -> int:
        """How many pairs agree exactly in all of these columns."""
        filled = " AND ".join(f"{c} IS NOT NULL" for c in columns)
        found = self.con.execute(
            f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) AS n FROM cards WHERE {filled} "
            f"GROUP BY {', '.join(columns)}) AS t"
        ).fetchall()
        return int(found[0][0])

    def _sure(self, rules: Sequence[tuple[str, ...]]) -> int:
        """How many pairs agree exactly in all columns of one of several rules, each pair once; too common values apart."""
        finds = []
        for columns in rules:
            filled = " AND ".join(f"{c} IS NOT NULL" for c in columns)
            few = (
                f"(SELECT * FROM (SELECT card, {', '.join(columns)}, count(*) OVER (PARTITION BY {', '.join(columns)}) AS n "
                f"FROM cards WHERE {filled}) AS t WHERE n BETWEEN 2 AND {self.most})"
            )
            same = " AND ".join(f"a.{c} = b.{c}" for c in columns)
            finds.append(
                f"SELECT a.card AS a, b.card AS b FROM {few} AS a JOIN {few} AS b ON {same} AND a.card < b.card"
            )
        return int(self.con.execute(f"SELECT count(*) FROM ({' UNION '.join(finds)}) AS t").fetchall()[0][0])

    def train(self, training: Training) -> tuple[Shares, float]:
        """m and u as these records have them, and the chance that two at random belong together.

        A column whose estimates make no sense (a level that should speak for a pair speaks against it, or the other way
        round), and a level that was never met, keep what was declared.
        """
        from splink import block_on

        declared = {c.name: {v.name: (v.m, v.u) for v in c.levels} for c in self.comparisons}
        chance = self._sure(training.sure) / training.finds / (self.count * (self.count - 1) / 2)
        chance = min(max(chance, LEAST), 0.5)
        with _quiet():
            linker = self._linker(declared, chance, True)
            linker.training.estimate_u_using_random_sampling(training.pairs, training.seed, None, 1)
            for session in training.sessions:
                key = KEY.format(self.blocks.index(session))
                linker.training.estimate_parameters_using_expectation_maximisation(
                    block_on(*session, key), record_sample_proportion=1.0
                )
            made = linker.misc.save_model_to_json()
        return _sensible(declared, made, self.comparisons), chance

    def weigh(self, shares: Shares, chance: float, least: float, rarity: bool) -> pa.Table:
        """Pairs that are one with at least the probability `least`: card_l, card_r, weight, probability, weight of each column.

        `rarity`: whether rare values weigh more than common ones, by how often each is met among these records.
        """
        with _quiet():
            linker = self._linker(shares, chance, rarity)
            found = linker.inference.predict(threshold_match_probability=least).as_pyarrow_table()
        columns = set(found.column_names)
        parts = []
        for c in self.comparisons:
            rare = f" + mw_tf_adj_{c.name}" if f"mw_tf_adj_{c.name}" in columns else ""
            parts.append(f"round(mw_{c.name}{rare}, 6) AS {c.name}_weight")
        self.con.register("found", found)
        try:
            return self.con.sql(
                "SELECT CAST(card_l AS INTEGER) AS card_l, CAST(card_r AS INTEGER) AS card_r, "
                f"round(match_weight, 6) AS match_weight, match_probability AS probability, {', '.join(parts)} "
                "FROM found ORDER BY card_l, card_r"
            ).to_arrow_table()
        finally:
            self.con.unregister("found")

    def look(self, pairs: pa.Table) -> pa.Table:
        """How each of these pairs (card_l, card_r) compares, a column for each comparison with the name of its level."""
        cells = []
        for c in self.comparisons:
            cases = " ".join(f"WHEN {test} THEN {literal(name)}" for name, test in c.tests)
            cells.append(f"CASE {cases} END AS {c.name}")
        used = self.con.sql("SELECT * FROM cards LIMIT 0").columns
        both = ", ".join(f"a.{c} AS {c}_l, b.{c} AS {c}_r" for c in used if not c.startswith("block_"))
        self.con.register("asked", pairs)
        try:
            return self.con.sql(
                f"SELECT card_l, card_r, {', '.join(cells)} FROM (SELECT {both} FROM asked AS p "
                "JOIN cards AS a ON p.card_l = a.card JOIN cards AS b ON p.card_r = b.card) AS t ORDER BY card_l, card_r"
            ).to_arrow_table()
        finally:
            self.con.unregister("asked")

    def _linker(self, shares: Shares, chance: float, rarity: bool) -> Any:
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on

        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="card",
            comparisons=[_for_splink(c, shares[c.name], rarity) for c in self.comparisons],
            blocking_rules_to_generate_predictions=[block_on(KEY.format(n)) for n in range(len(self.blocks))],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
            probability_two_random_records_match=chance,
        )
        return Linker(DuckDBAPI(connection=self.con).register("cards"), settings, None, False)

    def _drop(self, *tables: str) -> None:
        for name in tables:
            self.con.execute(f"DROP TABLE {name}")


def _alone() -> duckdb.DuckDBPyConnection:
    """A database in memory that reads no file, fetches nothing, and sums in one order."""
    import duckdb

    con = duckdb.connect(":memory:", config={"threads": 1})
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"):
        con.execute(f"SET {setting} = false")
    return con


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Splink at work: nothing of it is logged, and what it raises, which may hold values, is not passed on."""
    import duckdb

    logger = logging.getLogger("splink")
    before, logger.disabled = logger.level, False
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    except (duckdb.Error, ValueError, KeyError, ZeroDivisionError) as fault:
        raise RequestError(
            f"the records could not be weighed ({type(fault).__name__} in Splink). Look whether the linkage rules of the "
            "folder have changed; nothing was linked."
        ) from None
    finally:
        logger.setLevel(before)


def _for_splink(comparison: Comparison, shares: Mapping[str, tuple[float, float]], rarity: bool) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.nothing, "label_for_charts": NOTHING, "is_null_level": True}
    ]
    for level, (_, test) in zip(comparison.levels, comparison.tests[1:], strict=True):
        m, u = shares[level.name]
        given: dict[str, Any] = {"sql_condition": "ELSE" if test == "TRUE" else test, "label_for_charts": level.name}
        given |= {"m_probability": m, "u_probability": u}
        given |= {"fix_m_probability": level.kept, "fix_u_probability": level.kept}
        if level.frequency and rarity:
            given |= {"tf_adjustment_column": level.frequency, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 1e-5}
        levels.append(given)
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _sensible(declared: Shares, made: Mapping[str, Any], comparisons: Sequence[Comparison]) -> Shares:
    """What was estimated, and what was declared where that makes no sense."""
    found: dict[str, Mapping[str, tuple[float, float]]] = {}
    for comparison, given in zip(comparisons, made["comparisons"], strict=True):
        shares = dict(declared[comparison.name])
        for level in given["comparison_levels"]:
            name, m, u = level["label_for_charts"], level.get("m_probability"), level.get("u_probability")
            if name in shares and _is_share(m) and _is_share(u):
                shares[name] = (float(m), float(u))
        whole = [sum(s[n] for s in shares.values()) for n in (0, 1)]
        shares = {name: (m / whole[0], u / whole[1]) for name, (m, u) in shares.items()}
        best, last = shares[comparison.levels[0].name], shares[comparison.levels[-1].name]
        makes_sense = best[0] > best[1] and last[0] < last[1]
        found[comparison.name] = shares if makes_sense else declared[comparison.name]
    return found


def _is_share(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and LEAST < value < MOST
