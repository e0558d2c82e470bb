"""The wheels for pip: what is in them, and a fresh environment in which the kernel runs. ./lab test install runs it."""

import ast
import base64
import csv
import ctypes
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from test_lab import INSTALLED, each_platform

import outputs
from engram_kernel import cli, doctor, java, kernelspec, launch, platforms
from lab import checkout, wheels

CHECKOUT = checkout.Checkout(ROOT)
CLIENT = next(
    line for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.startswith("jupyter_client")
)
# The first cells of a notebook, and what Tablesaw does with the two jars that are trimmed.
CELLS = (
    ("%model", "iconclip"),
    ("%images visent-mini", "60 entities"),
    ("%attribute statue_of_liberty --top 3", outputs.NEURON),
    ('java.nio.file.Files.writeString(java.nio.file.Path.of("a.csv"), "n,x\\nä,1\\nö,2\\n");\n'
     'Table.read().csv("a.csv").sortOn("-x")', "ö *2"),
)  # fmt: skip


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Both wheels of this machine; the native one as Maven has it, since to make it smaller takes a minute."""
    folder = tmp_path_factory.mktemp("dist")
    wheels.kernel_wheel(CHECKOUT, folder)
    own = platforms.own()
    wheels.native_wheel(ROOT, folder, own, wheels.native_jar(CHECKOUT, own), lighten=False)
    return folder


@pytest.fixture(scope="module")
def kernel_wheel(dist):
    return next(dist.glob("engram_kernel-*.whl"))


# ---- what is in them ----


def test_a_wheel_says_what_it_holds(dist):
    found = sorted(dist.glob("*.whl"))
    assert len(found) == 2
    for path in found:
        with zipfile.ZipFile(path) as wheel:
            record = next(name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
            rows = list(csv.reader(io.StringIO(wheel.read(record).decode())))
            assert sorted(row[0] for row in rows) == sorted(wheel.namelist())
            for name, digest, size in rows:
                if name != record:
                    content = wheel.read(name)
                    hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                    assert (digest, size) == (f"sha256={hashed}", str(len(content))), name


def test_pypi_takes_the_kernel_without_being_asked(kernel_wheel):
    assert kernel_wheel.stat().st_size < 80_000_000
    with zipfile.ZipFile(kernel_wheel) as wheel:
        assert not [name for name in wheel.namelist() if wheels.NATIVE_JAR in name]
        assert [name for name in wheel.namelist() if name.endswith("/jjava.jar")]
        assert not [name for name in wheel.namelist() if "duckdb" in name], "85 MB; %survey says how it is had"


def test_the_same_content_is_the_same_wheel(tmp_path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        wheel = wheels.Wheel(tmp_path / name, "x-y", "1.0", "py3-none-any", is_pure=True)
        wheel.add("x_y/data.txt", "ä" * 1000)
        made.append(wheel.finish(ROOT, "About.").read_bytes())
    assert made[0] == made[1]


@each_platform
def test_each_platform_asks_for_its_native_wheel_and_no_other(platform, kernel_wheel):
    from packaging.metadata import Metadata

    with zipfile.ZipFile(kernel_wheel) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Metadata.from_email(wheel.read(name))
    machine = "AMD64" if platform.is_windows else platform.machines[0]
    there = {"platform_system": platform.system, "platform_machine": machine, "extra": ""}
    asked = [str(needed) for needed in metadata.requires_dist if needed.marker.evaluate(there)]
    assert len(asked) == 1 and asked[0].startswith(f"engram-kernel-native=={wheels.native_version(ROOT)}")
    nowhere = {"platform_system": "Darwin", "platform_machine": "x86_64", "extra": ""}
    assert not [needed for needed in metadata.requires_dist if needed.marker.evaluate(nowhere)]


@each_platform
def test_a_native_wheel_is_of_its_platform(platform, tmp_path):
    jar = tmp_path / f"pytorch-native-cpu-2.7.1-{platform.classifier}.jar"
    jar.write_bytes(b"a jar")
    made = wheels.native_wheel(ROOT, tmp_path, platform, jar)
    assert made.name.endswith(f"-py3-none-{platform.wheel_tag}.whl")
    with zipfile.ZipFile(made) as wheel:
        assert wheel.read(f"engram_kernel_native/lib/{jar.name}") == b"a jar"
        tags = next(wheel.read(name) for name in wheel.namelist() if name.endswith("/WHEEL")).decode()
    assert f"Tag: py3-none-{platform.wheel_tag}" in tags and "Root-Is-Purelib: false" in tags


def test_nothing_that_is_referred_to_was_trimmed_away(kernel_wheel, tmp_path):
    """As the JDK's own jdeps sees it."""
    with zipfile.ZipFile(kernel_wheel) as wheel:
        lib = [name for name in wheel.namelist() if name.startswith("engram_kernel/kernel/lib/")]
        wheel.extractall(tmp_path, lib)
    whole = {jar.name: jar.stat().st_size for jar in (INSTALLED / "lib").glob("*.jar")}
    smaller = {jar.name: jar for jar in (tmp_path / "engram_kernel/kernel/lib").iterdir() if jar.stat().st_size < whole[jar.name]}
    assert {re.match("[a-z0-9]+", name)[0] for name in smaller} == set(wheels.TRIMMED)
    assert all(jar.stat().st_size < whole[name] / 5 for name, jar in smaller.items())
    folder = tmp_path / "engram_kernel/kernel/lib"
    users = [str(jar) for jar in folder.iterdir() if jar.name.startswith(("tablesaw", "RoaringBitmap", *wheels.TRIMMED))]
    words = ["jdeps", "--multi-release", "17", "--missing-deps", "-cp", f"{folder}/*", *users]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120).stdout
    assert not [line for line in said.splitlines() if re.search(r"-> (it\.unimi|com\.ibm\.icu)", line)], said


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a Linux library is loaded")
def test_a_library_without_the_tables_of_debuggers_is_still_loaded(tmp_path):
    jar = wheels.native_jar(CHECKOUT, platforms.own())
    with zipfile.ZipFile(jar) as archive:
        name = next(name for name in archive.namelist() if "/libc10" in name)
        whole = archive.read(name)
    lighter = bytearray(whole)
    wheels.clear_symbols(lighter)
    assert len(lighter) == len(whole) and lighter != whole
    (tmp_path / "c10.so").write_bytes(lighter)
    library = ctypes.CDLL(str(tmp_path / "c10.so"))
    assert hasattr(library, "_ZN3c106detail14torchCheckFailEPKcS2_jS2_")


