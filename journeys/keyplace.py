"""Where this kit's key is: the path in FJ_KEY, or a place of its own in the user's profile. Never with the data."""

from __future__ import annotations

from pathlib import Path

from lib import keys

VARIABLE = "FJ_KEY"
BESIDE = ("sources.yml",)
"""A folder that holds one of these is a data folder: no key lies in it."""


def key_path() -> Path:
    """The file that holds the key, whether or not it is there yet.

    FJ_KEY names it; else it is `family-journeys/journeys.key` in %LOCALAPPDATA% on Windows (which no program copies
    elsewhere, as Documents and the Desktop often are), or in ~/.config.
    """
    return keys.usual_place(VARIABLE, "family-journeys", "journeys.key")


def own_place(name: str) -> Path:
    """A folder of the user's own, apart from project and data, for what must lie in neither."""
    return keys.usual_place("", "family-journeys", name)


def key() -> bytes:
    """The key in use. Raises `RequestError`, in plain words, where there is none or it is not kept as a key must be."""
    return keys.read(key_path(), BESIDE)


def ring() -> dict[str, bytes]:
    """The key in use and the sealed ones, by name, the one in use first. Raises what `key` raises."""
    return keys.ring(key_path(), BESIDE)
