"""A page as a tagged PDF, by WeasyPrint where this machine has it, and a look at the PDF that was made.

The work is done in a process of its own with a time limit, since a layout may take for ever and a native library may
fall over: a PDF is never a reason for no page. Nothing is fetched: a page carries all that it shows.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

PASSED = "tagged, automated checks passed"
SECONDS = 300
DAY = re.compile(r">(\d{1,2}) ([A-Z][a-z]+) (\d{4})<")
"""A cell that holds a day, which is kept on one line."""

CELL = re.compile(r'<(td|th scope="row")>([^<]{17,})<')

NOT_HERE = "No PDF: WeasyPrint, or a library that it needs, is not on this machine. The page prints from any browser."


@dataclass(frozen=True)
class Made:
    """What came of it: `content`, the PDF, or None; `says`, in a line, what it is or why there is none."""

    content: bytes | None
    says: str


def make(page: Path, scratch: Path, seconds: float = SECONDS) -> Made:
    """The PDF of a page that stands in a file.

    `page`: the HTML, whole in itself. `scratch`: a private folder. `seconds`: how long it may take. Raises nothing:
    what goes wrong is said.
    """
    target = scratch / "page.pdf"
    root = str(Path(__file__).resolve().parent.parent)
    places = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": places, "XDG_CACHE_HOME": str((scratch / "cache").resolve())}
    command = [sys.executable, "-m", "lib.pdf", str(page.resolve()), str(target.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Made(None, f"No PDF: it was not laid out in {seconds:g} seconds. The page prints from any browser.")
    except OSError:
        return Made(None, "No PDF: this machine would not start the program that makes one.")
    if done.returncode == 3:
        return Made(None, NOT_HERE)
    try:
        told = json.loads(done.stdout)
        return Made(target.read_bytes(), told["says"])
    except (OSError, ValueError, KeyError, TypeError):
        return Made(None, "No PDF: the program that makes one stopped. The page prints from any browser.")
    finally:
        target.unlink(missing_ok=True)


def write(page: str, target: Path) -> str:
    """Lay a page out as a tagged PDF at `target`, and say what a look at the file found.

    Raises ImportError or OSError where WeasyPrint, or what it rests on, is not there.
    """
    import logging

    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    fetcher = URLFetcher(allowed_protocols=("data",))
    sheet = (Path(__file__).with_name("templates") / "pdf.css").read_text(encoding="utf-8")
    page = DAY.sub(">\\1\u00a0\\2\u00a0\\3<", _in_reading_order(page))
    page = CELL.sub(_classed, page)
    # In the page itself, after its own: a sheet that is handed over beside a page gives way to it.
    page = page.replace("</head>", f"<style>{sheet}</style></head>", 1)
    HTML(string=page, url_fetcher=fetcher).write_pdf(target, pdf_tags=True)
    return look(target)


def _classed(cell: re.Match[str]) -> str:
    """A cell with what pdf.css is to know of it: many words, or a word that is too long for a column."""
    kinds = ["long"] if len(cell[2]) >= 50 else []
    kinds += ["token"] if any(len(word) >= 17 for word in cell[2].split()) else []
    return f'<{cell[1]} class="{" ".join(kinds)}">{cell[2]}<' if kinds else cell[0]


def look(file: Path) -> str:
    """What a look at a PDF found, in a line: `PASSED` only where every check was made, and passed.

    Header cells are given their direction first, which WeasyPrint leaves out.
    """
    try:
        import pikepdf
    except (ImportError, OSError):
        return "tagged; not checked, since pikepdf is not on this machine"
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        if "/StructTreeRoot" in pdf.Root:
            for part, in_head in _parts(pdf.Root.StructTreeRoot, False):
                _direct(pikepdf, part, in_head)
            pdf.save(file, deterministic_id=True)
    with pikepdf.open(file) as pdf:
        wrong = faults(pdf)
    return PASSED if not wrong else f"a PDF in which automated checks found: {'; '.join(wrong)}"


def faults(pdf: Any) -> list[str]:
    """What is wrong in an open PDF for those who hear it read: nothing, if all checks pass."""
    root = pdf.Root
    wrong = []
    if "/StructTreeRoot" not in root or not bool(root.get("/MarkInfo", {}).get("/Marked", False)):
        return ["it is not tagged"]
    if not str(root.get("/Lang", "")):
        wrong.append("no language")
    if not str(pdf.docinfo.get("/Title", "")) or not bool(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")):
        wrong.append("no title to show")
    kinds: list[str] = []
    for part, _ in _parts(root.StructTreeRoot, False):
        kind = str(part.get("/S", ""))
        kinds.append(kind)
        if kind == "/Figure" and not str(part.get("/Alt", "")).strip():
            wrong.append("a picture without alt text")
        if kind == "/TH" and not _scope(part):
            wrong.append("a header cell without direction")
    levels = [int(kind[2]) for kind in kinds if re.fullmatch(r"/H[1-6]", kind)]
    if levels.count(1) != 1 or any(after > before + 1 for before, after in pairwise(levels)):
        wrong.append("headings that skip a level, or not one heading of the first")
    if any(page.get("/Tabs") != "/S" for page in pdf.pages if "/Annots" in page):
        wrong.append("links out of reading order")
    return sorted(set(wrong))


def _parts(part: Any, in_head: bool) -> Any:
    """Every part of the tree of tags, in order, and whether it stands in a table's head."""
    import pikepdf

    waiting = [(part, in_head)]
    while waiting:
        here, in_head = waiting.pop()
        if isinstance(here, pikepdf.Array):
            waiting += [(child, in_head) for child in reversed(list(here))]
        elif isinstance(here, pikepdf.Dictionary):
            in_head = in_head or here.get("/S") == "/THead"
            if "/S" in here:
                yield here, in_head
            if "/K" in here:
                waiting.append((here["/K"], in_head))


def _scope(part: Any) -> str:
    import pikepdf

    about = part.get("/A")
    held = list(about) if isinstance(about, pikepdf.Array) else [about] if about is not None else []
    return next((str(a["/Scope"]) for a in held if "/Scope" in a), "")


def _direct(pikepdf: Any, part: Any, in_head: bool) -> None:
    if part.get("/S") == "/TH" and not _scope(part):
        name = pikepdf.Name.Column if in_head else pikepdf.Name.Row
        said = pikepdf.Dictionary({"/O": pikepdf.Name.Table, "/Scope": name})
        held = part.get("/A")
        rest = list(held) if isinstance(held, pikepdf.Array) else [held] if held is not None else []
        part["/A"] = pikepdf.Array([*[a for a in rest if set(a.keys()) != {"/O"}], said])


def _in_reading_order(page: str) -> str:
    """The page with what is asked of the reader before the pictures, as a browser prints it by style alone."""
    front = re.search(r'<div class="front">.*?</aside>\s*</div>', page, re.DOTALL)
    start = page.find('<div class="lead">')
    if not front or '<div class="asked">' not in front[0] or not 0 <= start < front.start():
        return page
    lead = page[start : front.start()]
    drawn = re.search(r"<h2.*?(?=<blockquote|</div>\s*$)", lead, re.DOTALL)
    if not drawn:
        return page
    lead = lead.replace(drawn[0], "", 1)
    after = f'<div class="lead drawn">{drawn[0]}</div>'
    return page[:start] + lead + front[0] + after + page[front.end() :]


def _main() -> None:
    page, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        says = write(page.read_text(encoding="utf-8"), target)
    except (ImportError, OSError):
        sys.exit(3)
    print(json.dumps({"says": says}))


if __name__ == "__main__":
    _main()
