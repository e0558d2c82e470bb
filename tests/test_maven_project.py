"""A Java project of its own takes Engram as a dependency, compiles the README's example and runs it. ./lab test install runs it.

Everything happens in a local repository of the test: what Maven has already fetched is read from the user's as if it were a
server, so that no network is asked and nothing of Engram that lies there already is taken.
"""

import hashlib
import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from conftest import ROOT

from engram_kernel import java, platforms

POM = (ROOT / "pom.xml").read_text(encoding="utf-8")
VERSION = re.search(r"<version>(.+?)</version>", POM)[1]
FETCHED = Path.home() / ".m2" / "repository"
IMPORTS = ("attribution.*", "data.*", "iconclip.*", "lab.*")
LIBRARIES = ("engram", "engram-bom", "engram-analysis", "engram-iconclip")
WITHOUT = ("-Dmaven.test.skip", "-Dspotless.check.skip")
pytestmark = pytest.mark.skipif(not shutil.which("mvn"), reason="Maven is needed to build what a project depends on")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("java project ü")


@pytest.fixture(scope="module")
def installed(place):
    """What a user of Java needs, as `mvn install` leaves it."""
    # the classes are those of the build before, whose compilation takes minutes
    maven(place, ROOT, "install", "-pl", "bom,iconclip,analysis", "-am", "-Dmaven.main.skip", *WITHOUT)
    return place / "repository" / "dev" / "engram"


def maven(place, folder, *words):
    """Runs Maven with what is fetched; where that is not enough, as after a build alone, it may ask Maven Central."""
    mirror = f"<mirror><id>fetched</id><mirrorOf>*</mirrorOf><url>{FETCHED.as_uri()}</url></mirror>"
    for mirrors in (mirror, "") if FETCHED.is_dir() else ("",):
        settings = place / "settings.xml"
        settings.write_text(
            f"<settings><localRepository>{escape(str(place / 'repository'))}</localRepository>"
            f"<mirrors>{mirrors}</mirrors></settings>",
            encoding="utf-8",
        )
        done = subprocess.run(
            [shutil.which("mvn"), "-B", "-ntp", "-q", "-U", "-s", settings, "-f", folder / "pom.xml", *words],
            capture_output=True,
            encoding="utf-8",
            env=platforms.utf8(os.environ),
            check=False,
        )
        if done.returncode == 0:
            return
        if "resolve" not in done.stdout:
            break
    raise AssertionError(done.stdout[-4000:] + done.stderr[-2000:])


def plugin(name):
    version = re.search(f"<{name}.version>(.+?)</{name}.version>", POM)[1]
    return f"<plugin><groupId>org.apache.maven.plugins</groupId><artifactId>{name}</artifactId><version>{version}</version></plugin>"


