"""`lab` itself: what it lays out on each platform, what it makes anew and when, what it says. ./lab test install runs it."""

import json
import ntpath
import os
import posixpath
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "python"))
from engram_kernel import java, platforms  # noqa: E402
from lab import building, checkout, surveys, testing, venv  # noqa: E402

POM = {"m": "http://maven.apache.org/POM/4.0.0"}
KERNEL_JSON = ROOT / "kernel-ext/src/main/kernel/kernel.json"
INSTALLED = Path(sys.prefix) / "share/jupyter/kernels/engram"
WINDOWS = platforms.own("Windows", "AMD64")
# What Java's os.name and os.arch are where Python's platform module says this.
JAVA_SYSTEM = {"Linux": ("name", "Linux"), "Darwin": ("family", "mac"), "Windows": ("family", "windows")}
JAVA_MACHINE = {"x86_64": "amd64", "aarch64": "aarch64"}
each_platform = pytest.mark.parametrize("platform", platforms.ALL, ids=lambda platform: platform.classifier)


# ---- platforms ----


@pytest.mark.parametrize(
    ("system", "machine", "classifier"),
    [
        ("Linux", "x86_64", "linux-x86_64"),
        ("Linux", "aarch64", "linux-aarch64"),
        ("Darwin", "arm64", "osx-aarch64"),
        ("Windows", "AMD64", "win-x86_64"),
    ],
)
def test_a_machine_is_one_of_four(system, machine, classifier):
    assert platforms.own(system, machine).classifier == classifier


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "x86_64"), ("Windows", "ARM64"), ("Linux", "riscv64")])
def test_a_machine_without_a_native_is_none(system, machine):
    assert platforms.own(system, machine) is None


def test_maven_takes_the_native_that_lab_names():
    profiles = ElementTree.parse(ROOT / "pom.xml").findall("m:profiles/m:profile", POM)
    by_name = {profile.find("m:id", POM).text: profile for profile in profiles}
    for known in platforms.ALL:
        profile = by_name[known.classifier]
        assert profile.find("m:properties/m:libtorch.platform", POM).text == known.classifier
        kind, value = JAVA_SYSTEM[known.system]
        assert profile.find(f"m:activation/m:os/m:{kind}", POM).text == value
        arch = JAVA_MACHINE[known.classifier.split("-")[1]]
        assert profile.find("m:activation/m:os/m:arch", POM).text == arch


def test_a_release_holds_the_natives_of_all():
    items = ElementTree.parse(ROOT / "kernel-ext/pom.xml").findall("m:profiles//m:artifactItem/m:classifier", POM)
    assert [item.text for item in items] == [known.classifier for known in platforms.ALL]


@each_platform
def test_the_jars_hold_the_other_natives_of_each(platform):
    for jar, folder, stem in (("pytorch-jni", "jnilib", "djl_torch"), ("tokenizers", "native/lib", "tokenizers")):
        with zipfile.ZipFile(next((INSTALLED / "lib").glob(f"{jar}-*.jar"))) as archive:
            assert f"{folder}/{platform.classifier}/cpu/{platform.library(stem)}" in archive.namelist()


def test_the_kernel_that_was_built_here_has_the_native_of_this_machine():
    with zipfile.ZipFile(next((INSTALLED / "lib").glob(f"pytorch-native-cpu-*-{platforms.own().classifier}.jar"))) as jar:
        assert f"pytorch/cpu/{platforms.own().classifier}/{platforms.own().library('torch')}" in jar.namelist()


# ---- the kernelspec, as each platform reads it ----


