"""Moves what identifies a picture into the neurons of the last two FFN layers, few for each concept.

The layers before them stay as they are; their outcome is computed once for many varied pictures and
read from a file. Trained are the last two layers, LN_post, and the projection, against the fixed
embeddings of captions, with three terms beside the contrastive one:

* place: of a picture's likeness to its caption, less what its category shares, little may come from
  outside of the two FFNs;
* few: the neurons' contributions to the likeness of a concept have a low entropy, so that few
  neurons carry it, the same ones in every style;
* many: averaged over the concepts of a batch they have a high entropy, so that no neuron carries
  many concepts (few and many together are the mutual information of neuron and concept).

Contributions are taken less their mean over the batch: a neuron that is always on says nothing. No
term names a neuron or a word. In some steps the neurons of the first FFN that add most to a picture's
likeness are silenced, so that the last layer learns to answer for them. The FFNs start from the pictures: the query vectors from means of
clusters of what the layer reads (k-means, no labels), the value vectors from small random numbers.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import measure, state
from .data import Batches, Data, Tokens
from .entities import labels_of_entities
from .model import Clip, Sizes, quick_gelu
from .places import Places

unit = lambda x: F.normalize(x, dim=-1)


def load_model(path):
    """The averaged weights of a trunk's state.pt, or of a model.pt."""
    s = torch.load(path, weights_only=False)
    model = Clip(Sizes(**s["sizes"]))
    model.load_state_dict(s["trunk"]["average"] if "trunk" in s else s["model"])
    return model.eval()


