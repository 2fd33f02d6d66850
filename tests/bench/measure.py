"""One measurement, in a process of its own: `run.py` starts it, and reads the one line of JSON that it prints.

    python measure.py kit FOLDER          contacts -> journeys -> switches, handovers -> maps -> triggers, no store yet
    python measure.py profile FOLDER      the same, and what it is spent on
    python measure.py rules FOLDER        contacts -> journeys -> every trigger together -> the shared pass -> each trigger
    python measure.py kit-to-map FOLDER ORDER   contacts -> journeys -> one map by activity; with a store, or without
    python measure.py families FOLDER     the parts of every one-family page, one family after another, with wall seconds;
                                          with two numbers, `families FOLDER 0 2`, those of every second family
    python measure.py duckdb FILE         load the file into a table, and sort it by family and time
    python measure.py pm4py FILE WANTED   load, format, discover; WANTED is `all` columns or `three`

Each stage is CPU seconds of the whole process, its threads too, and the most memory it had held by then. Importing is a
stage of its own ("start"), for every tool alike. Only the part that is asked for is imported, so that the Python that
has pm4py needs nothing of the kit.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from make_log import TOUCHES_AND_REFERRALS

ONE_FAMILY = Path(__file__).resolve().parents[2] / "notebooks" / "2_one_family.ipynb"


class Stages:
    """CPU seconds since the stage before, and peak memory in megabytes so far."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self.facts: dict[str, Any] = {}
        self._spent = 0.0

    def done(self, name: str) -> None:
        """A stage ends here."""
        now = os.times()
        spent = now.user + now.system
        self.cpu[name], self._spent = spent - self._spent, spent
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.peak[name] = most / (1024 if sys.platform != "darwin" else 1024 * 1024)

    def tell(self) -> None:
        """Print what was measured."""
        print(json.dumps({"cpu": self.cpu, "peak": self.peak, "facts": self.facts}))


def same(edges: Mapping[tuple[str, str], float], starts: Mapping[str, float], ends: Mapping[str, float]) -> str:
    """A map as one short text, the same for the same map, whoever made it."""
    rows = [[*sorted([a, b, int(n)] for (a, b), n in edges.items())]]
    rows += [sorted([v, int(n)] for v, n in part.items() if n) for part in (starts, ends)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]


def _same_graph(graph: Any) -> str:
    nodes = graph.nodes(data=True)
    edges = {(a, b): e["moves"] for a, b, e in graph.edges(data=True)}
    return same(edges, {v: d["starts"] for v, d in nodes}, {v: d["ends"] for v, d in nodes})


FOUR = ("unexplained_absence", "domestic_abuse_three", "re_referral", "police_no_social_care")
"""The triggers of the whole path: a repeat over days, one over months, a follow and a silence."""


def _start(stages: Stages) -> Any:
    import duckdb  # noqa: F401
    import networkx  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import sqlglot  # noqa: F401

    import journeys as fj
    from journeys import contacts, flow, journey, triggers  # noqa: F401

    stages.done("start")
    return fj


def kit(folder: Path, counted: bool = True) -> Stages:
    """The whole path, from files to firings; and then, outside its stages, how many rows each table has."""
    stages = Stages()
    fj = _start(stages)
    contacts = fj.read_contacts(folder)
    stages.done("contacts")
    review = fj.build_journeys(contacts)
    stages.done("journeys")
    switches = fj.switches(review)
    stages.done("switches")
    handovers = fj.handovers(review)
    stages.done("handovers")
    for by in ("activity", "agency"):
        graph = review.map(by=by)
        stages.done(f"map by {by}")
    stages.facts["share of moves that rest on ties"] = round(graph.graph["tied_share"], 3)
    firings = fj.find_triggers(review, only=FOUR)
    stages.done("triggers")
    if not counted:
        return stages
    stages.facts |= {"contacts": len(contacts), "switches": len(switches), "handovers": len(handovers)}
    stages.facts |= {"firings": len(firings), "families": len(review)}
    stages.facts["threads"] = review.engine.rows("SELECT current_setting('threads') AS n")[0][0]
    return stages


def profiled(folder: Path) -> Stages:
    """The whole path again, and which calls of the engine took the CPU seconds of each stage; the rest is Python's."""
    from lib import intake
    from lib.engine import Engine

    spent: dict[str, float] = {}

    def clock() -> float:
        now = os.times()
        return now.user + now.system

    def timed(name: str, plain: Any) -> Any:
        def call(engine: Engine, *given: Any, **values: Any) -> Any:
            began = clock()
            result = plain(engine, *given, **values)
            words = given[0] if name in ("make", "load", "replace") else " ".join(given[0].split())[:70]
            label = f"`{name} {words.replace('|', ' ')}`"
            spent[label] = spent.get(label, 0.0) + clock() - began
            return result

        return call

    for name in ("make", "write", "replace", "load", "rows", "arrow"):
        setattr(Engine, name, timed(name, getattr(Engine, name)))
    plain_batches = intake.batches

    def batches(source: Any) -> Any:
        waiting = plain_batches(source)
        while True:
            began = clock()
            batch = next(waiting, None)
            spent["reading and cleaning"] = spent.get("reading and cleaning", 0.0) + clock() - began
            if batch is None:
                return
            yield batch

    intake.batches = batches
    stages = kit(folder, counted=False)
    stages.facts["spent"] = sorted(spent.items(), key=lambda s: -s[1])[:8]
    return stages


