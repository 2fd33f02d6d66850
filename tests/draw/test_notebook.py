"""In a notebook a figure shows once, as a picture with its alt text."""

import base64

import nbformat
import pytest
from nbclient import NotebookClient

SETUP = """
import sys, types, importlib.util
spec = importlib.util.spec_from_file_location("invented", {path!r})
invented = importlib.util.module_from_spec(spec); sys.modules["invented"] = invented
spec.loader.exec_module(invented)
from journeys import draw
"""


@pytest.fixture(scope="module")
def cells(request):
    path = str(request.path.with_name("conftest.py"))
    book = nbformat.v4.new_notebook()
    sources = [
        SETUP.format(path=path),
        "ax = draw.timeline(*invented.three())",
        "draw.timeline(*invented.three())",
        "draw.map(invented.map_of([('school', 'police', 3)]));",
        "ax = draw.timeline(*invented.three()); ax.figure",
        "from IPython.display import display\ndisplay(ax.figure)",
    ]
    book.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    return book.cells


@pytest.mark.slow
@pytest.mark.parametrize("cell", [1, 2, 3, 4, 5])
def test_a_figure_shows_once_with_its_alt_text(cells, cell):
    outputs = cells[cell].outputs
    assert [list(output.data) for output in outputs] == [["image/png"]]
    about = outputs[0].metadata["image/png"]
    assert about["alt"].endswith("Invented data.") and about["caption"] and about["width"] > 600
    assert base64.b64decode(outputs[0].data["image/png"]).startswith(b"\x89PNG")
