"""However a CSV file is cut into pieces, and whichever way a piece is split, its records are the same."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from lib import csvs
from lib.batches import Source
from lib.errors import DataError

COLUMNS = {"contact_id": "id", "date": "date", "activity": "what"}
PLAIN = ["a", "b b", "", " ", "é", "01/02/2024", "\u2028", "\x85", "\x0b", "\ttab", "'", "\\", "NA", "null", "\u200b"]
QUOTED = ['"q"', '"x,y"', '"two\nlines"', '"a""b"', 'mid"quote', '"open', '"a"b', ' "lead"', "\x00"]


def a_file(rng: Random) -> str:
    """A log of a few lines, tame or wild."""
    tame = rng.random() < 0.5
    cells = PLAIN if tame else PLAIN + QUOTED
    end = rng.choice(["\n", "\r\n", "\n", "\r\n", "\r"])
    lines = []
    for _ in range(rng.randint(0, 14)):
        width = 3 if rng.random() < 0.92 else rng.randint(0, 5)
        lines.append(
            ",".join(rng.choice(cells) if rng.random() < 0.4 else str(rng.randint(0, 999)) for _ in range(width)) + end
        )
    text = rng.choice(["id,date,what", '"id","date","what"', "id,date,what,more"]) + "\n" + "".join(lines)
    return text.rstrip("\r\n") if rng.random() < 0.4 else text


def read(path: Path) -> object:
    """Every record, or the message for a file that cannot be read."""
    source = Source("log.csv", "log", COLUMNS, frozenset(COLUMNS), path=path)
    try:
        return [row for table in csvs.from_csv(source) for row in pa.table(table).to_pylist()]
    except DataError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(300))
def test_pieces_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    rng = Random(seed)
    path = tmp_path / "log.csv"
    path.write_bytes(a_file(rng).encode(rng.choice(["utf-8", "utf-8-sig", "utf-16"])))
    answers = []
    for piece in (1, rng.randint(2, 60), 1_000_000):
        monkeypatch.setattr(csvs, "PIECE", piece)
        answers.append(read(path))
    monkeypatch.setattr(csvs, "_split_plain", lambda *_: None)
    answers.append(read(path))
    assert all(a == answers[0] for a in answers)
