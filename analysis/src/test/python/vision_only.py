"""Makes the image towers alone of VisionAloneTest: transformers' CLIPVisionModel and
CLIPVisionModelWithProjection, with random weights, as transformers saves them, and what they give.
Version 5 writes the former without the name of the tower. Run once; the results are in
src/test/resources/vision_only.

    python -m venv v && v/bin/pip install torch transformers safetensors
    v/bin/python vision_only.py ../resources/vision_only
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModel, CLIPVisionModelWithProjection

OUT = Path(sys.argv[1])

if __name__ == "__main__":
    torch.set_grad_enabled(False)
    config = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
        projection_dim=24,
        hidden_act="gelu",
    )
    for name, kind in (
        ("clip_vision", CLIPVisionModel),
        ("clip_vision_projection", CLIPVisionModelWithProjection),
    ):
        torch.manual_seed(5)
        config._attn_implementation = "eager"
        model = kind(config).eval()
        for p in model.parameters():
            draw = torch.randn(p.shape) * (0.2 if p.dim() == 1 else p[0].numel() ** -0.5)
            p.copy_((draw + (1 if p.dim() == 1 else 0)).half().float())
        model.half().save_pretrained(OUT / name)
        model.double()
        pixels = torch.randn(2, 3, 32, 32)
        result = model(pixels.double())
        embedding = result.image_embeds if "projection" in name else result.pooler_output
        save_file(
            {"pixels": pixels, "embedding": embedding.contiguous()},
            OUT / name / "expected.safetensors",
        )
