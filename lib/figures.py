"""The frame round every figure, and a figure that carries its own alt text, caption and table.

Everything is placed in inches and points, with words measured first; nothing is moved by a layout engine afterwards.
Axes made here have y in points, growing downwards.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from lib.lettering import DPI, INK, SECOND_INK, balance, clean, width, wrap, write

STYLE = Path(__file__).with_name("kit.mplstyle")
RULE = "#8C8C8C"
ALT_LIMIT = 350
GROUNDS = 48
NEAR = 8
"""Of a picture's colours, the commonest are kept as they are; of two that differ by less than this, the commoner."""

DRAWINGS_WANTED = "KIT_DRAWINGS"
"""Set in a kernel that makes a report: a picture is then shown as SVG too, for the report's folder."""


@contextmanager
def style() -> Iterator[None]:
    """The kit's look, for as long as the block lasts; whatever the caller has set comes back afterwards."""
    with plt.style.context(["default", str(STYLE)]):
        yield
        # A first figure loads the backend, and a notebook's then turns interactive: that is not the style's to undo.
        interactive = matplotlib.is_interactive()
    matplotlib.interactive(interactive)


@dataclass(frozen=True)
class Sheet:
    """The paper: its size in points, and the sizes of type and marks on it. `scale` is against A4."""

    width: float
    height: float
    margin: float
    scale: float
    title: float
    subtitle: float
    lane: float
    key: float
    small: float
    footer: float


A4 = Sheet(842, 595.4, 32.4, 1.0, 15, 10.5, 9.5, 9, 8, 8)
A3 = Sheet(1191, 841.9, 32.4, 1.38, 22, 14.5, 13, 12.5, 10.5, 10)
SHEETS = {"a4": A4, "a3": A3}


class Picture(Figure):
    """A figure with its alt text, caption and table. JupyterLab shows it with the alt text in the output's metadata."""

    alt: str = ""
    caption: str = ""
    finding: str = ""
    data: pd.DataFrame | None = None

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """As matplotlib's, but in the kit's style, the whole sheet and no date, so that the same data give the same
        bytes."""
        if kwargs.get("format") == "svg" or str(fname).endswith(".svg"):
            kwargs = {"metadata": {"Date": None}} | kwargs
        with style():
            super().savefig(fname, **kwargs)

    def png(self) -> bytes:
        """The picture as PNG bytes at 150 dots an inch."""
        held = io.BytesIO()
        self.savefig(held, format="rgba", dpi=DPI)
        across, down = self.canvas.get_width_height(physical=True)
        seen = Image.frombytes("RGBA", (across, down), held.getvalue()).convert("RGB")
        kept = seen.quantize(palette=_colours(seen), dither=Image.Dither.NONE)
        packed = io.BytesIO()
        kept.save(packed, format="PNG", dpi=(DPI, DPI))
        return packed.getvalue()

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None, **kwargs: Any
    ) -> tuple[dict[str, str], dict[str, Any]]:
        about = {"alt": self.alt, "caption": self.caption, "width": round(self.get_figwidth() * 96)}
        shown = {"image/png": base64.b64encode(self.png()).decode("ascii")}
        if os.environ.get(DRAWINGS_WANTED):
            drawing = io.StringIO()
            self.savefig(drawing, format="svg")
            shown["image/svg+xml"] = drawing.getvalue()
        return shown, {"image/png": about}

    def _ipython_display_(self) -> None:
        # The inline backend draws any Figure its own way, cropped and without alt text. This method comes before it.
        from IPython.display import display

        bundle, about = self._repr_mimebundle_()
        show: Any = display
        show(bundle, metadata=about, raw=True)
        # Closed, so that the inline backend does not show it a second time at the end of the cell.
        plt.close(self)


def _colours(seen: Image.Image) -> Image.Image:
    """The 256 colours that a picture is kept in: those of its grounds as they are, the rest chosen from half of its dots.

    The dots are those whose row and column are both even or both odd, so that each line one dot wide has its half.
    """
    dots = np.asarray(seen)
    some = np.concatenate([dots[0::2, 0::2].reshape(-1, 3), dots[1::2, 1::2].reshape(-1, 3)])
    flat, times = np.unique(some[::8].astype(np.uint32) @ (1 << 16, 1 << 8, 1), return_counts=True)
    grounds = flat[np.lexsort((flat, -times))][:GROUNDS]
    exact = np.stack([grounds >> 16, grounds >> 8 & 255, grounds & 255], axis=1)
    # Of the ways to choose colours this one keeps the rare ones: others turn pale grounds into other colours.
    rest = Image.fromarray(some[None]).quantize(256 - GROUNDS, method=Image.Quantize.MAXCOVERAGE)
    kept = np.empty((0, 3), int)
    for colour in (*exact, *np.array(rest.getpalette()).reshape(-1, 3)):
        # Dots are told apart by six bits a colour: one as close as that would stand in the place of a ground.
        if np.abs(kept - colour).max(axis=1, initial=0).min(initial=NEAR) >= NEAR:
            kept = np.vstack([kept, colour])
    chosen = Image.new("P", (1, 1))
    chosen.putpalette([*kept.astype(np.uint8).tobytes()])
    return chosen


