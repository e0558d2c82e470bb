"""Stands between a Jupyter that speaks over Unix sockets, as Colab's does, and the kernel's JVM, which speaks over TCP.

JeroMQ, which JJava uses, knows `ipc` only between programs of its own.
"""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

LOOPBACK = "127.0.0.1"
CHANNELS = ("shell", "control", "stdin", "hb", "iopub")


def is_needed(connection):
    return connection.get("transport") == "ipc"


def free_ports(count):
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]


def over_tcp(connection):
    """The same connection, with the same key, over free TCP ports of this machine."""
    ports = dict(zip((f"{name}_port" for name in CHANNELS), free_ports(len(CHANNELS)), strict=True))
    return {**connection, "transport": "tcp", "ip": LOOPBACK, **ports}


def forward(outside, inside):
    """Carries the messages of all channels between two connections, in threads that end with the process."""
    import zmq  # of jupyter_client, in whatever environment asks for ipc

    context = zmq.Context.instance()
    for name in CHANNELS:
        front, back = (zmq.XPUB, zmq.XSUB) if name == "iopub" else (zmq.ROUTER, zmq.DEALER)
        asked, asking = context.socket(front), context.socket(back)
        # The kernel asks for input under the name by which it knows the sender of the cell.
        if back == zmq.DEALER:
            asking.setsockopt(zmq.IDENTITY, b"jupyter")
        asking.connect(f"tcp://{inside['ip']}:{inside[f'{name}_port']}")
        asked.bind(f"ipc://{outside['ip']}-{outside[f'{name}_port']}")
        threading.Thread(target=zmq.proxy, args=(asked, asking), daemon=True).start()


def run(connection, words, environ):
    """Runs the JVM with a connection of its own until it ends, or until who started this process has ended."""
    inside = over_tcp(connection)
    handle, name = tempfile.mkstemp(prefix="kernel-", suffix=".json")  # readable for this user alone
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(inside, file)
    starter = os.getppid()
    try:
        with subprocess.Popen(words(name), env={**environ, "JPY_PARENT_PID": str(os.getpid())}) as process:
            forward(connection, inside)
            while process.poll() is None:
                if os.getppid() != starter:
                    process.kill()
                time.sleep(0.2)
        return process.returncode
    finally:
        Path(name).unlink(missing_ok=True)
