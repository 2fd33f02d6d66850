"""Stores: immutable files, named by a hash of all that went into them, built aside and renamed into place.

A store is only ever attached read-only, by as many processes as like. Whoever has one open holds a lock beside it, so
that older ones are swept away when nobody uses them any more, and never before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lib.dialect import quoted
from lib.engine import Engine
from lib.errors import BusyError, DataError
from lib.holds import private, try_to_hold

BUILD_WAIT_SECONDS = 900

Fill = Callable[[Engine, str], None]
"""Fills a new store: gets an engine, and the name under which the store is attached."""


@contextmanager
def _building(home: Path) -> Iterator[None]:
    import filelock

    lock = filelock.FileLock(str(home / "build.lock"), timeout=BUILD_WAIT_SECONDS)
    try:
        with lock:
            yield
    except filelock.Timeout:
        raise BusyError(
            f"another process has been building the store in {home.name} for {BUILD_WAIT_SECONDS // 60} minutes. "
            "Wait for it, or stop it, and run this again."
        ) from None


def stored(home: Path, key: str, fill: Fill, sources: Sequence[tuple[Path, str]] = ()) -> Path:
    """The store of this key in `home`: the one that is there, or one filled now, aside, and renamed into place.

    `sources` are stores that the filling reads, each with the name under which it sees them. Older stores that
    nobody holds are swept away. Raises `BusyError` if another process builds for too long, `DataError` if the disk
    or the name of the folder will not take it; nothing is left half made under its final name.
    """
    import duckdb

    if "?" in str(home):
        # The engine takes what follows for a setting.
        raise DataError(
            f"the path of {home.parent.name} holds a question mark, and no store can be opened there. Rename the folder."
        )
    private(home)
    path = home / f"{key}.duckdb"
    if path.exists():
        return path
    with _building(home):
        if path.exists():
            return path
        for left in home.glob(".building-*"):
            left.unlink(missing_ok=True)
        aside = home / f".building-{os.getpid()}-{key}.duckdb"
        engine = Engine(home)
        try:
            for source, name in sources:
                engine.attach(source, name)
            engine.con.execute(f"ATTACH {quoted(str(aside))} AS made")
            fill(engine, "made")
            engine.con.execute("CHECKPOINT made")
            engine.con.execute("DETACH made")
            engine.close()
            os.chmod(aside, 0o600)
            with open(aside, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(aside, path)
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            what = "memory" if isinstance(error, duckdb.OutOfMemoryException) else "disk space"
            raise DataError(
                f"the store in {home.name} could not be built: not enough {what}, or no right to write."
            ) from None
        finally:
            engine.close()
            aside.unlink(missing_ok=True)
        _sweep(home, key)
    return path


def attach_stored(
    engine: Engine, home: Path, key: str, fill: Fill, name: str, sources: Sequence[tuple[Path, str]] = ()
) -> Path:
    """Attach the store of this key to an engine under a name, filled first where it is not there.

    Raises `BusyError` where other processes sweep it away as fast as it is built: the files change all the time.
    """
    for _ in range(5):
        path = stored(home, key, fill, sources)
        if engine.attach(path, name):
            return path
    raise BusyError(
        f"the files that {home.parent.name} rests on keep changing. Wait until they are still, and run this again."
    )


def _sweep(home: Path, key: str) -> None:
    """Remove the stores of other keys that nobody holds. The key of a derived store begins with its source's key."""
    family = key.split("-")[0]
    for store in home.glob("*.duckdb"):
        if store.stem.split("-")[0] == family or store.name.startswith("."):
            continue
        holders = [try_to_hold(lock) for lock in home.glob(f"{store.stem}.*.held")]
        if all(holders):
            with suppress(PermissionError):  # Windows: somebody opened it just now
                store.unlink(missing_ok=True)
        for lock in filter(None, holders):
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)