@each_platform
@pytest.mark.parametrize("home", ["home/jörg müller", "日本"])
def test_each_path_of_the_kernelspec_leads_where_it_should(platform, home):
    path = ntpath if platform.is_windows else posixpath
    venv_folder = path.join("C:\\Users" if platform.is_windows else "/", *home.split("/"), "engram", ".venv")
    resource_dir = path.join(venv_folder, "share", "jupyter", "kernels", "engram")
    spec = json.loads(KERNEL_JSON.read_text(encoding="utf-8"))
    given = [word.replace("{resource_dir}", resource_dir) for word in spec["argv"]]
    options = dict(word.split("=", 1) for word in given if "=" in word)
    for option, place in (
        ("-DDJL_CACHE_DIR", path.join(venv_folder, "share", "engram", "djl")),
        ("-Dengram.cache.default", path.join(venv_folder, "share", "engram", "cache")),
        ("-XX:SharedArchiveFile", path.join(resource_dir, "engram.jsa")),
    ):
        assert path.normpath(options[option]) == place
    class_path = given[given.index("-cp") + 1]
    assert path.normpath(class_path) == path.join(resource_dir, "lib", "*")
    # one entry: neither separator of a class path would be right on all platforms
    assert (";" if platform.is_windows else ":") not in class_path
    assert spec["interrupt_mode"] == "message", "Windows has no signal that interrupts"


def test_numbers_are_written_alike_whatever_the_language_of_the_system(tmp_path):
    """On Linux the locale of the kernelspec sees to it; Java on Windows and macOS asks the system."""
    spec = json.loads(KERNEL_JSON.read_text(encoding="utf-8"))
    options = [word for word in spec["argv"] if word.startswith("-Duser.")]
    program = tmp_path / "Numbers.java"
    main = 'System.out.print(String.format("%,d %.2f", 1234567, 0.5));'
    program.write_text(f"class Numbers {{ public static void main(String[] words) {{ {main} }} }}", encoding="utf-8")
    german = os.environ | {"JAVA_TOOL_OPTIONS": "-Duser.language=de -Duser.country=DE"}
    for given, said in (([], "1.234.567 0,50"), (options, "1,234,567 0.50")):
        words = [java.find().java, *given, program]
        assert subprocess.run(words, env=german, capture_output=True, encoding="utf-8", timeout=60).stdout == said


@each_platform
def test_the_java_of_java_home_is_named_as_the_platform_names_programs(platform, tmp_path, monkeypatch):
    monkeypatch.setattr(platforms.platform, "system", lambda: platform.system)
    file = tmp_path / "kernel.json"
    shutil.copy(KERNEL_JSON, file)
    building.name_java(file, str(tmp_path / "jdk é"))
    program = "java.exe" if platform.is_windows else "java"
    assert json.loads(file.read_text(encoding="utf-8"))["argv"][0] == str(tmp_path / "jdk é" / "bin" / program)


def test_without_java_home_the_path_decides(tmp_path):
    shutil.copy(KERNEL_JSON, tmp_path)
    building.name_java(tmp_path / "kernel.json", None)
    assert json.loads((tmp_path / "kernel.json").read_text(encoding="utf-8"))["argv"][0] == "java"


def test_programs_of_the_environment_lie_where_the_platform_puts_them():
    assert checkout.Checkout("x", windows=True).python == Path("x/.venv/Scripts/python.exe")
    assert checkout.Checkout("x", windows=False).python == Path("x/.venv/bin/python")


@pytest.mark.parametrize(
    ("system", "environ", "place"),
    [
        ("Linux", {}, ".local/share/jupyter"),
        ("Linux", {"XDG_DATA_HOME": "/elsewhere"}, "/elsewhere/jupyter"),
        ("Darwin", {}, "Library/Jupyter"),
        ("Windows", {"APPDATA": "/roaming"}, "/roaming/jupyter"),
        ("Windows", {"JUPYTER_DATA_DIR": "/own", "APPDATA": "/roaming"}, "/own"),
    ],
)
def test_the_kernels_of_a_user_lie_where_the_platform_puts_them(system, environ, place):
    assert platforms.user_data(environ, system) == Path.home() / place


def test_only_linux_has_the_locale_that_java_needs():
    assert platforms.utf8({"LC_ALL": "C"}, "Linux") == {"LC_ALL": "C.UTF-8"}
    for system in ("Darwin", "Windows"):
        assert platforms.utf8({"LC_ALL": "C"}, system) == {"LC_ALL": "C"}