def every_rule(folder: Path) -> Stages:
    """Every trigger of the file, in force or not: together, as find_triggers gives them; then one by one.

    One by one: the shared pass, which fetches the contacts that any of them looks at, and then for each trigger what it
    alone takes: its firings, each with its answer and its sentence. Combinations come last, when their parts are found.
    """
    stages = Stages()
    fj = _start(stages)
    from journeys import triggers
    from journeys.agreed import read_rules
    from journeys.matching import Matching
    from lib.dates import day_number

    contacts = fj.read_contacts(folder)
    stages.done("contacts")
    review = fj.build_journeys(contacts)
    stages.done("journeys")
    rules = read_rules(review)
    names = sorted(rules.triggers, key=lambda name: rules.triggers[name].pattern == "combine")
    fj.find_triggers(review, only=names)
    stages.done("every rule")
    matching = Matching(review, rules, names, day_number(review.over_by))
    stages.done("the shared pass")
    found = {}
    for name in names:
        found[name] = sum(1 for _ in triggers._fired(name, rules, matching))
        stages.done(f"rule {name}")
    stages.facts |= {"found": found, "contacts": len(contacts)}
    return stages


def kit_to_map(folder: Path, order: str) -> Stages:
    """From files to one map by activity, whether or not a store is there."""
    stages = Stages()
    fj = _start(stages)
    contacts = fj.read_contacts(folder)
    stages.done("contacts")
    review = fj.build_journeys(contacts)
    stages.done("journeys")
    graph = review.map(by="activity", order=order)
    stages.done("map")
    stages.facts |= {"same": _same_graph(graph), "moves": graph.graph["moves"]}
    return stages


def every_family(folder: Path, begin: int = 0, step: int = 1) -> Stages:
    """The cells of the notebook for one family, family after family: its tables as HTML, its figures as PNG."""
    stages = Stages()
    began = time.monotonic()
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    fj = _start(stages)
    cells = [c for c in json.loads(ONE_FAMILY.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    wall, shown = {}, 0
    # Held, as an analyst holds it: the folder is opened once for all its pages.
    held = fj.build_journeys(fj.read_contacts(folder), fj.read_members(folder))
    for family in held.families[begin::step]:
        names: dict[str, Any] = {}
        for cell in cells:
            shown += _run("".join(cell["source"]), names)
            names |= {"data": str(folder), "family": family} if "parameters" in cell["metadata"].get("tags", ()) else {}
            for number in pyplot.get_fignums():
                shown += len(pyplot.figure(number)._repr_mimebundle_()[0])
            pyplot.close("all")
        wall[family], began = time.monotonic() - began, time.monotonic()
        stages.done(f"family {family}")
    stages.facts |= {"wall": list(wall.values()), "shown": shown}
    return stages


def _run(source: str, names: dict[str, Any]) -> int:
    """Run one cell as a notebook does, and show what its last line gives: 1 if it gave anything to show."""
    *before, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(source, names)
        return 0
    exec(compile(ast.Module(before, []), "<cell>", "exec"), names)
    given = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return int(hasattr(given, "_repr_html_") and bool(given._repr_html_()))


def load_and_sort(path: Path) -> Stages:
    """DuckDB: the same columns of the same file into a table, its dates read, then sorted by family and time."""
    stages = Stages()
    import duckdb

    con = duckdb.connect(":memory:", config={"preserve_insertion_order": False})
    stages.done("start")
    if path.suffix == ".csv":
        read = "coalesce(try_strptime(date, '%d/%m/%Y %H:%M'), try_strptime(date, '%d/%m/%Y'))"
        source = f"(SELECT * REPLACE ({read} AS date) FROM read_csv(?, all_varchar = true))"
    else:
        source = "read_parquet(?)"
    con.execute(f"CREATE TABLE loaded AS SELECT * FROM {source}", [str(path)])
    stages.done("load")
    con.execute("CREATE TABLE sorted AS SELECT * FROM loaded ORDER BY family_id, date")
    stages.done("sort")
    stages.facts["contacts"] = con.execute("SELECT count(*) FROM sorted").fetchall()[0][0]
    stages.facts["threads"] = con.execute("SELECT current_setting('threads')").fetchall()[0][0]
    return stages


def pm4py_discovers(path: Path, wanted: str) -> Stages:
    """pm4py: from the same parquet to directly-follows edges, with start and end activities."""
    stages = Stages()
    import pandas as pd
    import pm4py

    stages.done("start")
    columns = ["family_id", "contact_type", "date"] if wanted == "three" else None
    moving = [("contact_type", "in", list(TOUCHES_AND_REFERRALS))]
    frame = pd.read_parquet(path, columns=columns, filters=moving)
    stages.done("load")
    frame = pm4py.format_dataframe(frame, case_id="family_id", activity_key="contact_type", timestamp_key="date")
    stages.done("format")
    edges, starts, ends = pm4py.discover_dfg(frame)
    stages.done("discover")
    stages.facts |= {"same": same(edges, starts, ends), "moves": sum(edges.values()), "version": pm4py.__version__}
    stages.facts["events"] = len(frame)
    return stages


def main(what: str, where: str, *more: str) -> None:
    """Measure one thing."""
    path = Path(where)
    if what == "kit":
        stages = kit(path)
    elif what == "rules":
        stages = every_rule(path)
    elif what == "families":
        stages = every_family(path, *map(int, more))
    elif what == "kit-to-map":
        stages = kit_to_map(path, more[0])
    elif what == "duckdb":
        stages = load_and_sort(path)
    elif what == "profile":
        stages = profiled(path)
    elif what == "pm4py":
        stages = pm4py_discovers(path, more[0])
    else:
        raise SystemExit(f"there is nothing called {what} to measure")
    stages.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
