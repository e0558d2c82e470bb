"""Engram on Linux on ARM64, on a machine that has another processor: Debian's JRE of arm64 in qemu's user mode.

./lab test arm runs it; it fetches about 200 MB of packages of Debian and one jar, and is no part of ./lab test. Nothing is
installed: packages are unpacked into a folder of the test.
"""

import shutil

import other_machines
import pytest
from other_machines import environment, packages, run

from engram_kernel import platforms

ARM = next(known for known in platforms.ALL if known.classifier == "linux-aarch64")
pytestmark = [
    pytest.mark.skipif(platforms.own() == ARM, reason="this is such a machine"),
    pytest.mark.skipif(not shutil.which("apt-get"), reason="Debian's packages are fetched by apt-get"),
]


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
    return other_machines.library(place, ARM)


def test_the_library_finds_the_neurons_that_this_machine_finds(place, machine, library):
    own_java = other_machines.compile_program(place)
    here = run(own_java, "-cp", f"{place}:{other_machines.KERNEL / 'lib'}/*", "There", env=environment(place, "here"))
    there = run(*machine, "-cp", f"{place}:{library}/*", "There", env=environment(place, "arm"))
    assert "Linux on aarch64" in there
    other_machines.same_neurons(here, there)


def test_a_kernel_answers(place, machine, library):
    """JJava and JShell too, over Jupyter's protocol."""
    argv = [*machine, *other_machines.arguments(place, library)]
    (said,) = other_machines.answers(place, "arm", argv, environment(place, "arm"), "%attribute statue_of_liberty")
    assert "L5F855" in said
