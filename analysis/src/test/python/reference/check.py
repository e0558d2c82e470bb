"""Makes the expected tensors of the reference set anew, and says how far the committed ones are.

    python -m venv v && v/bin/pip install -r requirements.txt
    v/bin/python check.py ../../resources/reference             # compares
    v/bin/python check.py ../../resources/reference --write DIR # writes what it makes, too

It ends with the status 1 if a committed tensor is not made, or differs by more than its tolerance.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import facts_of
import images
import naming
import sections
from oracle import F64, Model
from sections import Run

FULL = ("quick_gelu_p8", "gelu_p8", "nonsquare", "fp16")
FORWARD = ("sharded", "bf16", "width64")

# Both are float64; what is left is the order of additions, which solving for C magnifies.
TOLERANCES = {"edit": 1e-9, "memit": 1e-9, "ft.step1_delta": 1e-7}
TOLERANCE = 1e-12


def compare(folder, made, committed):
    """Prints a line for each family of tensors; gives the names of those that are too far."""
    worst, bad = {}, []
    for name, expected in committed.items():
        if name not in made:
            bad.append(f"{name} is not made")
            continue
        actual = made[name]
        if actual.shape != expected.shape:
            bad.append(f"{name} has the shape {tuple(actual.shape)}, not {tuple(expected.shape)}")
            continue
        if expected.is_floating_point():
            apart = (actual.to(F64) - expected.to(F64)).abs().max().item()
            scaled = apart / max(1e-300, expected.abs().max().item())
            # the gradient of b_k is 0 in exact arithmetic
            scaled = apart if name.endswith("grad.bk") or name.endswith("step1_delta.bk") else scaled
        else:
            scaled = float((actual != expected).sum())
        tolerance = next((t for k, t in TOLERANCES.items() if name.startswith(k)), TOLERANCE)
        if not scaled <= tolerance:
            bad.append(f"{name} differs by {scaled:.1e} of its largest value")
        group = name.split(".")[0]
        worst[group] = max(worst.get(group, 0), scaled)
    for group, scaled in worst.items():
        print(f"{folder:24} {group:16} {'equal to the bit' if scaled == 0 else f'{scaled:.1e}'}")
    return [f"{folder}: {b}" for b in bad]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("reference", type=Path)
    arguments.add_argument("--write", type=Path)
    options = arguments.parse_args()
    models = options.reference / "models"
    bad = []
    for name in FULL + FORWARD:
        folder = models / name
        facts = json.loads((folder / "expected.json").read_text())
        run = Run(Model(folder), load_file(folder / "inputs.safetensors"), facts)
        made = {}
        for section in sections.FULL if name in FULL else sections.FORWARD_ONLY:
            made |= {k: v.detach().contiguous() for k, v in section(run).items()}
        committed = load_file(folder / "expected.safetensors")
        bad += compare(name, made, committed)
        if name in FULL:
            bad += facts_of.check(name, run, made)
        if options.write:
            (options.write / name).mkdir(parents=True, exist_ok=True)
            save_file({k: made[k] for k in committed if k in made},
                      options.write / name / "expected.safetensors")
    bad += naming.check(models)
    bad += compare("extra_siglip_vision", *images.siglip(models / "extra_siglip_vision"))
    bad += compare("preprocess", *images.made_and_committed(options.reference / "preprocess"))
    bad += images.check_tokens(options.reference / "tokenizer")
    print("\n".join(bad) if bad else "all as committed")
    return 1 if bad else 0


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    sys.exit(main())
