"""The benchmark: what `make bench` runs. README.md beside it has the method, and the tables that this writes there.

    python tests/bench/run.py                                   every size, five runs; the tables go into README.md
    python tests/bench/run.py --pm4py-python PATH               against pm4py as well, which that Python can import
    python tests/bench/run.py --sizes 100k 1M --runs 3 --print  other sizes; the tables are only printed
    python tests/bench/run.py --largest 0                       without the one run of 10 million contacts
    python tests/bench/run.py --review                          the review of ten years alone; only printed
    python tests/bench/run.py --smoke                           does the benchmark itself still work?

Every measurement is a process of its own, started from a small one. Nothing is asserted of any time: what counts are
ratios within one run. All files are made in a temporary folder, and go with it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- run.py writes from here -->", "<!-- run.py writes to here -->"
SIZES = {"100k": 100_000, "1M": 1_000_000, "5M": 5_000_000}
STAGES = ("contacts", "journeys", "switches", "handovers", "map by activity", "map by agency", "triggers")
RULES_UP_TO = 1_000_000
"""Each trigger is measured by itself up to this size."""
LARGEST = 10_000_000
MOST_MEMORY = 4_000
"""Megabytes within which the largest log is to finish."""
LONG_RUN_SECONDS = 180
RUNS_WHEN_LONG = {"parquet": 3, "CSV": 2}

Measured = dict[str, Any]


@dataclass
class Results:
    """What was measured: for each size and subject, a list with a measurement for each run."""

    found: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    notes: list[str] = field(default_factory=list)
    profile: tuple[str, Measured] | None = None
    largest: tuple[int, Measured] | None = None

    def runs(self, size: str, subject: str) -> list[Measured]:
        """The measurements of a subject, run by run."""
        return self.found.get((size, subject), [])


def measured(python: str, *asked: str) -> Measured:
    """One measurement in a process of its own: its stages, and the process's whole CPU seconds and peak memory."""
    began = time.monotonic()
    process = subprocess.Popen([python, str(HERE / "measure.py"), *asked], stdout=subprocess.PIPE, text=True, cwd=HERE)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"measure.py {' '.join(asked)} ended with {process.returncode}; see above.")
    found: Measured = json.loads(said.strip().splitlines()[-1])
    per_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    whole = {"whole": usage.ru_utime + usage.ru_stime, "whole peak": usage.ru_maxrss / per_megabyte}
    return found | whole | {"wall": time.monotonic() - began}


def folder_with(root: Path, name: str) -> Path:
    """A data folder for one log that is still to be written there."""
    root.mkdir(parents=True)
    entry = {"format": "contact_log", "covers": ["2021-01-01", "2025-12-31"]}
    sources = {"purpose": "a benchmark", "invented": True, "files": {name: entry}}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


def make_logs(rows: int, out: Sequence[Path], *more: str) -> None:
    """Write one log to several files, in a process of its own, so that this one stays small."""
    given = [sys.executable, str(HERE / "make_log.py"), "--rows", str(rows), *more, *map(str, out)]
    subprocess.run(given, check=True)


def fresh(folder: Path) -> str:
    """The folder, its store deleted."""
    shutil.rmtree(folder / ".store", ignore_errors=True)
    return str(folder)


