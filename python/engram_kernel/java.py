"""Finds a JDK: Engram compiles the cells of a notebook, so that a mere runtime is not enough."""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import platforms

OLDEST = 17
VERSION = re.compile(r'^[a-z]* *(?:version ")?(\d+)', re.MULTILINE)
HOW_TO_GET = {
    "Linux": "apt install openjdk-17-jdk, or brew install openjdk@17",
    "Darwin": "brew install openjdk@17",
    "Windows": "winget install EclipseAdoptium.Temurin.17.JDK",
}
# Where installers put a JDK without putting it on the PATH.
INSTALLED = {
    "Linux": ("/usr/lib/jvm/*", "/opt/java/*", "/home/linuxbrew/.linuxbrew/opt/openjdk*"),
    "Darwin": (
        "/Library/Java/JavaVirtualMachines/*/Contents/Home",
        "/opt/homebrew/opt/openjdk*",
        "/usr/local/opt/openjdk*",
    ),
    "Windows": (
        "C:/Program Files/Eclipse Adoptium/jdk*",
        "C:/Program Files/Microsoft/jdk*",
        "C:/Program Files/Java/jdk*",
        "C:/Program Files/Zulu/zulu*",
    ),
}


@dataclass(frozen=True)
class Jdk:
    """A JDK: the program `java`, as a path or as a name on the PATH, and its major version."""

    java: str
    major: int

    @property
    def home(self):
        return Path(self.java).parent.parent if os.path.dirname(self.java) else None


def read_version(text):
    """The major version in what `java -version` or `javac -version` prints, 0 where there is none."""
    found = VERSION.search(text)
    return int(found[1]) if found else 0


def major(program):
    """The major version of a `java` or `javac`, 0 where it is missing or does not run."""
    found = shutil.which(program)
    if not found:
        return 0
    try:
        done = subprocess.run([found, "-version"], capture_output=True, text=True, errors="replace", timeout=60)
    except (OSError, subprocess.SubprocessError):
        return 0
    return read_version(done.stdout + done.stderr)


def at(folder):
    """The JDK whose programs lie in a folder, or on the PATH where the folder is None; None where it is none."""
    java, javac = (
        name if folder is None else str(Path(folder) / platforms.executable(name)) for name in ("java", "javac")
    )
    version = major(java)
    return Jdk(java, version) if version >= OLDEST and major(javac) >= OLDEST else None


def homes(environ, system):
    """The homes of JDKs that are not on the PATH, newest names first."""
    if environ.get("CONDA_PREFIX"):
        prefix = Path(environ["CONDA_PREFIX"])
        yield from (prefix / "lib" / "jvm", prefix / "Library" / "lib" / "jvm", prefix)
    for pattern in INSTALLED.get(system, ()):
        anchor = Path(pattern).anchor
        yield from sorted(Path(anchor).glob(pattern[len(anchor) :]), reverse=True) if os.path.isdir(anchor) else ()


def find(environ=None, system=None):
    """A JDK of version 17 or newer: the one of JAVA_HOME, the one on the PATH, one that an installer left; or None."""
    environ = os.environ if environ is None else environ
    if environ.get("JAVA_HOME") and (named := at(Path(environ["JAVA_HOME"]) / "bin")):
        return named
    if on_path := at(None):
        return on_path
    return next(filter(None, (at(home / "bin") for home in homes(environ, system or platform.system()))), None)


def missing():
    """One sentence for a machine without a JDK."""
    how = HOW_TO_GET.get(platform.system(), "https://adoptium.net")
    return f"a JDK of version {OLDEST} or newer is missing (both java and javac): {how}."
