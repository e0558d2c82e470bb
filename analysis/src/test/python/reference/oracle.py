"""A CLIP in float64, written as Eq. 1 to 5 and 8 are, on weights with Hugging Face's names.

Names of tensors are those of DEFINITIONS.md, section 1. Nothing here is fast, and nothing is taken
from a library but matrix products.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

F64 = torch.float64


def load_tensors(folder, pattern):
    tensors = {}
    for file in sorted(Path(folder).glob(pattern)):
        tensors.update(load_file(file))
    return tensors


def norm(x, weight, bias, eps):
    """LN of Eq. 9: population variance."""
    mean = x.mean(-1, keepdim=True)
    std = ((x - mean).square().mean(-1, keepdim=True) + eps).sqrt()
    return weight * (x - mean) / std + bias


def deviation(x, eps):
    return (x.var(-1, unbiased=False, keepdim=True) + eps).sqrt()


def cos(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


class Model:
    """One checkpoint; `changed` gives other values to some of its tensors."""

    def __init__(self, folder, changed=None):
        self.folder = Path(folder)
        self.config = json.loads((self.folder / "config.json").read_text())
        self.w = {k: v.to(F64) for k, v in load_tensors(folder, "model*.safetensors").items()
                  if v.is_floating_point()}
        self.w.update(changed or {})
        vision = self.config["vision_config"]
        self.layers = vision["num_hidden_layers"]
        self.heads = vision["num_attention_heads"]
        self.eps = vision.get("layer_norm_eps", 1e-5)
        self.act = vision.get("hidden_act", "quick_gelu")
        self.projection = self.w["visual_projection.weight"]

    def changed(self, tensors):
        return Model(self.folder, {**self.w, **tensors})

    def p(self, layer, name, tower="vision"):
        return self.w[f"{tower}_model.encoder.layers.{layer}.{name}"]

    def ln(self, x, name):
        return norm(x, self.w[name + ".weight"], self.w[name + ".bias"], self.eps)

    def post(self, x):
        return self.ln(x, "vision_model.post_layernorm")

    def sigma(self, x):
        return x * torch.sigmoid(1.702 * x) if self.act == "quick_gelu" else (
            0.5 * x * (1 + torch.erf(x / 2**0.5)))

    def block(self, tower, l, h, heads, mask, tap):
        """One layer; `tap` sees every site and may change it."""
        name = f"{tower}_model.encoder.layers.{l}."
        b, t, d = h.shape

        def linear(x, part):
            y = x @ self.w[name + part + ".weight"].T + self.w[name + part + ".bias"]
            extra = tap("lora " + part, l, x)
            return y if extra is x else y + extra

        def split(x):
            return x.reshape(b, t, heads, d // heads).transpose(1, 2)

        xa = self.ln(h, name + "layer_norm1")
        q, k = split(linear(xa, "self_attn.q_proj")), split(linear(xa, "self_attn.k_proj"))
        v = tap("v", l, linear(xa, "self_attn.v_proj"))
        scores = q @ k.transpose(-1, -2) / (d // heads) ** 0.5
        attn = tap("attn", l, torch.softmax(scores if mask is None else scores + mask, -1))
        m_a = tap("mA", l, (attn @ split(v)).transpose(1, 2).reshape(b, t, d))
        a = tap("A", l, linear(m_a, "self_attn.out_proj"))
        mid = tap("mid", l, h + a)
        pre = tap("pre", l, linear(self.ln(mid, name + "layer_norm2"), "mlp.fc1"))
        m_f = tap("mF", l, self.sigma(pre))
        return mid + tap("F", l, linear(m_f, "mlp.fc2"))

    def images(self, pixels, change=None):
        """The forward pass: every site, a list by layer; `change(site, layer, value)` acts on it."""
        kept = {}

        def tap(site, l, value):
            value = value if change is None else change(site, l, value)
            if not site.startswith("lora"):
                kept.setdefault(site, []).append(value)
            return value

        x = pixels.to(F64)
        weight = self.w["vision_model.embeddings.patch_embedding.weight"]
        patches = torch.nn.functional.conv2d(x, weight, stride=weight.shape[-1])
        patches = patches.flatten(2).transpose(1, 2)
        token = self.w["vision_model.embeddings.class_embedding"].expand(len(x), 1, -1)
        h = torch.cat([token, patches], 1)
        h = h + self.w["vision_model.embeddings.position_embedding.weight"]
        h = self.ln(h, "vision_model.pre_layrnorm")
        for l in range(self.layers):
            h = self.block("vision", l, tap("h", l, h), self.heads, None, tap)
        h = tap("h", self.layers, h)
        kept["pooled"] = self.post(h[:, 0])
        kept["embed"] = kept["pooled"] @ self.projection.T
        return kept

    def texts(self, ids):
        """M_text of token ids, padded at their ends; read at the end of each text."""
        config = self.config["text_config"]
        ids = ids.long()
        n = ids.shape[1]
        h = self.w["text_model.embeddings.token_embedding.weight"][ids]
        h = h + self.w["text_model.embeddings.position_embedding.weight"][:n]
        mask = torch.full((n, n), float("-inf"), dtype=F64).triu(1)
        keep, self.act = self.act, config.get("hidden_act", "quick_gelu")
        for l in range(config["num_hidden_layers"]):
            h = self.block("text", l, h, config["num_attention_heads"], mask, lambda s, l, x: x)
        self.act = keep
        h = self.ln(h, "text_model.final_layer_norm")
        end = config.get("eos_token_id", 2)
        at = ids.argmax(1) if end == 2 else (ids == end).int().argmax(1)
        return h[torch.arange(len(ids)), at] @ self.w["text_projection.weight"].T

    def value(self, kind, l):
        """W_fc2 or W_o (d, n): a column is the value vector of a neuron."""
        return self.p(l, "mlp.fc2.weight" if kind == "F" else "self_attn.out_proj.weight")

    def value_name(self, kind, l):
        part = "mlp.fc2" if kind == "F" else "self_attn.out_proj"
        return f"vision_model.encoder.layers.{l}.{part}"

    def query(self, kind, l, n):
        """The query vector, the bias and the input norm's gain and bias of a neuron."""
        part = "mlp.fc1" if kind == "F" else "self_attn.v_proj"
        ln = "layer_norm2" if kind == "F" else "layer_norm1"
        return (self.p(l, part + ".weight")[n], self.p(l, part + ".bias")[n],
                self.p(l, ln + ".weight"), self.p(l, ln + ".bias"))
