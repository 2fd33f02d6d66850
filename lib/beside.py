"""What stands beside a page in a run's folder: its tables and pictures as files, a workbook, and a PDF where one can be.

None of it shows anything that the page does not, and none of it is a reason for no page.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from lib import parts, pdf
from lib.errors import BuildError
from lib.files import private_dir, shown, write_whole
from lib.page import ADDED, MADE_OF, Frame

MOST_BYTES = 8_000_000
"""No file of a report is larger: mail and committee systems turn such files away."""


def write_page(folder: Path, page: str) -> None:
    """Write report.html. Raises BuildError where it is too large to be sent."""
    content = page.encode("utf-8", "replace")
    if len(content) > MOST_BYTES:
        raise BuildError(
            f"The page would be {len(content) / 1e6:.1f} MB, and no file of a report is over {MOST_BYTES / 1e6:.0f} MB. "
            "Show fewer rows or pictures."
        )
    write_whole(folder / "report.html", content)


def write_parts(folder: Path, page: str, executed: Any, frame: Frame) -> dict[str, Any]:
    """Write tables/, figures/ and tables.xlsx from a page, and say what was left out for its size.

    The page's last table, what made it, is run.json's: without it, the same inputs give the same files, byte for byte.
    Returns what the record keeps: how many tables and pictures there are, and the names of those left out.
    """
    grids, drawn = parts.read_parts(page, _authors_words(executed, frame))
    if frame.provenance and grids and grids[-1].caption == MADE_OF:
        grids = grids[:-1]
    drawings = _drawings(executed)
    wanted: dict[str, bytes] = {f"tables/{grid.name}.csv": parts.as_csv(grid) for grid in grids}
    for picture in drawn:
        wanted[f"figures/{picture.name}.png"] = picture.png
        if picture.png in drawings:
            wanted[f"figures/{picture.name}.svg"] = parts.bare_svg(drawings[picture.png])
    if drawn:
        wanted["figures/alt-text.csv"] = parts.as_csv(parts.listing(drawn))
    if grids:
        wanted["tables.xlsx"] = _workbook(grids, frame, executed)
    left_out = []
    for name, content in wanted.items():
        if len(content) > MOST_BYTES:
            left_out.append(name)
            continue
        if not (folder / name).parent.is_dir():
            private_dir((folder / name).parent)
        write_whole(folder / name, content)
    return {"tables": len(grids), "pictures": len(drawn)} | ({"left_out_for_size": left_out} if left_out else {})


def write_pdf(folder: Path, scratch: Path) -> str:
    """Write report.pdf from the folder's page where that can be done, and say in a line what it is, or why there is none."""
    made = pdf.make(folder / "report.html", private_dir(scratch))
    if made.content is None:
        return made.says
    if len(made.content) > MOST_BYTES:
        return f"No PDF: it would be {len(made.content) / 1e6:.1f} MB, and no file of a report is over 8 MB."
    write_whole(folder / "report.pdf", made.content)
    return made.says


def in_a_line(folder: Path, says: str) -> str:
    """What is said of the PDF of a folder, after its path where there is one."""
    file = folder / "report.pdf"
    return f"{shown(file)}: {says}" if file.is_file() else says


def _authors_words(executed: Any, frame: Frame) -> str:
    """What the notebook's author wrote; the cell that holds a run's parameters was written by nobody."""
    own = (c for c in executed.cells if not ADDED & set(c.get("metadata", {}).get("tags", [])))
    return "\n".join([*(str(c.source) for c in own), frame.account_caption])


def _drawings(executed: Any) -> dict[bytes, str]:
    """The drawing (SVG) behind each picture of a notebook, by the picture's own bytes."""
    found = {}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "image/svg+xml" in data:
                found[base64.b64decode("".join(data["image/png"]))] = "".join(data["image/svg+xml"])
    return found


def _workbook(grids: list[parts.Grid], frame: Frame, executed: Any) -> bytes:
    from lib.spreadsheet import workbook

    heading = next(
        (line for c in executed.cells for line in str(c.source).splitlines() if line.startswith("# ")), "# Tables"
    )
    about = [
        *([frame.tag] if frame.tag else []),
        *frame.opening,
        *(f"{label}: {value}" for label, value in frame.strip),
    ]
    about += [frame.purpose] if frame.purpose else []
    return workbook(frame.title or heading[2:].strip(), about, list(frame.contact), grids)
