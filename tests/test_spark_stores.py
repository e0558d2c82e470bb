"""Images in HDFS and in S3, surveyed by two workers: the atlas is that of one process to the bit.

./lab test spark runs it, with Hadoop's own name node and data node (one jar of 40 MB from Maven Central) and with
moto's S3 (from PyPI), all on loopback.
"""

import json
import shutil
import subprocess
import tarfile

import pytest
from spark_cluster import (  # noqa: F401
    CHECKOUT, EDGE, ENVIRONMENT, HOME, Daemon, cluster, copy_images, files, free_port, start, survey, wait_for,
)  # fmt: skip

KEY, SECRET = "AKIAENGRAMTESTKEY000", "engramTestSecret/0123456789+abcdefghijkl"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return copy_images(tmp_path_factory.mktemp("data") / "some things", 12)


def mini_cluster():
    """The jar with Hadoop's name node and data node, of the version that Spark carries."""
    api = next((HOME / "jars").glob("hadoop-client-api-*.jar"))
    version = api.stem.removeprefix("hadoop-client-api-")
    place = CHECKOUT.state / "hadoop"
    jar = place / f"hadoop-client-minicluster-{version}.jar"
    if not jar.is_file():
        subprocess.run(
            [
                shutil.which("mvn"), "-B", "-q", "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy",
                f"-Dartifact=org.apache.hadoop:hadoop-client-minicluster:{version}", f"-DoutputDirectory={place}",
            ],
            cwd=CHECKOUT.root, check=True,
        )  # fmt: skip
    return jar


