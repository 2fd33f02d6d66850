"""A notebook's parameters: what it declares, and whether what was given fits.

papermill takes a parameter's name as code and only warns of one it does not know; here both stop the run.
"""

from __future__ import annotations

import ast
import datetime
import io
import math
import re
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.errors import RequestError, did_you_mean
from lib.files import visible

YES_NO = {"yes": True, "true": True, "no": False, "false": False}
WORDS = {str: "text", int: "a whole number", float: "a number", bool: "yes or no", list: "a list, by commas"}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its name, its default, the kind of value it takes and the comment beside it."""

    name: str
    default: Any
    kind: type
    may_be_empty: bool
    comment: str


def declared(notebook: Any) -> dict[str, Parameter]:
    """The parameters that a notebook declares in its cell tagged `parameters`.

    `notebook`: an nbformat node. Returns them by name, in their order. A literal is a parameter, annotated or not;
    what is worked out is not.

    >>> cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "start = '2022'  # first day"}
    >>> declared({"cells": [cell]})["start"].comment
    'first day'
    """
    tagged = (c for c in notebook["cells"] if "parameters" in c.get("metadata", {}).get("tags", []))
    source = next((c["source"] for c in tagged if c["cell_type"] == "code"), "")
    try:
        tree = ast.parse(source)
    except SyntaxError as fault:
        raise RequestError(f"The notebook's parameters cell, line {fault.lineno}, is not Python. Mend it.") from None
    comments = {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found: dict[str, Parameter] = {}
    for line in tree.body:
        for target, value, annotation in _assignments(line):
            try:
                default = ast.literal_eval(value)
            except ValueError:
                continue
            kind, may_be_empty = _kind(default, annotation)
            comment = comments.get(line.end_lineno or line.lineno, "")
            found[target.id] = Parameter(target.id, default, kind, may_be_empty, comment)
    return found


def check_parameters(notebook: Any, given: Mapping[str, Any], *, name: str = "This notebook") -> dict[str, Any]:
    """Every parameter's value for a run: what was given where it fits, else the default.

    `notebook`: an nbformat node. `given`: names and values; text, as from a command line, is turned into the default's
    kind (yes, no, true, false; a list by commas). `name`: the notebook's, for messages.
    Raises RequestError for a name that is not declared and for a value of another kind; nothing is guessed.

    >>> cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "times = 3  # how often"}
    >>> check_parameters({"cells": [cell]}, {"times": "4"})
    {'times': 4}
    """
    known = declared(notebook)
    for word in given:
        if word not in known:
            asked = visible(str(word))
            listing = "; ".join(f"{p.name} ({p.comment or WORDS.get(p.kind, 'a value')})" for p in known.values())
            raise RequestError(
                f"{name} has no parameter '{asked}'.{did_you_mean(asked, known)} "
                + (f"Its parameters: {listing}." if known else "It takes none.")
            )
    return {p.name: _fit(name, p, given[p.name]) if p.name in given else p.default for p in known.values()}


def _assignments(line: ast.stmt) -> list[tuple[ast.Name, ast.expr, ast.expr | None]]:
    if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
        return [(line.target, line.value, line.annotation)]
    if not isinstance(line, ast.Assign):
        return []
    pairs: list[tuple[ast.Name, ast.expr, ast.expr | None]] = []
    for target in line.targets:
        if isinstance(target, ast.Name):
            pairs.append((target, line.value, None))
        elif isinstance(target, ast.Tuple) and isinstance(line.value, ast.Tuple):
            both = zip(target.elts, line.value.elts, strict=False)
            pairs += [(name, value, None) for name, value in both if isinstance(name, ast.Name)]
    return pairs


def _kind(default: Any, annotation: ast.expr | None) -> tuple[type, bool]:
    names = {n.id for n in ast.walk(annotation) if isinstance(n, ast.Name)} if annotation else set()
    empty = default is None
    for kind in (bool, int, float, list, str):
        if kind.__name__ in names:
            return kind, empty
    return (str if empty else type(default)), empty


def _fit(name: str, parameter: Parameter, value: Any) -> Any:
    kind, wanted = parameter.kind, WORDS.get(parameter.kind, "a value of its own kind")
    if isinstance(value, datetime.date) and kind is str:
        value = value.isoformat()
    if parameter.may_be_empty and (value is None or value == ""):
        return None
    fits: Any = value
    if isinstance(value, str) and kind is not str:
        fits = _from_text(value, kind, parameter.default)
    elif kind is float and type(value) is int:
        fits = float(value)
    if type(fits) is not kind or (isinstance(fits, float) and not math.isfinite(fits)) or not _is_sound(fits):
        found = f"'{visible(value)}'" if isinstance(value, str) else f"a {type(value).__name__}"
        comment = f" ({parameter.comment})" if parameter.comment else ""
        raise RequestError(
            f"{name}: parameter '{parameter.name}'{comment} takes {wanted}, and was given {found}. "
            f"Its default is {visible(repr(parameter.default))}."
        )
    return fits


def _from_text(text: str, kind: type, default: Any) -> Any:
    """The value that a text stands for, or None where it stands for none."""
    if kind is bool:
        return YES_NO.get(text.strip().casefold())
    if kind is int:
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
    if kind is float:
        return float(text) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text) else None
    if kind is list:
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        item = type(default[0]) if default else str
        items = [part if item is str else _from_text(part, item, None) for part in parts]
        return None if None in items else items
    return None


def _is_sound(value: Any) -> bool:
    """Whether every text in a value can be written as UTF-8, as a kernel needs."""
    if isinstance(value, list):
        return all(_is_sound(item) for item in value)
    return not (isinstance(value, str) and any(0xD800 <= ord(c) <= 0xDFFF for c in value))
