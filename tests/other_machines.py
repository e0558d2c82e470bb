"""What the tests share that start Engram on another machine's system, by packages that are unpacked and not installed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from engram_kernel import java  # noqa: E402

KERNEL = Path(sys.prefix) / "share" / "jupyter" / "kernels" / "engram"
TOLERANCE = 1e-4  # of a score: another processor or compiler adds up in another order
PROGRAM = """
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;

public class There {
  public static void main(String[] words) {
    try (Lab lab = Lab.open(Iconclip.model()).images(ImageSet.read(Iconclip.entities()))) {
      lab.attribute("statue_of_liberty").top(10)
          .forEach(r -> System.out.println("neuron " + r.neuron() + " " + r.score()));
    }
    System.out.println(System.getProperty("os.name") + " on " + System.getProperty("os.arch"));
  }
}
"""


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


def library(place, platform):
    """The kernel's jars with the native library of another platform in place of this machine's."""
    found = next((KERNEL / "lib").glob("pytorch-native-cpu-*.jar"))
    version = re.fullmatch(r"pytorch-native-cpu-([\d.]+)-.*\.jar", found.name)[1]
    folder = place / "lib"
    shutil.copytree(KERNEL / "lib", folder, ignore=shutil.ignore_patterns(found.name))
    artifact = f"ai.djl.pytorch:pytorch-native-cpu:{version}:jar:{platform.classifier}"
    run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}", cwd=ROOT)
    return folder


def environment(place, name):
    return os.environ | {
        "DJL_CACHE_DIR": str(place / f"djl {name}"), "ENGRAM_CACHE": str(place / f"cache {name}"),
        "OPT_OUT_TRACKING": "true", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive",
    }  # fmt: skip


def neurons(said):
    return [(name, float(score)) for name, score in re.findall(r"^neuron (\S+) (\S+)$", said, re.MULTILINE)]


def compile_program(place):
    """There.class in the folder, and how Java is called here."""
    source = place / "There.java"
    source.write_text(PROGRAM, encoding="utf-8")
    found = java.find()
    run(Path(found.java).with_name("javac"), "--release", "17", "-cp", KERNEL / "lib" / "*", "-d", place, source)
    return found.java


def same_neurons(here, there):
    expected, got = neurons(here), neurons(there)
    assert len(expected) == 10
    assert [name for name, _ in got] == [name for name, _ in expected]
    assert all(abs(a - b) < TOLERANCE for (_, a), (_, b) in zip(got, expected, strict=True))


def arguments(place, library):
    """Those of the kernelspec, for a kernel with other jars and without the archive of classes."""
    spec = json.loads((KERNEL / "kernel.json").read_text(encoding="utf-8"))
    words = [word for word in spec["argv"][1:] if "SharedArchiveFile" not in word]
    return [word.replace("{resource_dir}/lib", str(library)).replace("{resource_dir}", str(place)) for word in words]


def answers(place, name, argv, environ, *cells):
    """What a kernel that is started so says to each cell."""
    folder = place / "kernels" / name
    folder.mkdir(parents=True)
    spec = json.loads((KERNEL / "kernel.json").read_text(encoding="utf-8"))
    (folder / "kernel.json").write_text(json.dumps(spec | {"argv": argv}), encoding="utf-8")
    manager = KernelManager(kernel_name=name)
    manager.kernel_spec_manager.kernel_dirs.insert(0, str(folder.parent))
    manager.start_kernel(env=environ)
    client = manager.client()
    client.start_channels()
    said = []
    try:
        client.wait_for_ready(timeout=300)
        for cell in cells:
            texts = []

            def hear(message, texts=texts):
                content = message["content"]
                shown = content.get("text", "") + content.get("data", {}).get("text/plain", "")
                texts.append(shown + "\n".join(content.get("traceback", [])))

            reply = client.execute_interactive(cell, output_hook=hear, allow_stdin=False, timeout=600)
            assert reply["content"]["status"] == "ok", (cell, texts)
            said.append("".join(texts))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return said