class Hdfs:
    """A name node and a data node, each a program of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.url = f"hdfs://127.0.0.1:{self.port}"
        settings = {
            "fs.defaultFS": self.url,
            "dfs.namenode.name.dir": f"file://{folder}/names",
            "dfs.datanode.data.dir": f"file://{folder}/blocks",
            "dfs.namenode.http-address": "127.0.0.1:0",
            "dfs.datanode.address": "127.0.0.1:0",
            "dfs.datanode.http.address": "127.0.0.1:0",
            "dfs.datanode.ipc.address": "127.0.0.1:0",
            "dfs.datanode.hostname": "127.0.0.1",
            "dfs.replication": "1",
            "dfs.permissions.enabled": "false",
            "dfs.namenode.safemode.extension": "0",
        }
        rows = "".join(f"<property><name>{name}</name><value>{value}</value></property>" for name, value in settings.items())
        configuration = folder / "configuration"
        configuration.mkdir()
        for name in ("core-site.xml", "hdfs-site.xml"):
            (configuration / name).write_text(f'<?xml version="1.0"?><configuration>{rows}</configuration>')
        self.class_path = f"{configuration}:{mini_cluster()}:{HOME}/jars/*"
        self.run("org.apache.hadoop.hdfs.server.namenode.NameNode", "-format", "-nonInteractive")
        self.names = self.start_names()
        self.blocks = Daemon(folder / "blocks.log", "org.apache.hadoop.hdfs.server.datanode.DataNode", class_path=self.class_path)

    def start_names(self):
        daemon = Daemon(self.folder / "names.log", "org.apache.hadoop.hdfs.server.namenode.NameNode", class_path=self.class_path)
        daemon.wait_for_port(self.port)
        return daemon

    def run(self, *words):
        command = ["java", "-Xmx256m", "-cp", self.class_path, *(str(word) for word in words)]
        ran = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=EDGE, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def shell(self, *words):
        return self.run("org.apache.hadoop.fs.FsShell", *words)

    def wait(self):
        """Until a data node has reported its blocks."""
        admin = "org.apache.hadoop.hdfs.tools.DFSAdmin"
        wait_for("data node", lambda: "Live datanodes (1)" in self.run(admin, "-report"))
        self.run(admin, "-safemode", "wait")

    def close(self):
        self.blocks.kill()
        self.names.kill()


@pytest.fixture(scope="module")
def hdfs(tmp_path_factory, images):
    started = Hdfs(tmp_path_factory.mktemp("hdfs"))
    try:
        started.wait()
        started.shell("-put", images.as_uri(), "/")
        yield started
    finally:
        started.close()


class Store:
    """S3 on loopback, with one bucket."""

    def __init__(self):
        import boto3
        from moto.server import ThreadedMotoServer

        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self.server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        self.server.start()
        self.client = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
        self.client.create_bucket(Bucket="engram")
        self.conf = conf(self.endpoint)

    def put(self, folder, prefix):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                self.client.upload_file(str(file), "engram", f"{prefix}/{file.relative_to(folder).as_posix()}")

    def names(self, prefix):
        return [each["Key"] for each in self.client.list_objects_v2(Bucket="engram", Prefix=prefix).get("Contents", [])]


def conf(endpoint):
    settings = {"endpoint": endpoint, "path.style.access": "true", "access.key": KEY, "secret.key": SECRET, "endpoint.region": "us-east-1"}
    return [word for name, value in settings.items() for word in ("--conf", f"spark.hadoop.fs.s3a.{name}={value}")]


@pytest.fixture(scope="module")
def s3(images):
    store = Store()
    try:
        store.put(images, "some things")
        yield store
    finally:
        store.server.stop()


@pytest.fixture(scope="module")
def local(images, tmp_path_factory):
    """What one process makes of the same folder."""
    out = tmp_path_factory.mktemp("local") / "atlas"
    survey(images, "--out", out)
    return out


def everything_said(cluster, *more):
    """All that the workers, their executors and the master have logged."""
    logs = [path.read_text(errors="replace") for path in cluster.folder.rglob("*") if path.is_file() and path.suffix != ".jar" and path.stat().st_size < 1e7]
    return "\n".join([*logs, *more])


def unreadable(atlas):
    """How many; which, and why, is in images.parquet."""
    return json.loads((atlas / "manifest.json").read_text())["images"]["unreadable"]


def test_hdfs(cluster, hdfs, local, tmp_path):
    out = tmp_path / "atlas"
    said = survey(
        f"{hdfs.url}/some things", "--engine", "spark", "--master", cluster.url, "--out", out, "--conf", f"spark.engram.work={hdfs.url}/work"
    )
    assert "Classes are the names of folders" in said
    assert files(out, elsewhere=True) == files(local, elsewhere=True)
    assert unreadable(out) == 1
    assert "atlas.unfinished" not in hdfs.shell("-ls", "/work")
    assert not (tmp_path / "atlas.unfinished").exists()


def test_s3(cluster, s3, local, tmp_path):
    out = tmp_path / "atlas"
    said = survey(
        "s3a://engram/some things", "--engine", "spark", "--master", cluster.url, "--out", out,
        "--conf", "spark.engram.work=s3a://engram/work", *s3.conf,
    )  # fmt: skip
    assert files(out, elsewhere=True) == files(local, elsewhere=True)
    assert unreadable(out) == 1
    assert not [name for name in s3.names("work") if not name.endswith("/")]
    logged = everything_said(cluster, said, (out / "manifest.json").read_text())
    assert "INFO" in logged and SECRET not in logged and KEY not in logged


def test_shards_in_s3(cluster, s3, images, tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    with tarfile.open(shards / "000.tar", "w") as tar:
        for number, file in enumerate(sorted(images.rglob("*.png"))[:40]):
            tar.add(file, f"{number:04}.png")
    s3.put(shards, "shards")
    survey("s3a://engram/shards", "--engine", "spark", "--master", cluster.url, "--out", tmp_path / "spark", *s3.conf)
    survey(shards, "--out", tmp_path / "local")
    assert files(tmp_path / "spark", elsewhere=True) == files(tmp_path / "local", elsewhere=True)


def test_a_name_node_that_is_gone_stops_the_survey_and_it_goes_on_when_it_is_back(cluster, hdfs, local, tmp_path):
    out, unfinished = tmp_path / "atlas", tmp_path / "atlas.unfinished"
    line = (f"{hdfs.url}/some things", "--engine", "spark", "--master", cluster.url, "--out", out)
    process = start(*line)
    wait_for("part of the survey", lambda: list(unfinished.glob("*.part")) or process.poll() is not None)
    hdfs.names.kill()
    said = process.communicate(timeout=EDGE)[0]
    assert process.returncode == 1, said
    sentence = said.strip().splitlines()[-1]
    assert "cannot be reached: " in sentence and "What has passed is kept" in sentence, said
    assert not out.exists() and list(unfinished.iterdir())
    hdfs.names = hdfs.start_names()
    hdfs.wait()
    survey(*line)
    assert files(out, elsewhere=True) == files(local, elsewhere=True)


@pytest.mark.parametrize("scheme", ["hdfs", "s3a"])
def test_who_does_not_answer_is_named(scheme, tmp_path):
    port = free_port()
    address = f"hdfs://127.0.0.1:{port}/images" if scheme == "hdfs" else "s3a://engram/images"
    said = survey(address, "--engine", "spark", "--out", tmp_path / "atlas", *conf(f"http://127.0.0.1:{port}"), status=1)
    sentence = said.strip().splitlines()[-1]
    assert sentence.startswith(f"{address} cannot be listed: ") and "refused" in sentence, said
    assert SECRET not in said and KEY not in said


def test_what_is_not_there_and_who_may_not_are_named(s3, hdfs, tmp_path):
    for address, expected in (
        (f"{hdfs.url}/nothing", "There is nothing at"),
        ("s3a://engram/nothing", "There is nothing at"),
        ("s3a://no-such-bucket/x", "cannot be listed: "),
        (f"s3a://{KEY}:{SECRET}@engram/x", "must not carry a password"),
    ):
        said = survey(address, "--engine", "spark", "--out", tmp_path / "atlas", *s3.conf, status=1)
        assert expected in said.strip().splitlines()[-1], said
        assert SECRET not in said and KEY not in said
