"""Damaged files: nothing but the kit's own errors, never a value in a message, and every record accounted for.

Records are counted here by a reader of one page, which knows of quotes and line ends and of nothing else.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import journeys as fj
from lib import csvs
from lib.errors import KitError

CANARY = "FJCANARY"
COLUMNS = {
    "contact_id": "Ref",
    "person_id": "Person",
    "family_id": "Family",
    "date": "When",
    "activity": "What",
    "reason": "Why",
    "need_id": "Need",
    "outcome": "Outcome",
    "professional_id": "Who",
    "recorded_on": "Recorded",
}
HEADER = [*COLUMNS.values(), "Surname", "Note"]
TOKENS = (
    *(
        b'"',
        b",",
        b"\r",
        b"\n",
        b"\0",
        b"\xff",
        b"\xe9",
        b"\x81",
        b";",
        b"\t",
        b"|",
        b'""',
        b'"\n',
        b',"',
        b"=1+1",
        b"NaN",
    ),
    *(
        b"99999999999999999999",
        b"31/02/2025",
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\xc2\x85",
        b"\xef\xbb\xbf",
        b"\x1a",
        b"A" * 70_000,
    ),
)
MUTANTS, PER_FOLDER = 200, 40


def good(rng: Random, rows: int = 25) -> bytes:
    lines = [",".join(HEADER)]
    for n in range(rows):
        name = f"{CANARY}{rng.randrange(1000)}"
        date = f"{rng.randint(1, 28):02}/0{rng.randint(1, 9)}/2024{rng.choice(('', '', ' 09:30'))}"
        cells = [f"R{n}", f"{name}P", f"{name}F", date, rng.choice(("visit", "call", "referral"))]
        cells += [f"{name} why", f"{name}N", f'"{name}, said ""no"""', f"{name}W", rng.choice(("", "01/10/2024"))]
        lines.append(",".join([*cells, f"{name} O'Brien", f'"{name}\nsecond line"' if rng.random() < 0.2 else name]))
    return ("\r\n".join(lines) + "\r\n").encode()


def bases(rng: Random, rows: int = 25) -> list[bytes]:
    """The good file, and the same in other clothes."""
    text = good(rng, rows).decode()
    return [
        text.encode(),
        text.replace(",", ";").encode(),
        text.replace(",", "\t").encode(),
        text.encode("utf-16"),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("\r\n", "\r").encode(),
        text.replace("'", "’").encode("cp1252"),
        text.rstrip().encode(),
    ]


def mutant(rng: Random, data: bytes) -> bytes:
    """A few of the things that happen to files."""
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, what = rng.randrange(len(data)), rng.random()
        if what < 0.40:
            data = data[:at] + rng.choice(TOKENS) + data[at:]
        elif what < 0.52:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif what < 0.66:
            data = data[:at] + data[at + rng.choice((1, 1, 5, 200)) :]
        elif what < 0.76:
            other, size = rng.randrange(len(data)), rng.randrange(300)
            data = data[:at] + data[other : other + size] + data[at:]
        elif what < 0.82:
            data = data[: max(at, 2)]
        elif what < 0.90:
            lines = data.split(b"\n")
            line = rng.choice(lines)
            lines.insert(rng.randrange(len(lines)), line)
            data = b"\n".join(lines)
        elif what < 0.95:
            old, new = rng.sample([b",", b";", b"\t"], 2)
            data = data[:at] + data[at:].replace(old, new)
        else:
            lines = data.split(b"\n")
            del lines[0 if rng.random() < 0.3 else rng.randrange(len(lines))]
            data = b"\n".join(lines)
        data = data if len(data) > 1 else b"a,b"
    return data


def count(data: bytes) -> int:
    """Records below the header: a quote opens at the start of a field alone; a line with nothing on it is no record."""
    text = decoded(data)
    first = next((line for line in text.replace("\r", "\n").split("\n") if line.strip()), "")
    seen = {
        d: sum(h in [c.strip('" ') for c in first.split(d)] for h in COLUMNS.values()) for d in (",", ";", "\t", "|")
    }
    delimiter = max(seen, key=lambda d: seen[d])
    records, at_start, quoted, anything, n = 0, True, False, False, 0
    while n < len(text):
        letter = text[n]
        if quoted:
            if letter == '"' and text[n + 1 : n + 2] == '"':
                n += 1
            elif letter == '"':
                quoted = False
        elif letter in "\r\n":
            records += anything
            at_start, anything = True, False
        else:
            anything = True
            quoted = at_start and letter == '"'
            at_start = letter == delimiter
        n += 1
    return records + anything - 1


