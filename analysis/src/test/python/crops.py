"""Makes the expected pixels of ImageProcessorTest: what torchvision, OpenCLIP and transformers cut.

Run once; the results are in src/test/resources/crops. The pictures have sizes where the rules differ
by a pixel (71 and 53 scaled to 35 and 39: 3 and 7 pixels more than the square) and where they do not.

    python -m venv v && v/bin/pip install torch torchvision transformers open_clip_torch pillow
    v/bin/python crops.py ../resources/crops
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Normalize, Resize, ToTensor

OUT = Path(sys.argv[1])
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
SIDE = 32


def picture(width, height, seed):
    draw = np.random.default_rng(seed).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    return Image.fromarray(draw).resize((width, height), Image.Resampling.BICUBIC)


def processors():
    try:
        from transformers import CLIPImageProcessorPil as Clip
        from transformers import SiglipImageProcessorPil as Siglip
    except ImportError:
        from transformers import CLIPImageProcessor as Clip
        from transformers import SiglipImageProcessor as Siglip
    return (
        Clip(size={"shortest_edge": SIDE}, crop_size=SIDE),
        Siglip(size={"height": SIDE, "width": SIDE}),
        # of google's checkpoints of SigLIP 2
        Siglip(size={"height": SIDE, "width": SIDE}, resample=Image.Resampling.BILINEAR),
    )


def pixels(processor, image):
    return torch.tensor(np.array(processor(image)["pixel_values"][0]), dtype=torch.float32)


if __name__ == "__main__":
    from open_clip.transform import image_transform

    # clip.load's _transform of OpenAI
    openai = Compose(
        [
            Resize(SIDE, interpolation=InterpolationMode.BICUBIC),
            CenterCrop(SIDE),
            ToTensor(),
            Normalize(MEAN, STD),
        ]
    )
    open_clip = image_transform(SIDE, is_train=False)
    clip, siglip, siglip2 = processors()
    OUT.mkdir(parents=True, exist_ok=True)
    expected = {}
    for width, height in ((64, 71), (53, 43), (64, 66), (40, 40)):
        name = f"{width}x{height}"
        image = picture(width, height, width + height)
        image.save(OUT / f"{name}.png")
        expected[f"{name}.openai"] = openai(image)
        assert torch.equal(open_clip(image), openai(image))
        expected[f"{name}.transformers"] = pixels(clip, image)
        expected[f"{name}.siglip"] = pixels(siglip, image)
        expected[f"{name}.siglip2"] = pixels(siglip2, image)
        apart = (expected[f"{name}.openai"] - expected[f"{name}.transformers"]).abs().max()
        print(name, float(apart))
    save_file({k: v.contiguous() for k, v in expected.items()}, OUT / "expected.safetensors")
