"""What transformers gives: pixels of CLIPImageProcessor, ids of CLIPTokenizerFast, a SigLIP."""

import json

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file


def prepared(image, size):
    from transformers import CLIPImageProcessor

    processor = CLIPImageProcessor(size={"shortest_edge": size}, crop_size=size)
    return torch.tensor(np.array(processor(image)["pixel_values"][0]))


def high_byte(image):
    return Image.fromarray((np.array(image).astype(np.uint16) >> 8).astype(np.uint8))


def made_and_committed(folder):
    committed = load_file(folder / "expected.safetensors")
    made = {}
    for name in committed:
        file, _, how = name.replace("#", "@#", 1).partition("@")
        size, _, variant = how.replace("@", "").partition("#")
        image = Image.open(folder / file)
        if variant == "rgb":
            made[name] = torch.tensor(np.array(image.convert("RGB")))
        elif variant == "exif":
            made[name] = prepared(ImageOps.exif_transpose(image), int(size))
        elif variant == "high_byte":
            made[name] = prepared(high_byte(image), int(size))
        else:
            made[name] = prepared(image, int(size))
    return made, committed


def siglip(folder):
    """The image tower of a SigLIP, by transformers in float64."""
    from transformers import SiglipVisionConfig, SiglipVisionModel

    config = SiglipVisionConfig(**json.loads((folder / "config.json").read_text()))
    model = SiglipVisionModel._from_config(config, attn_implementation="sdpa").double().eval()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    out = model(load_file(folder / "inputs.safetensors")["pixels"].double())
    made = {"last_hidden_state": out.last_hidden_state, "pooler_output": out.pooler_output}
    return made, load_file(folder / "expected.safetensors")


def check_tokens(folder):
    from transformers import CLIPTokenizerFast

    tokenizer = CLIPTokenizerFast.from_pretrained(folder)
    cases = json.loads((folder / "cases.json").read_text())
    bad = []
    for case in cases:
        padded = tokenizer(case["text"], truncation=True, padding="max_length", max_length=77)
        made = {"ids": tokenizer(case["text"])["input_ids"], "ids77": padded["input_ids"],
                "mask77": padded["attention_mask"]}
        bad += [f"tokenizer: {k} of {case['text']!r}" for k, v in made.items() if case[k] != v]
    print(f"{'tokenizer':24} {'ids':16} equal to the bit, {len(cases)} texts")
    return bad
