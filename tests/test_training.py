"""The training of iconclip goes its whole way, and transformers reads what it exports."""

import json
import os
import subprocess

import pytest
from conftest import ROOT

# The same picture and text through both; the weights are float16, the sums float32.
COMPARE = """
import json, sys, torch
from transformers import CLIPModel
from iconclip_train.model import load, patches
theirs, ours = CLIPModel.from_pretrained(sys.argv[1]).float().eval(), load(sys.argv[1])
s = ours.sizes
pixels = torch.randn(2, 3, s.image, s.image, generator=torch.Generator().manual_seed(0))
ids = torch.tensor([[s.end - 1, 300, 400, s.end]])
with torch.no_grad():
    far = lambda a, b: ((a - b).abs().max() / a.abs().max()).item()
    print(json.dumps([
        far(theirs.get_image_features(pixels), ours.images(patches(pixels, s.patch))),
        far(theirs.get_text_features(ids), ours.texts(ids)),
    ]))
"""

# The report's definitions against Engram's: what the Java tests hold to the same file.
MEASURE = """
import json
from iconclip_train import measure
from iconclip_train.data import Tokens
from iconclip_train.entities import entities
from iconclip_train.export import name
from iconclip_train.model import load
from iconclip_train.places import ICONCLIP
model = load(ICONCLIP / "model")
files = {n: f for (n, _), f in entities().items() if n in ("Santa Claus", "alien monster")}
pictures = {n: measure.Pictures(model, f) for n, f in files.items()}
found = measure.measure_entities(model, Tokens(), pictures)
print(json.dumps({
    e.name: dict(
        cosine=e.cosine,
        top10=[[name(n), s] for n, s in zip(e.leading, e.scores)],
        residual={k: e.cosine - v for k, v in e.residual.items()},
        complete={k: e.cosine - v for k, v in e.complete.items()},
    )
    for e in found
}))
"""


@pytest.fixture(scope="module")
def run(python, tmp_path_factory):
    """Runs the Python that has torch, with the training's modules; its last line of output."""
    home = tmp_path_factory.mktemp("iconclip")
    environment = dict(os.environ, ICONCLIP_HOME=str(home), PYTHONPATH=str(ROOT / "iconclip/train"))

    def go(*command):
        done = subprocess.run([python, *command], env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout.splitlines()[-1]

    return go


def test_the_report_measures_what_engram_measures(run):
    data = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/expected-entities.json"
    expected = json.loads(data.read_text())
    for name, found in json.loads(run("-c", MEASURE)).items():
        right = expected[name]
        assert found["cosine"] == pytest.approx(right["cosine"], abs=1e-5)
        assert [n for n, _ in found["top10"]] == [n for n, _ in right["top10"]]
        assert [s for _, s in found["top10"]] == pytest.approx([s for _, s in right["top10"]], abs=1e-5)
        for kind in ("residual", "complete"):
            assert found[kind] == pytest.approx(right[kind], abs=1e-5)


def test_smoke_run_exports_a_clip_model(run, tmp_path):
    assert run("-m", "iconclip_train.smoke", "--out", str(tmp_path)) == "The smoke run has passed."
    assert max(json.loads(run("-c", COMPARE, str(tmp_path / "model")))) < 1e-4
