"""What may be committed: notebooks without what they last showed, and no file of data. For the hook, and for a look
round.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import BuildError, RequestError
from lib.files import shown, visible, write_whole
from lib.pseudonyms import is_nhs_number

INJECTED = "injected-parameters"
OF_A_RUN = ("papermill", "execution", "ExecuteTime", "widgets", "signature")
TEN_FIGURES = re.compile(r"(?<![0-9])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?![0-9])")
A_KEY = re.compile(rb'"key"\s*:\s*"[0-9a-f]{64}"')


def stripped(text: str) -> str:
    """A notebook's text without outputs, counts, pasted pictures, injected parameters and what a run left in its
    metadata.

    A notebook that holds none of them comes back to the letter. Raises ValueError for what is no notebook.

    >>> stripped('{"cells": [{"cell_type": "code", "outputs": [], "execution_count": null, "metadata": {}}]}')[:10]
    '{"cells": '

    """
    notebook = json.loads(text)
    cells = notebook["cells"] if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("a notebook holds cells")
    before = json.dumps(notebook)
    notebook["cells"] = [cell for cell in cells if INJECTED not in (cell.get("metadata") or {}).get("tags", ())]
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
        cell.pop("attachments", None)
        _forget_run(cell.get("metadata"))
    _forget_run(notebook.get("metadata"))
    if json.dumps(notebook) == before:
        return text
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _forget_run(metadata: Any) -> None:
    for name in OF_A_RUN if isinstance(metadata, dict) else ():
        metadata.pop(name, None)


def strip_file(path: Path) -> bool:
    """Strip one notebook where it stands; whether anything went. Raises `RequestError` for what is no notebook."""
    try:
        before = path.read_bytes().decode("utf-8")
        after = stripped(before)
    except OSError as fault:
        raise RequestError(f"{shown(path)} could not be read: {fault.strerror or type(fault).__name__}.") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise RequestError(f"{shown(path)} is no notebook that can be read. Open it in JupyterLab to see.") from None
    if after != before:
        write_whole(path, after.encode("utf-8"))
    return after != before


@dataclass(frozen=True)
class Rules:
    """Where data may not be committed: below `folders`, but for `kept`, which are invented, published or words."""

    folders: Sequence[str]
    kept: Sequence[str]

    def is_data(self, path: str) -> bool:
        """Whether a path, from the project's root, is one at which no file is committed."""
        below = any(path.startswith(f"{folder}/") for folder in self.folders)
        return below and not any(path == one or path.startswith(f"{one}/") for one in self.kept)


def git(root: Path, *words: str, given: bytes | None = None) -> bytes:
    """What git answers. Raises `BuildError` where it will not, or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], input=given, capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        raise BuildError("git could not be run here.") from None
    if done.returncode:
        raise BuildError(f"git {words[0]} did not do what was asked; nothing was committed.")
    return done.stdout


def _names(listed: bytes) -> list[str]:
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def strip_staged(root: Path, rules: Rules) -> tuple[list[str], list[str]]:
    """Strip the notebooks that are about to be committed, in the index alone; and say what may not be committed at all.

    The copies that people work in keep what they show. Returns the notebooks that were stripped, and the refusals.
    """
    done: list[str] = []
    names = _names(git(root, "diff", "--cached", "--name-only", "--diff-filter=ACMRT", "-z"))
    refused = list(_refused(root, names, rules))
    for name in names:
        if not name.endswith(".ipynb") or rules.is_data(name):
            continue
        mode = git(root, "ls-files", "-s", "-z", "--", f":(literal){name}").split(b" ", 1)[0].decode()
        before = git(root, "cat-file", "blob", f":{name}").decode("utf-8", "replace")
        try:
            after = stripped(before)
        except (ValueError, KeyError, AttributeError, TypeError):
            refused.append(f"{visible(name)} is no notebook that can be read")
            continue
        if after != before:
            blob = git(root, "hash-object", "-w", "--stdin", given=after.encode("utf-8")).decode().strip()
            git(root, "update-index", "--cacheinfo", f"{mode},{blob},{name}")
            done.append(name)
    return done, refused


def _refused(root: Path, names: Sequence[str], rules: Rules) -> Iterator[str]:
    for name in names:
        if rules.is_data(name):
            yield f"{visible(name)} is data, or was made from data"
            continue
        content = git(root, "cat-file", "blob", f":{name}")
        if A_KEY.search(content):
            yield f"{visible(name)} holds a key"
        if name.endswith(".ipynb") and any(map(is_nhs_number, TEN_FIGURES.findall(_sources(content)))):
            yield f"{visible(name)} holds what may be an NHS number in a cell"


def _sources(content: bytes) -> str:
    try:
        cells = json.loads(content)["cells"]
        return "\n".join("".join(cell.get("source", "")) for cell in cells)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def tracked(root: Path, rules: Rules) -> tuple[list[str], list[str]]:
    """Of what git keeps already: notebooks that hold what they last showed, and files of data. Raises as `git` does."""
    names = _names(git(root, "ls-files", "-z"))
    notebooks = []
    for name in names:
        if name.endswith(".ipynb"):
            text = git(root, "cat-file", "blob", f":{name}").decode("utf-8", "replace")
            try:
                if stripped(text) != text:
                    notebooks.append(name)
            except (ValueError, KeyError, AttributeError, TypeError):
                notebooks.append(name)
    return notebooks, [name for name in names if rules.is_data(name)]
