"""The paper's claims on one model: where leading neurons are, what they say, what silencing does.

The definitions are Engram's: alignment improvement in the reading `literal`, suppression in the last
residual stream and complete removal (A.6), five words by orthogonal matching pursuit over the bare
words' embeddings (Sec. 3.3, A.2). A value vector is put into words through the linear part of
LN_post and the projection.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from .augment import normalise
from .data import STOP
from .entities import entities
from .model import HEAD_WIDTH, patches, quick_gelu
from .places import HERE, ICONCLIP

WORDS = 5


def unit(x):
    return F.normalize(x, dim=-1)


def read(file, side):
    """An image file as CLIPImageProcessor gives it, before normalisation (3, S, S)."""
    image = Image.open(file).convert("RGB")
    scale = side / min(image.size)
    image = image.resize([round(n * scale) for n in image.size], Image.BICUBIC)
    x, y = (n - side for n in image.size)
    image = image.crop((x // 2, y // 2, x // 2 + side, y // 2 + side))
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255


@torch.no_grad()
def embed_texts(model, tokens, texts):
    parts = [texts[i : i + 512] for i in range(0, len(texts), 512)]
    return torch.cat([unit(model.texts(tokens(p))) for p in parts])


@torch.no_grad()
def embed_pictures(model, pictures):
    """Unit embeddings of pictures in 0 to 1."""
    rows = patches(normalise(pictures), model.sizes.patch)
    return torch.cat([unit(model.images(r)) for r in rows.split(128)])


@dataclass
class Stage:
    """One layer at the class token: inputs (after layer norm) and coefficients of both blocks."""

    attention_input: torch.Tensor
    attention: torch.Tensor
    ffn_input: torch.Tensor
    ffn: torch.Tensor


@torch.no_grad()
def trace(model, pictures, removed=()):
    """Stages and the class token's last residual stream.

    @param removed neurons (block, layer, column) whose coefficients are 0 at all tokens
    """
    h = model.embed_patches(patches(normalise(pictures), model.sizes.patch))
    stages, h = trace_from(model, h, 0, removed)
    return stages, h[:, 0]


@torch.no_grad()
def trace_from(model, h, start, removed=(), end=None):
    """The stages from a layer on, and the residual stream of all tokens after them."""
    stages = []
    layers = model.vision_model.encoder.layers
    for l in range(start, len(layers) if end is None else end):
        layer = layers[l]
        x = layer.layer_norm1(h)
        a = layer.self_attn.mix(x, causal=False)
        a = _without(a, [c for b, m, c in removed if (b, m) == ("A", l)])
        middle = h + layer.self_attn.out_proj(a)
        y = layer.layer_norm2(middle)
        f = quick_gelu(layer.mlp.fc1(y))
        f = _without(f, [c for b, m, c in removed if (b, m) == ("F", l)])
        h = middle + layer.mlp.fc2(f)
        stages.append(Stage(x[:, 0], a[:, 0], y[:, 0], f[:, 0]))
    return stages, h


class Pictures:
    """The pictures of an entity, traced anew for each question, or from a layer that is kept.

    @param fixed layers that no longer change, whose stages and outcome are kept
    """

    def __init__(self, model, files, fixed=0):
        self.pictures = torch.stack([read(f, model.sizes.image) for f, _ in files])
        self.fixed = fixed
        with torch.no_grad():
            h = model.embed_patches(patches(normalise(self.pictures), model.sizes.patch))
        self.stages, self.h = trace_from(model, h, 0, end=fixed)

    def trace(self, model, removed=()):
        if any(l < self.fixed for _, l, _ in removed):
            return trace(model, self.pictures, removed)
        stages, h = trace_from(model, self.h, self.fixed, removed)
        return self.stages + stages, h[:, 0]


def _without(coefficients, columns):
    if columns:
        coefficients = coefficients.clone()
        coefficients[..., columns] = 0
    return coefficients


def literal(model, x, m, values, text):
    """cos(P(x + m w), t) − cos(P x, t) of every neuron; values (d, n), x (B, d), m (B, n)."""
    p = model.visual_projection.weight
    base, shift = x @ p.T, values.T @ p.T
    length = (base**2).sum(1, keepdim=True) + 2 * m * (base @ shift.T) + m**2 * (shift**2).sum(1)
    along = (base @ text)[:, None] + m * (shift @ text)
    return along / length.clamp_min(1e-12).sqrt() - ((base @ text) / base.norm(dim=1))[:, None]


def value(model, neuron):
    block, l, c = neuron
    layer = model.vision_model.encoder.layers[l]
    return (layer.self_attn.out_proj if block == "A" else layer.mlp.fc2).weight[:, c].detach()


def coefficient(stages, neuron):
    block, l, c = neuron
    return (stages[l].attention if block == "A" else stages[l].ffn)[:, c]


def neurons(model):
    s = model.sizes
    out = []
    for l in range(s.layers):
        out += [("A", l, c) for c in range(s.width)] + [("F", l, c) for c in range(s.hidden)]
    return out


def improvements(model, stages, text):
    """Imp of every neuron in every image, in the order of `neurons` (B, N)."""
    parts = []
    for stage, layer in zip(stages, model.vision_model.encoder.layers):
        w = layer.self_attn.out_proj.weight
        parts.append(literal(model, stage.attention_input, stage.attention, w, text))
        parts.append(literal(model, stage.ffn_input, stage.ffn, layer.mlp.fc2.weight, text))
    return torch.cat(parts, 1)


@torch.no_grad()
def target(model, neuron, sign):
    """The value vector in the shared space, of unit length, turned by its sign."""
    w = value(model, neuron)
    norm = model.vision_model.post_layernorm
    linear = norm.weight * (w - w.mean()) / (w.var(unbiased=False) + norm.eps).sqrt()
    return sign * unit(model.visual_projection.weight @ linear)


def pursuit(atoms, y, count=WORDS):
    """Orthogonal matching pursuit: indices in the order of selection, coefficients, residual."""
    chosen, residual = [], y
    for _ in range(count):
        products = np.abs(atoms @ residual)
        products[chosen] = -1
        chosen.append(int(products.argmax()))
        basis = atoms[chosen].T
        solution = np.linalg.lstsq(basis, y, rcond=None)[0]
        residual = y - basis @ solution
    return chosen, solution, float(np.linalg.norm(residual))


class Dictionary:
    """Words and their embeddings, and which words fit an entity."""

    def __init__(self, model, tokens):
        self.words = (ICONCLIP / "words.txt").read_text().split()
        self.atoms = embed_texts(model, tokens, self.words).double().numpy()
        self.fitting = json.loads((HERE / "iconclip_train/entity-words.json").read_text())

    def say(self, vector):
        """Five words of a unit vector, with coefficients."""
        chosen, solution, _ = pursuit(self.atoms, vector.double().numpy())
        return [(self.words[i], round(float(c), 2)) for i, c in zip(chosen, solution)]

    def fits(self, label):
        return (set(re.findall("[a-z]+", label.lower())) - STOP) | set(self.fitting[label])

    def judge(self, label, said):
        """Whether a word among them fits, and whether the first does; only positive ones count."""
        right = self.fits(label)
        good = [c > 0 and w in right for w, c in said]
        return any(good), good[0]


@dataclass
class Entity:
    """What was measured on one entity."""

    name: str
    leading: list
    scores: list
    said: list
    fits: bool
    first_fits: bool
    decay: np.ndarray
    cosine: float
    residual: dict
    complete: dict

    def label(self):
        return " ".join("L%d%s%d" % (l, b, c) for b, l, c in self.leading[:3])


def all_pictures(model, fixed=0):
    """The pictures of the 60 entities, by name."""
    return {name: Pictures(model, files, fixed) for (name, _), files in entities().items()}


@torch.no_grad()
def measure_entities(model, tokens, pictures=None, dictionary=None, tops=(1, 3, 10)):
    """An Entity for each of the 60, or for each of those whose pictures are given."""
    pictures = pictures or all_pictures(model)
    dictionary = dictionary or Dictionary(model, tokens)
    names = neurons(model)
    out = []
    for name, label in entities():
        if name not in pictures:
            continue
        text = embed_texts(model, tokens, [label])[0]
        stages, stream = pictures[name].trace(model)
        scores = improvements(model, stages, text)
        mean = scores.mean(0)
        order = mean.argsort(descending=True)[:10].tolist()
        leading = [names[i] for i in order]
        ranked = scores.sort(1, descending=True).values[:, :80].mean(0)
        cosine = (unit(model.project(stream)) @ text).mean().item()
        first = leading[0]
        # A.2: a neuron that works by a negative coefficient is turned around.
        sign = -1 if coefficient(stages, first).mean() < 0 and mean[order[0]] > 0 else 1
        said = dictionary.say(target(model, first, sign))
        fits, first_fits = dictionary.judge(label, said)
        residual, complete = {}, {}
        for k in tops:
            left = stream.clone()
            for n in leading[:k]:
                left -= coefficient(stages, n)[:, None] * value(model, n)
            residual[k] = cosine - (unit(model.project(left)) @ text).mean().item()
            _, gone = pictures[name].trace(model, leading[:k])
            complete[k] = cosine - (unit(model.project(gone)) @ text).mean().item()
        out.append(
            Entity(
                name, leading, mean[order].tolist(), said, fits, first_fits,
                (ranked / ranked[0]).numpy(), cosine, residual, complete,
            )
        )
    return out


def places(measured, count=3):
    """How many of the leading neurons lie in which block, most first."""
    return Counter("%s%d" % n[:2] for e in measured for n in e.leading[:count]).most_common()


def interval(differences, seed=0, draws=10000):
    """Mean and its 95 % interval over entities, bootstrap."""
    d = np.asarray(differences)
    if len(d) < 2:
        return float(d.mean()) if len(d) else float("nan"), float("nan"), float("nan")
    means = np.random.default_rng(seed).choice(d, (draws, len(d))).mean(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(d.mean()), float(low), float(high)


@torch.no_grad()
def ideal_words(model, tokens):
    """Whether ideal directions of the 60 entities would say a fitting word, for several ideals.

    A model on which the caption's own direction does not say its words cannot have a neuron that
    does.
    """
    dictionary = Dictionary(model, tokens)
    listed = list(entities().items())
    labels = [label for (_, label), _ in listed]
    texts = embed_texts(model, tokens, labels)
    files = [files for _, files in listed]
    category = [f[0][0].parent.parent.name for f in files]
    images = []
    for f in files:
        x = torch.stack([read(path, model.sizes.image) for path, _ in f])
        images.append(embed_pictures(model, x).mean(0))
    images = torch.stack(images)
    groups = torch.tensor([[a == b for b in category] for a in category]).float()
    of_group = lambda v: groups @ v / groups.sum(1, keepdim=True)
    ideals = {
        "caption": texts,
        "caption less the mean": texts - texts.mean(0),
        "caption less its category's mean": texts - of_group(texts),
        "mean image": images,
        "mean image less the mean": images - images.mean(0),
        "mean image less its category's mean": images - of_group(images),
    }
    out = {}
    for name, vectors in ideals.items():
        judged = [dictionary.judge(l, dictionary.say(unit(v))) for l, v in zip(labels, vectors)]
        out[name] = sum(a for a, _ in judged), sum(b for _, b in judged)
    return out
