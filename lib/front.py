"""The parts of a first page: a few numbers each with its base, words that somebody said, and what is asked of the reader.

Each looks right in JupyterLab and goes onto a page as it is. Everything is text; nothing in it can act.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lib.shown import visible


class _Part:
    """Something that is shown as HTML, and read as text."""

    _repr_html_: Callable[..., str]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        markup = self._repr_html_()
        return {"text/html": markup, "text/plain": repr(self)} if markup else {"text/plain": repr(self)}


@dataclass(frozen=True)
class Number:
    """One number: the question it answers, the number, its unit, over what it is counted, and how sure it is."""

    question: str
    number: str
    base: str
    unit: str = ""
    sure: str = ""


@dataclass(frozen=True, repr=False)
class Numbers(_Part):
    """A strip of numbers side by side, each beside its base.

    >>> Numbers([Number("Times told", "14", "Median of 8 families; from 1 to 22.")])
    Times told: 14. Median of 8 families; from 1 to 22.
    """

    numbers: Sequence[Number]

    def _repr_html_(self) -> str:
        return f'<ul class="numbers">{"".join(map(_number, self.numbers))}</ul>'

    def __repr__(self) -> str:
        lines = (f"{n.question}: {n.number} {n.unit}".rstrip() + f". {n.base} {n.sure}".rstrip() for n in self.numbers)
        return "\n".join(lines)


def _number(n: Number) -> str:
    unit = f' <span class="unit">{_e(n.unit)}</span>' if n.unit else ""
    sure = f' <span class="sure">{_e(n.sure)}</span>' if n.sure else ""
    kind = "number" if any(c.isdigit() for c in n.number) else "number none"
    return (
        f'<li><span class="question">{_e(n.question)}</span> <span class="{kind}">{_e(n.number)}{unit}</span> '
        f'<span class="base">{_e(n.base)}</span>{sure}</li>'
    )


@dataclass(frozen=True, repr=False)
class Words(_Part):
    """What somebody said, exactly, with whose words they are. Where there are none, nothing is shown.

    >>> Words("I told it so many times I stopped telling it.", "A mother. Her words, 3 March 2025.")
    “I told it so many times I stopped telling it.” A mother. Her words, 3 March 2025.
    """

    words: str
    whose: str

    def _repr_html_(self) -> str:
        if not self.words:
            return ""
        return f'<blockquote><p>“{_e(self.words)}”</p><p class="whose">{_e(self.whose)}</p></blockquote>'

    def __repr__(self) -> str:
        return f"“{visible(self.words)}” {visible(self.whose)}" if self.words else ""


@dataclass(frozen=True, repr=False)
class AllWords(_Part):
    """What several people said, one after another, and a note on what is not shown.

    >>> AllWords([Words("Nobody rang.", "A father.")], "These words are shared; 1 more saying is not.")
    “Nobody rang.” A father.
    These words are shared; 1 more saying is not.
    """

    words: Sequence[Words]
    note: str = ""

    def _repr_html_(self) -> str:
        note = f"<p>{_e(self.note)}</p>" if self.note else ""
        return "".join(w._repr_html_() for w in self.words) + note

    def __repr__(self) -> str:
        return "\n".join([*map(repr, self.words), *([visible(self.note)] if self.note else [])])


@dataclass(frozen=True, repr=False)
class Asked(_Part):
    """What is asked of the reader, numbered: each act in a few words, then how.

    >>> Asked("Decisions we ask for", [("Let the school ring one person", "in two schools, from September")])
    Decisions we ask for: 1. Let the school ring one person: in two schools, from September
    """

    heading: str
    acts: Sequence[tuple[str, str]]
    instead: str = ""

    def _repr_html_(self) -> str:
        acts = "".join(f"<li><strong>{_e(a)}</strong> {_e(how)}</li>" for a, how in self.acts)
        body = f'<ol class="acts">{acts}</ol>' if self.acts else f"<p>{_e(self.instead)}</p>"
        return f'<div class="asked"><h2>{_e(self.heading)}</h2>{body}</div>'

    def __repr__(self) -> str:
        acts = "; ".join(f"{n}. {a}: {how}" for n, (a, how) in enumerate(self.acts, start=1))
        return f"{self.heading}: {acts or self.instead}"


@dataclass(frozen=True, repr=False)
class Heading(_Part):
    """A heading that is a finding, over what shows it.

    >>> Heading("Much was done. No discernible improvement.")
    Much was done. No discernible improvement.
    """

    words: str

    def _repr_html_(self) -> str:
        return f"<h2>{_e(self.words)}</h2>"

    def __repr__(self) -> str:
        return visible(self.words)


@dataclass(frozen=True, repr=False)
class Lede(_Part):
    """The answer in a sentence or two, set large.

    >>> Lede("Every agency worked hard and none could see the whole.")
    Every agency worked hard and none could see the whole.
    """

    words: str

    def _repr_html_(self) -> str:
        return f'<p class="lede">{_e(self.words)}</p>'

    def __repr__(self) -> str:
        return visible(self.words)


def _e(text: str) -> str:
    return html.escape(visible(text), quote=True)
