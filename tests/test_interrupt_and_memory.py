"""The running kernel: an interrupt ends a long cell within a second, and work leaves no native memory behind."""

import os
import queue
import re
import time

import outputs
import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from PIL import Image

ATTRIBUTE = "%attribute statue_of_liberty --top 10"
MEGABYTE = 1 << 20


class Session:
    """A kernel and the conversation with it."""

    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def start(self, code):
        """Sends a cell, and returns its request's id once the kernel works on it."""
        request = self.client.execute(code, allow_stdin=False)
        while self.message(request, 30)["content"].get("execution_state") != "busy":
            pass
        return request

    def message(self, request, timeout):
        """The next thing the kernel publishes for a request."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == request:
                return message

    def finish(self, request, timeout=300):
        """Waits until a cell is done: its status, its text, its error."""
        text, error, deadline = [], None, time.monotonic() + timeout
        while True:
            message = self.message(request, deadline - time.monotonic())
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                text.append(content["text"])
            elif kind in ("execute_result", "display_data", "update_display_data"):
                text.append(content["data"].get("text/plain", ""))
            elif kind == "error":
                error = content
            elif kind == "status" and content["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=10)
        while reply["parent_header"].get("msg_id") != request:
            reply = self.client.get_shell_msg(timeout=10)
        return reply["content"]["status"], "\n".join(text), error

    def run(self, code, timeout=300):
        status, text, error = self.finish(self.start(code), timeout)
        assert status == "ok", error
        return text


@pytest.fixture(scope="module")
def session():
    # With a heap that is resident as soon as it is committed, what else grows is native memory.
    options = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:+AlwaysPreTouch"}
    manager, client = start_new_kernel(kernel_name="engram", startup_timeout=60, env=options)
    try:
        opened = Session(manager, client)
        opened.run("%model")
        opened.run("%images visent-mini")
        yield opened
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


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


def managed_arrays(session):
    said = re.search(r"managed arrays\s+(\d+)", session.run("%engram"))
    assert said, "%engram does not print the number of managed arrays"
    return int(said[1])


def native_memory(session):
    """The kernel's resident memory without the Java heap, in bytes."""
    said = session.run('System.gc(); System.out.println("heap " + Runtime.getRuntime().totalMemory());')
    heap = int(re.search(r"heap (\d+)", said)[1])
    return psutil.Process(session.manager.provisioner.pid).memory_info().rss - heap
