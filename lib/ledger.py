"""What was released before, so that two releases do not tell together what neither tells alone.

A figure that has changed by fewer than the threshold since it was last counted stands as it was. The file holds the true
count behind each figure, and who was counted as keyed hashes: it stays with the data, and whoever may read it may read
them. It is sealed with its key, so that a ledger that was lost, cut or put back is never taken for a first release.

Not covered: what three or more released populations tell together. Rounding, and figures that stand, are the defence.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.disclose import HIDDEN, Held, Key, Rule, Shown
from lib.errors import RequestError
from lib.files import lock, private_dir, shown, write_whole

SCHEMA = 1
LEDGER, SECRET = "ledger.json", "key"


class LedgerRefused(RequestError):
    """The ledger of releases is not as it should be, so nothing is released."""


@dataclass(frozen=True)
class Figure:
    """One cell of one table: who was counted, and by which definition (a hash, and in words)."""

    table: str
    cell: Key
    definition: str
    says: str
    who: frozenset[str]


@dataclass(frozen=True)
class Population:
    """All who could have been counted in a table."""

    table: str
    definition: str
    says: str
    who: frozenset[str]


@dataclass
class Ledger:
    """What was released so far. Read with `read`; nothing but `record` changes it, and nothing but `write` keeps it."""

    folder: Path
    secret: bytes
    anchors: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    populations: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    rests: dict[str, Shown] = field(default_factory=dict)

    def held(
        self, figures: Iterable[Figure], rule: Rule, on: dt.date, afresh_after: int
    ) -> dict[tuple[str, Key], Held]:
        """The figures that stand as last released, by table and cell.

        One that changed by the threshold or more is counted afresh; one that has stood for `afresh_after` days, too,
        once as many have come or gone: no change then tells of fewer. One of another definition (another period, say)
        that counts nearly the same families stands as that one was released.
        """
        found = {}
        for figure in figures:
            was = self.stands(figure, rule.threshold, on, afresh_after)
            if was is not None:
                # A threshold that has been raised since hides what was shown under it.
                is_small = was["shown"] != HIDDEN and 0 < was["shown"] < rule.threshold
                found[figure.table, figure.cell] = Held(HIDDEN if is_small else was["shown"])
        return found

    def stands(self, figure: Figure, threshold: int, on: dt.date, afresh_after: int) -> dict[str, Any] | None:
        """The entry as which a figure stands; None where it is counted afresh, or for the first time."""
        entries = self.anchors.get(_name(figure), {})
        who = self.hidden(figure.who)
        near = []
        for definition, entry in sorted(entries.items()):
            apart = len(who ^ set(entry["who"]))
            if definition != figure.definition:
                near += [(apart, definition, entry)] if apart < threshold else []
                continue
            is_old = (on - dt.date.fromisoformat(entry["on"])).days >= afresh_after
            if abs(len(who) - entry["true"]) < threshold and not (is_old and apart >= threshold):
                return entry
        return min(near, key=lambda one: one[:2])[2] if near else None

    def refuse_overlaps(self, populations: Iterable[Population], threshold: int) -> None:
        """Stop where two populations of one table differ by a few, who could then be worked out.

        A population of the same definition grows and shrinks with its families: its figures stand until they have
        changed enough. Raises LedgerRefused, naming both definitions.
        """
        for new in populations:
            who = self.hidden(new.who)
            for old in self.populations:
                if old["table"] != new.table or old["definition"] == new.definition:
                    continue
                if 0 < len(who ^ set(old["who"])) < threshold:
                    raise LedgerRefused(
                        f"table '{new.table}' of {new.says} was not released: fewer than {threshold} stand between it and "
                        f"{old['says']}, released on {old['on']}, and the difference would tell of them. Ask for the same "
                        "families as then."
                    )

    def record(
        self,
        release: str,
        on: dt.date,
        figures: Iterable[Figure],
        published: Mapping[tuple[str, Key], Shown],
        populations: Iterable[Population],
        rule: Rule,
        afresh_after: int,
    ) -> None:
        """Add a release: each figure counted afresh becomes what later ones are held against; one that stands keeps that."""
        for figure in figures:
            leaves = published[figure.table, figure.cell]
            was = self.stands(figure, rule.threshold, on, afresh_after)
            entries = self.anchors.setdefault(_name(figure), {})
            if was is None:
                who = sorted(self.hidden(figure.who))
                entries[figure.definition] = {
                    "true": len(who), "who": who, "shown": leaves, "on": on.isoformat(), "says": figure.says
                }  # fmt: skip
            else:
                # Hidden for another's sake, it stays hidden; and what stands for one definition stands for the next.
                was["shown"] = leaves
                entries.setdefault(figure.definition, dict(was))
        for new in populations:
            entry = {"table": new.table, "definition": new.definition, "says": new.says}
            if not any(all(old[k] == v for k, v in entry.items()) for old in self.populations):
                who = sorted(self.hidden(new.who))
                self.populations.append({**entry, "who": who, "on": on.isoformat()})
        if all(one["release"] != release for one in self.releases):
            self.releases.append({"release": release, "on": on.isoformat()})

    def hidden(self, who: Iterable[str]) -> set[str]:
        """Who was counted, as the ledger holds them."""
        return {hmac.new(self.secret, one.encode(), hashlib.sha256).hexdigest()[:32] for one in who}

    def write(self) -> str:
        """Keep it, whole, and return its seal."""
        private_dir(self.folder)
        if not (self.folder / SECRET).exists():
            write_whole(self.folder / SECRET, self.secret.hex().encode())
        body = {
            "schema": SCHEMA,
            "anchors": self.anchors,
            "populations": self.populations,
            "releases": self.releases,
            "rests": self.rests,
        }
        seal = _seal(self.secret, body)
        write_whole(self.folder / LEDGER, json.dumps({**body, "seal": seal}, sort_keys=True).encode())
        return seal


def read(folder: Path, released: int = 0) -> Ledger | None:
    """The ledger of a folder; None where nothing was ever released from it.

    `released`: how many releases are known from elsewhere (those that stand in the release folder).
    Raises LedgerRefused where the ledger is missing and should be there, where it cannot be read, was changed by another
    hand, is of a later schema, or knows of fewer releases than there are.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     read(Path(empty)) is None
    True
    """
    ledger, secret = folder / LEDGER, folder / SECRET
    again = "Put back the copy that was kept with the data. Nothing is released without it."
    if not ledger.exists() and not secret.exists():
        if released:
            raise LedgerRefused(f"{shown(ledger)} is missing, and {released} were released before. {again}")
        return None
    try:
        key = bytes.fromhex(secret.read_text("ascii"))
        held = json.loads(ledger.read_text("utf-8"))
        seal, schema = held.pop("seal"), held.pop("schema")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise LedgerRefused(f"{shown(ledger)}, or its key, is missing or cannot be read. {again}") from None
    if schema != SCHEMA:
        raise LedgerRefused(
            f"{shown(ledger)} has schema {schema}, and this kit reads {SCHEMA}. Use the kit that wrote it."
        )
    if not hmac.compare_digest(str(seal), _seal(key, {"schema": schema, **held})):
        raise LedgerRefused(f"{shown(ledger)} was changed by another hand, or cut short. {again}")
    found = Ledger(folder, key, held["anchors"], held["populations"], held["releases"], held["rests"])
    if len(found.releases) < released:
        raise LedgerRefused(
            f"{shown(ledger)} knows of {len(found.releases)} releases, and {released} are there: it is an old copy. {again}"
        )
    return found


def begin(folder: Path) -> Ledger:
    """A ledger for a first release; it is on no disk until it is written."""
    return Ledger(folder, secrets.token_bytes(32))


@contextlib.contextmanager
def at_work(folder: Path) -> Any:
    """Hold the ledger: one release at a time."""
    with lock(private_dir(folder) / "lock"):
        yield


def _name(figure: Figure) -> str:
    return json.dumps([figure.table, *figure.cell])


def _seal(secret: bytes, body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
