"""Makes README's three pictures from the invented sample: python tests/docs/pictures.py"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt

import journeys as fj
from lib import figures

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "notebooks" / "pictures"
FAMILY, START, END = "F0001", "2022-08-15", "2022-11-15"


def rows_as_supplied(contacts: list[str]) -> list[tuple[str, list[str]]]:
    """The header and the lines that these contacts came from, file by file, as they were supplied."""
    frame = (
        fj.read_contacts("sample")
        .sql(f"select distinct source_file, source_row from this where contact_id in {tuple(contacts)}")
        .df()
    )
    found = []
    for name, some in frame.groupby("source_file"):
        lines = (ROOT / "data" / "sample" / str(name)).read_text(encoding="cp1252").removeprefix("ï»¿").splitlines()
        rows = [lines[0], *(lines[int(n)] for n in sorted(some["source_row"]))]
        found.append((str(name), [row if len(row) < 112 else f"{row[:110]} …" for row in rows]))
    return found


def draw_rows(files: list[tuple[str, list[str]]]) -> None:
    """The raw lines, a block a file."""
    with figures.style():
        lines = sum(len(rows) + 1.6 for _, rows in files)
        figure = plt.figure(figsize=(10, 0.3 + 0.24 * (lines - 0.9)))
        at = 1 - 0.25 / figure.get_figheight()
        step = 0.24 / figure.get_figheight()
        figure.text(
            0.985,
            at,
            "INVENTED DATA",
            ha="right",
            va="center",
            weight="semibold",
            bbox={"facecolor": "white", "pad": 3},
        )
        for name, rows in files:
            figure.text(0.02, at, name, weight="semibold", va="center", fontsize=11)
            for number, row in enumerate(rows):
                at -= step
                ink = "#505050" if number == 0 else "#1B1B1B"
                figure.text(
                    0.035, at, row, family="DejaVu Sans Mono", fontsize=9, va="center", color=ink, parse_math=False
                )
            at -= step * 1.6
        figure.savefig(PICTURES / "1-rows.png", dpi=150, metadata={"Software": None})
        plt.close(figure)


def main() -> None:
    """Make the three pictures."""
    PICTURES.mkdir(exist_ok=True)
    contacts, members = fj.read_contacts("sample"), fj.read_members("sample")
    review = fj.build_journeys(contacts, members, start="2022-04-01", end="2025-03-31")
    firings = fj.find_triggers(review)
    (PICTURES / "2-journey.png").write_bytes(fj.draw.timeline(review["F0003"], firings).figure.png())
    near = fj.build_journeys(contacts, members, start=START, end=END, families=[FAMILY])
    (PICTURES / "3-trigger.png").write_bytes(fj.draw.timeline(near[FAMILY], fj.find_triggers(near)).figure.png())
    evidence = fj.find_triggers(near).df()["evidence"].iloc[0]
    steps = near[FAMILY].steps
    around = steps[(steps["date"] >= START) & (steps["nature"].isin(["touch", "referral"]))].head(5)
    draw_rows(rows_as_supplied([*evidence, *around["contact_id"]]))


if __name__ == "__main__":
    main()