# ---- how it starts ----


@pytest.fixture
def installed(monkeypatch):
    """The package of the checkout, with the kernel that `lab` built in the place of the wheel's."""
    monkeypatch.setattr(launch, "KERNEL", INSTALLED)
    monkeypatch.setattr(launch, "native_folder", lambda: Path("/native/lib"))


def test_the_jvm_starts_as_the_build_says(installed, tmp_path):
    found = java.Jdk("/jdk/bin/java", 17)
    words = launch.words("/run/kernel-1.json", {}, found, tmp_path)
    built = json.loads((INSTALLED / "kernel.json").read_text(encoding="utf-8"))["argv"]
    assert words[0] == "/jdk/bin/java" and words[-1] == "/run/kernel-1.json"
    assert f"-DDJL_CACHE_DIR={tmp_path / 'djl'}" in words and f"-Dengram.cache.default={tmp_path / 'cache'}" in words
    class_path = words[words.index("-cp") + 1]
    assert class_path.split(os.pathsep) == [str(INSTALLED / "lib" / "*"), str(Path("/native/lib/*"))]
    same = [word for word in built[1:] if "{" not in word]
    assert [word for word in words if word in same] == same
    assert not [word for word in words if "{" in word or "SharedArchiveFile" in word]


def test_a_pytorch_of_ones_own_needs_no_native_wheel(installed, monkeypatch):
    monkeypatch.setattr(launch, "native_folder", lambda: None)
    with pytest.raises(launch.Missing, match="pip install engram-kernel-native"):
        launch.class_path({})
    assert launch.class_path({"PYTORCH_LIBRARY_PATH": "/cuda"}) == str(INSTALLED / "lib" / "*")
    monkeypatch.setattr(platforms, "own", lambda: None)
    with pytest.raises(launch.Missing, match="is not published for"):
        launch.class_path({})