def measure_size(size: str, root: Path, runs: int, pm4py: str | None, results: Results) -> None:
    """Everything of one size, each run measuring every subject once, one after the other."""
    rows = SIZES[size]
    folders = {"parquet": folder_with(root / "p", "contacts.parquet"), "CSV": folder_with(root / "c", "contacts.csv")}
    files = {"parquet": root / "p" / "contacts.parquet", "CSV": root / "c" / "contacts.csv"}
    make_logs(rows, list(files.values()))
    for kind, folder in folders.items():
        wanted, run = runs, 0
        while run < wanted:
            _say(f"{size} {kind}, run {run + 1} of {wanted}")
            kit = measured(sys.executable, "kit", fresh(folder))
            if kit["wall"] > LONG_RUN_SECONDS and wanted > RUNS_WHEN_LONG[kind]:
                wanted = max(RUNS_WHEN_LONG[kind], run + 1)
                results.notes.append(
                    f"{size} {kind}: {wanted} runs, since one takes over {LONG_RUN_SECONDS // 60} minutes."
                )
            results.found[size, f"{kind} kit"].append(kit)
            results.found[size, f"{kind} duckdb"].append(measured(sys.executable, "duckdb", str(files[kind])))
            if kind == "parquet":
                for subject, asked in {
                    "cold": ("kit-to-map", fresh(folder), "file"),
                    "warm file": ("kit-to-map", str(folder), "file"),
                    "warm moments": ("kit-to-map", str(folder), "moments"),
                }.items():
                    results.found[size, subject].append(measured(sys.executable, *asked))
                for columns in ("all", "three") if pm4py else ():
                    results.found[size, f"pm4py {columns}"].append(measured(pm4py, "pm4py", str(files[kind]), columns))
            run += 1
    if rows <= RULES_UP_TO:
        measure_rules(size, root / "r", runs, results)
    if rows >= SIZES["1M"] or size == list(SIZES)[-1]:
        results.profile = (size, measured(sys.executable, "profile", fresh(folders["parquet"])))
    shutil.rmtree(root)


def measure_rules(size: str, root: Path, runs: int, results: Results) -> None:
    """Every trigger of the file on a log with something for each, beside DuckDB's load and sort of the same file."""
    folder = folder_with(root, "contacts.parquet")
    make_logs(SIZES[size], [folder / "contacts.parquet"], "--every-rule")
    for run in range(runs):
        _say(f"{size} every rule, run {run + 1} of {runs}")
        results.found[size, "rules"].append(measured(sys.executable, "rules", fresh(folder)))
        results.found[size, "rules duckdb"].append(measured(sys.executable, "duckdb", str(folder / "contacts.parquet")))


def measure_largest(rows: int, root: Path, results: Results) -> None:
    """The whole path once on a log that is larger than any other, for its memory."""
    _say(f"{rows:,} contacts, one run")
    folder = folder_with(root / "largest", "contacts.parquet")
    make_logs(rows, [folder / "contacts.parquet"])
    results.largest = (rows, measured(sys.executable, "kit", fresh(folder)))
    shutil.rmtree(folder)


def measure_review(root: Path, runs: int, results: Results) -> None:
    """The command that builds a review of ten years, from its start to its end; then every one-family page's parts."""
    folder = root / "review"
    subprocess.run([sys.executable, str(HERE / "make_review.py"), str(folder)], check=True, env=with_kit())
    for run in range(runs):
        _say(f"review, run {run + 1} of {runs}")
        given = ["report", "4_system_review", "--data", fresh(folder), "--reports", str(root / "reports")]
        results.found["review", "command"].append(whole([sys.executable, "-m", "journeys", *given]))
        results.found["review", "families"].append(measured(sys.executable, "families", fresh(folder)))
        halves = [("families", str(folder), str(n), "2") for n in range(2)]
        with ThreadPoolExecutor(2) as both:
            results.found["review", "halves"] += both.map(lambda asked: measured(sys.executable, *asked), halves)
        given = ["report", "2_one_family", "--data", str(folder), "--each-family", "--reports", str(root / "reports")]
        results.found["review", "each"].append(whole([sys.executable, "-m", "journeys", *given]))
    shutil.rmtree(folder)


def with_kit() -> dict[str, str]:
    """The environment, with this folder's kit on the path."""
    return os.environ | {"PYTHONPATH": str(HERE.parents[1])}


