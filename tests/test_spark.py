"""A survey on a real cluster of Spark, a master and two workers on this machine, is that of one process to the bit.

./lab test spark runs it; it fetches Spark (about 300 MB) and is no part of ./lab test.
"""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
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


def wait_for(what, true, seconds=EDGE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"no {what} within {seconds} s"
        time.sleep(0.05)


class Daemon:
    """A master or a worker, with all that it starts."""

    def __init__(self, log, *words):
        self.log = log
        opens = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.lang", "java.nio", "java.util", "sun.nio.ch")]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                ["java", "-Xmx256m", *opens, "-cp", f"{HOME}/jars/*", *words],
                env=ENVIRONMENT | {"SPARK_HOME": str(HOME), "SPARK_SCALA_VERSION": "2.13"}, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def kill(self):
        """With its executors, as where a machine is lost."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Cluster:
    def __init__(self, folder):
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.folder = folder
        self.workers = []
        self.master = Daemon(
            folder / "master.log", "org.apache.spark.deploy.master.Master",
            "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0",
        )  # fmt: skip
        wait_for("master", self.is_listening)

    def is_listening(self):
        assert self.master.process.poll() is None, self.master.log.read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

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


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Some of the embedded images in folders, one of them damaged."""
    folder = tmp_path_factory.mktemp("data") / "some things"
    source = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/entities"
    for entity in sorted(source.glob("*/*/"))[:24]:
        shutil.copytree(entity, folder / entity.parent.name / entity.name)
    damaged = folder / entity.parent.name / entity.name / "damaged.png"
    damaged.write_bytes(next(entity.glob("*.png")).read_bytes()[:900])
    return folder


@pytest.fixture(scope="module")
def shards(images):
    """The same in two tar shards, of which a third is damaged."""
    folder = images.parent / "shards"
    folder.mkdir()
    files = sorted(images.rglob("*.png"))
    for number in range(2):
        with tarfile.open(folder / f"{number:03}.tar", "w") as tar:
            for at, file in list(enumerate(files))[number::2]:
                for ending, content in (("png", file.read_bytes()), ("cls", file.parent.name.encode())):
                    member = tarfile.TarInfo(f"{at:06}.{ending}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
    (folder / "002.tar").write_bytes((folder / "001.tar").read_bytes()[:5000])
    return folder


def start(*words):
    return subprocess.Popen(
        [str(word) for word in surveys.command(CHECKOUT, words)], env=ENVIRONMENT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def survey(*words):
    process = start(*words)
    said = process.communicate(timeout=EDGE)[0]
    assert process.returncode == 0, said
    return said


def files(atlas):
    """All of an atlas; when it was made is a date, which may change at midnight."""
    found = {}
    for path in sorted(atlas.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "manifest.json":
                content = re.sub(rb'"made" : "[^"]*"', b"", content)
            found[str(path.relative_to(atlas))] = hashlib.sha256(content).hexdigest()
    return found


def test_a_worker_that_is_killed_changes_no_bit(cluster, images, tmp_path):
    survey(images, "--out", tmp_path / "local")
    manifest = json.loads((tmp_path / "local/manifest.json").read_text())
    assert manifest["images"]["unreadable"] == 1
    out = tmp_path / "spark"
    process = start(images, "--engine", "spark", "--master", cluster.url, "--out", out, "--conf", "spark.executor.memory=1g")
    parts = set()

    def has_begun():
        assert process.poll() is None, process.communicate()[0]
        parts.update(path.name for path in (tmp_path / "spark.unfinished").glob("*.part"))
        return len(parts) >= 2

    wait_for("part of the survey", has_begun)
    assert not out.exists()
    cluster.workers[0].kill()
    said = process.communicate(timeout=EDGE)[0]
    assert process.returncode == 0, said
    assert files(out) == files(tmp_path / "local")
    assert len(files(out)) > 20
    assert not (tmp_path / "spark.unfinished").exists()


def test_what_is_interrupted_on_a_cluster_goes_on_in_one_process(cluster, images, tmp_path):
    out = tmp_path / "both"
    process = start(images, "--engine", "spark", "--master", cluster.url, "--out", out)
    unfinished = tmp_path / "both.unfinished"
    wait_for("part of the survey", lambda: list(unfinished.glob("*.part")) or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=EDGE)[0]
    assert process.returncode == 130, said
    assert not out.exists() and unfinished.is_dir()
    time.sleep(1)
    survey(images, "--out", out)
    survey(images, "--out", tmp_path / "local")
    assert files(out) == files(tmp_path / "local")


def test_an_address_is_listed_by_spark(cluster, images, tmp_path):
    said = survey(f"file://{images}", "--engine", "spark", "--master", cluster.url, "--out", tmp_path / "spark")
    assert "Classes are the names of folders" in said
    survey(images, "--out", tmp_path / "local")
    assert files(tmp_path / "spark") == files(tmp_path / "local")


def test_tar_shards_are_read_where_they_lie(cluster, shards, tmp_path):
    said = survey(f"file://{shards}", "--engine", "spark", "--master", cluster.url, "--out", tmp_path / "spark")
    assert "002.tar is damaged" in said
    survey(f"{shards}/*.tar", "--out", tmp_path / "local")
    one, other = files(tmp_path / "spark"), files(tmp_path / "local")
    assert {name for name in one if one[name] != other.get(name)} <= {"manifest.json"}  # the name of the set is another
    assert one.keys() == other.keys()
