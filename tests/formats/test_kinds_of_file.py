"""The same rows in every kind of file that the kit reads are the same contacts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import journeys as fj

ROWS = pd.DataFrame(
    {
        "contact_id": ["0001", "0002", "0003", "0004"],
        "person_id": ["007", "7", "José", "9007199254740993"],
        "date": ["01/02/2024", "02/02/2024 10:11", "31/02/2024", "29/02/2024"],
        "agency": ["gp", "gp", "gp", "Children's Centre"],
        "contact_type": ["visit", "no reply", "visit", "home visit"],
    }
)


def written(root: Path, kind: str) -> Path:
    file = root / f"log.{kind}"
    if kind == "sqlite":
        made = sqlite3.connect(file)
        ROWS.to_sql("log", made, index=False)
        made.close()
    elif kind == "duckdb":
        with duckdb.connect(str(file)) as made:
            made.register("rows", ROWS)
            made.execute("CREATE TABLE log AS SELECT * FROM rows")
    elif kind == "xlsx":
        ROWS.to_excel(file, index=False)
    elif kind == "parquet":
        ROWS.to_parquet(file)
    else:
        ROWS.to_csv(file, index=False, encoding={"csv": "utf-8", "txt": "utf-16"}[kind])
    (root / "sources.yml").write_text(f"purpose: p\ninvented: true\nfiles:\n  log.{kind}: {{format: contact_log}}\n")
    return root


@pytest.mark.parametrize("kind", ["txt", "xlsx", "parquet", "sqlite", "duckdb"])
def test_each_kind_of_file_gives_what_csv_gives(tmp_path, kind):
    (tmp_path / "csv").mkdir()
    (tmp_path / kind).mkdir()
    one, other = (fj.read_contacts(written(tmp_path / k, k)).df().drop(columns="source_file") for k in ("csv", kind))
    pd.testing.assert_frame_equal(one, other)
    assert one["person_id"].tolist() == ["log:007", "log:7", "log:9007199254740993"]
    account = fj.account(tmp_path / kind).iloc[0]
    assert tuple(account[["read", "accepted", "set_aside", "collapsed"]]) == (4, 3, 1, 0)
