"""What may stand on a page: the tags, attributes and classes that are let through, and text that turns nothing round."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from lib.shown import visible

__all__ = ["WORDS_TAGS", "Tables", "clean", "sound"]

WORDS_TAGS = frozenset("h2 h3 h4 h5 h6 p br hr a strong em del code pre blockquote ul ol li".split())  # noqa: SIM905
TABLE_TAGS = frozenset("table caption colgroup col thead tbody tfoot tr th td".split())  # noqa: SIM905
OUTPUT_TAGS = TABLE_TAGS | {
    "div",
    "span",
    "p",
    "br",
    "strong",
    "em",
    "b",
    "i",
    "code",
    "ul",
    "ol",
    "li",
    "h2",
    "blockquote",
}
ATTRIBUTES = {
    "a": {"href"},
    "h2": {"id"},
    "div": {"role", "tabindex", "aria-label"},
    "ol": {"start"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
ALLOWED = {
    "href": r"(?:https?://[^\s]+|#[\w-]*)",
    "id": r"part-\d+",
    "role": "region",
    "tabindex": "0",
    "scope": "col|row|colgroup|rowgroup",
    "colspan": r"\d{1,3}",
    "rowspan": r"\d{1,3}",
    "start": r"\d{1,6}",
}
CLASSES = {
    "div": {"shown", "asked"},
    "p": {"note", "caption", "lede", "whose"},
    "ul": {"numbers"},
    "ol": {"acts"},
    "span": {"question", "number", "none", "unit", "base", "sure"},
    "tr": {"total"},
    "th": {"n"},
    "td": {"n"},
}


def clean(markup: str, tags: frozenset[str] = OUTPUT_TAGS) -> str:
    """A piece of HTML with only what is listed here left in it."""
    import nh3

    return nh3.clean(
        markup,
        tags=set(tags),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items() if tag in tags},
        attribute_filter=lambda tag, name, value: value if re.fullmatch(ALLOWED.get(name, "(?s:.*)"), value) else None,
        allowed_classes={tag: names for tag, names in CLASSES.items() if tag in tags},
        url_schemes={"http", "https"},
    )


def sound(text: str) -> str:
    """Text without what cannot be written as UTF-8 or turns its neighbours; line ends and tabs stay."""
    return re.sub(r"[^\n\t]+", lambda some: visible(some[0]), text.replace("\r\n", "\n").replace("\r", "\n"))


class Tables(HTMLParser):
    """What is missing from the tables in a piece of HTML: `missing`, of "a caption" and "scopes"."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open, self.captioned, self.missing = False, True, set[str]()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A table, its caption or a heading cell begins."""
        if tag == "table":
            self.captioned = False
        elif tag == "caption":
            self.open = True
        elif tag == "th" and not dict(attrs).get("scope"):
            self.missing.add("scopes")

    def handle_endtag(self, tag: str) -> None:
        """A caption or a table ends."""
        if tag == "caption":
            self.open = False
        elif tag == "table" and not self.captioned:
            self.missing.add("a caption")

    def handle_data(self, data: str) -> None:
        """Text, which counts where a caption is open."""
        self.captioned = self.captioned or (self.open and bool(data.strip()))
