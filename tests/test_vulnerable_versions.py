"""The build refuses versions of which an advisory is known: shown with the one that jsplot asks for by itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven is needed")
@pytest.mark.parametrize(
    ("setting", "named"),
    [("-Dpebble.version=3.2.4", "io.pebbletemplates:pebble"), ("-Djackson.version=2.21.0", "jackson-databind")],
)
def test_a_version_with_an_advisory_fails_the_build(setting, named):
    command = ["mvn", "-B", "-pl", "magics", "-am", "process-classes", "-Dspotless.check.skip", setting]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert run.returncode != 0
    assert "known advisory" in run.stdout and named in run.stdout, run.stdout[-3000:]
