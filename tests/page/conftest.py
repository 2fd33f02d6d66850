"""Small executed notebooks, and a browser that says when it is missing."""

import base64
import importlib.util
import os
import pathlib
import shutil
import struct
import zlib

import nbformat.v4 as nb
import pytest

LOCAL = ("file:", "data:", "blob:", "about:")


def _png() -> str:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")
    return base64.b64encode(raw).decode()


class Make:
    """Cells as an executed notebook holds them."""

    png = _png()

    def notebook(self, *cells):
        return nb.new_notebook(cells=list(cells))

    def words(self, text):
        return nb.new_markdown_cell(text)

    def cell(self, *outputs, source="shown"):
        return nb.new_code_cell(source, outputs=list(outputs))

    def value(self, shown):
        """The last line of a cell: an execute_result."""
        data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
        return nb.new_output("execute_result", data=data, execution_count=1)

    def display(self, data, **metadata):
        return nb.new_output("display_data", data=data, metadata=metadata)

    def picture(self, alt="A bar chart of 3 contacts.", caption="n = 3.", kind="image/png", content=None):
        return self.display(
            {kind: content or self.png, "text/plain": "<Figure>"}, **{kind: {"alt": alt, "caption": caption}}
        )

    def printed(self, text):
        return nb.new_output("stream", name="stdout", text=text)

    def error(self, name, value):
        return nb.new_output("error", ename=name, evalue=value, traceback=[f"{name}: {value}"])


@pytest.fixture
def make():
    return Make()


@pytest.fixture(scope="session")
def chromium():
    """Chromium from the PATH, driven by playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pages not opened")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on the PATH: pages not opened")
    # Chromium's own sandbox refuses to start for root.
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"] if is_root else [])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    """The text of axe.min.js, which the axe-playwright-python package carries."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None:
        pytest.skip("axe-playwright-python is not installed: accessibility not checked")
    folder = pathlib.Path(spec.submodule_search_locations[0])
    return next(folder.rglob("axe.min.js")).read_text(encoding="utf-8")


@pytest.fixture
def opened(chromium, tmp_path):
    """Open a page's text offline and watch it: opened(text, with_csp) -> (page, what it did)."""
    contexts = []

    def open_page(text, with_csp=True, width=1280):
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, offline=True, bypass_csp=not with_csp)
        contexts.append(context)
        did = {"requests": [], "dialogs": []}
        # Chromium tells of a request that the page's policy stopped, too; that one never left.
        for event in ("requestfinished", "requestfailed"):
            context.on(event, lambda r: r.url.startswith(LOCAL) or r.failure == "csp" or did["requests"].append(r.url))
        page = context.new_page()

        def dismiss(dialog):
            did["dialogs"].append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.goto(file.as_uri())
        page.wait_for_timeout(300)
        return page, did

    yield open_page
    for context in contexts:
        context.close()