def example():
    return re.search("```java\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]


def test_the_poms_say_what_maven_central_asks_for(installed):
    assert sorted(path.name for path in installed.iterdir() if path.is_dir()) == sorted(LIBRARIES)
    parent = (installed / "engram" / VERSION / f"engram-{VERSION}.pom").read_text(encoding="utf-8")
    for part in ("name", "description", "url", "licenses", "scm", "developers"):
        assert re.search(rf"^  <{part}>", parent, re.MULTILINE), part
    for library in LIBRARIES[1:]:
        pom = (installed / library / VERSION / f"{library}-{VERSION}.pom").read_text(encoding="utf-8")
        assert re.search(r"^  <name>Engram: \w+</name>\n  <description>.+</description>", pom, re.MULTILINE), library


def test_the_same_sources_in_another_place_are_the_same_bytes(installed, place):
    """A module that compiles fast: its sources, copied, are new files in another folder."""
    copy = place / "another checkout"
    for module in ("", *re.findall("<module>(.+?)</module>", POM)):
        (copy / module).mkdir()
        shutil.copy(ROOT / module / "pom.xml", copy / module)
    shutil.copytree(ROOT / "iconclip" / "src", copy / "iconclip" / "src", copy_function=shutil.copyfile)
    maven(place, copy, "package", "-pl", "iconclip", *WITHOUT)
    name = f"engram-iconclip-{VERSION}.jar"
    first, second = installed / "engram-iconclip" / VERSION / name, copy / "iconclip" / "target" / name
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()


def blocks():
    """The pieces of a pom in docs/installation.md: one dependency, and the choice of a native library."""
    first, choice = re.findall("```xml\n(.*?)```", (ROOT / "docs" / "installation.md").read_text(encoding="utf-8"), re.DOTALL)
    return first, choice


def make(place, name, dependencies, body, imports=IMPORTS):
    """A compiled project of its own, and its class path."""
    project = place / name
    sources = project / "src" / "main" / "java"
    sources.mkdir(parents=True)
    lines = "\n".join(f"import dev.engram.{each};" for each in imports)
    (sources / "Example.java").write_text(
        f"{lines}\n\npublic class Example {{\n  public static void main(String[] words) {{\n{body}  }}\n}}\n", encoding="utf-8"
    )
    (project / "pom.xml").write_text(
        f"""
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>org.example</groupId><artifactId>project</artifactId><version>1</version>
          <properties><maven.compiler.release>17</maven.compiler.release></properties>
          {dependencies}
          <build><plugins>
            {"".join(map(plugin, ("maven-resources-plugin", "maven-compiler-plugin", "maven-dependency-plugin")))}
          </plugins></build>
        </project>""",
        encoding="utf-8",
    )
    maven(place, project, "compile", "dependency:build-classpath", f"-Dmdep.outputFile={project / 'classpath'}")
    return project, (project / "classpath").read_text(encoding="utf-8")


def run(place, project, classpath):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTORCH_")}
    return subprocess.run(
        [java.find().java, "-cp", os.pathsep.join([str(project / "target" / "classes"), classpath]), "Example"],
        capture_output=True,
        encoding="utf-8",
        cwd=project,
        env=platforms.utf8(environment) | {
            "OPT_OUT_TRACKING": "true", "OMP_WAIT_POLICY": "passive", "ENGRAM_CACHE": str(place / "cache")
        },
        check=False,
    )


def natives(classpath):
    return re.findall(r"pytorch-native-cpu-[\d.]+-([a-z0-9_-]+)\.jar", classpath)


def test_a_project_with_the_library_runs_the_readmes_example(installed, place):
    told = 'System.out.println(a.top(1).get(0).neuron() + " " + h.images().size() + " " + t.preview().isApplied());'
    body = textwrap.indent(example().replace("  t.apply();\n", f"  t.apply();\n  {told}\n"), "    ")
    assert told in body, "the README's example ends otherwise; this test prints what it found"
    project, classpath = make(place, "project", blocks()[0], body)
    assert natives(classpath) == [platforms.own().classifier]
    done = run(place, project, classpath)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^L\d+[FA]\S+ [1-9]\d* true$", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_a_project_chooses_its_native_library(installed, place):
    """By an exclusion and a classifier; the version is the BOM's."""
    first, choice = blocks()
    managed = first[: first.index("<dependencies>", first.index("</dependencyManagement>"))]
    chosen = f"{managed}<dependencies>{choice}</dependencies>"
    body = "    System.out.println(Lab.class);\n"
    other = next(known.classifier for known in platforms.ALL if known != platforms.own())
    with_classifier = re.sub("<classifier>.*?</classifier>", "<classifier>{}</classifier>", chosen)
    assert natives(make(place, "own", with_classifier.format(platforms.own().classifier), body, ("lab.*",))[1]) == [
        platforms.own().classifier
    ]
    # the jar of another platform need not lie here: the pom of the BOM says that it is there
    pom = (installed / "engram-bom" / VERSION / f"engram-bom-{VERSION}.pom").read_text(encoding="utf-8")
    assert f"<classifier>{other}</classifier>" in pom


def test_a_program_without_a_native_library_says_what_to_add(installed, place):
    first, choice = blocks()
    managed = first[: first.index("<dependencies>", first.index("</dependencyManagement>"))]
    iconclip = "<dependency><groupId>dev.engram</groupId><artifactId>engram-iconclip</artifactId></dependency>"
    without = choice[: choice.index("</dependency>")] + "</dependency>"
    body = "    Lab.open(Iconclip.model());\n"
    project, classpath = make(
        place, "without", f"{managed}<dependencies>{without}{iconclip}</dependencies>", body, ("lab.*", "iconclip.*")
    )
    assert natives(classpath) == []
    done = run(place, project, classpath)
    assert done.returncode == 1
    own = platforms.own().classifier
    assert f"PyTorch's native library for {own} is not on the class path: add ai.djl.pytorch:pytorch-native-cpu" in done.stderr
