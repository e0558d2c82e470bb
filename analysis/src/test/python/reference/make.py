"""Makes a whole reference set anew from a seed: weights, inputs, and all that comes out of them.

    python make.py ../../resources/reference OUT            # seed 2
    python make.py ../../resources/reference OUT --seed 3

Configurations, tokenizers, words and the pictures of `preprocess` are no draws and are copied. The
parity tests read the new set by -Dengram.reference=OUT; `check.py OUT` computes it again.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import choices
import draw
import images
import naming
import sections
from check import FORWARD, FULL
from oracle import Model, load_tensors
from sections import Run

RENAMED = ("openai_naming", "openai_naming_width64", "openclip_naming", "openclip_custom_naming")


def save(tensors, file):
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, file)


def draw_model(folder, *names):
    for file in sorted(folder.glob("model*.safetensors")):
        template = load_file(file)
        save({k: draw.weight(k, v, *names).to(v.dtype) for k, v in template.items()}, file)
    file = folder / "inputs.safetensors"
    template = load_file(file)
    drawn = draw.inputs(template, *names)
    save({k: drawn[k].to(v.dtype) for k, v in template.items()}, file)


def kept(made):
    """Without what is 0 by definition, and with some of what is large and alike."""
    def keeps(name, value):
        if name == "lora_zero.embed" or (name.startswith("lora_zero.grad") and not value.any()):
            return False  # B is 0: so is the gradient of A
        if name.startswith("ft.step1_delta"):
            return name.split(".", 2)[2] in ("W2", "Wo", "lna.w")
        part = name.split(".")
        return not (part[-1] in ("up_bilinear", "up_nearest", "minmax") and int(part[1]) > 1)

    return {k: v for k, v in made.items() if keeps(k, v)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("reference", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--seed", type=int, default=2)
    options = arguments.parse_args()
    shutil.copytree(options.reference, options.out)
    models = options.out / "models"
    manifest = {"seed": options.seed, "models": {}}
    for name in FULL + FORWARD:
        folder = models / name
        draw_model(folder, options.seed, name)
        given = json.loads((folder / "expected.json").read_text())
        run = Run(Model(folder), load_file(folder / "inputs.safetensors"), {})
        if name in FULL:
            made, facts = choices.all_facts(run, given)
        else:
            made = {k: v for s in sections.FORWARD_ONLY for k, v in s(run).items()}
            committed = load_file(folder / "expected.safetensors")
            made, facts = {k: made[k] for k in committed}, given
        save(kept(made), folder / "expected.safetensors")
        (folder / "expected.json").write_text(json.dumps(facts))
        manifest["models"][name] = {"embed00": float(made["embed"][0, 0])}
        print(name)
    for name in RENAMED:
        folder = models / name
        source = json.loads((folder / "expected.json").read_text())["same_weights_as"]
        made = naming.renamed(load_tensors(models / source, "model*.safetensors"),
                              "text." if "custom" in name else "")
        file = next(folder.glob("*model.safetensors"))
        save({k: made[k].reshape(v.shape).to(v.dtype) if k in made else v
              for k, v in load_file(file).items()}, file)
        given = load_file(models / source / "inputs.safetensors")
        file = folder / "inputs.safetensors"
        save({k: given[k] for k in load_file(file)}, file)
        expected = folder / "expected.safetensors"
        same = load_file(models / source / "expected.safetensors")
        save({k: same[k] for k in load_file(expected)}, expected)
    folder = models / "extra_siglip_vision"
    draw_model(folder, options.seed, folder.name)
    save(images.siglip(folder)[0], folder / "expected.safetensors")
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=1))


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main()