def whole(command: Sequence[str]) -> Measured:
    """Wall and CPU seconds of one command, with all that it starts and waits for: a kernel too."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=with_kit())
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said}")
    return {"wall": time.monotonic() - began, "whole": usage.ru_utime + usage.ru_stime}


def check_equal(root: Path, rows: int, pm4py: str | None, results: Results) -> None:
    """Where every timestamp is timed and distinct there is one map: the kit's two orders and pm4py must agree on it."""
    folder = folder_with(root / "timed", "contacts.parquet")
    make_logs(rows, [folder / "contacts.parquet"], "--timed")
    answers = {o: measured(sys.executable, "kit-to-map", str(folder), o)["facts"]["same"] for o in ("file", "moments")}
    if pm4py:
        answers["pm4py"] = measured(pm4py, "pm4py", str(folder / "contacts.parquet"), "all")["facts"]["same"]
    verdict = "equal" if len(set(answers.values())) == 1 else "NOT EQUAL"
    whom = "the kit's map in order of file, its map by moments and pm4py's" if pm4py else "the kit's two orders"
    results.notes.append(
        f"On {rows:,} contacts with distinct timestamps, edges, starts and ends of {whom}: **{verdict}**."
    )
    shutil.rmtree(root / "timed")


# The tables


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Least, median and most."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return (
        f"{low:.{digits}f} – **{middle:.{digits}f}** – {high:.{digits}f}"
        if len(values) > 1
        else f"**{middle:.{digits}f}**"
    )


def stage_table(kind: str, sizes: Sequence[str], results: Results) -> list[str]:
    """CPU seconds and peak memory of each stage and of the whole, beside load-and-sort, for one kind of file."""
    lines = [f"### From {kind}", ""]
    lines += ["| CPU seconds; peak MB so far | " + " | ".join(f"{s} contacts" for s in sizes) + " |"]
    lines += ["| --- |" + " --- |" * len(sizes)]

    def row(name: str, subject: str, cpu: Callable[[Measured], float], peak: Callable[[Measured], float]) -> None:
        cells = []
        for size in sizes:
            runs = results.runs(size, f"{kind} {subject}")
            cells.append(f"{spread([cpu(r) for r in runs])}; {statistics.median(peak(r) for r in runs):,.0f} MB")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")

    row("start (importing)", "kit", lambda r: r["cpu"]["start"], lambda r: r["peak"]["start"])
    for stage in STAGES:
        row(stage, "kit", lambda r, s=stage: r["cpu"][s], lambda r, s=stage: r["peak"][s])
    row("**whole**, without start", "kit", whole_path, lambda r: r["whole peak"])
    row("whole process, with start and counting rows", "kit", lambda r: r["whole"], lambda r: r["whole peak"])
    row("DuckDB: load", "duckdb", lambda r: r["cpu"]["load"], lambda r: r["peak"]["load"])
    row("DuckDB: sort by family and time", "duckdb", lambda r: r["cpu"]["sort"], lambda r: r["whole peak"])
    ratios = []
    for size in sizes:
        both = zip(results.runs(size, f"{kind} kit"), results.runs(size, f"{kind} duckdb"), strict=True)
        ratios.append(spread([whole_path(k) / load_and_sort(d) for k, d in both], 1))
    lines.append("| **whole / load and sort** | " + " | ".join(ratios) + " |")
    return [*lines, ""]


def whole_path(run: Measured) -> float:
    """CPU seconds from files to firings."""
    return sum(run["cpu"][s] for s in STAGES)


def load_and_sort(run: Measured) -> float:
    """DuckDB's CPU seconds for loading and sorting."""
    return run["cpu"]["load"] + run["cpu"]["sort"]


def of_rules(run: Measured) -> dict[str, float]:
    """CPU seconds of each trigger by itself, after the shared pass."""
    return {name.removeprefix("rule "): cpu for name, cpu in run["cpu"].items() if name.startswith("rule ")}


