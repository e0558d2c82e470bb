"""Engram on Linux on ARM64, on a machine that has another processor: Debian's JRE of arm64 in qemu's user mode.

./lab test arm runs it; it fetches about 200 MB of packages of Debian and one jar, and is no part of ./lab test. Nothing is
installed: packages are unpacked into a folder of the test.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from engram_kernel import java, platforms  # noqa: E402

ARM = next(known for known in platforms.ALL if known.classifier == "linux-aarch64")
KERNEL = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "engram"
TOLERANCE = 1e-4  # of a score: another processor adds up in another order
PROGRAM = """
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;

public class Arm {
  public static void main(String[] words) {
    try (Lab lab = Lab.open(Iconclip.model()).images(ImageSet.read(Iconclip.entities()))) {
      lab.attribute("statue_of_liberty").top(10)
          .forEach(r -> System.out.println("neuron " + r.neuron() + " " + r.score()));
    }
    System.out.println("arch " + System.getProperty("os.arch"));
  }
}
"""
pytestmark = [
    pytest.mark.skipif(platforms.own() == ARM, reason="this is such a machine"),
    pytest.mark.skipif(not shutil.which("apt-get"), reason="Debian's packages are fetched by apt-get"),
]


def run(*words, seconds=600, **options):
    done = subprocess.run([*map(str, words)], capture_output=True, encoding="utf-8", timeout=seconds, check=False, **options)
    assert done.returncode == 0, f"{words[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def packages(place, architecture, *names, closure):
    """Unpacks Debian packages, with all that they need or alone, by an apt that keeps to this folder."""
    state = place / f"apt {architecture}"
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    settings = state / "apt.conf"
    settings.write_text(
        f'APT::Architecture "{architecture}";\nAPT::Architectures {{ "{architecture}"; }};\n'
        f'Dir::State "{state}";\nDir::State::status "{state}/status";\nDir::Cache "{state}/cache";\nAPT::Sandbox::User "";\n',
        encoding="utf-8",
    )
    run("apt-get", "-c", settings, "update")
    archives = state / "cache" / "archives"
    if closure:
        run("apt-get", "-c", settings, "install", "--no-install-recommends", "--download-only", "-y", *names)
    else:
        run("apt-get", "-c", settings, "download", *names, cwd=archives)
    root = place / architecture
    for package in archives.glob("*.deb"):
        run("dpkg", "-x", package, root)
    return root


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("arm")


@pytest.fixture(scope="module")
def machine(place):
    """How a Java of arm64 is started here."""
    qemu = packages(place, "amd64", "qemu-user-static", closure=False) / "usr" / "bin" / "qemu-aarch64-static"
    root = packages(place, "arm64", "openjdk-17-jre-headless", "libgomp1", "libstdc++6", closure=True)
    return [str(qemu), "-L", str(root), str(next(root.glob("usr/lib/jvm/java-17-*/bin/java")))]


@pytest.fixture(scope="module")
def library(place):
    """The kernel's jars with the native library of arm64 in place of this machine's."""
    found = next((KERNEL / "lib").glob("pytorch-native-cpu-*.jar"))
    version = re.fullmatch(r"pytorch-native-cpu-([\d.]+)-.*\.jar", found.name)[1]
    folder = place / "lib"
    shutil.copytree(KERNEL / "lib", folder, ignore=shutil.ignore_patterns(found.name))
    artifact = f"ai.djl.pytorch:pytorch-native-cpu:{version}:jar:{ARM.classifier}"
    run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}", cwd=ROOT)
    return folder


def environment(place, name):
    return os.environ | {
        "DJL_CACHE_DIR": str(place / f"djl {name}"), "ENGRAM_CACHE": str(place / f"cache {name}"),
        "OPT_OUT_TRACKING": "true", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive",
    }  # fmt: skip


def neurons(said):
    return [(name, float(score)) for name, score in re.findall(r"^neuron (\S+) (\S+)$", said, re.MULTILINE)]


def test_the_library_finds_the_neurons_that_this_machine_finds(place, machine, library):
    source = place / "Arm.java"
    source.write_text(PROGRAM, encoding="utf-8")
    found = java.find()
    run(Path(found.java).with_name("javac"), "--release", "17", "-cp", library / "*", "-d", place, source)
    here = run(found.java, "-cp", f"{place}:{KERNEL / 'lib'}/*", "Arm", env=environment(place, "here"))
    there = run(*machine, "-cp", f"{place}:{library}/*", "Arm", env=environment(place, "arm"))
    assert "arch aarch64" in there
    expected, got = neurons(here), neurons(there)
    assert len(expected) == 10
    assert [name for name, _ in got] == [name for name, _ in expected]
    assert all(abs(a - b) < TOLERANCE for (_, a), (_, b) in zip(got, expected, strict=True))


def test_a_kernel_answers(place, machine, library):
    """JJava and JShell too, over Jupyter's protocol."""
    spec = json.loads((KERNEL / "kernel.json").read_text(encoding="utf-8"))
    arguments = [word for word in spec["argv"][1:] if "SharedArchiveFile" not in word]
    arguments = [word.replace("{resource_dir}/lib", str(library)).replace("{resource_dir}", str(place)) for word in arguments]
    folder = place / "kernels" / "arm"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec | {"argv": [*machine, *arguments]}), encoding="utf-8")
    manager = KernelManager(kernel_name="arm")
    manager.kernel_spec_manager.kernel_dirs.insert(0, str(folder.parent))
    manager.start_kernel(env=environment(place, "arm"))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=300)
        said = []

        def hear(message):
            content = message["content"]
            said.append(content.get("text", "") + content.get("data", {}).get("text/plain", ""))

        reply = client.execute_interactive("%attribute statue_of_liberty", output_hook=hear, allow_stdin=False, timeout=600)
        assert reply["content"]["status"] == "ok", said
        assert "L5F855" in "".join(said)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