def test_where_no_cache_can_be_written_to_a_new_folder_is_taken(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setattr(launch, "cache_folders", lambda environ: [tmp_path / "file" / "a", tmp_path / "b"])
    assert launch.cache_folder({}) == tmp_path / "b"
    monkeypatch.setattr(launch, "cache_folders", lambda environ: [tmp_path / "file" / "a"])
    first, second = launch.cache_folder({}), launch.cache_folder({})
    try:
        assert first != second and not first.stat().st_mode & 0o077
        assert str(first) in capsys.readouterr().err
    finally:
        first.rmdir()
        second.rmdir()


# ---- the command engram ----


def test_install_and_uninstall(installed, tmp_path, capsys):
    place = tmp_path / "share/jupyter/kernels/engram"
    assert cli.main(["install", "--prefix", str(tmp_path)]) == 0
    spec = json.loads((place / "kernel.json").read_text(encoding="utf-8"))
    assert spec["argv"] == [sys.executable, "-m", "engram_kernel", "{connection_file}"]
    assert spec["display_name"] == "Engram (Java)" and spec["interrupt_mode"] == "message"
    assert sorted(path.name for path in place.iterdir()) == ["kernel.json", *kernelspec.LOGOS]
    assert cli.main(["uninstall", "--prefix", str(tmp_path)]) == 0
    assert not place.exists()
    assert cli.main(["uninstall", "--prefix", str(tmp_path)]) == 1
    assert "No kernelspec of Engram" in capsys.readouterr().out


def test_the_kernel_of_somebody_else_is_left(installed, tmp_path, capsys):
    place = tmp_path / "share/jupyter/kernels/engram"
    shutil.copytree(INSTALLED, place, ignore=shutil.ignore_patterns("lib", "*.jsa"))
    before = (place / "kernel.json").read_bytes()
    assert cli.main(["uninstall", "--prefix", str(tmp_path)]) == 1
    assert cli.main(["install", "--prefix", str(tmp_path)]) == 1
    assert "not of this package" in capsys.readouterr().err
    assert (place / "kernel.json").read_bytes() == before


def test_user_and_sys_prefix(installed, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "mine"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    assert cli.main(["install", "--user"]) == cli.main(["install", "--sys-prefix"]) == 0
    made = [tmp_path / "mine/kernels/engram", tmp_path / "prefix/share/jupyter/kernels/engram"]
    assert all((place / "kernel.json").is_file() for place in made)
    assert cli.main(["uninstall"]) == 0
    assert not any(place.exists() for place in made)


def test_the_doctor_names_what_is_missing_and_how_to_get_it(installed, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(java, "find", lambda environ=None: None)
    monkeypatch.setattr(launch, "native_folder", lambda: None)
    assert cli.main(["doctor"]) == 1
    said = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name, how in (("JDK", "openjdk"), ("PyTorch", "pip install"), ("kernelspec", "engram install")):
        assert "MISSING" in said[name] and how in said[name]
    assert " ok " in said["kernel"] and "MISSING" not in said["GPU"] + said["versions"]


def test_visual_c_is_looked_for_on_windows(tmp_path):
    assert not doctor.visual_c({"SystemRoot": str(tmp_path)}).there
    (tmp_path / "System32").mkdir()
    for name in doctor.VISUAL_C:
        (tmp_path / "System32" / name).touch()
    assert doctor.visual_c({"SystemRoot": str(tmp_path)}).there


def test_nothing_is_needed_but_the_standard_library_and_in_one_place_pyzmq_or_papermill():
    for file in [*(ROOT / "python").rglob("*.py")]:
        # papermill imports its translator, and nothing else does
        allowed = {"sockets.py": {"zmq"}, "papermill_java.py": {"papermill"}}.get(file.name, set())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in imported(node):
                assert name in sys.stdlib_module_names | {"engram_kernel", "lab"} | allowed, f"{file.name} imports {name}"
                assert not (name == "lab" and file.parent.name == "engram_kernel")


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    return [node.module.split(".")[0]] if isinstance(node, ast.ImportFrom) and node.level == 0 else []


# ---- a fresh environment ----

TALK = """
import json, sys
from jupyter_client import KernelManager
manager = KernelManager(kernel_name="engram", transport=sys.argv[1])
if sys.argv[1] == "ipc":
    manager.ip = "socket"
manager.start_kernel()
client = manager.client()
client.start_channels()
try:
    client.wait_for_ready(timeout=60)
    for cell in json.load(sys.stdin):
        said = []
        def hear(message):
            content = message["content"]
            said.append(content.get("data", {}).get("text/plain", "") + content.get("evalue", ""))
        reply = client.execute_interactive(cell, output_hook=hear, allow_stdin=False, timeout=120)
        print(json.dumps([reply["content"]["status"], "\\n".join(said)]))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""


def test_a_fresh_environment_runs_the_kernel(dist, tmp_path):
    """With a Jupyter client of its own, and nothing of the checkout, of Maven or of the home directory."""
    place = tmp_path / "ü ö" / ".venv"
    venv.create(place, with_pip=True, symlinks=os.name != "nt")
    programs = checkout.Checkout(place.parent).scripts
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "ENGRAM", "DJL", "XDG"))}
    environ = {**kept, "HOME": str(home), "LC_ALL": "C"}

    def run(*words, **options):
        done = subprocess.run(
            list(map(str, words)), env=environ, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=200, **options
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pip = (programs / "python", "-m", "pip", "install", "--quiet", "--no-compile")
    subprocess.run([*map(str, pip), CLIENT], check=True)  # from the index, as everything of `lab`
    run(*pip, "--no-index", "--find-links", dist, "engram-kernel")
    examined = run(programs / "engram", "doctor")
    assert "MISSING" not in examined and str(place / "share/jupyter/kernels/engram") in examined

    def talk(transport, cells):
        answers = run(programs / "python", "-c", TALK, transport, input=json.dumps([cell for cell, _ in cells]))
        for (cell, expected), line in zip(cells, answers.splitlines(), strict=True):
            status, said = json.loads(line)
            assert status == "ok", f"{cell}: {said}"
            assert re.search(expected, said), f"{cell}: {said}"

    talk("tcp", CELLS)
    if os.name != "nt":
        talk("ipc", CELLS[:1])
    if sys.platform.startswith("linux"):
        assert sorted(path.name for path in (home / ".cache/engram").iterdir()) == ["cache", "djl"]
    assert not (home / ".m2").exists()
