"""Builds with Maven, and installs the kernel that the build made into .venv."""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

from engram_kernel import java, platforms

from .checkout import Refusal, call, say

MODULES = ("iconclip", "analysis", "magics", "kernel-ext")
SOURCES = ("pom.xml", "lab", "lab.cmd", "python/lab", *MODULES)
NO_MAVEN = (
    "Maven is missing: scoop install maven, or choco install maven."
    if platform.system() == "Windows"
    else "Maven is missing: apt install maven, or brew install maven."
)


def check_tools(checkout):
    """Names everything that is missing, once. What builds is needed only where something is left to build."""
    missing = []
    found = java.find()
    if not found:
        missing.append(java.missing())
    elif found.home:
        os.environ["JAVA_HOME"] = str(found.home)
        os.environ["PATH"] = os.pathsep.join([str(found.home / "bin"), os.environ.get("PATH", "")])
    if not is_built(checkout):
        if not shutil.which("mvn"):
            missing.append(NO_MAVEN)
        if not platforms.own():
            missing.append(platforms.none_for_this_machine())
    if not all(map(importlib.util.find_spec, ("ensurepip", "venv"))):
        missing.append("Python's venv module is missing: apt install python3-venv (brew's python has it).")
    for sentence in missing[:-1]:
        say(sentence)
    if missing:
        raise Refusal(missing[-1])


def changed_since_build(checkout):
    """Any file of a module, or folder under its src, that changed after the last build. A container image has no sources."""
    if not (checkout.root / "pom.xml").is_file():
        return None
    built = checkout.built.stat().st_mtime_ns
    return next((path for path in sources(checkout.root) if path.stat().st_mtime_ns > built), None)


def sources(root):
    for name in SOURCES:
        start = root / name
        if start.is_file():
            yield start
        for folder, inner, files in os.walk(start):
            place = Path(folder)
            if place.name == "target" or place.parts[-2:] == ("src", "test") or place.name == "__pycache__":
                inner.clear()
                continue
            if "src" in place.relative_to(root).parts[:-1]:
                yield place
            yield from (place / file for file in files)


def is_built(checkout):
    return (
        (checkout.kernel / "kernel.json").is_file() and checkout.built.is_file() and not changed_since_build(checkout)
    )


def build(checkout):
    if is_built(checkout):
        return
    say("building (the first time Maven fetches its libraries: some minutes)")
    maven(checkout, "-q", "-Dmaven.test.skip", "-Dspotless.check.skip", "-pl", "kernel-ext", "-am", "package")


def maven(checkout, *arguments):
    """Runs the build and installs the kernel that it made."""
    program = shutil.which("mvn")
    if not program:
        raise Refusal(NO_MAVEN)
    building = checkout.venv / ".building"
    building.touch()
    # Maven adds to this folder and never takes away: an old version of a jar would stay beside the new one.
    shutil.rmtree(checkout.made_kernel, ignore_errors=True)
    call([program, "-f", checkout.root / "pom.xml", "-B", "-ntp", *arguments], env=platforms.utf8(os.environ))
    install_kernel(checkout)
    building.replace(checkout.built)


def install_kernel(checkout):
    """Lays the new kernel out beside the old one, and then changes one for the other."""
    made = checkout.made_kernel
    if not (made / "kernel.json").is_file():
        raise Refusal(f"the build left no kernel in {made}.")
    new, old = checkout.state / "kernel.new", checkout.state / "kernel.old"
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(made, new)
    shutil.copy(checkout.venv / "share" / "jupyter" / "kernels" / "java" / "jjava.jar", new / "lib")
    name_java(new / "kernel.json", os.environ.get("JAVA_HOME"))
    try:
        if checkout.kernel.exists():
            checkout.kernel.rename(old)
    except PermissionError as held:  # Windows moves no folder in which a running program has a file open
        shutil.rmtree(new, ignore_errors=True)
        raise Refusal("a running kernel holds the jars of the old build: shut it down, and run lab again.") from held
    checkout.kernel.parent.mkdir(parents=True, exist_ok=True)
    new.rename(checkout.kernel)
    shutil.rmtree(old, ignore_errors=True)
    archive_classes(checkout)


def name_java(file, home):
    """Lets a kernelspec start the java of JAVA_HOME, where there is one."""
    spec = json.loads(file.read_text(encoding="utf-8"))
    if home and spec["argv"][0] == "java":
        spec["argv"][0] = str(Path(home) / "bin" / platforms.executable("java"))
    file.write_text(json.dumps(spec, indent=2), encoding="utf-8")


def archive_classes(checkout):
    """Kernels start faster with an archive of their classes; without it, or with a stale one, they still start."""
    log = checkout.state / "archive.log"
    words = [
        "java", f"-XX:ArchiveClassesAtExit={checkout.kernel / 'engram.jsa'}", "-Xlog:disable",
        "-Djava.awt.headless=true", "-XX:+UseSerialGC", f"-DDJL_CACHE_DIR={checkout.state / 'djl'}",
        f"-Dengram.cache.default={checkout.state / 'cache'}", "-DOPT_OUT_TRACKING=true",
        # as kernel.json writes it: Java compares the two
        "-cp", f"{checkout.kernel}/lib/*", "dev.engram.kernel.ClassArchive",
    ]  # fmt: skip
    with open(log, "wb") as out:
        done = subprocess.run(
            words, env=platforms.utf8(os.environ), stdout=out, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        say(f"no class archive was made (see {log}); kernels start a little slower.")
