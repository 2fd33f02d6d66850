"""Every statement that the kit's rooms issue keeps to one small subset of SQL, so that another engine stays a step away.

The whole path runs on invented folders with the engine listening. What is said while `lib.intake` reads, and what
`lib.engine` says on its own account, is the adapter: dialect belongs there and nowhere else.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

import journeys as fj
from journeys import causes, measures
from journeys.sample import make
from lib import intake
from lib.engine import Engine, Table
from tests.properties.folders import a_log_that_names_families, with_persons

ROOM = Path(fj.__file__).parent

_EVERYWHERE = """
Select From Where Group Having Order Ordered Join Union Subquery Table TableAlias Alias Column Identifier Star
Literal Null Boolean Paren Case If Cast DataType Coalesce And Or Not Is In Between Like Exists EQ NEQ GT GTE LT LTE
Add Sub Mul Neg Count Sum Min Max Distinct Window WindowSpec Rank DenseRank Lag Lead Lower Limit
"""
ALLOWED = frozenset(_EVERYWHERE.split())
"""What every engine reads in the same way."""

WITH_CARE = {
    "Div": "whole ÷ whole is whole in Postgres and a fraction elsewhere: one side is a DOUBLE, or floor stands round it",
    "Mod": "the operator %, on whole numbers of 0 or more, where every engine agrees",
    "Floor": "of a number of 0 or more",
    "Filter": "FILTER (WHERE …) beside an aggregate: standard SQL; DuckDB, Postgres and Spark 3 have it",
    "Concat": "Spark gives NULL where one part is: every part is a literal, or a CASE or WHERE keeps NULL out",
    "Chr": "chr(31), the unit separator: the same name everywhere",
    "Length": "of a text, in letters: the same in DuckDB, Postgres and Spark",
    "Pad": "lpad with three arguments, on text no longer than asked for",
    "Greatest": "DuckDB, Postgres and Spark leave NULL out in the same way",
    "Least": "as greatest",
    "GroupConcat": "string_agg with its ORDER BY, once, for variants: sqlglot turns it into each engine's own",
    "RowNumber": "with an ORDER BY; without one it only numbers the stored contacts, and any number would do",
}

TYPES = {"INT", "BIGINT", "VARCHAR", "TEXT", "DOUBLE", "DATE"}
UNORDERED_NUMBERS = ("contacts.py",)
"""Where row_number() may stand without an order: the key by which one store's tables join, seen by nobody."""

