"""An executed notebook becomes one page: self-contained, accessible, and with nothing on it that can act.

Three walls stand between a hostile text in a log and the reader. Everything is escaped where it is written (`Shown`,
the template, Markdown). What a cell shows as HTML passes an allow-list (nh3). And the page's own policy (CSP) lets no
script run and nothing be fetched. Each is tested with the others down.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import html as _html
import importlib.util
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import allowed
from lib.errors import BuildError
from lib.shown import Shown, visible

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Frame", "Shown", "cell_name", "html"]

TEMPLATES = Path(__file__).with_name("templates")
# What a page can show, best first. Anything else (scripts, widgets, LaTeX) is not looked at.
PRIORITY = ("text/html", "text/markdown", "image/png", "image/svg+xml", "text/plain")
# On a screen everything is drawn a fifth larger than on paper, pictures too; report.css takes it back in print.
SCREEN = 1.2
WEIGHTS = {"Regular": 400, "Semibold": 600, "Bold": 700}
PAIR = re.compile(
    r"^(?:\*\*|__|#{2,6}[ ]+)(How to read this|What to ask next)[.:]?(?:\*\*|__)?[.:]?[ ]*",
    re.MULTILINE | re.IGNORECASE,
)
MADE_OF = "What made this page"
ADDED = {"injected-parameters", "papermill-error-cell-tag"}
BARE_CHART = re.compile(r"[\[(]?<(Axes|Chart|Figure|Picture|matplotlib\.)")


@dataclass(frozen=True)
class Frame:
    """What stands round a report, so that it can be read with nothing else in hand. Everything is text, not markup.

    `title`: left out, the notebook's first heading. `strip`: (label, value) pairs, the level first. `tag`: a boxed word
    such as INVENTED DATA. `opening`: paragraphs that come before everything, such as whose data it is. `lede`: the
    answer in a sentence or two. `limits`: what this cannot tell you. `account`: a small table of what was read.
    `provenance`: (item, value) pairs. `purpose` and `contact`: the foot of the page. `foot`: its heading.
    """

    title: str = ""
    lang: str = "en-GB"
    strip: Sequence[tuple[str, str]] = ()
    tag: str = ""
    opening: Sequence[str] = ()
    lede: Sequence[str] = ()
    limits: Sequence[str] = ()
    account: pd.DataFrame | None = None
    account_caption: str = "What was read, file by file"
    provenance: Sequence[tuple[str, str]] = ()
    purpose: str = ""
    contact: Sequence[str] = ()
    foot: str = "How this was made"


def html(notebook: Any, frame: Frame) -> str:
    """One self-contained page from an executed notebook.

    `notebook`: an nbformat node; it is not changed. `frame`: what stands round it. Code, prompts and printed text are
    left out. Returns the page, to be written as UTF-8.
    Raises BuildError, naming the cell, for an error output, a picture without alt text, a table without caption or
    scopes, or a picture in a words cell.
    """
    from markupsafe import Markup

    shown, heading, contents = _prepare(notebook)
    title = frame.title or heading
    if not title:
        raise BuildError("The notebook has no title: begin its first words cell with '# ' and the question.")
    lead, asked, body = _parted(_body(shown))
    made_of = {"Item": [item for item, _ in frame.provenance], "Value": [value for _, value in frame.provenance]}
    return filled(
        "page.html.j2",
        _style(frame),
        frame=frame,
        title=title,
        contents=contents,
        lead=Markup(lead),
        asked=Markup(asked),
        body=Markup(body),
        account=Markup("" if frame.account is None else _table(frame.account, frame.account_caption)),
        provenance=Markup(_table(made_of, MADE_OF) if frame.provenance else ""),
    )


def filled(template: str, style: str, **parts: Any) -> str:
    """A template of `lib/templates` filled in, with its style and the policy that lets this style alone act on it.

    What is not `Markup` is escaped, and signs that cannot be seen are made visible.
    """
    import jinja2
    from markupsafe import Markup

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
    )
    source = Markup(f"'sha256-{digest}'")
    return templates.get_template(template).render(style=Markup(style), style_source=source, **parts)


def cell_name(notebook: Any, index: int) -> str:
    """How a message names a cell: its number as in the notebook, and the heading it stands under.

    >>> cell_name({"cells": [{"cell_type": "markdown", "source": "## Who came?"}, {"cell_type": "code"}]}, 1)
    "cell 2 (under 'Who came?')"
    """
    # papermill adds cells of its own, which the author never sees.
    own = [ADDED & set(c.get("metadata", {}).get("tags", [])) for c in notebook["cells"][: index + 1]]
    before = zip(notebook["cells"], own, strict=False)
    words = [c["source"] for c, added in before if c["cell_type"] == "markdown" and not added]
    headings = [line for source in words for line in re.findall(r"^#{1,6} +(.+?) *$", source, re.MULTILINE)]
    return f"cell {index + 1 - sum(map(bool, own))}" + (f" (under '{visible(headings[-1])}')" if headings else "")


# The notebook's parts, each made safe


class _Words:
    """Markdown into HTML, cell after cell: headings never skip a level, and those of the second make the contents."""

    def __init__(self) -> None:
        import mistune

        outline = self
        self.level, self.contents = 1, list[tuple[str, str]]()

        class Renderer(mistune.HTMLRenderer):
            def heading(self, text: str, level: int, **attrs: Any) -> str:
                outline.level = level = max(2, min(level, outline.level + 1))
                if level != 2:
                    return f"<h{level}>{text}</h{level}>\n"
                name = f"part-{len(outline.contents) + 1}"
                outline.contents.append((name, _html.unescape(re.sub(r"<[^>]*>", "", text))))
                return f'<h2 id="{name}">{text}</h2>\n'

            def image(self, text: str, url: str, title: str | None = None) -> str:
                return text

            def link(self, text: str, url: str, title: str | None = None) -> str:
                return super().link(text, url) if re.match(r"https?://|#", url) else text

        self.render = mistune.create_markdown(escape=True, renderer=Renderer(escape=True), plugins=["strikethrough"])

    def html(self, source: str) -> str:
        return allowed.clean(str(self.render(allowed.sound(source))), allowed.WORDS_TAGS)

    def aside(self, words: str) -> str:
        """A heading beside the text: one below the heading before it, and in no list of contents."""
        level = min(3, self.level + 1)
        return f"<h{level}>{words}</h{level}>"


def _prepare(notebook: Any) -> tuple[Any, str, list[tuple[str, str]]]:
    """The notebook with every part made safe, its title, and the contents. Raises BuildError with all that is wrong."""
    made = copy.deepcopy(notebook)
    words, faults, title, in_part = _Words(), list[str](), "", False
    for index, cell in enumerate(made.cells):
        where = cell_name(notebook, index)
        if cell.cell_type == "markdown":
            source = cell.source
            if not title and (found := re.match(r"\s*# +(.+?) *(?:\n|\Z)", source)):
                title, source = re.sub(r"[*_`]", "", found[1]), source[found.end() :]
            if re.search(r"!\[[^\]]*\]\(", source):
                faults.append(f"{where} has a picture in its words. Draw it in a code cell, with alt text.")
            written = _pairs(words, source)
            if re.match(r"\s*##? ", source):
                kind = "part ground" if re.match(r"\s*##? +Assumptions", source) else "part"
                written = f'{"</section>" if in_part else ""}<section class="{kind}">{written}'
                in_part = True
            cell.metadata["page_html"] = written
        elif cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if _output(o, words, where, faults)]
    _join_pairs(made.cells)
    if in_part:
        from nbformat.v4 import new_markdown_cell

        made.cells.append(new_markdown_cell(metadata={"page_html": "</section>"}))  # type: ignore[no-untyped-call]
    if faults:
        raise BuildError("The page was not built. " + " ".join(f[0].upper() + f[1:] for f in faults))
    return made, title, words.contents


def _output(output: Any, words: _Words, where: str, faults: list[str]) -> bool:
    """Make one output safe in its place; say whether it goes on the page, and add what is wrong to `faults`."""
    if output.output_type == "error":
        faults.append(f"{where} stopped with an error ({visible(output.ename)}).")
        return False
    if output.output_type == "stream":
        return False
    data = output.data
    kind = next((k for k in PRIORITY if k in data), None)
    if kind is None:
        return False
    content = _text(data[kind])
    for other in [k for k in data if k != kind]:
        del data[other]
    if kind == "text/markdown":
        del data[kind]
        kind, content = "text/html", words.html(content)
    elif kind == "text/html":
        content = allowed.clean(allowed.sound(content))
        if missing := sorted(allowed.Tables(content).missing):
            faults.append(
                f"{where} shows a table without {' and '.join(missing)}. "
                "Show it as Shown(table, 'what it holds'), from lib.shown."
            )
    elif kind.startswith("image/"):
        about = output.metadata.get(kind) or {}
        if not str(about.get("alt") or "").strip():
            faults.append(f"{where} shows a picture without alt text. Use a drawing of the kit, which carries its own.")
        output.metadata[kind] = {
            "alt": visible(about.get("alt") or ""),
            "caption": visible(about.get("caption") or ""),
            "width": round(int(about["width"]) * SCREEN) if str(about.get("width") or "").isdigit() else None,
        }
        raw = content.encode("utf-8", "replace") if kind == "image/svg+xml" else base64.b64decode(content)
        content = base64.b64encode(raw).decode("ascii")
    else:
        if BARE_CHART.match(content):
            return False
        content = allowed.sound(content)
    data[kind] = content
    return True


def _text(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)


def _pairs(words: _Words, source: str) -> str:
    """A words cell as HTML, with "How to read this" and "What to ask next" as sections of their own."""
    starts = [*PAIR.finditer(source)]
    pieces = [words.html(source[: starts[0].start() if starts else len(source)])]
    for at, start in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(source)
        kind = "read" if start[1].casefold().startswith("how") else "ask"
        heading = words.aside(start[1].capitalize())
        pieces.append(f'<section class="{kind}">{heading}{words.html(source[start.end() : end])}</section>')
    if starts:
        pieces[1] = '<div class="pair">' + pieces[1]
        pieces.append("</div>")
    return "".join(pieces)


def _join_pairs(cells: list[Any]) -> None:
    """Put two neighbouring cells, how to read and what to ask, side by side."""
    for this, following in itertools.pairwise(cells):
        if this.cell_type == following.cell_type == "markdown":
            first, second = this.metadata["page_html"], following.metadata["page_html"]
            if first.endswith("</section></div>") and second.startswith('<div class="pair">'):
                this.metadata["page_html"] = first.removesuffix("</div>")
                following.metadata["page_html"] = second.removeprefix('<div class="pair">')


# Putting it together


def _body(notebook: Any) -> str:
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="report", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True, preprocessors=[]
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body)


def _parted(body: str) -> tuple[str, str, str]:
    """What stands before the first part; of that, what is asked of the reader, which has a place of its own; the parts."""
    start = body.find('<section class="part')
    lead, rest = (body[:start], body[start:]) if start >= 0 else (body, "")
    asked = re.search(r'<div class="asked">.*?</div>', lead, re.DOTALL)
    return (lead.replace(asked[0], "", 1), asked[0], rest) if asked else (lead, "", rest)


def _table(rows: Any, caption: str) -> str:
    import pandas as pd

    return Shown(pd.DataFrame(rows), caption)._repr_html_()


def _style(frame: Frame) -> str:
    # The level and the marking stand on every printed page, not on the first alone.
    level, marking = ([str(value) for _, value in frame.strip[:2]] + ["", ""])[:2]
    running = " · ".join(words for words in (level.upper(), marking, frame.tag) if words)
    margins = (
        f"@page{{@top-left{{content:{_css_text(running)};font:8pt Source Sans Pro,Arial,sans-serif;color:#505050}}"
        '@bottom-right{content:"Page " counter(page) " of " counter(pages);'
        "font:8pt Source Sans Pro,Arial,sans-serif;color:#505050}}@page:first{@top-left{content:none}}"
    )
    return _fonts() + (TEMPLATES / "report.css").read_text(encoding="utf-8") + margins


def _css_text(words: str) -> str:
    # Written as code points, no text can end the string, the rule or the style element.
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):X} " for c in visible(words)) + '"'


@cache
def _fonts() -> str:
    found = importlib.util.find_spec("font_source_sans_pro")
    if found is None or not found.submodule_search_locations:
        return ""
    faces = []
    for name, weight in WEIGHTS.items():
        file = Path(found.submodule_search_locations[0], "files", f"SourceSansPro-{name}.ttf")
        if file.is_file():
            held = base64.b64encode(file.read_bytes()).decode("ascii")
            faces.append(
                f'@font-face{{font-family:"Source Sans Pro";font-weight:{weight};src:url(data:font/ttf;base64,{held})}}'
            )
    return "".join(faces)
