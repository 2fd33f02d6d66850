"""A log to which lines are only added, each sealed to the one before it, so that a change anywhere is found.

A line's seal is an HMAC of its words and of the seal before. How many lines there are, and the last seal, stand in a
second file, so that lines cut off the end are missed too. Whoever holds the key and may write both files can write
another history: this finds accidents, and hands that lack the key.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.errors import DataError
from lib.files import lock, refuse_symlink, shown, write_whole
from lib.pseudonyms import hkdf

START = "0" * 64


class SealedLog:
    """One such log: a file of JSON lines, and `<name>.end` beside it."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`path`: the file, which need not be there yet. `key`: what seals it."""
        self.path, self.end = path, path.with_name(f"{path.name}.end")
        self._key = hkdf(key, b"sealed log")

    def read(self) -> list[dict[str, Any]]:
        """Every line, oldest first. Raises `DataError` where any was changed, taken out, put in or cut off."""
        return [{name: value for name, value in line.items() if name != "seal"} for line in self._sealed()]

    def _sealed(self) -> list[dict[str, Any]]:
        refuse_symlink(self.path)
        texts = self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else []
        lines: list[dict[str, Any]] = []
        before = START
        for number, text in enumerate(texts, start=1):
            try:
                line = json.loads(text)
                seal = line.pop("seal")
            except (ValueError, KeyError, AttributeError, TypeError):
                raise self._broken(f"line {number} is no line of it") from None
            if line.get("line") != number or not hmac.compare_digest(str(seal), self._seal(line, before)):
                raise self._broken(f"line {number} is not as it was written")
            before = str(seal)
            lines.append(line | {"seal": before})
        self._check_end(lines)
        return lines

    def _check_end(self, lines: list[dict[str, Any]]) -> None:
        if not self.end.is_file():
            if lines:
                raise self._broken(f"{self.end.name}, which says how long it is, is not there")
            return
        try:
            told = json.loads(self.end.read_text(encoding="utf-8"))
            many, seal = int(told["lines"]), str(told["seal"])
        except (ValueError, KeyError, TypeError):
            raise self._broken(f"{self.end.name} cannot be read") from None
        # A line that was added just before the power went may not be counted yet: longer is whole, shorter is not.
        if len(lines) < many or (many and lines[many - 1]["seal"] != seal):
            raise self._broken("lines have been taken off its end")

    def add(self, words: Mapping[str, Any]) -> None:
        """Add one line, safe on the disk before this returns. Raises what `read` raises, and `BuildError`."""
        with lock(self.path.with_name(f"{self.path.name}.lock")):
            lines = self._sealed()
            texts = [json.dumps(one, ensure_ascii=True, sort_keys=True) for one in lines]
            line: dict[str, Any] = {"line": len(lines) + 1, **words}
            line["seal"] = self._seal(line, lines[-1]["seal"] if lines else START)
            texts.append(json.dumps(line, ensure_ascii=True, sort_keys=True))
            if not self.end.is_file():
                write_whole(self.end, json.dumps({"lines": 0, "seal": START}).encode())
            write_whole(self.path, "".join(f"{text}\n" for text in texts).encode())
            write_whole(self.end, json.dumps({"lines": line["line"], "seal": line["seal"]}).encode())

    def _seal(self, line: Mapping[str, Any], before: str) -> str:
        words = json.dumps([before, line], ensure_ascii=True, sort_keys=True)
        return hmac.digest(self._key, words.encode(), "sha256").hex()

    def _broken(self, how: str) -> DataError:
        return DataError(
            f"{shown(self.path)} has been changed by something else than the kit: {how}. Nothing is done until whoever "
            "answers for the data has looked into it. Keep it as it is; do not mend it by hand."
        )
