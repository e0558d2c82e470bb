"""The workflows for GitHub's machines, which nobody has run yet: what can be held against the checkout is. ./lab test install runs it.

Syntax, expressions and names of runners are actionlint's business (docs/platforms.md says when it was asked); whether the
commands of the steps exist only this checkout knows.
"""

import re
import shlex
import sys

import pytest
import yaml
from conftest import ROOT

sys.path.insert(0, str(ROOT / "python"))
from engram_kernel import platforms  # noqa: E402
from lab import testing  # noqa: E402

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
JOBS = [
    pytest.param(job, id=f"{path.stem}-{name}")
    for path in WORKFLOWS
    for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items()
]
# The operating system and the processor of GitHub's machines, as Python's platform module names them.
RUNNERS = {
    "ubuntu-24.04": ("Linux", "x86_64"),
    "ubuntu-24.04-arm": ("Linux", "aarch64"),
    "macos-14": ("Darwin", "arm64"),
    "windows-2022": ("Windows", "AMD64"),
}
LAB = {"Linux": "./lab", "Darwin": "./lab", "Windows": r".\lab.cmd"}


def runners(job):
    own = job["runs-on"]
    return job["strategy"]["matrix"]["os"] if "matrix.os" in own else [own]


def commands(job):
    return [line for step in job["steps"] for line in step.get("run", "").splitlines() if line.strip()]


def lab_words(job):
    """The words after `lab` of each line that calls it."""
    called = re.compile(r"^(?:\./lab|\.\\lab\.cmd)\s+(.*)$")
    return [shlex.split(found[1]) for line in commands(job) if (found := called.match(line.strip()))]


def test_there_is_one():
    assert WORKFLOWS
    assert JOBS


@pytest.mark.parametrize("job", JOBS)
def test_a_step_either_uses_an_action_of_one_version_or_runs(job):
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step), step
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]), step


@pytest.mark.parametrize("job", JOBS)
def test_lab_is_called_as_the_system_starts_it_with_words_that_it_knows(job):
    words = lab_words(job)
    assert words, "the job tests nothing"
    for command, *parts in words:
        assert command == "test"
        assert set(parts) <= set(testing.PARTS), parts
    for runner in runners(job):
        system, _ = RUNNERS[runner]
        starters = {line.strip().split()[0] for line in commands(job) if "lab" in line.split()[0]}
        assert starters == {LAB[system]}
        # Git's bash is the default of nobody on Windows, and PowerShell would pass the status of lab.cmd on in its own way
        shells = {step.get("shell") for step in job["steps"] if "lab" in step.get("run", "")}
        assert shells == ({"cmd"} if system == "Windows" else {None})


def test_together_they_run_on_every_platform_that_has_a_native_library():
    tested = {RUNNERS[runner] for param in JOBS for runner in runners(param.values[0])}
    assert {platforms.own(*each).classifier for each in tested} == {known.classifier for known in platforms.ALL}


@pytest.mark.parametrize("job", JOBS)
def test_java_and_python_are_those_that_lab_asks_for(job):
    given = {step["uses"].split("@")[0]: step.get("with", {}) for step in job["steps"] if "uses" in step}
    release = re.search(r"<maven.compiler.release>(\d+)<", (ROOT / "pom.xml").read_text(encoding="utf-8"))[1]
    assert given["actions/setup-java"]["java-version"] == release
    assert tuple(map(int, given["actions/setup-python"]["python-version"].split("."))) >= (3, 10)