def rules_table(sizes: Sequence[str], results: Results) -> list[str]:
    """Every trigger together, the shared pass, and each trigger by itself: CPU seconds, share of load and sort, firings."""
    sizes = [size for size in sizes if results.runs(size, "rules")]
    if not sizes:
        return []
    lines = ["### Each trigger, in force or not, on a log with something for every one", ""]
    lines += ["| CPU seconds; times load and sort; firings | " + " | ".join(f"{s} contacts" for s in sizes) + " |"]
    lines += ["| --- |" + " --- |" * len(sizes)]

    def row(name: str, cpu: Callable[[Measured], float], firings: Callable[[Measured], str]) -> None:
        cells = []
        for size in sizes:
            runs, sorts = results.runs(size, "rules"), results.runs(size, "rules duckdb")
            ratios = [cpu(r) / load_and_sort(d) for r, d in zip(runs, sorts, strict=True)]
            seconds = spread([cpu(r) for r in runs])
            cells.append(f"{seconds}; {statistics.median(ratios):.2f} ×; {firings(runs[0])}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")

    row(
        "**every trigger together**",
        lambda r: r["cpu"]["every rule"],
        lambda r: f"{sum(r['facts']['found'].values()):,}",
    )
    row("the shared pass", lambda r: r["cpu"]["the shared pass"], lambda r: "–")
    last = results.runs(sizes[-1], "rules")
    most = sorted(of_rules(last[0]), key=lambda name: -statistics.median(of_rules(r)[name] for r in last))
    for name in most:
        row(f"`{name}`", lambda r, n=name: of_rules(r)[n], lambda r, n=name: f"{r['facts']['found'][n]:,}")
    return [*lines, ""]