def decoded(data: bytes) -> str:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def folder_of(root: Path, files: dict[str, bytes], **more: Any) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    form = {"columns": COLUMNS, "dates": ["%d/%m/%Y", "%d/%m/%Y %H:%M"]}
    for name, data in files.items():
        (root / name).write_bytes(data)
    entries = {name: {"format": form, "agency": "school"} for name in files}
    sources = {"purpose": "damage", "invented": True, "files": entries} | more
    (root / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    return root


def all_that_is_said(folder: Path, account: pd.DataFrame, names: Sequence[str]) -> str:
    """Every message, fault and reason that a folder gives, once as it stands and once without the files rejected."""
    said = [account.to_csv()]
    if set(account["rejected_because"]) - {""}:
        with pytest.raises(KitError) as raised:
            fj.read_contacts(folder)
        said.append(str(raised.value))
    sources = json.loads((folder / "sources.yml").read_text("utf-8"))
    whole = account.loc[account["rejected_because"] == "", "file"].tolist()
    sources["files"] = {name: sources["files"][name] for name in whole}
    (folder / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")
    contacts = fj.read_contacts(folder)
    faults = fj.check_contacts(contacts).df()
    aside = fj.set_aside(folder).df()
    if len(contacts):
        said.append(repr(fj.build_journeys(contacts)))
    return "\n".join([*said, aside.to_csv(), faults.drop(columns="contact_id").to_csv(), repr(contacts), *names])


@pytest.mark.parametrize("lot", range(MUTANTS // PER_FOLDER))
def test_mutants(tmp_path: Path, capfd: pytest.CaptureFixture[str], lot: int) -> None:
    rng = Random(7000 + lot)
    start = bases(rng)
    files = {f"m{n:03}.csv": mutant(rng, rng.choice(start)) for n in range(PER_FOLDER)}
    files["whole.csv"] = start[0]
    folder = folder_of(tmp_path / "folder", files)
    account = fj.account(folder)
    assert account["file"].tolist() == list(files)
    rejected = 0
    for row in account.itertuples():
        assert row.read == row.accepted + row.set_aside + row.collapsed
        if row.rejected_because:
            rejected += 1
            assert row.read == 0
            assert row.rejected_because.startswith(row.file)
        else:
            assert row.read == count(files[row.file]), row.file
    assert rejected < PER_FOLDER
    assert account.set_index("file").loc["whole.csv", "read"] == 25
    said = all_that_is_said(folder, account, list(files)) + "".join(capfd.readouterr())
    at = said.find(CANARY)
    assert at < 0, said[max(0, at - 300) : at + 60]


@pytest.mark.parametrize("piece", [120])
def test_the_size_of_the_pieces_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """A file is read a piece at a time; wherever the pieces end, the same records are read on the same lines."""
    rng = Random(piece)
    start = bases(rng, rows=6)
    files = {f"m{n:03}.csv": mutant(rng, rng.choice(start)) for n in range(12)} | {
        "whole.csv": start[0],
        "cr.csv": start[5],
    }
    files = {name: data for name, data in files.items() if len(data) < 5000}
    found = []
    for size in (None, piece):
        with monkeypatch.context() as patch:
            if size:
                patch.setattr(csvs, "PIECE", size)
            folder = folder_of(tmp_path / f"by {size}", files)
            account = fj.account(folder)
            aside = fj.set_aside(folder).df()
            whole = account.loc[account["rejected_because"] == "", "file"].tolist()
            folder_of(folder, {name: files[name] for name in whole})
            found.append(
                (account.to_csv().replace(folder.name, ""), aside.to_csv(), fj.read_contacts(folder).df().to_csv())
            )
    assert found[0] == found[1]


def test_the_counting_counts() -> None:
    assert count(b"Ref,When\n1,2\n\n3,4") == 2
    assert count(b'Ref,When\r\n1,"a\r\nb"\r\n') == 1
    assert count(b'Ref,When\r1,a"b\r2,c"\r') == 2
    assert count(b"Ref;When\n;\n") == 1


def test_a_canary_would_be_seen(tmp_path: Path) -> None:
    """Activities are words of the rules, and are named in faults: put there, the canary sings."""
    data = good(Random(1)).replace(b",visit,", f",{CANARY},".encode())
    folder = folder_of(tmp_path / "folder", {"a.csv": data})
    assert CANARY in all_that_is_said(folder, fj.account(folder), [])


# Named faults, where extra input is at hand


def by_path(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_named_fault(tmp_path: Path, extra: Path) -> None:
    bad = by_path(extra / "tools" / "faults" / "make_bad_files.py")
    assert bad.build(str(tmp_path / "bad"), bad.SEED) == 38
    folder = tmp_path / "bad"
    expected = pd.read_csv(folder / "expected.csv", dtype=str, keep_default_na=False)
    names = {c: c for c in bad.COLUMNS if c not in ("contact_type", "note")} | {"activity": "contact_type"}
    form = {"columns": names, "dates": ["%d/%m/%Y", "%d/%m/%Y %H:%M", "iso"]}
    rejects = set(expected.loc[expected["class"] == "reject", "file"])

    def declare(files: Sequence[str]) -> None:
        entries = {name: {"format": form, "series": name.replace(".", "-")} for name in files}
        sources = {"purpose": "damage", "invented": True, "agencies": bad.AGENCIES, "files": entries}
        (folder / "sources.yml").write_text(json.dumps(sources), encoding="utf-8")

    declare(expected["file"].tolist())
    account = fj.account(folder).set_index("file")
    assert set(account.index[account["rejected_because"] != ""]) == rejects
    assert bad.CANARY not in account.to_csv()
    for row in expected[~expected["file"].isin(rejects)].itertuples():
        found = account.loc[row.file]
        assert found["read"] == found["accepted"] + found["set_aside"] + found["collapsed"]
        pairs = {(row.expected_accepted, row.expected_quarantined), tuple(row.also_allowed.replace(" ", "").split("/"))}
        counts = (str(found["accepted"]), str(found["set_aside"]))
        assert counts in pairs or "" in (row.expected_accepted, row.expected_quarantined), (row.file, counts, pairs)
        assert row.rows_in in ("", str(found["read"])), row.file
        assert row.collapsed in ("", str(found["collapsed"])), row.file
    declare([name for name in expected["file"] if name not in rejects])
    contacts = fj.read_contacts(folder)
    assert bad.CANARY not in fj.set_aside(folder).df().to_csv() + fj.check_contacts(contacts).df().to_csv()
