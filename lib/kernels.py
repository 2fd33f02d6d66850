"""A notebook run in a kernel of this very Python, over an encrypted wire, with its caches in one folder of its own."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENGINE = "lib.kernels"
DRAWINGS_WANTED = "KIT_DRAWINGS"  # As in lib.figures, which is not imported here: it loads matplotlib.
IN_KERNEL = '__import__("lib.kernels", fromlist=["kernels"])'
STARTUP = f"{IN_KERNEL}.tell_faults()\n"


def start_quickly() -> None:
    """Before nbformat or papermill is imported: leave out a package that is half of their start."""
    # It builds a grammar at import, to check a kind of address that no notebook has; jsonschema does without it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def execute(
    notebook: Any,
    parameters: dict[str, Any],
    folder: Path,
    scratch: Path,
    starting: Callable[[Any, int], None],
    *,
    timeout: float,
    start_timeout: int,
    kept: Kept | None = None,
) -> Any:
    """Run a notebook from top to bottom and return it with its outputs; nothing is written but in `scratch`.

    `parameters`: names already checked, since papermill takes a name as code. `folder`: where the kernel runs.
    `scratch`: a private folder for the kernel's caches, key and printed errors. `starting(notebook, index)`: called
    before each cell. `timeout`: seconds for the whole. `kept`: a kernel that runs one notebook after another; without it
    the notebook has one of its own. Raises what papermill raises.
    """
    start_quickly()
    import papermill
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines

    deadline = time.monotonic() + timeout
    own = Kept(scratch) if kept is None else kept
    fault_file = str((scratch / "fault.json").resolve())

    class Client(PapermillNotebookClient):  # type: ignore[misc]
        def papermill_execute_cells(self) -> None:
            told = self.kc.execute(f"{IN_KERNEL}.begin({fault_file!r})", silent=True, store_history=False)
            self.wait_for_reply(told)
            super().papermill_execute_cells()

    class Watched(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **ignored: Any) -> Any:
            begin = nb_man.cell_start

            def cell_start(cell: Any, index: int, **more: Any) -> None:
                starting(nb_man.nb, index)
                begin(cell, index, **more)

            nb_man.cell_start = cell_start
            client = Client(
                nb_man,
                km=own.manager,
                kernel_name=kernel_name,
                startup_timeout=start_timeout,
                timeout_func=lambda cell: max(1, round(deadline - time.monotonic())),
            )
            try:
                with open(own.scratch / "kernel.txt", "ab") as said:
                    return client.execute(env=own.environment, cwd=str(folder), stdout=said, stderr=said)
            finally:
                if client.kc is not None:
                    client.kc.stop_channels()

    # Two threads may each run a notebook: an engine goes by its name.
    engine = f"{ENGINE}.{id(own)}"
    papermill_engines.register(engine, Watched)
    try:
        done = papermill.execute_notebook(
            notebook,
            None,
            parameters=parameters,
            engine_name=engine,
            kernel_name="python3",
            language="python",
            progress_bar=False,
        )
    except BaseException:
        # A kernel in which something went wrong runs no other notebook.
        own.close()
        raise
    finally:
        if kept is None:
            own.close()
    return done


class Kept:
    """A kernel, started with the first notebook that runs in it, that lives until it is closed or a notebook fails in it.

    Each notebook begins with no name that another left. What the libraries keep, they keep: files once read, not results.
    """

    def __init__(self, scratch: Path) -> None:
        """`scratch`: a private folder for the kernel's caches, key and printed errors, that outlives the kernel."""
        self.scratch, self.environment = scratch, _environment(scratch)
        self._manager: Any = None

    @property
    def manager(self) -> Any:
        """What starts the kernel and ends it."""
        if self._manager is None:
            self._manager = _manager(self.scratch)(kernel_name="python3")
        return self._manager

    def close(self) -> None:
        """End the kernel, if it runs. The next notebook starts another."""
        from jupyter_core.utils import run_sync

        manager, self._manager = self._manager, None
        if manager is not None and manager.has_kernel:
            run_sync(manager.shutdown_kernel)(now=False)
            run_sync(manager.cleanup_resources)()


def begin(fault_file: str) -> None:
    """In the kernel, before a notebook: forget every name and picture of the one before, and where to tell faults."""
    from IPython import get_ipython

    os.environ["KIT_FAULT_FILE"] = fault_file
    get_ipython().reset(new_session=True)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    gc.collect()


def tell_faults() -> None:
    """In the kernel: when a cell raises a KitError, write its kinds and message where the runner looks for them."""
    from IPython import get_ipython

    from lib.errors import KitError

    def look(result: Any) -> None:
        fault = result.error_before_exec or result.error_in_exec
        if isinstance(fault, KitError):
            kinds = [kind.__name__ for kind in type(fault).__mro__]
            place = Path(os.environ["KIT_FAULT_FILE"])
            place.write_text(json.dumps({"kinds": kinds, "message": str(fault)}), encoding="utf-8")

    get_ipython().events.register("post_run_cell", look)


def _environment(scratch: Path) -> dict[str, str]:
    # A home folder may be read-only, and what a kernel caches may hold values: all of it goes with the scratch folder.
    places = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "jupyter/config",
        "JUPYTER_DATA_DIR": "jupyter/data",
        "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
        "MPLCONFIGDIR": "matplotlib",
        "XDG_CACHE_HOME": "cache",
    }
    places |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), "temporary")
    own = {name: str((scratch / place).resolve()) for name, place in places.items()}
    for place in own.values():
        Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
    startup = scratch / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-kit.py").write_text(STARTUP, encoding="utf-8")
    own |= {"PYTHONHASHSEED": "0", DRAWINGS_WANTED: "1"}
    return {**os.environ, **own, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def _manager(scratch: Path) -> Any:
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class Manager(AsyncKernelManager):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            # The key of the wire is in this file: owner only, and gone with the folder.
            self.connection_file = str((scratch / "kernel.json").resolve())
            self.transport_encryption = "required"
            # Now and then a kernel misses the word to end: it holds nothing worth a wait of five seconds.
            self.shutdown_wait_time = 1.0

        @property
        def kernel_spec(self) -> KernelSpec:
            # Whatever kernels this machine knows by the name of python3, the report is made by this Python.
            return KernelSpec(
                argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                display_name="Python 3",
                language="python",
                metadata={"supported_encryption": ["curve"]},
            )

    return Manager
