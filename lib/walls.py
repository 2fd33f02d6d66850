"""A child process that reads what may be hostile, inside walls of memory and time: it dies, and this process goes on.

Where the system holds a process to a limit of memory (Linux), the child sets it for itself. Everywhere (macOS and Windows
have no other wall) its memory is watched from here, some times a second, and it is ended when it holds too much.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

CHILD_SECONDS, CHILD_BYTES = 120, 3_000_000_000
LOOK_EVERY = 0.2


def in_force() -> str:
    """The walls round a child process on this system, in words.

    >>> "120 seconds" in in_force()
    True
    """
    memory = f"{CHILD_BYTES / 1e9:.0f} GB of memory"
    by = "held to by the system" if has_limit() else f"watched {1 / LOOK_EVERY:.0f} times a second"
    return f"{memory} ({by}) and {CHILD_SECONDS} seconds"


def has_limit() -> bool:
    """Whether this system can hold a process to a limit of memory."""
    return sys.platform.startswith("linux")


def hold_memory() -> None:
    """Hold this process to the wall of memory, where the system can."""
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (CHILD_BYTES, CHILD_BYTES))


@dataclass
class Child:
    """A child at work: what it writes, and after its end its code, or why it was ended."""

    out: IO[bytes]
    code: int | None = None
    ended_for: str = ""
    waited_since: float = field(default_factory=time.monotonic)

    def waiting(self, is_waiting: bool) -> None:
        """Say that it is waited for, or not: only while it is does its time run."""
        self.waited_since = time.monotonic() if is_waiting else float("inf")


@contextmanager
def child(module: str, *given: str) -> Iterator[Child]:
    """Run a module of the kit inside the walls. On leaving, it has ended; `code` is 0 where it ended well."""
    command = [sys.executable, "-m", module, *given]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        at_work = Child(process.stdout)
        done = threading.Event()
        watch = threading.Thread(target=_watch, args=(process, at_work, done), daemon=True)
        watch.start()
        try:
            yield at_work
            at_work.waiting(True)
            at_work.code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
            done.set()
            watch.join()


def _watch(process: subprocess.Popen[bytes], at_work: Child, done: threading.Event) -> None:
    import psutil

    while not done.wait(LOOK_EVERY):
        if time.monotonic() - at_work.waited_since > CHILD_SECONDS:
            at_work.ended_for = f"took more than {CHILD_SECONDS} seconds to open"
        else:
            with suppress(psutil.Error):
                if psutil.Process(process.pid).memory_info().rss > CHILD_BYTES:
                    at_work.ended_for = f"took more than {CHILD_BYTES / 1e9:.1f} GB of memory to open"
        if at_work.ended_for:
            process.kill()
            return
