"""Every notebook of the project: committed executed, and still giving what it was committed with."""

import re
import shutil
from pathlib import Path

import nbformat
import outputs
import pytest
from conftest import NOTEBOOKS
from nbclient import NotebookClient

MEGABYTE = 1_000_000


@pytest.fixture
def executed(notebook, tmp_path):
    """The notebook, executed from a kernel that has run nothing yet: its path."""
    folder = Path(shutil.copytree(NOTEBOOKS, tmp_path / "notebooks"))
    book = nbformat.read(notebook, as_version=4)
    client = NotebookClient(book, timeout=600, kernel_name="engram", resources={"metadata": {"path": str(folder)}})
    client.execute()
    nbformat.write(book, folder / notebook.name)
    return folder / notebook.name


def test_is_committed_executed_and_small(notebook):
    book = outputs.read(notebook)
    cells = outputs.code_cells(book)
    assert cells, "a notebook without code"
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1)), "not run from top to bottom"
    assert notebook.stat().st_size < 3 * MEGABYTE
    assert book.metadata.kernelspec.name == "engram"
    assert_complete(book)


def test_runs_from_a_fresh_kernel_and_shows_the_same(notebook, executed):
    committed, fresh = outputs.read(notebook), outputs.read(executed)
    assert_complete(fresh)
    assert len(outputs.tables(fresh)) == len(outputs.tables(committed))
    assert len(outputs.figures(fresh)) == len(outputs.figures(committed))
    assert outputs.top_neurons(fresh), "no table names a neuron"
    assert outputs.top_neurons(fresh) == outputs.top_neurons(committed)


def assert_complete(book):
    errors = [output for output in outputs.outputs(book) if output.output_type == "error"]
    assert not errors, errors
    assert outputs.tables(book), "no table"
    assert outputs.figures(book), "no interactive figure"
    for figure in outputs.figures(book):
        assert figure["data"], "a figure without data"
    for data in outputs.bundles(book):
        assert "text/plain" in data, f"an output without text: {list(data)}"
        assert outputs.PLOTLY not in data or "text/html" in data, "a figure that only JupyterLab could show"
    for html in outputs.html_outputs(book):
        assert not outputs.external_references(html)
        assert not re.search(r"\brequire(js)?\s*(\(\s*\[|\.config)", html), "an output that needs require.js"
