"""Engram as a plain jar in a stock JJava, brought in by JJAVA_CLASSPATH: magics, tables, figures, errors."""

import os
import re
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

LIBRARY = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "engram" / "lib"
TABLE, FIGURE = "text/html", "application/vnd.plotly.v1+json"


@pytest.fixture(scope="module")
def run():
    jars = [jar for jar in LIBRARY.glob("*.jar") if jar.name != "jjava.jar"]
    assert jars, f"no jars in {LIBRARY}; ./lab build makes them"
    state = Path(sys.prefix) / "share" / "engram"
    environment = os.environ | {
        "JJAVA_CLASSPATH": os.pathsep.join(map(str, jars)),
        "DJL_CACHE_DIR": str(state / "djl"), "ENGRAM_CACHE": str(state / "cache"), "OPT_OUT_TRACKING": "true",
    }  # fmt: skip
    manager, client = start_new_kernel(kernel_name="java", startup_timeout=60, env=environment)

    def run(code):
        """The status of a cell, the MIME types that it shows, and its error."""
        shown, errors = {}, []

        def hook(message):
            if message["msg_type"] in ("execute_result", "display_data"):
                for kind, data in message["content"]["data"].items():
                    shown[kind] = shown.get(kind, "") + str(data)
            elif message["msg_type"] == "error":
                errors.append(message["content"])

        reply = client.execute_interactive(code, output_hook=hook, allow_stdin=False, timeout=120)
        return reply["content"]["status"], shown, errors

    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_magics_show_tables_and_figures(run):
    assert run("%model")[0] == "ok"
    assert run("%images visent-mini")[0] == "ok"
    status, shown, errors = run("%attribute statue_of_liberty --top 3")
    assert status == "ok", errors
    assert {TABLE, FIGURE} <= shown.keys()
    assert re.search(r"\bL\d+(F|A\d+H)\d+\b", shown[TABLE])


def test_types_need_no_import(run):
    assert run('Table.create("a", IntColumn.create("b", 1))')[1].keys() >= {TABLE, "text/plain"}
    assert FIGURE in run('new Figure(BarTrace.builder(new String[] {"a"}, new double[] {1}).build())')[1]


def test_a_mistake_is_one_sentence(run):
    status, _, errors = run("%attribute statue_of_libety")
    assert status == "error"
    # The stock kernel puts its own words and two of its frames around the sentence.
    first, *frames = errors[0]["traceback"]
    assert "did you mean statue_of_liberty?" in first
    assert len(frames) <= 3, frames
