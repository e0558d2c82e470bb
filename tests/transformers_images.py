"""A small DINOv2 and a small ViT with random weights, and what transformers makes of such models: run by test_transformers.py.

make DIRECTORY writes them into two folders; embed DIRECTORY IMAGES (in JSON) prints the embedding of each image, as JSON.
"""

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModel,
    BitImageProcessor,
    Dinov2Config,
    Dinov2Model,
    ViTConfig,
    ViTImageProcessor,
    ViTModel,
)

SIZES = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


def make(folder):
    """As facebook/dinov2-base, whose images are smaller than those that it learned with, and google/vit-base-patch16-224."""
    torch.manual_seed(3)
    dinov2 = Dinov2Model(Dinov2Config(**SIZES, image_size=70, patch_size=14))
    vit = ViTModel(ViTConfig(**SIZES, image_size=48, patch_size=16, intermediate_size=96))
    for model in (dinov2, vit):
        for parameter in model.parameters():
            parameter.normal_(1 if parameter.dim() == 1 else 0, 0.2)
    dinov2.save_pretrained(folder / "dinov2")
    BitImageProcessor(size={"shortest_edge": 49}, crop_size={"height": 42, "width": 42}, **IMAGENET).save_pretrained(
        folder / "dinov2"
    )
    vit.save_pretrained(folder / "vit")
    ViTImageProcessor(size={"height": 48, "width": 48}).save_pretrained(folder / "vit")


def embed(folder, images):
    model, loading = AutoModel.from_pretrained(folder, output_loading_info=True)
    pictures = AutoImageProcessor.from_pretrained(folder, use_fast=False)(
        images=[Image.open(path) for path in images], return_tensors="pt"
    )
    return {
        "loading": {kind: sorted(map(str, names)) for kind, names in loading.items()},
        "images": model.eval()(**pictures).last_hidden_state[:, 0].tolist(),
    }


with torch.inference_mode():
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(json.dumps(embed(sys.argv[2], json.loads(sys.argv[3]))))
