"""Words on a figure: which font, how wide, cut where, and safe whatever the data holds.

A label's width is measured by the renderer, never guessed from the number of letters. Text from data is never read as
mathematics or markup, and what cannot be seen (control characters, marks that turn the direction of reading) is shown
as a box instead of being obeyed.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import font_source_sans_pro
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

INK = "#1B1B1B"
SECOND_INK = "#505050"
DPI = 150
FONTS = ("Source Sans Pro", "Source Sans 3", "Arial", "Liberation Sans", "DejaVu Sans")
"""The fonts to try, the first that is there wins; the last comes with matplotlib and fills in missing letters."""

_SHIPPED = ("SourceSansPro", "SourceSansProIt", "SourceSansProSemibold", "SourceSansProBold")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_BOX = "\u25a1"


@functools.cache
def _known() -> frozenset[str]:
    for name in _SHIPPED:
        font_manager.fontManager.addfont(font_source_sans_pro.font_files_ttf[name])
    return frozenset(font.name for font in font_manager.fontManager.ttflist)


@functools.cache
def _face(fonts: tuple[str, ...], weight: str) -> font_manager.FontProperties:
    present = [name for name in fonts if name in _known()]
    # Only families that are there are named, so that matplotlib has nothing to log about the others.
    family, last = (present or ["DejaVu Sans"])[0], "DejaVu Sans"
    if weight == "semibold" and f"{family} Semibold" in _known():
        return font_manager.FontProperties(family=[f"{family} Semibold", last], weight="normal")
    heavy = "bold" if weight in ("semibold", "bold") else "normal"
    slant: Literal["italic", "normal"] = "italic" if weight == "italic" else "normal"
    return font_manager.FontProperties(family=[family, last], weight=heavy, style=slant)


def face(weight: str = "regular") -> font_manager.FontProperties:
    """The font for a weight: regular, semibold, bold or italic."""
    return _face(FONTS, weight)


@functools.cache
def _letters(fonts: tuple[str, ...]) -> frozenset[int]:
    paths = {font_manager.findfont(_face((name,), "regular")) for name in (*fonts, "DejaVu Sans") if name in _known()}
    return frozenset(code for path in paths for code in FT2Font(path).get_charmap())


def clean(words: object) -> str:
    """The text as it may be drawn: one line, nothing unseen, every letter one that the fonts have.

    >>> clean("tea\\u202eat\\n four")
    'tea□at four'
    """
    spaced = " ".join(re.split(r"[ \t\r\n]+", str(words))).strip()
    letters = _letters(FONTS)
    return "".join(
        letter if ord(letter) in letters and unicodedata.category(letter) not in _UNSEEN else _BOX for letter in spaced
    )


@functools.cache
def _ruler() -> Any:
    make: Any = RendererAgg
    return make(8, 8, DPI)


@functools.lru_cache(maxsize=8192)
def _width(fonts: tuple[str, ...], words: str, size: float, weight: str) -> float:
    prop = _face(fonts, weight).copy()
    prop.set_size(size)
    across: float = _ruler().get_text_width_height_descent(words, prop, ismath=False)[0]
    return across * 72 / DPI


def width(words: str, size: float, weight: str = "regular") -> float:
    """How wide the words are, in points, as the renderer will draw them."""
    return _width(FONTS, words, size, weight) if words else 0.0


def shorten(words: str, room: float, size: float, weight: str = "regular") -> str:
    """The words, or as many of their letters as fit into `room` points and an ellipsis."""
    if width(words, size, weight) <= room:
        return words
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if width(words[:middle].rstrip() + "…", size, weight) <= room:
            low = middle
        else:
            high = middle - 1
    return words[:low].rstrip() + "…"


def wrap(words: str, room: float, size: float, weight: str = "regular") -> list[str]:
    """The words in lines no wider than `room` points; a single word that is wider is cut with an ellipsis."""
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(shorten(word, room, size, weight))
    return lines


def balance(words: str, room: float, size: float, weight: str = "regular", most: int = 2) -> list[str]:
    """A title in as few lines as it needs, at most `most`; past that it is cut.

    Broken between sentences where it can be, else into lines of about the same length.
    """
    lines = wrap(words, room, size, weight)
    if len(lines) > most:
        lines = [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), room, size, weight)]
    if len(lines) != 2 or lines[1].endswith("…"):
        return lines
    tokens = words.split(" ")
    splits = [[" ".join(tokens[:i]), " ".join(tokens[i:])] for i in range(1, len(tokens))]
    fitting = [s for s in splits if max(width(part, size, weight) for part in s) <= room]

    def unlike(split: Sequence[str]) -> tuple[bool, float]:
        return not split[0].endswith((".", ";", ":")), max(width(part, size, weight) for part in split)

    return min(fitting, key=unlike) if fitting else lines


def write(
    ax: Axes,
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    weight: str = "regular",
    color: str = INK,
    ha: str = "left",
    ground: str | None = None,
    above: float = 8,
) -> Text:
    """Put words at a place, their capitals centred on `y`; y is in points and grows downwards.

    `ground` is the colour behind the words where lines may run: words win over lines, marks win over words' ground.
    """
    text = ax.text(
        x,
        y + 0.33 * size,
        words,
        fontproperties=face(weight),
        color=color,
        ha=ha,
        va="baseline",
        parse_math=False,
        zorder=above,
        clip_on=False,
    )
    text.set_fontsize(size)
    if ground:
        text.set_bbox({"facecolor": ground, "edgecolor": "none", "pad": 0.8})
    return text


def in_words(number: int) -> str:
    """Small whole numbers as a word, larger ones in figures.

    >>> in_words(3), in_words(1140)
    ('three', '1,140')
    """
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return small[number] if 0 <= number < len(small) else f"{number:,}"


def in_figures(number: float) -> str:
    """A number to one decimal at most.

    >>> in_figures(1140), in_figures(2.5)
    ('1,140', '2.5')
    """
    return f"{number:,.1f}".removesuffix(".0")


def count(number: float, one: str, many: str = "") -> str:
    """A number with its word; fractions to one decimal at most.

    >>> count(1, "repeat"), count(1140, "present mark"), count(2.5, "move")
    ('1 repeat', '1,140 present marks', '2.5 moves')
    """
    figure = in_figures(number)
    return f"{figure} {one if figure == '1' else many or one + 's'}"


def sentence(words: str) -> str:
    """The words with a capital at the front, the rest as it was."""
    return words[:1].upper() + words[1:]
