"""Damaged files of every kind that is read: nothing but the kit's own errors, no death, no hour of waiting, and every record
accounted for.

What each seed does to a file is the same on every run. A thousand are tried at each change, most of them of the kinds that
need no child process; at night many more.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import os
import re
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import duckdb
import openpyxl
import pandas as pd
import pytest

import journeys as fj
from journeys.sources import open_folder
from lib.errors import KitError
from lib.readers import batches
from tests.properties.test_accounts_add_up import MUTANTS as csv_mutants

CANARY = "FJCANARY"
ROWS = 25
COLUMNS = {"contact_id": "Ref", "person_id": "Person", "date": "When", "activity": "What", "outcome": "Outcome"}
FORM = {"columns": COLUMNS, "dates": ["%d/%m/%Y", "iso"]}
XML_FORM = FORM | {
    "columns": COLUMNS | {"contact_id": "@Ref", "person_id": "../Person"},
    "part": "People/Child/Contact",
}
XES_FORM = {
    "columns": {"family_id": "case:name", "date": "when", "activity": "what", "outcome": "how"},
    "dates": ["iso"],
}
SECONDS, BYTES = 10, 2_000_000_000

TOKENS = (
    *(b'"', b",", b"\r", b"\n", b"\0", b"\xff", b"\x81", b";", b"\t", b'""', b"=1+1", b"NaN", b"-0", b"1E400"),
    *(b"99999999999999999999", b"31/02/2025", b"0000-00-00", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a"),
    *(
        b"<",
        b">",
        b"&",
        b"&#0;",
        b"&#x41;",
        b"&a;",
        b"<!--",
        b"-->",
        b"]]>",
        b"<![CDATA[",
        b"<?x?>",
        b"</Child>",
        b"<Child>",
    ),
    *(b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<a>" * 250, b"A" * 70_000, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\x00" * 64),
)


def mutant(rng: Random, data: bytes) -> bytes:
    """A few of the things that happen to files."""
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, what = rng.randrange(len(data)), rng.random()
        if what < 0.35:
            data = data[:at] + rng.choice(TOKENS) + data[at:]
        elif what < 0.60:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif what < 0.72:
            data = data[:at] + data[at + rng.choice((1, 1, 5, 200)) :]
        elif what < 0.82:
            other, size = rng.randrange(len(data)), rng.randrange(300)
            data = data[:at] + data[other : other + size] + data[at + (size if rng.random() < 0.5 else 0) :]
        elif what < 0.88:
            data = data[: max(at, 2)]
        else:
            lines = data.split(b"\n")
            rng.shuffle(lines)
            data = b"\n".join(lines)
        data = data if len(data) > 1 else b"a,b"
    return data


def bent(rng: Random, data: bytes) -> bytes:
    """Half of the time, XML that stays well formed, with elements doubled, left out, moved, or with other text in them."""
    if rng.random() < 0.5:
        return mutant(rng, data)
    encoding = (
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252" if b"windows-1252" in data[:60] else "utf-8"
    )
    text = data.decode(encoding)
    for _ in range(rng.choice((1, 2, 5, 20))):
        whole = list(re.finditer(r"<(\w+)[^<>]*(?:/>|>[^<>]*</\1>)", text))
        one, other = rng.choice(whole), rng.choice(whole)
        change = rng.choice(
            (one[0] * 2, "", f"<New>{one[0]}</New>", f"<!-- -->{one[0]}", one[0].replace(">", "> é &#9; ", 1))
        )
        text = text[: one.start()] + change + text[one.end() :]
        if rng.random() < 0.2:
            at = other.start() if other.end() <= one.start() else one.start()
            text = text[:at] + one[0] + text[at:]
    return text.encode(encoding)


# One good file of each kind


def rows(rng: Random) -> list[list[str]]:
    days = [f"{rng.randint(1, 28):02}/0{rng.randint(1, 9)}/2024" for _ in range(ROWS)]
    names = [f"{CANARY}{rng.randrange(1000)}" for _ in range(ROWS)]
    return [[f"R{n}", f"{names[n]}P", days[n], "visit", f'{names[n]} said "no"'] for n in range(ROWS)]


def as_csv(rng: Random) -> bytes:
    text = pd.DataFrame(rows(rng), columns=list(COLUMNS.values())).to_csv(index=False, lineterminator="\r\n")
    text = rng.choice((text, text.replace(",", ";"), text.replace("\r\n", "\r"), text.rstrip()))
    return text.encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252")))


def as_xml(rng: Random) -> bytes:
    told = "\n".join(
        f"<Child><Person>{p}</Person>\n<Contact Ref='{r}'><When>{d}</When><What>{w}</What><Outcome>{o}</Outcome></Contact></Child>"
        for r, p, d, w, o in rows(rng)
    )
    encoding = rng.choice(("utf-8", "utf-16", "windows-1252"))
    return f"<?xml version='1.0' encoding='{encoding}'?>\n<Log><People>{told}</People></Log>".encode(encoding)


def as_xes(rng: Random) -> bytes:
    told = "\n".join(
        f"<trace><string key='name' value='{p}'/><event><string key='what' value='{w}'/>\n<date key='when' "
        f"value='{d[6:]}-{d[3:5]}-{d[:2]}T10:00:00.000+01:00'/><string key='how' value='{n}'/></event></trace>"
        for n, (_, p, d, w, _) in enumerate(rows(rng))
    )
    return f"<?xml version='1.0'?><log>{told}</log>".encode()


def as_sqlite(rng: Random) -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute('CREATE TABLE log (Ref TEXT, Person TEXT, "When" TEXT, What TEXT, Outcome TEXT)')
    database.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?)", rows(rng) * 3)
    database.commit()
    data = database.serialize()
    database.close()
    return data


def as_parquet(rng: Random) -> bytes:
    out = io.BytesIO()
    frame = pd.DataFrame(rows(rng), columns=list(COLUMNS.values()))
    if rng.random() < 0.5:
        frame["When"] = pd.to_datetime(frame["When"], dayfirst=True, format="%d/%m/%Y")
    frame.to_parquet(out, compression=rng.choice(("snappy", None, "zstd")))
    return out.getvalue()


def as_workbook(rng: Random) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in [list(COLUMNS.values()), *rows(rng)]:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def as_duckdb(rng: Random, place: Path) -> bytes:
    path = place / f"made {rng.random()}.duckdb"
    frame = pd.DataFrame(rows(rng), columns=list(COLUMNS.values()))
    with duckdb.connect(str(path)) as database:
        database.register("frame", frame)
        database.execute("CREATE TABLE log AS SELECT * FROM frame")
    return path.read_bytes()


def inside_gzip(rng: Random, data: bytes) -> bytes:
    """Damage before it was packed, or after."""
    return gzip.compress(bent(rng, data)) if rng.random() < 0.5 else mutant(rng, gzip.compress(data))


def inside_zip(rng: Random, data: bytes) -> bytes:
    """Damage in one of the parts of a workbook, or in the whole of it."""
    if rng.random() < 0.3:
        return mutant(rng, data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        parts = old.namelist()
        damaged = rng.choice([*parts, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml"])
        for part in parts:
            new.writestr(part, mutant(rng, old.read(part)) if part == damaged else old.read(part))
    return out.getvalue()


Kind = tuple[str, Mapping[str, object], Callable[[Random, Path], bytes]]
KINDS: dict[str, Kind] = {
    "csv": (".csv", FORM, lambda rng, _: mutant(rng, as_csv(rng))),
    "xml": (".xml", XML_FORM, lambda rng, _: bent(rng, as_xml(rng))),
    "xes": (".xes", XES_FORM, lambda rng, _: bent(rng, as_xes(rng))),
    "packed xes": (".xes.gz", XES_FORM, lambda rng, _: inside_gzip(rng, as_xes(rng))),
    "sqlite": (".sqlite", FORM, lambda rng, _: mutant(rng, as_sqlite(rng))),
    "parquet": (".parquet", FORM, lambda rng, _: mutant(rng, as_parquet(rng))),
    "workbook": (".xlsx", FORM, lambda rng, _: inside_zip(rng, as_workbook(rng))),
    "duckdb": (".duckdb", FORM, lambda rng, place: mutant(rng, as_duckdb(rng, place))),
}
NOW = {"csv": 100, "xml": 240, "xes": 100, "packed xes": 60, "sqlite": 160, "parquet": 120, "workbook": 14, "duckdb": 6}
PER_FOLDER = 40


def tried(root: Path, kind: str, seed: int, many: int, *, some_are_read: bool = True) -> str:
    """Read a folder of damaged files of one kind; all that was said of them. On seeds that stay, some files are read."""
    suffix, form, make = KINDS[kind]
    rng = Random(f"{kind} {seed}")
    root.mkdir()
    names = [f"m{n:03}{suffix}" for n in range(many)]
    for name in names:
        (root / name).write_bytes(make(rng, root))
    entries = {name: {"format": form, "agency": "school"} for name in names}
    sources = {"purpose": "damage", "invented": True, "files": entries}
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    read = {}
    for source in open_folder(root).sources():
        began = time.monotonic()
        try:
            read[source.name] = sum(len(batch) for batch in batches(source))
        except KitError as error:
            assert source.name in str(error), error
            read[source.name] = 0
        assert time.monotonic() - began < SECONDS, source.name
    account = fj.account(root)
    for row in account.itertuples():
        assert row.read == row.accepted + row.set_aside + row.collapsed == read[row.file], row
        assert bool(row.rejected_because) <= (row.read == 0), row
    if some_are_read and kind != "duckdb":
        assert (account["rejected_because"] == "").any() or many < 10, kind
    return account.to_csv() + fj.set_aside(root).df().to_csv()


def test_a_thousand_are_tried() -> None:
    assert sum(NOW.values()) + csv_mutants == 1000


def lots() -> list[tuple[str, int, int]]:
    return [(k, at, min(PER_FOLDER, n - at)) for k, n in NOW.items() for at in range(0, n, PER_FOLDER)]


@pytest.mark.parametrize(("kind", "seed", "many"), lots())
def test_mutants(tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, seed: int, many: int) -> None:
    said = tried(tmp_path / "folder", kind, seed, many) + "".join(capfd.readouterr())
    at = said.find(CANARY)
    assert at < 0, said[max(0, at - 300) : at + 60]
    assert _memory() < BYTES


def _memory() -> int:
    """The most memory that this process or a child of it has held."""
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


@pytest.mark.parametrize(("kind", "seed"), [("parquet", 20261130), ("parquet", 1795403532), ("sqlite", 1795408829)])
def test_what_a_night_found_is_told_in_words(tmp_path: Path, kind: str, seed: int) -> None:
    """Texts, a column's name, and what a library says of the damage, whose bytes are no text."""
    assert CANARY not in tried(tmp_path / "folder", kind, seed, PER_FOLDER, some_are_read=False)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_many_more_mutants(tmp_path: Path, kind: str) -> None:
    """A new seed every night, named where it fails: `FJ_SEED` tries it again."""
    seed = int(os.environ.get("FJ_SEED", time.time_ns() // 1_000_000_000))
    many = int(os.environ.get("FJ_MUTANTS", 50_000)) * NOW[kind] // sum(NOW.values())
    for lot, at in enumerate(range(0, many, PER_FOLDER)):
        print(kind, seed, lot)
        said = tried(tmp_path / str(lot), kind, seed + lot, min(PER_FOLDER, many - at), some_are_read=False)
        assert CANARY not in said, (kind, seed + lot)
        for file in sorted((tmp_path / str(lot)).rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
    assert _memory() < BYTES


def test_mutants_of_another_hand(tmp_path: Path, extra: Path) -> None:
    """Files and damage that were made elsewhere."""
    tools = {}
    for name in ("make_bad_files", "fuzz_mutants"):
        spec = importlib.util.spec_from_file_location(name, extra / "tools" / "faults" / f"{name}.py")
        assert spec and spec.loader
        tools[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tools[name])
    bad, fuzz = tools["make_bad_files"], tools["fuzz_mutants"]
    bases = fuzz.bases(bad.to_csv(bad.base_rows(bad.SEED, 40)))
    names = {c: c for c in bad.COLUMNS if c not in ("contact_type", "note")} | {"activity": "contact_type"}
    form = {"columns": names, "dates": ["%d/%m/%Y", "%d/%m/%Y %H:%M", "iso"]}
    rng = Random(2)
    for n in range(120):
        (tmp_path / f"m{n:03}.csv").write_bytes(fuzz.mutate(rng, bases[rng.choice(sorted(bases))])[0])
    entries = {f"m{n:03}.csv": {"format": form} for n in range(120)}
    sources = {"purpose": "damage", "invented": True, "agencies": bad.AGENCIES, "files": entries}
    (tmp_path / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    account = fj.account(tmp_path)
    assert (account["read"] == account["accepted"] + account["set_aside"] + account["collapsed"]).all()
    assert len(account) == 120 and bad.CANARY not in account.to_csv() + fj.set_aside(tmp_path).df().to_csv()