def peer_table(sizes: Sequence[str], results: Results) -> list[str]:
    """The kit's store and map beside pm4py's load, format and discovery."""
    first = results.runs(sizes[0], "pm4py all")[0]["facts"]
    lines = [f"### Against pm4py {first['version']}, from the same parquet to the map by activity", ""]
    lines += ["| CPU seconds; peak MB of the process | " + " | ".join(f"{s} contacts" for s in sizes) + " |"]
    lines += ["| --- |" + " --- |" * len(sizes)]

    def row(name: str, subject: str, cpu: Callable[[Measured], float]) -> None:
        cells = []
        for size in sizes:
            runs = results.runs(size, subject)
            cells.append(
                f"{spread([cpu(r) for r in runs])}; {statistics.median(r['whole peak'] for r in runs):,.0f} MB"
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")

    row("kit: store (contacts, journeys)", "cold", store)
    row("kit: store and map, order of file", "cold", lambda r: store(r) + r["cpu"]["map"])
    for order in ("file", "moments"):
        row(f"kit: opening a built store ({order})", f"warm {order}", store)
        row(f"kit: map from a built store, {order}", f"warm {order}", lambda r: r["cpu"]["map"])
    for columns, says in (("all", "every column"), ("three", "only its three columns")):
        row(f"pm4py, {says}: load and format", f"pm4py {columns}", lambda r: r["cpu"]["load"] + r["cpu"]["format"])
        row(f"pm4py, {says}: discover", f"pm4py {columns}", lambda r: r["cpu"]["discover"])
        row(f"pm4py, {says}: load, format, discover", f"pm4py {columns}", discovery)
    return [*lines, ""]


def store(run: Measured) -> float:
    """CPU seconds of reading contacts and building journeys, or of opening them."""
    return run["cpu"]["contacts"] + run["cpu"]["journeys"]


def discovery(run: Measured) -> float:
    """pm4py's CPU seconds from a file to its edges."""
    return run["cpu"]["load"] + run["cpu"]["format"] + run["cpu"]["discover"]


def aims(sizes: Sequence[str], results: Results, with_peer: bool) -> list[str]:
    """Which aims are met, size by size: ratios within one run."""
    lines = ["### Aims", "", "| aim | " + " | ".join(sizes) + " |", "| --- |" + " --- |" * len(sizes)]

    def row(aim: str, most: float, parts: Callable[[str], list[float]]) -> None:
        cells = []
        for size in sizes:
            ratios = parts(size)
            met = "met" if ratios and statistics.median(ratios) <= most else "not met"
            cells.append(f"{spread(ratios)}: {met}" if ratios else "–")
        lines.append(f"| {aim} | " + " | ".join(cells) + " |")

    def pairs(size: str, a: str, b: str) -> list[tuple[Measured, Measured]]:
        return list(zip(results.runs(size, a), results.runs(size, b), strict=True))

    for kind in ("parquet", "CSV"):

        def against_sort(size: str, kind: str = kind) -> list[float]:
            return [whole_path(k) / load_and_sort(d) for k, d in pairs(size, f"{kind} kit", f"{kind} duckdb")]

        row(f"{kind}: the whole within 6 × load and sort", 6, against_sort)
    if any(results.runs(size, "rules") for size in sizes):
        row(
            "each trigger after the shared pass within 0.5 × load and sort (the dearest of them)",
            0.5,
            lambda s: [max(of_rules(r).values()) / load_and_sort(d) for r, d in pairs(s, "rules", "rules duckdb")],
        )
        row(
            "every trigger of the file together within 10 × load and sort",
            10,
            lambda s: [r["cpu"]["every rule"] / load_and_sort(d) for r, d in pairs(s, "rules", "rules duckdb")],
        )
    if with_peer:
        row(
            "store and map, order of file, within 0.25 × pm4py's load, format, discover",
            0.25,
            lambda s: [(store(k) + k["cpu"]["map"]) / discovery(p) for k, p in pairs(s, "cold", "pm4py all")],
        )
        row(
            "store and map by moments within 0.25 × pm4py's load, format, discover",
            0.25,
            lambda s: [
                (store(k) + w["cpu"]["map"]) / discovery(p)
                for (k, p), w in zip(pairs(s, "cold", "pm4py all"), results.runs(s, "warm moments"), strict=True)
            ],
        )
        for order, says in (("file", "in order of file"), ("moments", "by moments")):
            row(
                f"map {says} from a built store within 0.1 × pm4py's discovery",
                0.1,
                lambda s, o=order: [
                    k["cpu"]["map"] / p["cpu"]["discover"] for k, p in pairs(s, f"warm {o}", "pm4py all")
                ],
            )
        for subject, says in (("cold", "building the store and a map"), ("warm moments", "a map from a built store")):
            row(
                f"peak memory of {says} within 0.33 × pm4py's",
                1 / 3,
                lambda s, w=subject: [k["whole peak"] / p["whole peak"] for k, p in pairs(s, w, "pm4py all")],
            )
    if results.largest:
        rows, found = results.largest
        peak = found["whole peak"]
        met = "met" if peak <= MOST_MEMORY else "not met"
        lines += ["", f"{rows:,} contacts, contacts to firings, within {MOST_MEMORY:,} MB: **{peak:,.0f}** MB: {met}; "]
        lines[-1] += f"{whole_path(found):.0f} CPU seconds, one run."
    return [*lines, ""]


def review_table(results: Results) -> list[str]:
    """What a review and its one-family pages take, beside the aims."""
    if ("review", "command") not in results.found:
        return []
    built, pages = results.runs("review", "command"), results.runs("review", "families")
    if not built:
        return []
    first = [run["facts"]["wall"][0] for run in pages]
    later = [max(run["facts"]["wall"][1:]) for run in pages]
    aims = (statistics.median(run["wall"] for run in built) <= 60, statistics.median(later) <= 2)
    review, page = ("met" if is_met else "not met" for is_met in aims)
    lines = ["### A review of eight families over ten years", "", "| seconds | wall | CPU |", "| --- | --- | --- |"]
    lines += [f"| the command, kernel included; within 60: {review} | {spread([r['wall'] for r in built], 1)} | "]
    lines[-1] += f"{spread([r['whole'] for r in built], 1)} |"
    lines += [f"| the parts of the first one-family page, with the store and importing | {spread(first)} | – |"]
    cpu = [cpu for run in pages for name, cpu in list(run["cpu"].items())[2:]]
    lines += [
        f"| of the slowest page after the first; within 2: {page} | {spread(later)} | {spread(cpu)} (of every page) |"
    ]
    # Two processes at once: the seconds of each page, halved.
    beside = [wall / 2 for run in results.runs("review", "halves") for wall in run["facts"]["wall"][1:]]
    is_met = "met" if statistics.median(beside) <= 2 else "not met"
    lines += [
        f"| of such a page where two processes each take half of the families; within 2: {is_met} | {spread(beside)} | – |"
    ]
    each, many = results.runs("review", "each"), len(pages[0]["facts"]["wall"])
    wall, whole_cpu = [r["wall"] / many for r in each], [r["whole"] / many for r in each]
    lines += [
        f"| a page of `report 2_one_family --each-family`, of {many} with all that stands beside them, kernels included | "
        f"{spread(wall)} | {spread(whole_cpu)} |"
    ]
    return [*lines, ""]


def dominating(results: Results) -> list[str]:
    """What the whole path is spent on, from one run with its calls timed."""
    if results.profile is None:
        return []
    size, found = results.profile
    whole = whole_path(found)
    lines = [f"### What dominates ({size} from parquet, one run)", "", "| CPU seconds | share of the whole | where |"]
    lines += ["| --- | --- | --- |"]
    lines += [f"| {s:.2f} | {s / whole:.0%} | {name} |" for name, s in found["facts"]["spent"]]
    return [*lines, ""]


def tables(sizes: Sequence[str], results: Results, runs: int, with_peer: bool) -> str:
    """All of it, as Markdown."""
    facts = results.runs(sizes[-1], "parquet kit")[0]["facts"]
    threads = {r["facts"]["threads"] for s in sizes for k in ("kit", "duckdb") for r in results.runs(s, f"parquet {k}")}
    lines = [
        f"Measured on {dt.date.today():%-d %B %Y}: Python {platform.python_version()}, {os.cpu_count()} cores shared with "
        f"others, {' or '.join(map(str, sorted(threads)))} threads for the kit and for DuckDB alike; runs unless said: {runs}; "
        "least – **median** – most.",
        "",
        f"At {sizes[-1]}: " + ", ".join(f"{n} {v:,}" for n, v in facts.items() if n != "threads") + ".",
        "",
        *[line for note in results.notes for line in (f"- {note}",)],
        "",
        *aims(sizes, results, with_peer),
        *stage_table("parquet", sizes, results),
        *stage_table("CSV", sizes, results),
        *rules_table(sizes, results),
        *(peer_table(sizes, results) if with_peer else ["pm4py was not measured: no --pm4py-python was given.", ""]),
        *review_table(results),
        *dominating(results),
    ]
    return "\n".join(lines)


def into_readme(text: str) -> None:
    """Put the tables between the two marker lines of README.md."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


def _say(text: str) -> None:
    print(f"{dt.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description="The kit's benchmark; see README.md beside this file.")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pm4py-python", default=os.environ.get("PM4PY_PYTHON"), help="a Python that can import pm4py")
    parser.add_argument("--print", action="store_true", help="print the tables, and leave README.md as it is")
    parser.add_argument("--smoke", action="store_true", help="10,000 contacts, one run, no pm4py; only prints")
    parser.add_argument("--largest", type=int, default=LARGEST, help="contacts of the largest log, once; 0: none")
    parser.add_argument("--review", action="store_true", help="the review of ten years alone; only prints")
    asked = parser.parse_args()
    largest = asked.largest
    sizes, runs, pm4py = asked.sizes, asked.runs, asked.pm4py_python
    check_rows = 100_000
    if asked.smoke:
        SIZES["10k"] = check_rows = largest = 10_000
        sizes, runs, pm4py = ["10k"], 1, None
    results = Results()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = Path(made)
        if asked.review:
            measure_review(root / "ten years", runs, results)
            print("\n".join(review_table(results)))
            return
        check_equal(root, check_rows, pm4py, results)
        if not asked.smoke:
            measure_review(root / "ten years", runs, results)
        for size in sizes:
            measure_size(size, root / size, runs, pm4py, results)
        if largest:
            measure_largest(largest, root, results)
    text = tables(sizes, results, runs, pm4py is not None)
    print(text)
    if not (asked.print or asked.smoke):
        into_readme(text)


if __name__ == "__main__":
    main()
