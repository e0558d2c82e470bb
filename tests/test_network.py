"""Nothing is sent to anybody: the main job, from a fresh kernel with empty caches, connects to nothing outside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import kernels
import outputs
import pytest
from jupyter_client.kernelspec import KernelSpecManager

TRAP = Path(__file__).with_name("trap.py")
# 192.0.2.0/24 and 2001:db8::/32 belong to nobody: they stand in documents.
JAVA = """
try (var socket = new java.net.Socket()) {
  socket.connect(new java.net.InetSocketAddress("192.0.2.1", 80), 2000);
} catch (java.io.IOException e) {
  System.out.println("refused: " + e.getMessage());
}
"""
CHILD = """
int status = new ProcessBuilder("%s", "-c",
    "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.2', 53))").start().waitFor();
System.out.println("status " + status);
"""


def attempts(log):
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def trapped(log, program):
    return subprocess.run(
        [sys.executable, TRAP, log, sys.executable, "-c", "import socket\n" + program],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    "program, place",
    [
        ("socket.create_connection(('192.0.2.1', 443), 2)", "192.0.2.1 port 443"),
        ("socket.create_connection(('2001:db8::1', 443), 2)", "2001:db8::1 port 443"),
        ("socket.create_connection(('::ffff:192.0.2.1', 443), 2)", "192.0.2.1 port 443"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))", "192.0.2.1 port 53"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))", "192.0.2.1 port 53"),
    ],
    ids=["tcp", "tcp6", "mapped", "sendto", "sendmsg"],
)
def test_the_trap_stops_and_writes_down(tmp_path, program, place):
    done = trapped(tmp_path / "log", program)
    assert done.returncode == 1 and "unreachable" in done.stderr, done.stderr
    assert attempts(tmp_path / "log") == [place]


def test_the_trap_lets_loopback_pass(tmp_path):
    done = trapped(
        tmp_path / "log",
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(server.getsockname())\n"
        "client.sendall(b'x'); assert server.accept()[0].recv(1) == b'x'\n"
        "a, b = socket.socketpair(); a.sendmsg([b'y']); assert b.recv(1) == b'y'",
    )
    assert done.returncode == 0, done.stderr
    assert attempts(tmp_path / "log") == []


@pytest.fixture
def trapped_kernel(tmp_path):
    """The installed kernel behind the trap, with empty caches: the session and the file of its attempts."""
    log, place = tmp_path / "attempts", KernelSpecManager().get_kernel_spec("engram").resource_dir
    spec = json.loads((Path(place) / "kernel.json").read_text(encoding="utf-8"))
    argv = [part.replace("{resource_dir}", place) for part in spec["argv"]]
    caches = {name: str(tmp_path / name) for name in ("DJL_CACHE_DIR", "ENGRAM_CACHE", "HF_HOME")}
    argv = [part for part in argv if not part.startswith("-DDJL_CACHE_DIR")]
    spec |= {"argv": [sys.executable, str(TRAP), str(log), *argv], "env": spec.get("env", {}) | caches}
    folder = tmp_path / "kernels" / "trapped"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(tmp_path))
        environment = os.environ | {"HOME": str(tmp_path)}
        environment.pop("HF_HUB_OFFLINE", None)
        with kernels.running(environment, "trapped") as session:
            yield session, log


def test_the_main_job_connects_to_nothing(trapped_kernel):
    session, log = trapped_kernel
    session.run("%model")
    session.run("%images visent-mini")
    assert outputs.NEURON.search(session.run("%attribute statue_of_liberty --top 10"))
    session.run("%heatmap statue_of_liberty --neuron L5F412")
    session.run("%words L5F412")
    session.run("%neuron L5F412")
    session.run("%engram")
    assert attempts(log) == []
    # and now on purpose: had there been any connection, it would stand there
    assert "refused" in session.run(JAVA)
    assert attempts(log) == ["192.0.2.1 port 80"]
    assert "status 1" in session.run(CHILD % sys.executable)
    assert attempts(log) == ["192.0.2.1 port 80", "192.0.2.2 port 53"]
    # the one magic that may ask somebody says so, and only for a name that was given
    status, _, error = session.finish(session.start("%model acme/tiny-clip"))
    assert status == "error" and "https://huggingface.co" in error["evalue"], error
