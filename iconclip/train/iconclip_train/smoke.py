"""The whole way in about a minute, on VisEnt-mini's own drawings and for a few steps.

It shows that the parts fit together: a run that is stopped and started again sees the same pictures
and gets the same gradients as one that was not, and what is exported is a CLIPModel. The weights are
worth nothing.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from . import state
from .captions import COUNT, caption
from .data import Data, Plans, Tokens, words_of
from .drawings import SIDE
from .entities import labels_of_entities
from .model import Sizes
from .places import HERE, ICONCLIP, Places


def prepare(places):
    """Concepts, captions and drawings of the 60 entities, as the whole run has them."""
    import random

    fitting = json.loads((HERE / "iconclip_train/entity-words.json").read_text())
    index, concepts, labels, drawings, pixels = {}, [], [], [], []
    with (ICONCLIP / "entities/manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            label = row["caption"]
            if label not in index:
                index[label] = len(concepts)
                labels.append(label)
                concepts.append(
                    dict(
                        key=label, name=row["entity"], category=row["category"], kind="emoji",
                        tags=fitting[label][:4], facts=[], demonym=None, article=False, held=None,
                    )
                )
            held = row["split"] == "heldout"
            if held:
                concepts[index[label]]["held"] = row["set"]
            drawings.append(
                dict(
                    concept=index[label], set=row["set"], icon=row["icon"], tone=None,
                    part="held" if held else "train",
                )
            )
            rgb = Image.open(ICONCLIP / "entities" / row["file"]).convert("RGB").resize((SIDE, SIDE))
            pixels.append(np.asarray(rgb.convert("RGBA")))
    rng = random.Random(0)
    for c in concepts:
        c["category"] = c["category"] if c["category"] in ("flags", "logos", "animals", "characters") else "places"
        assert words_of(c), c["name"]
    captions = [[caption(c, rng) for _ in range(COUNT)] for c in concepts]
    places.concepts.write_text(json.dumps(dict(concepts=concepts, drawings=drawings)))
    places.captions.write_text(json.dumps(dict(labels=labels, captions=captions)))
    np.save(places.drawings, np.stack(pixels))
    n = len(drawings)
    np.savez(places.marks, there=np.ones(n, bool), one_colour=np.zeros(n, bool))


def run(module, *arguments):
    print("$ python -m iconclip_train.%s %s" % (module, " ".join(map(str, arguments))), flush=True)
    subprocess.run([sys.executable, "-m", "iconclip_train." + module, *map(str, arguments)], check=True)


def compare(once, twice):
    """That two runs went the same way, but for the rounding of sums in another order."""
    assert once["step"] == twice["step"], (once["step"], twice["step"])
    for name, gradient in once["trunk"]["muon"].items():
        other = twice["trunk"]["muon"][name]
        far = ((gradient - other).norm() / (gradient.norm() + 1e-12)).item()
        assert far < 0.02, "after a restart the gradient of %s is %.3f away" % (name, far)


def compare_plans(places):
    """That a step's batch is the same whenever and by whomever it is made, and another step's is not."""
    data, tokens = Data(places, labels_of_entities()), Tokens()
    once, twice = (Plans(data, tokens, Sizes(), 0, 8, written=False) for _ in range(2))
    text = lambda plan: str([vars(plan)[k].tolist() for k in ("concepts", "drawings", "captions", "words")])
    assert text(once[1]) == text(twice[1]), "two runs would see other batches"
    assert text(once[1]) != text(once[2]), "two steps have the same batch"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, help="keep the exported model here")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        prepare(places)
        small = ["--home", folder, "--concepts", 8, "--plain", "--unwritten", "--device", "cpu", "--stable", 2]
        run("trunk", *small, "--run", "whole", "--decay", 2)
        run("trunk", *small, "--run", "parts", "--decay", 2, "--pause", 1)
        run("trunk", *small, "--run", "parts", "--decay", 2)
        compare_plans(places)
        compare(*(state.load(places.root / r / "state.pt") for r in ("whole", "parts")))
        run(
            "knowledge", "--home", folder, "--model", places.root / "whole/model.pt", "--clusters-from", 128,
            "--unwritten", "--device", "cpu", "--steps", 2, "--concepts", 8, "--views", 2, "--measure", 2,
        )
        out = a.out or places.root / "export"
        run("export", places.root / "knowledge/model.pt", out, "--model-only")
        from .model import load

        size = (out / "model/model.safetensors").stat().st_size
        sizes = load(out / "model").sizes
        print("Exported %.1f MB: %s" % (size / 1e6, sizes))
    print("The smoke run has passed.")


if __name__ == "__main__":
    main()
