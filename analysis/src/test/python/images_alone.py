"""Makes the models of ImagesAloneTest: transformers' Dinov2Model, Dinov2ForImageClassification, ViTModel and
ViTForImageClassification in the layout of their public checkpoints, scaled down, with random weights, and what they give
of pixels and of pictures. Run once, by transformers 4.53.3; the results are in src/test/resources/images_alone.

    python images_alone.py ../resources/images_alone
"""

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import (
    AutoImageProcessor,
    Dinov2Config,
    Dinov2ForImageClassification,
    Dinov2Model,
    ViTConfig,
    ViTForImageClassification,
    ViTModel,
)

OUT = Path(sys.argv[1])
PICTURES = OUT.parent / "crops"
SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
# as facebook/dinov2-base: positions of a larger image than the one that is given
DINO = Dinov2Config(**SIZES, image_size=56, patch_size=8, mlp_ratio=3, layerscale_value=0.5)
DINO_IMAGES = {
    "crop_size": {"height": 32, "width": 32},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "BitImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "resample": 3,
    "rescale_factor": 0.00392156862745098,
    "size": {"shortest_edge": 37},
}
# as google/vit-base-patch16-224
VIT = ViTConfig(**SIZES, image_size=32, patch_size=8, intermediate_size=96, num_labels=5)
VIT_IMAGES = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_processor_type": "ViTImageProcessor",
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 32, "width": 32},
}
MODELS = {
    "dinov2": (Dinov2Model, DINO, DINO_IMAGES),
    "dinov2_classes": (Dinov2ForImageClassification, DINO, DINO_IMAGES),
    "vit": (ViTModel, VIT, VIT_IMAGES),
    "vit_classes": (ViTForImageClassification, VIT, VIT_IMAGES),
}

if __name__ == "__main__":
    torch.set_grad_enabled(False)
    for name, (kind, config, images) in MODELS.items():
        torch.manual_seed(7)
        config._attn_implementation = "eager"
        model = kind(config).eval()
        for p in model.parameters():
            draw = torch.randn(p.shape) * (0.2 if p.dim() == 1 else p[0].numel() ** -0.5)
            p.copy_((draw + (1 if p.dim() == 1 else 0)).half().float())
        model.half().save_pretrained(OUT / name)
        (OUT / name / "preprocessor_config.json").write_text(json.dumps(images, indent=2), "utf-8")
        model.double()
        tower = getattr(model, model.base_model_prefix, model)
        pixels = torch.randn(2, 3, 32, 32)
        processor = AutoImageProcessor.from_pretrained(OUT / name, use_fast=False)
        pictures = processor([Image.open(p) for p in sorted(PICTURES.glob("*.png"))], return_tensors="pt").pixel_values
        save_file(
            {
                "pixels": pixels,
                "embedding": tower(pixels.double()).last_hidden_state[:, 0].contiguous(),
                "pictures": pictures.contiguous(),
            },
            OUT / name / "expected.safetensors",
        )