class Chart(Axes):
    """Axes that show their picture once, with its alt text, when they are the last thing in a cell.

    Their limits are given in points and never worked out from what is drawn, so that nothing drawn is measured for them.
    """

    def add_patch(self, p: Any) -> Any:
        """As matplotlib's, with the limits left as they are."""
        return self.add_artist(p)

    def add_line(self, line: Any) -> Any:
        """As matplotlib's, with the limits left as they are."""
        return self.add_artist(line)

    def _ipython_display_(self) -> None:
        picture = self.get_figure(root=True)
        if isinstance(picture, Picture):
            picture._ipython_display_()


@dataclass(frozen=True)
class KeyItem:
    """One entry of the key: how to draw it at (x, y) in points, how wide the drawing is, and its words."""

    draw: Callable[[Axes, float, float], None]
    room: float
    words: str


@dataclass(frozen=True)
class Frame:
    """What stands round a picture. `finding` is a sentence made by rule from what is drawn."""

    finding: str
    subtitle: str
    tag: str
    key: Sequence[KeyItem]
    footer: Sequence[str]


def rule(
    ax: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    color: str,
    weight: float,
    *,
    above: float = 2,
    dash: Any = "-",
    name: str | None = None,
) -> None:
    """A plain line through places, `weight` points wide, with square ends; never cut at the edge of the Axes."""
    look = {"color": color, "lw": weight, "ls": dash, "marker": "", "solid_capstyle": "butt"}
    ax.add_line(Line2D(xs, ys, zorder=above, clip_on=False, gid=name, **look))


def _points(picture: Figure, box: tuple[float, float, float, float], sheet_width: float, height: float) -> Chart:
    left, top, right, bottom = box
    rect = (left / sheet_width, 1 - bottom / height, (right - left) / sheet_width, (bottom - top) / height)
    chart = picture.add_axes(rect, axes_class=Chart)
    assert isinstance(chart, Chart)
    chart.set_xlim(0, right - left)
    chart.set_ylim(bottom - top, 0)
    chart.axis("off")
    return chart


def _key_rows(key: Sequence[KeyItem], room: float, size: float) -> list[list[tuple[float, KeyItem]]]:
    rows: list[list[tuple[float, KeyItem]]] = [[]]
    x = 0.0
    for item in key:
        needs = item.room + 4 + width(item.words, size) + size * 1.3
        if rows[-1] and x + needs - size * 1.3 > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, item))
        x += needs
    return [row for row in rows if row]


@dataclass(frozen=True)
class _Layout:
    title: list[tuple[str, float]]
    subtitle: list[tuple[str, float]]
    key: list[tuple[KeyItem, float, float]]
    footer: list[str]
    tag_width: float
    tag_y: float
    top: float
    overhead: float


def _lay_out(frame: Frame, sheet: Sheet, shown: bool) -> _Layout:
    """Where the words of the frame go, in points from the top, and how high the frame is without its picture."""
    room = sheet.width - 2 * sheet.margin
    tag_width = width(frame.tag, sheet.key, "bold") + 8 * sheet.scale
    title = balance(frame.finding, room - tag_width - 16, sheet.title, "semibold") if shown else []
    subtitle = wrap(frame.subtitle, room, sheet.subtitle) if shown else []
    footer = [line for part in frame.footer for line in wrap(part, room, sheet.footer)] if shown else []
    keys = _key_rows(frame.key, room if shown else room - tag_width - 16, sheet.key)

    leading, subleading, key_step = sheet.title * 1.2, sheet.subtitle * 1.3, sheet.key * 1.75
    title_top = sheet.margin * (0.62 if shown else 0.3)
    subtitle_top = title_top + len(title) * leading + (0.25 * sheet.title if shown else 0)
    key_top = subtitle_top + len(subtitle) * subleading + (0.35 * sheet.title if shown else 0)
    top = key_top + max(len(keys), 0 if shown else 1) * key_step + 0.4 * sheet.title
    return _Layout(
        title=[(line, title_top + (i + 0.5) * leading) for i, line in enumerate(title)],
        subtitle=[(line, subtitle_top + (i + 0.5) * subleading) for i, line in enumerate(subtitle)],
        key=[(item, x, key_top + (j + 0.5) * key_step) for j, row in enumerate(keys) for x, item in row],
        footer=footer,
        tag_width=tag_width,
        tag_y=title_top + leading / 2 if shown else key_top + key_step / 2,
        top=top,
        overhead=top + 8 * sheet.scale + len(footer) * sheet.footer * 1.34 + (sheet.margin * 0.62 + 6 if shown else 2),
    )