LISTENED = ("make", "rows", "arrow", "view")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Every SELECT that a room issued on the whole path: its text, and the file it came from."""
    heard: dict[str, str] = {}
    adapter = [False]
    with pytest.MonkeyPatch.context() as patch:
        for name in LISTENED:
            patch.setattr(Engine, name, _listening(getattr(Engine, name), name, heard, adapter))
        patch.setattr(Table, "sql", _listening_to_tables(Table.sql, heard))
        read = intake.read

        def reading(*args: object, **more: object) -> object:
            adapter[0] = True
            try:
                return read(*args, **more)
            finally:
                adapter[0] = False

        patch.setattr(intake, "read", reading)
        root = tmp_path_factory.mktemp("sql")
        make(root / "sample", families=8, comparison=1, seed=3)
        _whole_path(root / "sample")
        _whole_path(with_persons(a_log_that_names_families(root / "named")))
        make(root / "signs", families=1, comparison=100, seed=3)
        signs = fj.build_journeys(fj.read_contacts(root / "signs"), fj.read_members(root / "signs"))
        fj.search_triggers(signs, alarms_per_100=30)
    yield heard


def _listening(said, name, heard, adapter):
    def listen(self, *args, **more):
        text = args[1] if name in ("make", "view") else args[0]
        caller = sys._getframe(1)
        while caller.f_code.co_filename.endswith(("lib/engine.py", "test_portable_sql.py")) and caller.f_back:
            caller = caller.f_back
        asked_by_lib = sys._getframe(1).f_code.co_filename.endswith("lib/engine.py")
        if not adapter[0] and not (asked_by_lib and text.startswith("DESCRIBE ")):
            heard.setdefault(text, Path(caller.f_code.co_filename).name)
        return said(self, *args, **more)

    return listen


def _listening_to_tables(said, heard):
    def listen(self, query):
        heard.setdefault(query, Path(sys._getframe(1).f_code.co_filename).name)
        return said(self, query)

    return listen


def _whole_path(folder: Path) -> None:
    contacts, members = fj.read_contacts(folder), fj.read_members(folder)
    contacts.df(), members.df(), fj.account(folder)
    aside, faults = fj.set_aside(folder), fj.check_contacts(contacts, members)
    measures.set_aside(aside), measures.faults(faults), faults.df()
    reviews = [
        fj.build_journeys(contacts, members),
        fj.build_journeys(contacts, members, start="2023-01-01", end="2024-06-01", as_at="2024-03-15"),
        fj.build_journeys(contacts, members.df()),
    ]
    for review in reviews:
        repr(review), review.steps.df(), review.coverage
        for by in ("activity", "agency", "professional"):
            review.map(by), review.map(by, order="file"), review[review.families[0]].alone.map(by)
        assert len(review[review.families[0]].steps)
        fj.switches(review).df(), fj.repeats(review).df()
        for by in ("agency", "professional"):
            fj.handovers(review, by).df()
        firings = fj.find_triggers(review)
        firings.df(), measures.triggers(firings), fj.backtest(review)
        known = fj.who_knew_what(review)
        known.df(), measures.knowledge(known), fj.together.shares(known, review.families[0])
        fj.find_chances(review, firings, known).df()
        measures.demand(fj.demand(review), "month")
        spent = fj.costs(review)
        fj.findings.costs(spent), measures.uncosted(spent), measures.cost_so_far(spent, review.families[0])
        fj.could_fall_away(review).df(), fj.best_placed(review[review.families[0]], known)
        for measure in ("families", "totals", "agencies", "variants", "switches", "handovers"):
            getattr(measures, measure)(review)
        measures.monthly(review), measures.life(measures.life_lines(review[review.families[0]]))
        for measure in ("needs", "referral_flow", "story", "assessments", "professionals", "value"):
            getattr(measures, measure)(review)
    if len(reviews[0].families) < 9:
        reviews[0].comparison.map()


def outside(text: str, file: str = "") -> list[str]:
    """What a statement uses that is not on the list."""
    found = []
    for node in sqlglot.parse_one(text, read="duckdb").walk():
        kind = type(node).__name__
        if isinstance(node, exp.DataType):
            found += [f"type {node.this.name}"] if node.this.name not in TYPES else []
        elif isinstance(node, exp.Div):
            doubles = [c for c in node.find_all(exp.Cast) if c.to.this.name == "DOUBLE"]
            found += ["division of whole numbers"] if not doubles and not isinstance(node.parent, exp.Floor) else []
        elif isinstance(node, exp.RowNumber):
            window = node.parent
            ordered = isinstance(window, exp.Window) and window.args.get("order")
            found += ["row_number without an order"] if not ordered and file not in UNORDERED_NUMBERS else []
        elif isinstance(node, exp.Distinct) and node.args.get("on"):
            found.append("DISTINCT ON")
        elif isinstance(node, exp.Star) and (
            node.args.get("except_") or node.args.get("except") or node.args.get("replace")
        ):
            found.append("a star that leaves out or replaces")
        elif isinstance(node, exp.Anonymous):
            found.append(f"{node.name}()")
        elif kind not in ALLOWED and kind not in WITH_CARE:
            found.append(kind)
    return found


def test_the_path_is_heard(said: dict[str, str]) -> None:
    assert len(said) > 150
    assert {"contacts.py", "families.py", "checks.py", "journey.py", "journeymap.py"} <= set(said.values())
    assert {"flow.py", "measures.py", "watched.py", "knowledge.py", "openings.py"} <= set(said.values())
    assert {"chances.py", "crises.py", "candidates.py", "asked.py"} <= set(said.values())
    assert {"dealings.py", "passing.py", "story.py", "flowmeasures.py"} <= set(said.values())


def test_every_statement_is_on_the_list(said: dict[str, str]) -> None:
    wrong = {f"{file}: {text}": found for text, file in said.items() if (found := outside(text, file))}
    assert not wrong, wrong


@pytest.mark.parametrize("text", [causes.PLACED, causes.LATER], ids=["placed", "later"])
def test_what_only_a_filled_in_book_asks_is_on_the_list(text: str) -> None:
    names = {"steps": "t", "contacts": "contacts", "at": "", "as_at": 1, "end": 1}
    assert not outside(text.format(**names))


@pytest.mark.parametrize("dialect", ["spark", "postgres"])
def test_every_statement_can_be_said_elsewhere(said: dict[str, str], dialect: str) -> None:
    for text in said:
        (there,) = sqlglot.transpile(text, read="duckdb", write=dialect, unsupported_level=ErrorLevel.RAISE)
        assert sqlglot.parse_one(there, read=dialect) is not None, text


@pytest.mark.parametrize(
    "text",
    [
        "SELECT list(a) FROM t",
        "SELECT * EXCLUDE (a) FROM t",
        "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
        "SELECT row_number() OVER () AS n FROM t",
        "SELECT strftime(a, '%Y') FROM t",
        "SELECT a / b FROM t",
        "SELECT a FROM t WHERE (a, b) IN (SELECT a, b FROM u)",
        "SELECT DISTINCT ON (a) a, b FROM t",
        "SELECT arg_max(a, b) FROM t",
        "SELECT a::HUGEINT FROM t",
        "SELECT unnest([1, 2])",
        "SELECT try_cast(a AS INTEGER) FROM t",
        "SELECT regexp_matches(a, 'b') FROM t",
    ],
)
def test_what_is_not_on_the_list_is_seen(text: str) -> None:
    assert outside(text)


def test_no_room_speaks_to_the_database_past_the_engine() -> None:
    """Only two lines may, and both attach an empty database in memory."""
    past = []
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            calls_it = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and "con" in {n.attr for n in ast.walk(node.func) if isinstance(n, ast.Attribute)}
            )
            if calls_it and "ATTACH ':memory:'" not in ast.unparse(node.args[0]):
                past.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.Import) and any(n.name.split(".")[0] == "duckdb" for n in node.names):
                past.append(f"{path.name}:{node.lineno} imports duckdb")
    assert not past
