"""Prints the numbers of ResolutionTest, as transformers 4.53.3 computes them: python resolution.py"""
from pathlib import Path

import torch
from transformers import CLIPModel, SiglipModel

HERE = Path(__file__).parent.parent


def pixels(side):
    i = torch.arange(3 * side * side)
    return ((i * 37 % 101) / 50 - 1).reshape(1, 3, side, side).float()


with torch.no_grad():
    for folder, kind, sides in [("reference/models/quick_gelu_p8", CLIPModel, (48, 24)), ("families/siglip_b16", SiglipModel, None)]:
        model = kind.from_pretrained(HERE / folder).eval()
        c = model.config.vision_config
        for side in sides or (c.image_size + 2 * c.patch_size,):
            z = model.get_image_features(pixel_values=pixels(side), interpolate_pos_encoding=True)[0]
            print(folder, c.image_size, c.patch_size, side, ", ".join(f"{x:.7f}" for x in z[:8]), f"norm {z.norm():.7f}")
    print(torch.nn.functional.interpolate(torch.tensor([[[[1.0, 2, 4], [8, 16, 32], [3, 5, 7]]]]), size=(4, 2), mode="bicubic", align_corners=False))
