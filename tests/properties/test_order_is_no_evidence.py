"""The order of rows, of files and of lines in sources.yml is no evidence: shuffled, everything but source_row is the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

import journeys as fj
from journeys import measures
from journeys.sample import make
from tests.properties.every_pattern import RULES, many_of, rows_of_many
from tests.properties.folders import folder_of_logs
from tests.properties.random_logs import random_rows

ROW_NUMBERS = ["source_row", "source_line"]


def everything(folder: Path, **period: Any) -> dict[str, Any]:
    """Every public table and figure of a folder, as values that compare to the last digit."""
    contacts, members = fj.read_contacts(folder), fj.read_members(folder)
    review = fj.build_journeys(contacts, members, **period)
    firings, known = fj.find_triggers(review), fj.who_knew_what(review)
    frames = {
        "contacts": contacts.df(),
        "set_aside": fj.set_aside(folder).df(),
        "account": fj.account(folder),
        "members": members.df(),
        "faults": fj.check_contacts(contacts, members).df(),
        "steps": review.steps.df(),
        "coverage": review.coverage,
        "switches": fj.switches(review).df(),
        "handovers": fj.handovers(review).df(),
        "handovers between people": fj.handovers(review, "professional").df(),
        "repeats": fj.repeats(review).df(),
        "firings": firings.df(),
        "open silences": firings.owner.open_silences,
        "known": known.df(),
        "demand": fj.demand(review).df(),
        "known together": fj.together.summary(known),
        "costs": fj.costs(review).df(),
    }
    frames |= {
        m: getattr(measures, m)(review) for m in ("families", "totals", "agencies", "variants", "switches", "monthly")
    }
    found: dict[str, Any] = {
        name: in_any_order(frame) if name in ("faults", "set_aside", "account") else in_order(frame)
        for name, frame in frames.items()
    }
    for by in ("activity", "agency", "professional"):
        graph = review.map(by)
        about = {k: v for k, v in graph.graph.items() if k != "review"}
        found[f"map by {by}"] = (
            sorted(graph.nodes(data=True), key=str),
            sorted(graph.edges(data=True), key=str),
            about,
        )
    found["family steps"] = [in_order(review[f].steps) for f in review.families]
    for measure in (measures.attendance, measures.between_crises):
        found[measure.__name__] = [in_order(measure(review[f])) for f in review.families]
    found["life"] = [in_order(measures.life(measures.life_lines(review[f]))) for f in review.families]
    for part in (fj.together.shares, fj.together.by_day, fj.together.lags):
        found[f"known: {part.__name__}"] = [in_order(part(known, f)) for f in review.families]
    return found


def in_order(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """A frame's rows, in its own order, without row numbers, each cell with all its digits."""
    kept = [c for c in frame.columns if c not in ROW_NUMBERS]
    return [tuple(kept), *(tuple(repr(v) for v in row) for row in frame[kept].itertuples(index=False))]


def in_any_order(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    head, *rows = in_order(frame)
    return [head, *sorted(rows)]


def shuffle(path: Path, rng: Random, delimiter: str = ",", encoding: str = "utf-8") -> None:
    """The records of a file in another order, its header first and its bytes otherwise as they were."""
    with open(path, encoding=encoding, newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    rng.shuffle(rows)
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *rows])


def logs(rng: Random, families: int = 6) -> dict[str, list[dict[str, str]]]:
    """One log per agency, of random families, with repeats, amendments and rows that cannot be used."""
    rows = [row for n in range(families) for row in random_rows(rng, f"F{n}", 14)]
    for row in rows:
        row["person_id"] = f"P{rng.randrange(8)}"
    for row in rng.sample(rows, 6):
        changed = row | {"activity": "visit"}
        rows.append(
            row if rng.random() < 0.3 else changed | {"recorded_on": rng.choice(("", "2024-05-05", "2024-06-06"))}
        )
    rows += [
        {"agency": "school", "date": rng.choice(("", "2024-13-13")), "activity": "visit", "contact_id": f"bad{n}"}
        for n in range(3)
    ]
    rows += [{k: v for k, v in row.items() if k != "contact_id"} for row in rng.sample(rows, 4) for _ in range(2)]
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(f"{row['agency']}.csv", []).append(row)
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def some_nightly(seeds: int, always: int = 3) -> list[Any]:
    """Seeds of which the first few are tried at each change, and the others at night."""
    return [n if n < always else pytest.param(n, marks=pytest.mark.nightly) for n in range(seeds)]


