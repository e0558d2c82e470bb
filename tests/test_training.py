"""The training of iconclip goes its whole way, and transformers reads what it exports."""

import json
import os
import subprocess

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


def test_smoke_run_exports_a_clip_model(python, tmp_path):
    environment = dict(os.environ, ICONCLIP_HOME=str(tmp_path), PYTHONPATH=str(ROOT / "iconclip/train"))
    run = lambda *command: subprocess.run(
        [python, *command], env=environment, capture_output=True, text=True, timeout=900
    )
    smoke = run("-m", "iconclip_train.smoke", "--out", str(tmp_path / "out"))
    assert smoke.returncode == 0, smoke.stdout[-2000:] + smoke.stderr[-4000:]
    compared = run("-c", COMPARE, str(tmp_path / "out/model"))
    assert compared.returncode == 0, compared.stderr[-4000:]
    assert max(json.loads(compared.stdout.splitlines()[-1])) < 1e-4
