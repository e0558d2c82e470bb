"""Writes a model as a Hugging Face CLIPModel folder in float16, and what is derived from it.

Beside `model/`: golden.json (ten images and captions with their embeddings, in float64),
expected-entities.json (every second entity: leading neurons and what silencing them does), and
heldout_accuracy.csv. The images, words.txt and the tokenizer stay as they are.
"""

import argparse
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from . import measure
from .data import Data, Tokens
from .entities import entities, labels_of_entities
from .model import HEAD_WIDTH, IMAGE_MEAN, IMAGE_STD
from .places import ICONCLIP, Places
from .report import held_out, open_model, strict

TOKENIZER = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


def config(sizes):
    """config.json of a CLIPModel."""
    common = dict(
        attention_dropout=0.0, hidden_act="quick_gelu", initializer_factor=1.0,
        initializer_range=0.02, layer_norm_eps=1e-5, projection_dim=sizes.projection,
    )
    return dict(
        architectures=["CLIPModel"], initializer_factor=1.0, logit_scale_init_value=2.6592,
        model_type="clip", projection_dim=sizes.projection, torch_dtype="float16",
        transformers_version="4.53.3",
        text_config=dict(
            common, model_type="clip_text_model", bos_token_id=sizes.end - 1,
            eos_token_id=sizes.end, pad_token_id=sizes.end, hidden_size=sizes.text_width,
            intermediate_size=sizes.text_hidden, max_position_embeddings=sizes.context,
            num_attention_heads=sizes.text_width // HEAD_WIDTH,
            num_hidden_layers=sizes.text_layers, vocab_size=sizes.vocabulary,
        ),
        vision_config=dict(
            common, model_type="clip_vision_model", hidden_size=sizes.width,
            image_size=sizes.image, intermediate_size=sizes.hidden,
            num_attention_heads=sizes.width // HEAD_WIDTH, num_channels=3,
            num_hidden_layers=sizes.layers, patch_size=sizes.patch,
        ),
    )


def preprocessor(side):
    return dict(
        crop_size=dict(height=side, width=side), do_center_crop=True, do_convert_rgb=True,
        do_normalize=True, do_rescale=True, rescale_factor=1 / 255, do_resize=True,
        feature_extractor_type="CLIPFeatureExtractor", image_processor_type="CLIPImageProcessor",
        image_mean=list(IMAGE_MEAN), image_std=list(IMAGE_STD), resample=3,
        size=dict(shortest_edge=side),
    )


def write_model(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    weights = {k: w.half().contiguous() for k, w in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write = lambda name, value: (folder / name).write_text(json.dumps(value, indent=1) + "\n")
    write("config.json", config(model.sizes))
    write("preprocessor_config.json", preprocessor(model.sizes.image))
    shutil.copyfile(ICONCLIP / "model" / "caution.txt", folder / "caution.txt")
    for name in TOKENIZER:
        shutil.copyfile(ICONCLIP / "model" / name, folder / name)


@torch.no_grad()
def golden(model, tokens):
    """Every sixtieth image of VisEnt-mini and its caption, embedded, not normalised."""
    from .augment import normalise
    from .model import patches

    listed = [
        (file, label) for (_, label), files in entities().items() for file, _ in files
    ]
    out = []
    for file, label in listed[::60]:
        x = normalise(measure.read(file, model.sizes.image)[None].double())
        image = model.images(patches(x, model.sizes.patch))[0]
        ids = tokens.of(label)
        out.append(
            dict(
                file=str(file.relative_to(ICONCLIP / "entities")), caption=label, ids=ids,
                image_features=image.tolist(),
                text_features=model.texts(torch.tensor([ids]))[0].tolist(),
            )
        )
    return out


def name(neuron):
    """A neuron as Engram writes it."""
    block, layer, column = neuron
    if block == "F":
        return "L%dF%d" % (layer, column)
    return "L%dA%dH%d" % (layer, column // HEAD_WIDTH, column % HEAD_WIDTH)


def expected(model, tokens):
    """Every second entity, as Engram's own tests compare it."""
    found = measure.measure_entities(model, tokens)
    out = {}
    for (entity, label), e in list(zip(entities(), found))[::2]:
        files = entities()[entity, label]
        out[entity] = dict(
            category=files[0][0].parent.parent.name, label=label, images=len(files),
            cosine=e.cosine,
            top10=[[name(n), s] for n, s in zip(e.leading, e.scores)],
            residual={str(k): e.cosine - v for k, v in e.residual.items()},
            complete={str(k): e.cosine - v for k, v in e.complete.items()},
        )
    return out


def accuracy(model, data, tokens, places):
    """Rows of heldout_accuracy.csv: subset, n, top-1, top-5, median rank."""
    ranks = held_out(model, data, tokens)
    kinds = np.array([data.categories[c] for c in data.held_concepts])
    sets = np.array([data.drawings[i]["set"] for i in data.held])
    subsets = [("ALL held-out styles", np.ones(len(ranks), bool))]
    subsets += [(k, kinds == k) for k in sorted(set(kinds))]
    subsets += [("unseen family and no near copy", strict(data, places))]
    subsets += [("set " + s, sets == s) for s in sorted(set(sets))]
    return [
        (n, int(q.sum()), round(float((ranks[q] < 1).mean()), 4),
         round(float((ranks[q] < 5).mean()), 4), round(float(np.median(ranks[q]) + 1), 1))
        for n, q in subsets
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path, default=Places.default().root)
    parser.add_argument("--model-only", action="store_true")
    a = parser.parse_args()
    model, tokens = open_model(a.model), Tokens()
    write_model(model, a.out / "model")
    if a.model_only:
        return
    places = Places(a.home)
    data = Data(places, labels_of_entities())
    with (a.out / "heldout_accuracy.csv").open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["subset", "n", "top1", "top5", "median_rank"])
        out.writerows(accuracy(model, data, tokens, places))
    write = lambda n, value: (a.out / n).write_text(json.dumps(value, indent=1) + "\n")
    write("expected-entities.json", expected(model, tokens))
    write("golden.json", golden(model.double(), tokens))


if __name__ == "__main__":
    main()
