"""The files for Docker, Binder and development containers. ./lab test docker also carries the Dockerfile out."""

import json
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import yaml
from conftest import ROOT

sys.path.insert(0, str(ROOT / "docker"))
import rehearse  # noqa: E402

DOCKERFILE = ROOT / "docker" / "Dockerfile"
POM = {"m": "http://maven.apache.org/POM/4.0.0"}


@pytest.fixture(scope="module")
def stages():
    return rehearse.stages(DOCKERFILE.read_text(encoding="utf-8"))


def state_of(stages, name):
    """The state of an image, without making it."""
    stage = stages[name]
    state = state_of(stages, stage.base) if stage.base in stages else rehearse.State()
    for keyword, rest in stage.steps:
        if keyword in rehearse.STATE_ONLY:
            state.note(keyword, rest)
    return state


def test_hadolint_finds_nothing():
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is not installed; ./lab test docker installs it")
    done = subprocess.run(["hadolint", "--no-color", DOCKERFILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_base_image_is_pinned_by_digest(stages):
    foreign = [stage.base for stage in stages.values() if stage.base not in stages]
    assert foreign
    for image in foreign:
        assert re.search(r"@sha256:[0-9a-f]{64}$", image), image


@pytest.mark.parametrize("image", ["cpu", "cuda"])
def test_an_image_is_the_lab_command_of_a_plain_user(stages, image):
    state = state_of(stages, image)
    assert state.entrypoint == ["/opt/engram/lab"]
    assert state.user == "1000:1000"
    assert state.health
    assert not [word for word in state.command if "token" in word.lower() or "password" in word.lower()]


def test_the_library_of_the_cuda_image_is_the_one_that_the_build_names(stages):
    version = ElementTree.parse(ROOT / "pom.xml").find("m:properties/m:libtorch.version", POM).text
    assert state_of(stages, "cuda").env["PYTORCH_VERSION"] == version
    assert any(f"torch=={version}" in rest for _, rest in stages["libtorch"].steps)


def test_the_context_holds_no_build_outputs_and_no_tests():
    files = list(rehearse.context_files(ROOT, DOCKERFILE.with_name("Dockerfile.dockerignore")))
    modules = [module.text for module in ElementTree.parse(ROOT / "pom.xml").iterfind("m:modules/m:module", POM)]
    assert {"lab", "python/lab/__main__.py", *(f"{module}/pom.xml" for module in modules)} <= set(files)
    for path in files:
        assert not re.search(r"(^|/)(target|__pycache__|\.venv|\.git|src/test)/", path), path


def test_the_build_has_each_module_that_maven_asks_for(stages):
    copied = {word.split("/")[0] for name, rest in stages["build"].steps if name == "COPY" for word in rest.split()}
    modules = {module.text for module in ElementTree.parse(ROOT / "pom.xml").iterfind("m:modules/m:module", POM)}
    assert modules <= copied


def test_a_later_pattern_of_dockerignore_decides():
    patterns = ["*", "!kept", "!deep/down", "**/target"]
    assert rehearse.is_ignored("other/file", patterns)
    assert not rehearse.is_ignored("kept/file", patterns)
    assert rehearse.is_ignored("kept/inner/target/file", patterns)
    assert not rehearse.is_ignored("deep/down", patterns)
    assert rehearse.is_ignored("deep/other", patterns)
    assert not rehearse.is_ignored("kept/targets", patterns)


def test_an_instruction_that_cannot_be_rehearsed_is_refused():
    with pytest.raises(rehearse.Refusal, match="SHELL"):
        rehearse.stages('FROM debian:bookworm-slim AS a\nSHELL ["/bin/bash"]\n')


def test_compose_builds_the_stages_and_opens_no_port_to_others(stages):
    compose = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        assert service["build"]["target"] in stages
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        mounted = {volume.split(":")[1] for volume in service["volumes"]}
        declared = next(rest for keyword, rest in stages["cpu"].steps if keyword == "VOLUME")
        assert set(json.loads(declared)) <= mounted


def test_the_development_container_is_a_stage_and_starts_lab(stages):
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["build"]["target"] in stages
    assert container["postAttachCommand"].startswith("./lab ")


def test_binder_starts_lab_with_the_options_of_its_own_command(tmp_path):
    (tmp_path / ".binder").mkdir()
    shutil.copy(ROOT / ".binder" / "start", tmp_path / ".binder")
    lab = tmp_path / "lab"
    lab.write_text('#!/bin/sh\necho lab "$@"\n')
    lab.chmod(0o755)

    def start(*command):
        return subprocess.run([tmp_path / ".binder" / "start", *command], capture_output=True, text=True).stdout.strip()

    assert start("jupyter", "notebook", "--ip=0.0.0.0", "--port=8888") == "lab --no-browser --ip=0.0.0.0 --port=8888"
    assert start("jupyter-lab", "--ip", "0.0.0.0") == "lab --no-browser --ip 0.0.0.0"
    assert start("echo", "other") == "other"


def test_the_image_works_without_a_network():
    """Seven minutes the first time, less while stages are kept: only .ci/run asks for it."""
    if "ENGRAM_TEST_IMAGE" not in os.environ:
        pytest.skip("minutes: ENGRAM_TEST_IMAGE=1 ./lab test docker carries the Dockerfile out")
    if rehearse.missing():
        pytest.skip(rehearse.missing())
    subprocess.run([sys.executable, ROOT / "docker" / "rehearse.py", "--target", "cpu"], check=True)