# ---- Java ----


@pytest.mark.parametrize(
    ("said", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6)', 17),
        ("javac 21.0.7", 21),
        ('java version "1.8.0_442"', 1),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "25" 2025-09-16', 25),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", 0),
    ],
)
def test_the_version_of_java_is_read(said, major):
    assert java.read_version(said) == major


def test_a_runtime_without_a_compiler_is_no_jdk(tmp_path):
    program(tmp_path / "bin" / "java", 'echo \'openjdk version "21.0.1"\' >&2')
    assert java.at(tmp_path / "bin") is None
    program(tmp_path / "bin" / "javac", "echo javac 21.0.1")
    assert java.at(tmp_path / "bin").major == 21
    assert java.at(tmp_path / "bin").home == tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the programs of this test are shell scripts")
def test_java_home_comes_before_the_path_and_before_what_installers_left(tmp_path, monkeypatch):
    for version, folder in ((17, "path/bin"), (21, "home/bin"), (25, "conda/lib/jvm/bin")):
        program(tmp_path / folder / "java", f"echo 'openjdk version \"{version}\"' >&2")
        program(tmp_path / folder / "javac", f"echo javac {version}")
    monkeypatch.setenv("PATH", str(tmp_path / "path/bin"))
    conda = {"CONDA_PREFIX": str(tmp_path / "conda")}
    assert java.find({"JAVA_HOME": str(tmp_path / "home")} | conda, "none").major == 21
    assert java.find(conda, "none").major == 17
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java.find(conda, "none").major == 25
    assert java.find({}, "none") is None


def program(file, script):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


