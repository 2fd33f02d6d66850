"""Invented Annex A workbooks, made from the list of their columns, with the mess that is met in the field."""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path
from typing import Any

COLUMNS = Path(__file__).with_name("annex_a_columns.csv")
SHEETS = (
    "List 1",
    "List_2",
    "list 3 - Referrals",
    "List 4",
    "LIST 5",
    "List 6",
    "List7",
    "List 8",
    "List 9",
    "List 10",
    "List 11",
)


def columns() -> dict[int, list[dict[str, str]]]:
    """The columns of each list, in order."""
    found: dict[int, list[dict[str, str]]] = {}
    with open(COLUMNS, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(int(row["list_no"]), []).append(row)
    return found


def workbook(path: Path, seed: int = 1, children: int = 30, rows: int = 40) -> dict[int, list[dict[str, Any]]]:
    """Write a workbook; what was put in each list, by its column, with days as days whatever they were written as."""
    import openpyxl

    rng = random.Random(seed)
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = "A. Officer"
    told: dict[int, list[dict[str, Any]]] = {}
    for number, listed in columns().items():
        sheet = book.create_sheet(SHEETS[number - 1])
        if number in (3, 6):
            sheet.append([f"Annex A, list {number}, printed for the inspection"])
            sheet.append([])
        sheet.append([c["sample_header"] or c["column"] for c in listed])
        told[number] = []
        for _ in range(rows):
            true: dict[str, Any] = {}
            written: list[Any] = []
            for column in listed:
                value, cell = _cell(rng, column, children)
                true[column["column"]] = value
                written.append(cell)
            sheet.append(written)
            told[number].append(true)
    book.save(path)
    return told


def _cell(rng: random.Random, column: dict[str, str], children: int) -> tuple[Any, Any]:
    """A value as it is, and as somebody wrote it."""
    if "nique ID" in column["column"] or "dentifier" in column["column"]:
        child = f"C{rng.randint(1, children):04d}"
        return child, rng.choice([child, f" {child}\u00a0"])
    if column["type"] == "date":
        if column["can_be_blank"] == "True" and rng.random() < 0.35:
            return None, rng.choice([None, "", "#N/A"])
        day = dt.date(2024, rng.randint(1, 6), rng.randint(1, 28))
        at = dt.datetime.combine(day, dt.time())
        return day, rng.choice([at, at, day, day.strftime("%d/%m/%Y"), day.isoformat()])
    if column["permitted_values"]:
        value = rng.choice(column["permitted_values"].split("|"))
        return value, rng.choice([value, value.split(") ")[-1], value.split(")")[0] + ")" if ")" in value else value])
    if column["type"] == "integer":
        return 3, rng.choice([3, "3", None])
    return "a\u00a0name", rng.choice(["a\u00a0name", None])
