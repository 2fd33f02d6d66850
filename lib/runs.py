"""A notebook becomes a report, whole or not at all, with the record of how it was made.

A run is built aside, under a lock that dies with its process, and appears by one rename; nothing ever replaces one.
A run that fails leaves a folder under `failed/`, which names the cell and the kind of error; its `raw/` alone holds
values.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib import beside, errors
from lib.errors import BuildError, BusyError, KitError, RequestError
from lib.files import appear, cannot_write, lock, private_dir, refuse_symlink, shown, write_whole
from lib.page import Frame, cell_name, html
from lib.parameters import check_parameters

if TYPE_CHECKING:
    from lib.kernels import Kept

__all__ = ["check_parameters", "kernel", "read_notebook", "refused", "run", "versions"]

LIBRARIES = "pandas numpy networkx matplotlib duckdb papermill nbconvert ipykernel nh3 gptables weasyprint"
# Names that Windows keeps for itself, whatever their ending.
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
BUILDING = ".building-"
PAGE_BY_PAGE = threading.Lock()
"""Kernels may work side by side; the libraries that make their pages silence warnings, which is for the whole process."""
LOG_FIELDS = ("at", "step", "cell", "cells", "seconds", "outcome")
FrameBuilder = Callable[[Any, dict[str, Any]], Frame]


def to_stderr(line: str) -> None:
    """Where progress goes unless said: one line to standard error, at once."""
    print(line, file=sys.stderr, flush=True)


def run(
    notebook_path: str | os.PathLike[str],
    parameters: Mapping[str, Any],
    reports_dir: str | os.PathLike[str],
    frame_builder: FrameBuilder,
    *,
    run_name: str,
    record: Mapping[str, Any],
    lock_path: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] = to_stderr,
    timeout: float = 3600,
    start_timeout: int = 120,
    with_parts: bool = True,
    with_pdf: bool = False,
    kept: Kept | None = None,
) -> Path:
    """Run a notebook and publish its page as a new folder, or leave everything as it was.

    `parameters`: given names and values, checked by `check_parameters`. `frame_builder(notebook, record)`: called with
    the executed notebook and the record so far, to which it may add; returns what stands round the page. `run_name`:
    letters, digits, _ and - for the folder's name. `record`: what to keep in run.json beside what is kept always. `lock_path`: a second run
    with the same one is refused. `timeout`: seconds for the whole notebook. `with_parts`: the page's tables and pictures
    are to stand beside it as files. `with_pdf`: a PDF too, where this machine can make one; run.json says why not. `kept`:
    a kernel of `kernel`, for one run after another.
    Returns the folder, which holds report.html, run.json and log.jsonl.
    Raises RequestError for a parameter or a name; BusyError where the lock is held; the KitError that the notebook
    raised, where it raised one; BuildError for all else, with no value and no traceback in its message.
    """
    notebook_file, reports = Path(notebook_path), Path(reports_dir)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", run_name) or RESERVED.fullmatch(run_name):
        raise RequestError(
            "A run's name is 1 to 64 letters, digits, _ or -, and no name that Windows keeps for itself."
        )
    notebook, digest = read_notebook(notebook_file)
    values = check_parameters(notebook, parameters, name=notebook_file.stem)
    refuse_symlink(reports)
    if not reports.is_dir():
        private_dir(reports)
    with lock(lock_path) if lock_path else contextlib.nullcontext():
        _sweep(reports)
        job = _Job(notebook_file, reports, run_name, progress, {**record, "notebook": notebook_file.stem})
        job.record |= {"notebook_sha256": digest, "parameters": values, **_git(notebook_file.parent)}
        given = {name: values[name] for name in parameters}
        with job.aside():
            job.with_parts, job.with_pdf, job.kept = with_parts, with_pdf, kept
            return job.build(notebook, given, frame_builder, timeout, start_timeout)


@contextlib.contextmanager
def kernel(reports_dir: str | os.PathLike[str]) -> Iterator[Kept]:
    """A kernel for one run after another into the same folder, ended when the block ends."""
    from lib.kernels import Kept

    reports = Path(reports_dir)
    refuse_symlink(reports)
    if not reports.is_dir():
        private_dir(reports)
    scratch = reports / f"{BUILDING}kernel-{secrets.token_hex(6)}"
    with _guarded(scratch):
        kept = Kept(scratch)
        try:
            yield kept
        finally:
            kept.close()


def refused(reports_dir: str | os.PathLike[str], run_name: str, record: Mapping[str, Any], reason: KitError) -> None:
    """Keep on record, under failed/, what was asked for and could not even begin; `reason` says why. Raises nothing."""
    reports = Path(reports_dir)
    with contextlib.suppress(KitError, OSError):
        private_dir(reports)
        job = _Job(Path(run_name), reports, run_name, lambda _: None, dict(record))
        with job.aside():
            job.finish(job.staging, "failed", error=type(reason).__name__, reason=str(reason))
            private_dir(job.failed.parent)
            appear(job.staging, job.failed)


def versions() -> dict[str, str]:
    """The versions of the libraries that a report's numbers, pictures and page rest on.

    >>> sorted(versions())[:2]
    ['duckdb', 'gptables']
    """
    found = {}
    for name in LIBRARIES.split():
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


class _Job:
    """One run, from its place aside to its place under its name."""

    def __init__(
        self, notebook: Path, reports: Path, run_name: str, progress: Callable[[str], None], record: dict[str, Any]
    ) -> None:
        self.clock, self.name, self.notebook, self.progress = time.monotonic(), notebook.stem, notebook, progress
        started = datetime.datetime.now(datetime.UTC)
        self.run_id = f"{started:%Y%m%dT%H%M%SZ}-{run_name}-{secrets.token_hex(3)}"
        self.reports, self.staging = reports, reports / f"{BUILDING}{self.run_id}"
        # The kernel's own files. Outside the report from the start, so that none can be published by mistake.
        self.scratch = reports / f"{BUILDING}{self.run_id}-scratch"
        self.final, self.failed = reports / self.run_id, reports / "failed" / self.run_id
        if not self.final.resolve().is_relative_to(reports.resolve()):
            raise RequestError("A run's name may not lead out of the reports folder.")
        self.log: list[dict[str, Any]] = []
        self.with_parts, self.with_pdf = True, False
        self.kept: Kept | None = None
        self.executed: Any = None
        self.record = {
            **record,
            "run_id": self.run_id,
            "started": started.isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "platform": platform.system(),
            "libraries": versions(),
        }

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Hold the folder that the run is built in, and clear it whatever happens."""
        with _guarded(self.staging, self.scratch):
            yield

    def build(
        self, notebook: Any, given: dict[str, Any], frame_builder: FrameBuilder, timeout: float, start_timeout: int
    ) -> Path:
        """Execute, lay out, record, publish; or record the failure and raise it in plain words."""
        try:
            self.note("start")
            executed = self.execute(notebook, given, timeout, start_timeout)
            self.note("executed")
            with PAGE_BY_PAGE:
                frame = frame_builder(executed, self.record)
                page = html(executed, frame)
                beside.write_page(self.staging, page)
                self.note("page")
                if self.with_parts:
                    self.record |= beside.write_parts(self.staging, page, executed, frame)
                    self.note("parts")
            if self.with_pdf:
                self.progress(f"Building {self.name}: its PDF")
                self.record["pdf"] = beside.write_pdf(self.staging, self.scratch / "pdf")
                self.note("pdf")
            self.finish(self.staging, "ok")
            appear(self.staging, self.final)
        except BaseException as fault:
            reason = self.in_words(fault)
            self.keep_failure(reason)
            if isinstance(fault, KeyboardInterrupt | SystemExit):
                raise
            raise reason from None
        self.progress(f"Built {self.name}: {shown(self.final / 'report.html')}")
        if self.with_pdf:
            self.progress(beside.in_a_line(self.final, str(self.record["pdf"])))
        return self.final

    def execute(self, notebook: Any, given: dict[str, Any], timeout: float, start_timeout: int) -> Any:
        """The notebook, run from top to bottom in a fresh kernel of this Python."""
        from lib.kernels import execute

        total = sum(cell.cell_type == "code" for cell in notebook.cells)

        def starting(node: Any, index: int) -> None:
            self.executed = node
            done = sum(
                c.cell_type == "code" and "injected-parameters" not in c.metadata.tags for c in node.cells[:index]
            )
            cell = node.cells[index]
            if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.tags:
                heading = cell_name(node, index).partition(" (under '")[2].removesuffix("')")
                self.note("cell", cell=done + 1, cells=total)
                self.progress(f"Building {self.name}: {done + 1} of {total}" + (f", {heading}" if heading else ""))

        where, held = (self.notebook.parent, self.scratch), self.kept
        return execute(notebook, given, *where, starting, timeout=timeout, start_timeout=start_timeout, kept=held)

    def note(self, step: str, **more: Any) -> None:
        """Add a line to the log: allow-listed fields only, so that nothing personal can come in."""
        line: dict[str, Any] = {
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "step": step,
        }
        line |= {"seconds": round(time.monotonic() - self.clock, 3), **more}
        self.log.append({name: line[name] for name in LOG_FIELDS if name in line})

    def finish(self, folder: Path, outcome: str, **more: Any) -> None:
        """Write the log and the record into a folder, the record last, with what the folder holds."""
        self.note("end", outcome=outcome)
        log = "".join(json.dumps(line) + "\n" for line in self.log)
        write_whole(folder / "log.jsonl", log.encode())
        ended = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.record |= {"ended": ended, "seconds": round(time.monotonic() - self.clock, 3), "outcome": outcome, **more}
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        held = {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
        self.record["files"] = held
        text = json.dumps(self.record, indent=1, ensure_ascii=False, default=_in_json)
        write_whole(folder / "run.json", text.encode("utf-8", "replace"))

    def keep_failure(self, reason: KitError) -> None:
        """Leave what is needed to find the fault under failed/: the record to read, and values only in raw/."""
        try:
            shutil.rmtree(self.staging, ignore_errors=True)
            raw = private_dir(private_dir(self.staging) / "raw")
            if self.executed is not None:
                import nbformat

                text: str = nbformat.writes(self.executed)  # type: ignore[no-untyped-call]
                write_whole(raw / "notebook.ipynb", text.encode("utf-8", "replace"))
            said = (self.kept.scratch if self.kept else self.scratch) / "kernel.txt"
            with contextlib.suppress(OSError):
                write_whole(raw / "kernel.txt", said.read_bytes())
            self.finish(self.staging, "failed", error=type(reason).__name__, reason=str(reason))
            private_dir(self.failed.parent)
            appear(self.staging, self.failed)
            self.progress(f"{self.name} was not built. What is known is in {shown(self.failed)}; raw/ may hold values.")
        except (KitError, OSError):
            # Where there is no room for a report there may be none for its failure; the reason is raised all the same.
            self.progress(f"{self.name} was not built, and the failure could not be written down either.")

    def in_words(self, fault: BaseException) -> KitError:
        """Any failure as a KitError: the notebook's own words if it is one of ours, else the kind and the place."""
        unchanged = "Earlier reports have not changed."
        if told := self.told():
            return told
        if isinstance(fault, KitError):
            return fault
        kind, place, failed = type(fault).__name__, "", f"{self.name} was not built:"
        if kind == "CellTimeoutError":
            return BuildError(f"{failed} it took longer than it was given, and was stopped. {unchanged}")
        if kind == "DeadKernelError":
            return BuildError(f"{failed} its kernel died, perhaps for want of memory. {unchanged}")
        if isinstance(fault, KeyboardInterrupt):
            return BuildError(f"{failed} it was stopped by hand. {unchanged}")
        if isinstance(fault, OSError):
            return cannot_write(self.staging, fault)
        for index, cell in enumerate(self.executed.cells if self.executed is not None else []):
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    place, kind = cell_name(self.executed, index), str(output.ename)
        kind = kind if kind.isidentifier() else "an error"
        where = f"{place} stopped with {kind}" if place else f"{kind} stopped it outside any cell"
        return BuildError(
            f"{failed} {where}. {unchanged} The notebook as far as it came is in "
            f"{shown(self.failed)}/raw, for those who may see the data; run it in JupyterLab to find the fault."
        )

    def told(self) -> KitError | None:
        """The KitError that the notebook raised, as the kernel wrote it down. An error of another library may bear the
        same name and hold a value, so its name alone is not trusted."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads((self.scratch / "fault.json").read_text(encoding="utf-8"))
            for name in said["kinds"]:
                kind = getattr(errors, name, None)
                if isinstance(kind, type) and issubclass(kind, KitError):
                    return kind(said["message"])
        return None


def read_notebook(file: Path) -> tuple[Any, str]:
    """A notebook and the hash of its file. Raises RequestError where it is none."""
    from lib.kernels import start_quickly

    start_quickly()
    import nbformat

    try:
        content = file.read_bytes()
        notebook = nbformat.reads(content.decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
        return notebook, hashlib.sha256(content).hexdigest()
    except OSError as fault:
        reason = fault.strerror or type(fault).__name__
        raise RequestError(f"{shown(file)}: the notebook could not be read: {reason}. Check its name.") from None
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError):
        raise RequestError(f"{shown(file)} is not a notebook that can be read. Open it in JupyterLab to see.") from None


@contextlib.contextmanager
def _guarded(*folders: Path) -> Iterator[None]:
    """Make folders that a run builds in, held by a lock named after the first, and clear them whatever happens."""
    guard = folders[0].with_name(folders[0].name + ".lock")
    try:
        with lock(guard):
            try:
                for folder in folders:
                    private_dir(folder)
                yield
            finally:
                for folder in folders:
                    shutil.rmtree(folder, ignore_errors=True)
    finally:
        with contextlib.suppress(OSError):
            guard.unlink(missing_ok=True)


def _sweep(reports: Path) -> None:
    """Remove what killed runs left: a folder aside whose lock nobody holds."""
    for guard in reports.glob(f"{BUILDING}*.lock"):
        with contextlib.suppress(BusyError, BuildError, OSError), lock(guard):
            for left in (guard.with_suffix(""), guard.with_name(f"{guard.stem}-scratch")):
                _remove(left)
            guard.unlink(missing_ok=True)
    # A run makes its lock before its folders and removes it after them, so that a folder without one is nobody's.
    for left in reports.glob(f"{BUILDING}*"):
        if left.is_dir() and not left.with_name(f"{left.name.removesuffix('-scratch')}.lock").exists():
            _remove(left)


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def _git(folder: Path) -> dict[str, Any]:
    def ask(*words: str) -> str | None:
        try:
            answer = subprocess.run(
                ["git", *words], cwd=folder, capture_output=True, text=True, timeout=20, env={**os.environ, **quiet}
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return answer.stdout.strip() if answer.returncode == 0 else None

    quiet = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    commit = ask("rev-parse", "HEAD")
    state = ask("status", "--porcelain") if commit else None
    return {"git_commit": commit or None, "git_dirty": None if state is None else bool(state)}


def _in_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