# ---- what is made anew, and when ----


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A checkout whose build has just been installed, without Maven and Java."""
    place = checkout.Checkout(tmp_path / "engram ü")
    for name in ("analysis/src/main/java/A.java", "analysis/src/test/java/ATest.java", "lab", "python/lab/x.py"):
        file = place.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (place.root / "pom.xml").touch()
    (place.made_kernel / "lib").mkdir(parents=True)
    shutil.copy(KERNEL_JSON, place.made_kernel)
    (place.made_kernel / "lib" / "one.jar").write_text("one", encoding="utf-8")
    stock = place.venv / "share/jupyter/kernels/java"
    stock.mkdir(parents=True)
    (stock / "jjava.jar").touch()
    place.state.mkdir(parents=True)
    monkeypatch.setattr(building, "archive_classes", lambda place: None)
    building.install_kernel(place)
    place.built.touch()
    before = time.time() - 100
    for path in [*place.root.rglob("*"), place.root]:
        if path != place.built:
            os.utime(path, (before, before))
    return place


def jars(place):
    return sorted(jar.name for jar in (place.kernel / "lib").iterdir())


def test_a_build_is_kept_until_something_of_it_changes(made):
    assert building.is_built(made)
    for unrelated in ("analysis/src/test/java/ATest.java", "analysis/target/A.class", "python/lab/__pycache__/x.pyc"):
        file = made.root / unrelated
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file.parent.parent, (0, 0))
        assert building.is_built(made), unrelated
    for source in ("analysis/src/main/java/A.java", "pom.xml", "lab", "python/lab/x.py"):
        file = made.root / source
        os.utime(file)
        assert building.changed_since_build(made) == file
        os.utime(file, (0, 0))
    assert building.is_built(made)
    (made.root / "analysis/src/main/java/A.java").unlink()
    assert not building.is_built(made), "a source that was deleted"


def test_an_image_without_sources_is_built(made):
    (made.root / "pom.xml").unlink()
    assert building.is_built(made)


def test_the_new_kernel_takes_the_place_of_the_old_one(made):
    assert jars(made) == ["jjava.jar", "one.jar"]
    (made.made_kernel / "lib" / "one.jar").rename(made.made_kernel / "lib" / "two.jar")
    building.install_kernel(made)
    assert jars(made) == ["jjava.jar", "two.jar"]
    assert not list(made.state.iterdir()), "nothing is left beside it"
    assert not list(made.kernel.rglob("*.lnk")) and not any(path.is_symlink() for path in made.kernel.rglob("*"))


def test_jars_that_a_running_kernel_holds_are_named_and_left(made, monkeypatch):
    """As Windows answers to the renaming of a folder in which a file is open."""
    (made.made_kernel / "lib" / "one.jar").rename(made.made_kernel / "lib" / "two.jar")
    rename = Path.rename

    def refuse(path, target):
        if path == made.kernel:
            raise PermissionError(13, "The process cannot access the file")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(checkout.Refusal, match="a running kernel holds the jars"):
        building.install_kernel(made)
    assert jars(made) == ["jjava.jar", "one.jar"], "the old kernel is whole"


def test_a_build_that_left_no_kernel_is_said(made):
    shutil.rmtree(made.made_kernel)
    with pytest.raises(checkout.Refusal, match="the build left no kernel"):
        building.install_kernel(made)


def test_old_jars_of_the_build_are_taken_away_before_maven_adds_to_them(made, monkeypatch):
    def maven(words, **options):
        assert not made.made_kernel.exists()
        (made.made_kernel / "lib").mkdir(parents=True)
        shutil.copy(KERNEL_JSON, made.made_kernel)
        (made.made_kernel / "lib" / "new.jar").touch()

    monkeypatch.setattr(building, "call", maven)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    building.maven(made, "package")
    assert jars(made) == ["jjava.jar", "new.jar"]
    assert building.is_built(made)


def test_packages_are_installed_once_for_each_state_of_their_file(tmp_path, monkeypatch):
    place = checkout.Checkout(tmp_path)
    (tmp_path / "jupyter/labextension").mkdir(parents=True)
    (tmp_path / "docker").mkdir()
    for name in ("requirements.txt", "docker/requirements-test.txt"):
        (tmp_path / name).write_text("one==1\n", encoding="utf-8")
    done = []

    def call(words, **options):
        done.append("venv" if "venv" in words else Path(words[-1]).name)
        place.venv.mkdir(exist_ok=True)

    monkeypatch.setattr(venv, "call", call)
    monkeypatch.setattr(venv, "is_whole", lambda place: place.venv.exists())
    names = ["requirements.txt", "docker/requirements-test.txt"]
    venv.make(place, names)
    assert done == ["venv", "requirements.txt", "requirements-test.txt"]
    venv.make(place, names)
    assert len(done) == 3
    (tmp_path / "requirements.txt").write_text("one==2\n", encoding="utf-8")
    venv.make(place, names)
    assert done[3:] == ["requirements.txt"]


def test_an_environment_that_was_moved_is_made_anew(tmp_path):
    place = checkout.Checkout(tmp_path)
    assert not venv.is_whole(place)
    place.python.parent.mkdir(parents=True)
    place.python.symlink_to(sys.executable)
    (place.venv / ".place").write_text(f"{place.venv}\n", encoding="utf-8")
    assert venv.is_whole(place)
    (place.venv / ".place").write_text("/where/it/was\n", encoding="utf-8")
    assert not venv.is_whole(place)


# ---- other kernels ----


def test_the_kernels_of_a_user_are_shown_after_the_own_one(tmp_path):
    spec = json.dumps({"argv": ["python"], "display_name": "Of the class", "language": "python"})
    for name in ("class-python", "engram"):
        folder = tmp_path / "jupyter/kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(spec, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER_")}
    place = checkout.Checkout(Path(sys.prefix).parent)
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"],
        env=place.environment(environ, tmp_path / "jupyter"), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    found = json.loads(done.stdout)["kernelspecs"]
    assert found["class-python"]["resource_dir"] == str(tmp_path / "jupyter/kernels/class-python")
    assert found["engram"]["spec"]["display_name"] == "Engram (Java)"
    configured = json.loads((ROOT / "jupyter/jupyter_server_config.json").read_text(encoding="utf-8"))
    assert configured == {"MappingKernelManager": {"default_kernel_name": "engram"}}


# ---- words ----


def lab(*words, **environ):
    return subprocess.run(
        [ROOT / "lab", *words], env={**os.environ, **environ}, capture_output=True, encoding="utf-8", timeout=60
    )


@pytest.mark.skipif(os.name == "nt", reason="lab.cmd is its name there")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["frobnicate"], "there is no 'frobnicate'; ./lab help lists what there is."),
        (["run"], "run needs at least one notebook: ./lab run notebooks/01-meet-the-model.ipynb"),
        (["run", "Käse.ipynb"], "there is no notebook Käse.ipynb."),
        (["report", "Käse.ipynb"], "there is no notebook Käse.ipynb."),
        (["site", "a", "b"], "site takes one folder, got a b."),
        (["test", "everything"], f"there is no test part 'everything'; the parts are {testing.names()}."),
    ],
)
def test_what_is_not_there_is_one_sentence(words, sentence):
    done = lab(*words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"lab: {sentence}\n")


def test_a_survey_starts_the_java_that_kernels_have_and_fetches_spark_only_when_asked(tmp_path, monkeypatch):
    place = checkout.Checkout(tmp_path)
    monkeypatch.delenv("ENGRAM_SPARK", raising=False)
    words = ["some images", "--out", "x"]
    started = surveys.command(place, words)
    assert started[-3:] == words and started[-4].endswith(".SurveyMain")
    given = {word.split("=")[0] for word in json.loads(KERNEL_JSON.read_text(encoding="utf-8"))["argv"] if word.startswith("-D")}
    assert given == {word.split("=")[0] for word in started if word.startswith("-D")}
    assert not surveys.wants_spark(words) and not surveys.wants_spark(["--engine", "local"])
    assert surveys.wants_spark(["x", "--engine", "spark"]) and surveys.wants_spark(["--engine=spark", "x"])
    assert not surveys.is_spark_there(place)
    with pytest.raises(checkout.Refusal, match="survey-spark"):
        surveys.fetch_spark(place)
    with pytest.raises(checkout.Refusal, match="needs a data set"):
        surveys.run(place, [])


def test_no_jar_of_spark_is_in_a_kernel():
    assert not [jar.name for jar in (INSTALLED / "lib").glob("*.jar") if jar.name.startswith(("spark-", "hadoop-", "scala-"))]
    assert "spark" not in [part for part in testing.PARTS if part not in testing.ON_DEMAND]


@pytest.mark.skipif(os.name == "nt", reason="lab.cmd is its name there")
def test_help_names_every_word_and_part():
    for word in ("help", "-h", "--help"):
        said = lab(word).stdout
        for name in ("build", "run", "report", "site", "survey", "test", "help", *testing.PARTS):
            assert name in said
    assert max(map(len, said.splitlines())) <= 120


@pytest.mark.skipif(os.name == "nt", reason="lab.cmd is its name there")
def test_without_python_it_says_what_to_install(tmp_path):
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = lab("help", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("lab: Python 3.10 or newer is missing: ")


def test_both_starters_start_the_same_program():
    for name, program in (("lab", "python/lab"), ("lab.cmd", "python\\lab")):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert program in text and "-X utf8 -B" in text and "(3, 10)" in text
    (ROOT / "lab.cmd").read_bytes().decode("ascii")


def test_everything_that_is_missing_is_named_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(java, "find", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(platforms, "own", lambda: None)
    with pytest.raises(checkout.Refusal, match="PyTorch's native library is not published for"):
        building.check_tools(checkout.Checkout(tmp_path))
    said = capsys.readouterr().err.splitlines()
    assert ["JDK" in said[0], "Maven" in said[1], len(said)] == [True, True, 2]


def test_every_part_of_the_tests_has_its_files():
    listed = [path for paths in testing.PARTS.values() for path in paths]
    assert listed and all((ROOT / path).exists() for path in listed)
    assert set(testing.MORE_REQUIREMENTS) <= set(testing.PARTS)
