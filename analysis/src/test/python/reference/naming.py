"""The models under the names of OpenAI and OpenCLIP: the same weights as another one has."""

import json

import torch
from safetensors.torch import load_file

from oracle import load_tensors

NAMES = (("embeddings.class_embedding", "class_embedding"),
         ("embeddings.patch_embedding", "conv1"),
         ("embeddings.position_embedding.weight", "positional_embedding"),
         ("embeddings.token_embedding", "token_embedding"),
         ("pre_layrnorm", "ln_pre"), ("post_layernorm", "ln_post"),
         ("final_layer_norm", "ln_final"), ("encoder.layers.", "transformer.resblocks."),
         ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
         ("mlp.fc2", "mlp.c_proj"), ("self_attn.", "attn."))


def renamed(tensors, text):
    """Hugging Face's tensors under OpenAI's names; `text` stands before those of the text tower."""
    out = {}
    for name, value in tensors.items():
        if "k_proj" in name or "v_proj" in name or "position_ids" in name:
            continue
        if "q_proj" in name:
            value = torch.cat([tensors[name.replace("q_proj", p)]
                               for p in ("q_proj", "k_proj", "v_proj")])
            name = name.replace("q_proj.", "in_proj_")
        if name == "visual_projection.weight":
            out["visual.proj"] = value.T.contiguous()
            continue
        if name == "text_projection.weight":
            out[text + "text_projection"] = value.T.contiguous()
            continue
        prefix = "visual." if name.startswith("vision_model.") else (
            text if name.startswith("text_model.") else "")
        name = name.removeprefix("vision_model.").removeprefix("text_model.")
        for old, new in NAMES:
            name = name.replace(old, new)
        out[prefix + name] = value
    return out


def check(models):
    bad = []
    for folder in ("openai_naming", "openai_naming_width64", "openclip_naming",
                   "openclip_custom_naming"):
        source = json.loads((models / folder / "expected.json").read_text())["same_weights_as"]
        made = renamed(load_tensors(models / source, "model*.safetensors"),
                       "text." if "custom" in folder else "")
        committed = load_tensors(models / folder, "*model.safetensors")
        differing = [n for n, v in committed.items() if n in made and not torch.equal(
            made[n].float().reshape(-1), v.float().reshape(-1))]
        extra = [n for n in committed if n not in made]
        missing = [n for n in made if n not in committed]
        expected = load_file(models / folder / "expected.safetensors")
        same = load_file(models / source / "expected.safetensors")
        differing += [n for n, v in expected.items() if n not in same or not torch.equal(v, same[n])]
        if differing or missing:
            bad.append(f"{folder}: {differing + missing} are not those of {source}")
        print(f"{folder:24} {'weights, expected':16} equal to the bit, as {source}"
              + (f"; besides: {extra}" if extra else ""))
    return bad
