"""The running kernel: an interrupt ends a long cell within a second, and work leaves no native memory behind."""

import os
import queue
import re
import subprocess
import time

import kernels
import outputs
import psutil
import pytest
from PIL import Image

ATTRIBUTE = "%attribute statue_of_liberty --top 10"
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def session():
    # With a heap that is resident as soon as it is committed, what else grows is native memory.
    options = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:+AlwaysPreTouch"}
    with kernels.running(options) as opened:
        opened.run("%model")
        opened.run("%images visent-mini")
        yield opened


@pytest.fixture(scope="module")
def big_folder(tmp_path_factory):
    """A VisEnt-style folder whose gallery takes minutes: 3,000 entities, each a large image (links to one file)."""
    category = tmp_path_factory.mktemp("images") / "landmark"
    first = category / "tower_0000" / "0.png"
    first.parent.mkdir(parents=True)
    Image.effect_noise((2000, 2000), 100).convert("RGB").save(first, compress_level=1)
    for number in range(1, 3000):
        folder = category / f"tower_{number:04}"
        folder.mkdir()
        os.link(first, folder / "0.png")
    return category.parent


def interrupted(session, code):
    """Starts a cell that takes long, interrupts it in its midst, and returns what it said."""
    request = session.start(code)
    try:
        early = session.finish(request, timeout=2)
        pytest.fail(f"the cell was to take long, but ended within two seconds: {early}")
    except queue.Empty:
        pass  # it works on it
    begin = time.monotonic()
    session.manager.interrupt_kernel()
    status, text, error = session.finish(request, timeout=30)
    seconds = time.monotonic() - begin
    assert status != "ok", "the cell ended as if nobody had interrupted it"
    assert seconds < 1, f"the interrupted cell took {seconds:.2f} s to end: {error}"
    return text


@pytest.mark.parametrize(
    "code",
    ["\n".join([ATTRIBUTE] * 400), "for (int i = 0; i < 100_000; i++) Thread.sleep(10);"],
    ids=["attributions", "loop"],
)
def test_an_interrupt_ends_a_long_cell(session, code):
    interrupted(session, code)
    assert outputs.NEURON.search(session.run(ATTRIBUTE)), "the next attribution shows no neuron"


def test_an_interrupted_scan_leaves_the_old_images_open(session, big_folder):
    before = session.run("%images")
    assert "visent-mini" in before
    interrupted(session, f"%images {big_folder}")
    assert session.run("%images") == before
    assert outputs.NEURON.search(session.run(ATTRIBUTE)), "the next attribution shows no neuron"


def test_200_attributions_leave_memory_where_it_was(session):
    for _ in range(30):
        session.run(ATTRIBUTE)
    arrays, native = managed_arrays(session), native_memory(session)
    for _ in range(200):
        session.run(ATTRIBUTE)
    assert managed_arrays(session) == arrays
    # JShell keeps the classes of every cell, about 0.1 MB each; one trace of the model kept per cell would be 200 MB.
    grown = (native_memory(session) - native) / MEGABYTE
    assert grown < 64, f"200 attributions left {grown:.0f} MB of native memory behind"


def test_old_answers_are_let_go_and_those_with_a_name_stay(session):
    session.run("Attribution mine = %attribute ghost --top 3")
    session.run("int seven = 7;\nseven")
    for _ in range(16):
        session.run("%attribute santa_claus --top 3")
    pid = str(session.manager.provisioner.pid)
    alive = subprocess.run(["jmap", "-histo:live", pid], capture_output=True, text=True, check=True).stdout
    count = next(int(row[1]) for row in map(str.split, alive.splitlines()) if "dev.engram.attribution.Attribution" in row)
    assert count <= 14, f"{count} attributions are kept"
    assert "ghost" in session.run("mine.toString()").lower() + session.run("table(mine, 3)").lower()
    assert session.run("seven") == "7"


def managed_arrays(session):
    said = re.search(r"managed arrays\s+(\d+)", session.run("%engram"))
    assert said, "%engram does not print the number of managed arrays"
    return int(said[1])


def native_memory(session):
    """The kernel's resident memory without the Java heap, in bytes."""
    said = session.run('System.gc(); System.out.println("heap " + Runtime.getRuntime().totalMemory());')
    heap = int(re.search(r"heap (\d+)", said)[1])
    return psutil.Process(session.manager.provisioner.pid).memory_info().rss - heap
