#!/usr/bin/env python3
"""What checkpoints of the usual sizes need: memory and time; prints the table of docs/models.md.

usage: .venv/bin/python benchmarks/checkpoints.py [NAME...]   (after ./lab build, on an idle machine)
The weights are random, float32, in the layout of Hugging Face, made in a temporary folder (up to 4 GB) and deleted:
what a checkpoint costs depends on its sizes alone. Memory is the largest resident set of the kernel, weights included.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import shutil
import struct
import tempfile
import time

from experiments import Kernel

MODEL = pathlib.Path(__file__).resolve().parent.parent / "iconclip/src/main/resources/dev/engram/iconclip/model"
# image tower: layers, width, heads, patch, pixels; shared space; text tower: layers, width, heads
SIZES = {
    "ViT-B/32": ((12, 768, 12, 32, 224), 512, (12, 512, 8)),
    "ViT-B/16": ((12, 768, 12, 16, 224), 512, (12, 512, 8)),
    "ViT-L/14": ((24, 1024, 16, 14, 224), 768, (12, 768, 12)),
    "ViT-L/14@336": ((24, 1024, 16, 14, 336), 768, (12, 768, 12)),
    "ViT-H/14": ((32, 1280, 16, 14, 224), 1024, (24, 1024, 16)),
}
VOCABULARY, CONTEXT = 49408, 77


def tower(name, layers, width):
    shapes = {}
    for layer in range(layers):
        prefix = f"{name}.encoder.layers.{layer}."
        for part in ("q", "k", "v", "out"):
            shapes |= {f"{prefix}self_attn.{part}_proj.weight": (width, width), f"{prefix}self_attn.{part}_proj.bias": (width,)}
        for part, shape in (("fc1", (4 * width, width)), ("fc2", (width, 4 * width))):
            shapes |= {f"{prefix}mlp.{part}.weight": shape, f"{prefix}mlp.{part}.bias": shape[:1]}
        for part in ("layer_norm1", "layer_norm2"):
            shapes |= {f"{prefix}{part}.weight": (width,), f"{prefix}{part}.bias": (width,)}
    return shapes


def shapes(vision, space, text):
    layers, width, _, patch, pixels = vision
    positions = (pixels // patch) ** 2 + 1
    found = tower("vision_model", layers, width) | tower("text_model", text[0], text[1])
    found |= {
        "logit_scale": (), "visual_projection.weight": (space, width), "text_projection.weight": (space, text[1]),
        "vision_model.embeddings.class_embedding": (width,),
        "vision_model.embeddings.patch_embedding.weight": (width, 3, patch, patch),
        "vision_model.embeddings.position_embedding.weight": (positions, width),
        "text_model.embeddings.token_embedding.weight": (VOCABULARY, text[1]),
        "text_model.embeddings.position_embedding.weight": (CONTEXT, text[1]),
    }  # fmt: skip
    for norm, size in (
        ("vision_model.pre_layrnorm", width), ("vision_model.post_layernorm", width), ("text_model.final_layer_norm", text[1])
    ):  # fmt: skip
        found |= {f"{norm}.weight": (size,), f"{norm}.bias": (size,)}
    return found


def write(folder, vision, space, text):
    """A checkpoint of that size: small random numbers, so that no sum overflows; returns its size in bytes."""
    header, end = {}, 0
    for name, shape in shapes(vision, space, text).items():
        size = 4
        for length in shape:
            size *= length
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    block = b"".join(struct.pack("<f", random.gauss(0, 0.02)) for _ in range(1 << 18))
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for start in range(0, end, len(block)):
            file.write(block[: end - start])
    given = json.loads((MODEL / "config.json").read_text())
    sides = {}
    for side, (layers, width, heads) in (("vision", vision[:3]), ("text", text)):
        sides[side] = given[f"{side}_config"] | {
            "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads, "intermediate_size": 4 * width,
            "projection_dim": space,
        }  # fmt: skip
    sides["vision"] |= {"patch_size": vision[3], "image_size": vision[4]}
    sides["text"] |= {"vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT}
    config = given | {"projection_dim": space, "vision_config": sides["vision"], "text_config": sides["text"]}
    (folder / "config.json").write_text(json.dumps(config))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(MODEL / name, folder)
    return end


def timed(kernel, code, times=3):
    """The median of some runs, in seconds."""
    seconds = []
    for _ in range(times):
        started = time.monotonic()
        kernel.run(code)
        seconds.append(time.monotonic() - started)
    return sorted(seconds)[times // 2]


def measure(name):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        size = write(folder, *SIZES[name])
        kernel = Kernel({})
        try:
            kernel.run(f'System.setProperty("engram.cache", "{place}");')
            kernel.run("%images visent-mini")
            loading = timed(kernel, f"%model {folder} --device cpu", 1)
            image = timed(kernel, "%attribute panda/0 --top 10")
            peak = kernel.peak()
            words = timed(kernel, "%words L5F412", 1)
            kept = timed(kernel, f"%model {folder} --device cpu", 1) and timed(kernel, "%words L5F412", 1)
        finally:
            kernel.close()
    print(
        f"| {name} | {size / 1e9:.2f} GB | {loading:.1f} s | {image:.2f} s | {peak / 1000:.1f} GB | {words:.0f} s | {kept:.1f} s |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SIZES))
    names = parser.parse_args().names or list(SIZES)
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, {platform.machine()}\n")
    print("| size | weights | load | attribute an image | memory | english-20k, first time | afterwards |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        measure(name)


if __name__ == "__main__":
    main()
