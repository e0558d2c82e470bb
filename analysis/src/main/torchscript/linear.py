"""Makes linear.pt, which OneDnn loads, with PyTorch 2.7.1: python linear.py

x W^T + b by oneDNN, for arrays that are given with each call: the module has no weights.
"""
import io
import zipfile
from pathlib import Path

import torch


class Linear(torch.nn.Module):
    def forward(self, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, w, b, "none", [], "")


made = io.BytesIO()
torch.jit.save(torch.jit.script(Linear()), made)
out = Path(__file__).resolve().parents[1] / "resources" / "dev" / "engram" / "model" / "linear.pt"
with zipfile.ZipFile(made) as archive, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as kept:
    for entry in archive.infolist():
        if not entry.filename.endswith(".debug_pkl"):  # names this machine's folders
            kept.writestr(zipfile.ZipInfo(entry.filename), archive.read(entry))
