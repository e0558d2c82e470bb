"""Makes the files that EngineFunction loads, with PyTorch 2.7.1: python functions.py

Functions of arrays that are given with each call: they have no weights.
"""
import io
import zipfile
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "dev" / "engram" / "model"


class OneDnn(torch.nn.Module):
    """x W^T + b in float32 by oneDNN."""

    def forward(self, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, w, b, "none", [], "")


class Bfloat16(torch.nn.Module):
    """x W^T + b of float32 arrays; the product in bfloat16, the sum in float32."""

    def forward(self, x: torch.Tensor, w: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(x.to(torch.bfloat16), w.to(torch.bfloat16)).to(torch.float32) + b


def save(module, name):
    made = io.BytesIO()
    torch.jit.save(torch.jit.script(module), made)
    with zipfile.ZipFile(made) as archive, zipfile.ZipFile(FOLDER / name, "w", zipfile.ZIP_STORED) as kept:
        for entry in archive.infolist():
            if not entry.filename.endswith(".debug_pkl"):  # names this machine's folders
                kept.writestr(zipfile.ZipInfo(entry.filename), archive.read(entry))


save(OneDnn(), "linear.pt")
save(Bfloat16(), "bf16.pt")
