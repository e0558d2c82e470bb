"""A cluster of Spark on this machine, a master and two workers, and what is surveyed on it."""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from lab import surveys  # noqa: E402
from lab.checkout import Checkout  # noqa: E402

CHECKOUT = Checkout(ROOT)
HOME = CHECKOUT.state / "spark"
# One number of threads and one library of products everywhere: the engine's last bits depend on them.
ENVIRONMENT = os.environ | {"ENGRAM_PRODUCTS": "mkl", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive", "SPARK_LOCAL_IP": "127.0.0.1"}
EDGE = 300  # seconds, for a machine that is busy


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def wait_for(what, true, seconds=EDGE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.05)


class Daemon:
    """A Java program that stays, with all that it starts."""

    def __init__(self, log, *words, class_path=f"{HOME}/jars/*"):
        self.log = log
        opens = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.nio", "java.util", "sun.nio.ch")]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                ["java", "-Xmx256m", *opens, "-cp", class_path, *words],
                env=ENVIRONMENT | {"SPARK_HOME": str(HOME), "SPARK_SCALA_VERSION": "2.13"}, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_for_port(self, port):
        def is_there():
            assert self.process.poll() is None, self.log.read_text()
            return is_listening(port)

        wait_for(f"program on port {port}", is_there)

    def kill(self):
        """With its executors, as where a machine is lost."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Cluster:
    def __init__(self, folder):
        port = free_port()
        self.url = f"spark://127.0.0.1:{port}"
        self.folder = folder
        self.workers = []
        self.master = Daemon(
            folder / "master.log", "org.apache.spark.deploy.master.Master",
            "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0",
        )  # fmt: skip
        self.master.wait_for_port(port)

    def add_worker(self):
        place = self.folder / f"worker{len(self.workers)}"
        place.mkdir()
        self.workers.append(
            Daemon(
                place / "log", "org.apache.spark.deploy.worker.Worker", self.url, "--cores", "1", "--memory", "2g",
                "--host", "127.0.0.1", "--webui-port", "0", "--work-dir", str(place),
            )  # fmt: skip
        )

    def close(self):
        for each in [*self.workers, self.master]:
            each.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.add_worker()
        started.add_worker()
        yield started
    finally:
        started.close()


def copy_images(to, entities):
    """Some of the embedded images in folders, one of them damaged."""
    source = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/entities"
    for entity in sorted(source.glob("*/*/"))[:entities]:
        shutil.copytree(entity, to / entity.parent.name / entity.name)
    damaged = to / entity.parent.name / entity.name / "damaged.png"
    damaged.write_bytes(next(entity.glob("*.png")).read_bytes()[:900])
    return to


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return copy_images(tmp_path_factory.mktemp("data") / "some things", 24)


def start(*words):
    return subprocess.Popen(
        [str(word) for word in surveys.command(CHECKOUT, words)], env=ENVIRONMENT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def survey(*words, status=0):
    process = start(*words)
    said = process.communicate(timeout=EDGE)[0]
    assert process.returncode == status, said
    return said


def files(atlas, elsewhere=False):
    """All of an atlas; when it was made is a date, which may change at midnight. Files elsewhere have other times."""
    changing = rb'"(made|survey)" : "[^"]*"' if elsewhere else rb'"made" : "[^"]*"'
    found = {}
    for path in sorted(atlas.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "manifest.json":
                content = re.sub(changing, b"", content)
            found[str(path.relative_to(atlas))] = hashlib.sha256(content).hexdigest()
    return found