def room_for_picture(frame: Frame, sheet: Sheet, *, shown: bool) -> float:
    """How high a picture may be, in points, for the whole to fit the sheet."""
    return sheet.height - _lay_out(frame, sheet, shown).overhead


def open_picture(
    frame: Frame, sheet: Sheet, picture_height: float, *, left: float, right: float, shown: bool
) -> tuple[Chart, Chart]:
    """A new picture with its frame drawn, and the empty Axes inside it.

    Goes in: the frame's words, the sheet, how high the picture is, and the room kept free at its left and right, all
    in points. `shown=False` leaves title, subtitle and footer to the page (they become its heading and caption); the
    tag and the key stay. Comes out: the picture's Axes and the Axes of the whole sheet, both in points, y downwards.
    """
    layout = _lay_out(frame, sheet, shown)
    top, foot = layout.top, layout.top + picture_height + 8 * sheet.scale
    height = picture_height + layout.overhead

    picture = plt.figure(FigureClass=Picture, figsize=(sheet.width / 72, height / 72), dpi=DPI)
    assert isinstance(picture, Picture)
    page = _points(picture, (0, 0, sheet.width, height), sheet.width, height)
    for line, y in layout.title:
        write(page, sheet.margin, y, line, sheet.title, weight="semibold")
    for line, y in layout.subtitle:
        write(page, sheet.margin, y, line, sheet.subtitle, color=SECOND_INK)
    for item, x, y in layout.key:
        item.draw(page, sheet.margin + x, y)
        write(page, sheet.margin + x + item.room + 4, y, item.words, sheet.key)
    _tag(page, frame.tag, sheet, layout.tag_y, layout.tag_width)
    if layout.footer:
        rule(page, [sheet.margin, sheet.width - sheet.margin], [foot, foot], RULE, 0.6)
    for i, line in enumerate(layout.footer):
        y = foot + 5 * sheet.scale + (i + 0.5) * sheet.footer * 1.34
        write(page, sheet.margin, y, line, sheet.footer, color=SECOND_INK)

    chart = _points(picture, (left, top, sheet.width - right, top + picture_height), sheet.width, height)
    picture.finding = frame.finding
    # On a page the caption stands beneath the picture, so it says what the picture itself does not.
    picture.caption = frame.finding if shown else " ".join([f"{frame.finding}.", f"{frame.subtitle}.", *frame.footer])
    page.set_zorder(-1)
    return chart, page


def _tag(page: Axes, words: str, sheet: Sheet, y: float, room: float) -> None:
    right, half = sheet.width - sheet.margin, sheet.key * 0.8
    page.add_patch(
        Rectangle((right - room, y - half), room, 2 * half, fc="white", ec=INK, lw=1.1 * sheet.scale, zorder=7)
    )
    write(page, right - room / 2, y, words, sheet.key, weight="bold", ha="center")


def alt_text(*parts: str, invented: bool) -> str:
    """One alt text of whole sentences, at most 350 characters: parts that would not fit are left out, from the back.

    The last two sentences, where the numbers are and that they are invented, are always kept.

    >>> alt_text("Map of 3 moves.", "Half go to one agency.", invented=True)
    'Map of 3 moves. Half go to one agency. Table below. Invented data.'
    """
    end = "Table below. Invented data." if invented else "Table below."
    said = ""
    for part in parts:
        longer = f"{said} {clean(part)}".strip()
        if len(longer) + len(end) + 1 > ALT_LIMIT:
            break
        said = longer
    return f"{said} {end}".strip()


def save(ax: Axes, stem: str | Path) -> list[Path]:
    """Write the picture beside `stem` as SVG (letters as outlines) and PNG (150 dots an inch), and say where.

    The same data give the same bytes, in whatever order the rows came.
    """
    picture = ax.get_figure(root=True)
    assert isinstance(picture, Picture)
    vector, pixels = Path(f"{stem}.svg"), Path(f"{stem}.png")
    picture.savefig(vector, format="svg", metadata={"Date": None, "Title": picture.finding, "Description": picture.alt})
    pixels.write_bytes(picture.png())
    return [vector, pixels]
