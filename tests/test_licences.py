"""Every jar of the kernel is under a licence that lets Engram be under Apache-2.0. ./lab test install runs it."""

import re
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

LIBRARY = Path(sys.prefix) / "share/jupyter/kernels/engram/lib"
REPOSITORY = Path.home() / ".m2/repository"
FREE = re.compile(r"apache|\bmit\b|\bbsd\b|unicode|public domain|\bcc0\b|\bepl\b|eclipse public", re.IGNORECASE)
# JJava comes from PyPI; its licence is Apache-2.0.
NOT_FROM_MAVEN = re.compile(r"jjava\.jar|engram-.*\.jar")


def jars():
    return [jar for jar in sorted(LIBRARY.glob("*.jar")) if not NOT_FROM_MAVEN.fullmatch(jar.name)]


@cache
def repository():
    return {jar.name: jar for jar in REPOSITORY.rglob("*.jar")}


def pom_of(jar):
    """The pom that lies beside a jar in Maven's repository; a classifier is no part of its name."""
    found = repository().get(jar.name)
    assert found, f"{jar.name} is not in {REPOSITORY}"
    return found.with_name(f"{found.parent.parent.name}-{found.parent.name}.pom")


def licences(pom):
    """The licences that a pom names, or else its nearest parent that names some."""
    project = ElementTree.fromstring(pom.read_bytes())  # with the namespace of a pom, or with none
    names = [name.text.strip() for name in project.findall("{*}licenses/{*}license/{*}name") if name.text]
    parent = project.find("{*}parent")
    if names or parent is None:
        return names
    group, artifact, version = (parent.find(f"{{*}}{part}").text for part in ("groupId", "artifactId", "version"))
    return licences(REPOSITORY / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.pom")


@pytest.mark.parametrize("jar", jars(), ids=lambda jar: jar.name)
def test_a_library_is_under_a_free_licence(jar):
    """Where a library has several, one of them is enough: the user of a library chooses."""
    named = licences(pom_of(jar))
    assert [name for name in named if FREE.search(name)], f"{jar.name} is under {named or 'no licence that its pom names'}"


def test_no_library_is_left_out():
    assert len(jars()) > 40
    assert not FREE.search("GNU General Public License, version 2")
