"""The levels at which a figure may be drawn."""

from __future__ import annotations

from lib.errors import RequestError, did_you_mean, listed

LEVELS = ("raw", "team", "board")


def known_level(level: str) -> None:
    """Stop, in words, where a level is asked for that there is not."""
    if level not in LEVELS:
        raise RequestError(f"There is no level '{level}' for a figure.{did_you_mean(level, LEVELS)} {listed(LEVELS)}.")
