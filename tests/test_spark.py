"""A survey on a real cluster of Spark, a master and two workers on this machine, is that of one process to the bit.

./lab test spark runs it; it fetches Spark (about 300 MB) and is no part of ./lab test.
"""

import io
import json
import signal
import tarfile
import time

import pytest
from spark_cluster import EDGE, cluster, files, images, start, survey, wait_for  # noqa: F401


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