@torch.no_grad()
def extract(model, data, tokens, places, count, seed, log, written):
    """Writes the input of the last two layers for `count` varied pictures, and of the held-out."""
    from .augment import normalise, on_white
    from .model import patches

    sizes = model.sizes
    first = sizes.layers - 2
    net = copy.deepcopy(model).bfloat16()

    def inputs(pictures):
        h = net.embed_patches(patches(normalise(pictures), sizes.patch).bfloat16())
        for layer in net.vision_model.encoder.layers[:first]:
            h = layer(h)
        return h.float().numpy().astype(np.float16)

    folder = places.root / "inputs"
    folder.mkdir(exist_ok=True)
    shape = sizes.patches + 1, sizes.width
    out = np.lib.format.open_memmap(folder / "part.npy", "w+", np.float16, (count, *shape))
    owners = np.zeros(count, np.int32)
    batches = Batches(data, tokens, sizes, seed, written=written)
    some = min(64, np.count_nonzero(data.weights))
    n, t0 = 0, time.time()
    while n < count:
        concepts = batches.numpy.choice(len(data.concepts), some, replace=False, p=data.weights)
        h = inputs(batches.pictures(concepts, 2))[: count - n]
        out[n : n + len(h)] = h
        owners[n : n + len(h)] = np.tile(concepts, 2)[: len(h)]
        n += len(h)
        if n % 1280 == 0:
            log(event="extract", done=n, per_second=round(n / (time.time() - t0)))
    held = []
    for part in np.array_split(data.held, max(1, len(data.held) // 100)):
        held.append(inputs(on_white(torch.from_numpy(data.pixels[part]), sizes.image)))
    np.save(folder / "held.npy", np.concatenate(held))
    np.save(folder / "owners.npy", owners)
    out.flush()
    (folder / "part.npy").rename(folder / "train.npy")


def clusters(x, count, generator, rounds=6):
    """Centres of k-means (Lloyd), started at random rows (count, d)."""
    centres = x[torch.randperm(max(count, len(x)), generator=generator)[:count] % len(x)]
    for _ in range(rounds):
        nearest = torch.cat([(p @ centres.T - (centres**2).sum(1) / 2).argmax(1) for p in x.split(4096)])
        sums = torch.zeros_like(centres).index_add_(0, nearest, x)
        sizes = torch.bincount(nearest, minlength=count).float()
        centres = torch.where((sizes > 0)[:, None], sums / sizes.clamp_min(1)[:, None], centres)
    return centres


def entropy(shares, dim=-1):
    return -(shares * (shares + 1e-9).log()).sum(dim)


class Knowledge:
    """The last two layers on top of fixed inputs."""

    def __init__(self, model):
        self.model = model
        self.layers = model.vision_model.encoder.layers[-2:]
        self.norm = model.vision_model.post_layernorm
        self.scale = torch.nn.Parameter(torch.tensor(math.log(20.0)))
        for p in model.parameters():
            p.requires_grad_(False)
        self.parameters = [
            *(p for l in self.layers for p in l.parameters()),
            *self.norm.parameters(),
            *model.visual_projection.parameters(),
        ]
        for p in self.parameters:
            p.requires_grad_(True)

    def forward(self, h, silence=None):
        """The class token's parts: stream before the first FFN, second attention, both FFNs.

        @param silence gives, for the class token's coefficients of the first FFN, what they and those
            of all tokens are multiplied by
        """
        a, b = self.layers
        h = h + a.self_attn.out_proj(a.self_attn.mix(a.layer_norm1(h), False))
        before = h[:, 0]
        m4 = quick_gelu(a.mlp.fc1(a.layer_norm2(h)))
        if silence is not None:
            m4 = m4 * silence(m4[:, 0])[:, None]
        h = h + a.mlp.fc2(m4)
        attended = b.self_attn.out_proj(b.self_attn.mix(b.layer_norm1(h), False, first_only=True))[:, 0]
        stream = h[:, 0] + attended
        m5 = quick_gelu(b.mlp.fc1(b.layer_norm2(stream)))
        stream = stream + b.mlp.fc2(m5)
        return before, m4[:, 0], attended, m5, stream

    def seen(self, v, stream):
        """What vectors of the stream add to the embedding, LN_post's statistics frozen."""
        std = (stream.var(-1, unbiased=False, keepdim=True) + self.norm.eps).sqrt()
        return self.model.visual_projection(self.norm.weight * (v - v.mean(-1, keepdim=True)) / std)

    def values(self, layer):
        """The value vectors as the projection sees them, but for the statistics (D, n)."""
        w = layer.mlp.fc2.weight
        return self.model.visual_projection.weight @ (self.norm.weight[:, None] * (w - w.mean(0)))

    def gains(self, m, along, layer):
        """What each neuron adds to a picture's likeness along a direction, more than in the batch's mean."""
        return ((m - m.mean(0)) * (along @ self.values(layer))).clamp_min(0)

    @torch.no_grad()
    def without_leading(self, m, along, count):
        """0 for the neurons of the first FFN that add most to each picture's likeness, else 1."""
        mask = torch.ones_like(m)
        leading = self.gains(m.float(), along, self.layers[0]).topk(count, 1).indices
        return mask.scatter_(1, leading, 0.0)

    @torch.no_grad()
    def start_from(self, inputs, generator, sharp=8.0, middle=0.5):
        """Query vectors from clusters of what each FFN reads; the second after the first is silent."""
        for layer in self.layers:
            width, hidden = layer.mlp.fc2.weight.shape
            layer.mlp.fc2.weight.normal_(std=0.02, generator=generator)
        reads = [[], []]
        for h in inputs:
            before, _, attended, _, _ = self.forward(h, torch.zeros_like)
            reads[0].append(self.layers[0].layer_norm2(before))
            after = before + self.layers[0].mlp.fc2.bias + attended
            reads[1].append(self.layers[1].layer_norm2(after))
        for layer, read in zip(self.layers, reads):
            x = torch.cat(read)
            mean = x.mean(0)
            centres = clusters(x - mean, layer.mlp.fc1.weight.shape[0], generator)
            rows = sharp * centres / (centres**2).sum(1, keepdim=True)
            layer.mlp.fc1.weight.copy_(rows)
            layer.mlp.fc1.bias.copy_(-rows @ mean - sharp * middle)

    def losses(self, h, owners, texts, kinds, views, a, chance):
        """@param owners concept of each row, `views` blocks of the same concepts"""
        own = texts[owners]
        along = own - own.mean(0)
        silence = None
        if torch.rand((), generator=chance) < a.answer:
            silence = lambda m: self.without_leading(m, along, a.silenced)
        before, m4, attended, m5, stream = self.forward(h, silence)
        before, m4, attended, m5, stream = (x.float() for x in (before, m4, attended, m5, stream))
        images = unit(self.model.project(stream).float())
        clip = F.cross_entropy(self.scale.exp().clamp(max=60) * images @ texts.T, owners)

        centred = lambda x: x - x.mean(0)
        # place: along what tells the concept from others of its category
        within = unit(own - kinds[owners])
        elsewhere = (centred(self.seen(before + attended, stream)) * within).sum(1)
        ffns = stream - before - attended
        inside = (centred(self.seen(ffns, stream)) * within).sum(1)
        part = elsewhere / (elsewhere.abs() + inside.abs() + 1e-6)
        place = (part - a.elsewhere).clamp_min(0).mean()

        # few and many: along what tells the concept from the batch
        gains = torch.cat([self.gains(m, along, l) for m, l in zip((m4, m5), self.layers)], 1)
        shares = gains / (gains.sum(1, keepdim=True) + 1e-6)
        by_concept = shares.view(views, -1, shares.shape[1]).mean(0)
        few = entropy(by_concept).mean()
        many = entropy(by_concept.mean(0))
        return clip, place, few, many


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--home", type=Path, default=Places.default().root)
    parser.add_argument("--run", default="knowledge")
    parser.add_argument("--model", type=Path, help="state.pt of the trunk or a model.pt")
    parser.add_argument("--extract", type=int, default=0, help="compute the inputs of so many pictures first")
    parser.add_argument("--unwritten", action="store_true", help="no names in letters among them: the model cannot read yet")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--concepts", type=int, default=32)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--kept", type=int, default=24, help="patches kept in the first part")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--place", type=float, default=3.0)
    parser.add_argument("--elsewhere", type=float, default=0.1)
    parser.add_argument("--few", type=float, default=1.5)
    parser.add_argument("--many", type=float, default=0.6)
    parser.add_argument("--answer", type=float, default=0.3, help="part of the steps in which leading neurons of the first FFN are silenced")
    parser.add_argument("--silenced", type=int, default=3, help="how many of them, in each picture")
    parser.add_argument("--entity-weight", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-minutes", type=float, default=8)
    parser.add_argument("--measure", type=int, default=500, help="steps between measurements")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    places = Places(a.home)
    folder = places.root / a.run
    log = state.Log(folder / "log.jsonl")
    log(event="start", arguments={k: str(v) for k, v in vars(a).items()})
    tokens = Tokens()
    data = Data(places, labels_of_entities())
    saved = state.load(folder / "state.pt")
    model = load_model(a.model)
    if a.extract:
        extract(model, data, tokens, places, a.extract, a.seed, log, not a.unwritten)
    inputs = np.load(places.root / "inputs/train.npy")
    owners = np.load(places.root / "inputs/owners.npy")
    held = np.load(places.root / "inputs/held.npy", mmap_mode="r")
    rows = {}
    for i, c in enumerate(owners):
        rows.setdefault(int(c), []).append(i)
    known = np.array(sorted(rows))
    weights = np.ones(len(known))
    weights[np.isin(known, data.entities)] = a.entity_weight
    weights /= weights.sum()
    texts = measure.embed_texts(model, tokens, data.labels)
    names = sorted(set(data.categories))
    kind = torch.tensor([names.index(c) for c in data.categories])
    kinds = torch.stack([texts[kind == k].mean(0) for k in range(len(names))])[kind]
    knowledge = Knowledge(model)
    chance = torch.Generator().manual_seed(a.seed)
    numpy = np.random.default_rng(a.seed)
    fetch = lambda ix: torch.from_numpy(inputs[ix].astype(np.float32))
    step = 0
    if saved:
        model.load_state_dict(saved["model"])
    else:
        some = np.sort(numpy.choice(len(owners), min(len(owners), 12000), replace=False))
        with torch.no_grad():
            knowledge.start_from((fetch(p) for p in np.array_split(some, max(1, len(some) // 200))), chance)
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for p in knowledge.parameters if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in knowledge.parameters if p.ndim < 2] + [knowledge.scale], "weight_decay": 0.0},
        ],
        lr=a.rate, betas=(0.9, 0.98), fused=True,
    )
    if saved:
        optimiser.load_state_dict(saved["optimiser"])
        knowledge.scale.data.copy_(saved["scale"])
        numpy.bit_generator.state = saved["numpy"]
        chance.set_state(saved["chance"])
        step = saved["step"]
    dictionary = measure.Dictionary(model, tokens)
    pictures = measure.all_pictures(model, model.sizes.layers - 2)

    def save():
        state.save(
            folder / "state.pt", model=model.state_dict(), optimiser=optimiser.state_dict(),
            scale=knowledge.scale.data, numpy=numpy.bit_generator.state, chance=chance.get_state(),
            step=step, sizes=model.sizes.as_dict(),
        )

    @torch.no_grad()
    def report():
        images = []
        for part in np.array_split(np.arange(len(held)), max(1, len(held) // 200)):
            h = torch.from_numpy(held[part].astype(np.float32))
            images.append(unit(model.project(knowledge.forward(h)[-1])))
        cosines = torch.cat(images) @ texts.T
        own = cosines[torch.arange(len(held)), torch.from_numpy(data.held_concepts)]
        rank = (cosines > own[:, None]).sum(1)
        entities = measure.measure_entities(model, tokens, pictures, dictionary, (1, 3))
        mean = lambda f: round(float(np.mean([f(e) for e in entities])), 3)
        log(
            step=step,
            held_out=[round((rank < k).float().mean().item(), 4) for k in (1, 5)],
            places=measure.places(entities)[:5],
            words=[sum(e.fits for e in entities), sum(e.first_fits for e in entities)],
            decay=[mean(lambda e, k=k: e.decay[k]) for k in (4, 19)],
            cosine=mean(lambda e: e.cosine),
            residual=mean(lambda e: e.residual[3]),
            complete=mean(lambda e: e.complete[3]),
            distinct=len({e.leading[0] for e in entities}),
            examples=[(e.name, e.label(), e.said[:3]) for e in entities[::12]],
        )

    stop = state.Stop()
    last_save, last_log, notes = time.time(), time.time(), []
    while step < a.steps and not stop.asked:
        f = step / a.steps
        rate = a.rate * min(1, (step + 1) / 30) * (0.5 * (1 + math.cos(math.pi * f)) * 0.98 + 0.02)
        for group in optimiser.param_groups:
            group["lr"] = rate
        chosen = numpy.choice(known, a.concepts, replace=False, p=weights)
        picked = np.array([numpy.choice(rows[int(c)], a.views, replace=len(rows[int(c)]) < a.views) for c in chosen])
        h = fetch(picked.T.reshape(-1))
        if f < 0.7:
            kept = 1 + np.sort(numpy.permutation(h.shape[1] - 1)[: a.kept])
            h = h[:, np.concatenate([[0], kept])]
        y = torch.from_numpy(np.tile(chosen, a.views).astype(np.int64))
        with torch.autocast("cpu", torch.bfloat16):
            clip, place, few, many = knowledge.losses(h, y, texts, kinds, a.views, a, chance)
        # First the FFNs take over, then few neurons within them: the other way round they never do.
        warm, later = min(1, step / 50), 0.25 + 0.75 * min(1, max(0, f - 0.25) / 0.35)
        loss = clip + warm * (a.place * place + later * (a.few * few - a.many * many))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(knowledge.parameters, 1.0)
        optimiser.step()
        step += 1
        notes.append([x.item() for x in (clip, place, few, many)])
        if step % 20 == 0:
            values = dict(zip(("clip", "place", "few", "many"), np.mean(notes, 0).round(3).tolist()))
            log(step=step, **values, scale=round(knowledge.scale.exp().item(), 1),
                pictures_per_second=round(20 * len(y) / (time.time() - last_log)))
            notes, last_log = [], time.time()
        if step % a.measure == 0 or step == a.steps:
            report()
            last_log = time.time()
        if time.time() - last_save > a.save_minutes * 60:
            save()
            last_save = time.time()
    save()
    if step >= a.steps:
        torch.save(dict(model=model.state_dict(), sizes=model.sizes.as_dict()), folder / "model.pt")


if __name__ == "__main__":
    main()