@pytest.mark.parametrize("seed", some_nightly(6))
def test_shuffled_rows_change_nothing(tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    folder = folder_of_logs(tmp_path / "folder", logs(rng))
    before = everything(folder)
    assert len(before["contacts"]) > 20
    assert len(before["handovers"]) > 1 or len(before["switches"]) > 1
    for path in folder.glob("*.csv"):
        shuffle(path, rng)
    assert not differences(before, everything(folder))


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_rows_change_no_firing_of_any_pattern(tmp_path: Path, seed: int) -> None:
    rng = Random(400 + seed)
    many = many_of(tmp_path / "many", rows_of_many(rng, 60), {"school": ("2023-09-01", "2024-12-31")})
    folder = many.contacts.owner.folder.path
    before = firings_of_every_pattern(folder)
    assert {row[0] for row in before} >= {repr(name) for name in RULES}
    for path in folder.glob("*.csv"):
        shuffle(path, rng)
    assert before == firings_of_every_pattern(folder)


def firings_of_every_pattern(folder: Path) -> list[tuple[str, ...]]:
    firings = fj.find_triggers(fj.build_journeys(fj.read_contacts(folder)))
    told = firings.df().drop(columns="firing_id"), firings.owner.open_silences
    return [row for frame in told for row in in_order(frame)]


@pytest.mark.parametrize("seed", range(6))
def test_a_person_whom_a_log_names_in_two_families_on_one_day(tmp_path: Path, seed: int) -> None:
    """Which of the two memberships lasts is no matter of the order of rows."""
    rng = Random(300 + seed)
    rows = [
        {"contact_id": f"{p}-{n}", "person_id": f"P{p}", "family_id": f"F{rng.randrange(3)}", "agency": "school"}
        | {"date": f"2024-05-0{rng.randrange(1, 4)}", "activity": "visit"}
        for p in range(30)
        for n in range(30)
    ]
    folder = folder_of_logs(tmp_path / "folder", {"school.csv": rows})
    before = in_order(fj.read_members(folder).df())
    shuffle(folder / "school.csv", rng)
    assert before == in_order(fj.read_members(folder).df())


@pytest.mark.parametrize("seed", some_nightly(2, 1))
def test_files_declared_in_another_order_change_nothing(tmp_path: Path, seed: int) -> None:
    rng = Random(100 + seed)
    folder = folder_of_logs(tmp_path / "folder", logs(rng))
    before = everything(folder)
    sources = json.loads((folder / "sources.yml").read_text("utf-8"))
    entries = list(sources["files"].items())
    sources["files"] = dict(reversed(entries))
    (folder / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    assert not differences(before, everything(folder))


@pytest.mark.parametrize("seed", some_nightly(2, 1))
def test_a_log_in_two_files_of_one_series_is_the_same_log(tmp_path: Path, seed: int) -> None:
    rng = Random(200 + seed)
    whole = logs(rng)
    one = folder_of_logs(tmp_path / "one", whole)
    halves, about = {}, {}
    for name, rows in whole.items():
        some = [rng.random() < 0.5 for _ in rows]
        stem = name.removesuffix(".csv")
        for part, wanted in (("early", True), ("late", False)):
            halves[f"{stem}_{part}.csv"] = [r for r, s in zip(rows, some, strict=True) if s is wanted]
            about[f"{stem}_{part}.csv"] = {"series": stem}
    two = folder_of_logs(tmp_path / "two", halves, files=about)

    def without_files(folder: Path) -> dict[str, Any]:
        found = everything(folder)
        contacts = fj.read_contacts(folder)
        review = fj.build_journeys(contacts)
        found["contacts"] = in_any_order(contacts.df().drop(columns="source_file"))
        found["steps"] = in_any_order(review.steps.df().drop(columns="source_file"))
        found["family steps"] = [in_order(review[f].steps.drop(columns="source_file")) for f in review.families]
        found["set_aside"] = in_any_order(fj.set_aside(folder).df().drop(columns="source_file"))
        found["account"] = fj.account(folder).drop(columns=["file", "rejected_because"]).sum().tolist()
        del found["faults"]
        return found

    assert not differences(without_files(one), without_files(two))


@pytest.mark.parametrize("seed", [2013, pytest.param(6001, marks=pytest.mark.nightly)])
def test_a_shuffled_sample_is_the_same_sample(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "sample"
    planted = make(folder, families=8, comparison=0, seed=seed)
    period = {"start": planted.start, "end": planted.end}
    before = everything(folder, **period)
    rng = Random(seed)
    sources = YAML(typ="safe").load((folder / "sources.yml").read_text("utf-8"))
    for name, entry in sources["files"].items():
        form = entry["format"] if isinstance(entry["format"], dict) else {}
        encoding = form.get("encoding") or (
            "utf-8-sig" if (folder / name).read_bytes()[:3] == b"\xef\xbb\xbf" else "utf-8"
        )
        shuffle(folder / name, rng, form.get("delimiter", ","), encoding)
    shuffle(folder / "members.csv", rng)
    assert not differences(before, everything(folder, **period))


def test_file_order_is_what_does_change(tmp_path: Path) -> None:
    """The map of the file's own order is the one thing that rows in another order may change: so the shuffling shuffles."""
    rng = Random(7)
    folder = folder_of_logs(tmp_path / "folder", logs(rng))
    before = sorted(fj.build_journeys(fj.read_contacts(folder)).map(order="file").edges(data="moves"))
    for path in folder.glob("*.csv"):
        shuffle(path, rng)
    after = sorted(fj.build_journeys(fj.read_contacts(folder)).map(order="file").edges(data="moves"))
    assert before != after
