"""Moves what identifies a picture into the neurons of the last two FFN layers, few for each concept.

The text tower stays as it is. The image tower is trained against the embeddings of captions, its
last two layers, LN_post and the projection at the full rate, the layers before them at a part of it,
with three terms beside the contrastive one:

* place: of a picture's likeness to its caption, less what its category shares, little may come from
  outside of the two FFNs;
* few: the neurons' contributions to the likeness of a concept have a low entropy, so that few
  neurons carry it, the same ones in every style;
* many: averaged over the concepts of a batch they have a high entropy, so that no neuron carries
  many concepts (few and many together are the mutual information of neuron and concept).

Contributions are taken less their mean over the batch: a neuron that is always on says nothing. No
term names a neuron or a word. In some steps the neurons of the first FFN that add most to a picture's
likeness are silenced, so that the last layer learns to answer for them. The FFNs start from the
pictures: the query vectors from means of clusters of what the layer reads (k-means, no labels), the
value vectors from small random numbers.
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
from .data import ENTITY_WEIGHT, Data, Painter, Plans, Tokens
from .entities import labels_of_entities
from .model import load, quick_gelu
from .places import Places
from .trunk import held_out

unit = lambda x: F.normalize(x, dim=-1)


def clusters(x, count, generator, rounds=6):
    """Centres of k-means (Lloyd), started at random rows (count, d)."""
    centres = x[torch.randperm(max(count, len(x)), generator=generator)[:count].to(x.device) % len(x)]
    for _ in range(rounds):
        nearest = torch.cat([(p @ centres.T - (centres**2).sum(1) / 2).argmax(1) for p in x.split(4096)])
        sums = torch.zeros_like(centres).index_add_(0, nearest, x)
        sizes = torch.bincount(nearest, minlength=count).float()
        centres = torch.where((sizes > 0)[:, None], sums / sizes.clamp_min(1)[:, None], centres)
    return centres


def entropy(shares, dim=-1):
    return -(shares * (shares + 1e-9).log()).sum(dim)


class Knowledge:
    """The image tower and what is asked of its last two layers.

    @param deep the rate of the layers before them as a part of the full rate; 0 leaves them as they are
    """

    def __init__(self, model, deep):
        self.model = model
        self.deep = deep
        self.layers = model.vision_model.encoder.layers[-2:]
        self.norm = model.vision_model.post_layernorm
        self.scale = torch.nn.Parameter(torch.tensor(math.log(20.0), device=model.logit_scale.device))
        model.requires_grad_(False)
        late = [*self.layers, self.norm, model.visual_projection]
        self.late = [p for module in late for p in module.parameters()]
        ids = {id(p) for p in self.late}
        self.early = [p for p in model.vision_model.parameters() if id(p) not in ids] if deep else []
        for p in self.parameters:
            p.requires_grad_(True)

    @property
    def parameters(self):
        return self.late + self.early

    def inputs(self, rows, kept=None):
        """The residual stream before the last two layers."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.deep > 0):
            h = self.model.embed_patches(rows, kept)
            for layer in self.model.vision_model.encoder.layers[:-2]:
                h = layer(h)
        return h

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
            layer.mlp.fc2.weight.copy_(torch.randn(width, hidden, generator=generator) * 0.02)
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
    parser.add_argument("--unwritten", action="store_true", help="no names in letters: needs no fonts")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--concepts", type=int, default=128)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--kept", type=int, default=28, help="patches kept in the first part")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--deep", type=float, default=0.2, help="the rate of the layers before the last two, as a part")
    parser.add_argument("--place", type=float, default=3.0)
    parser.add_argument("--elsewhere", type=float, default=0.1)
    parser.add_argument("--few", type=float, default=0.5)
    parser.add_argument("--many", type=float, default=0.25)
    parser.add_argument("--answer", type=float, default=0.2, help="part of the steps in which leading neurons of the first FFN are silenced")
    parser.add_argument("--silenced", type=int, default=3, help="how many of them, in each picture")
    parser.add_argument("--entity-weight", type=float, default=6.0, help="how much more often one of the 60 entities is drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, help="processes that prepare batches (0 on a CPU: the trainer does)")
    parser.add_argument("--clusters-from", type=int, default=12000, help="pictures that the query vectors start from")
    parser.add_argument("--save-minutes", type=float, default=8)
    parser.add_argument("--measure", type=int, default=1200, help="steps between measurements")
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
    model = load(a.model)
    dictionary = measure.Dictionary(model, tokens)
    texts = measure.embed_texts(model, tokens, data.labels).to(a.device)
    model.to(a.device)
    names = sorted(set(data.categories))
    kind = torch.tensor([names.index(c) for c in data.categories], device=a.device)
    kinds = torch.stack([texts[kind == k].mean(0) for k in range(len(names))])[kind]
    weights = data.weights.copy()
    weights[data.entities] *= a.entity_weight / ENTITY_WEIGHT
    weights /= weights.sum()
    plans = Plans(data, tokens, model.sizes, a.seed + 1, a.concepts, a.views, not a.unwritten, weights)
    painter = Painter(data, model.sizes, a.seed + 1, a.kept, a.device)
    knowledge = Knowledge(model, a.deep)
    chance = torch.Generator().manual_seed(a.seed)
    groups = []
    for parameters, part in ((knowledge.late, 1.0), (knowledge.early, a.deep), ([knowledge.scale], 1.0)):
        for flat, decay in ((False, 0.02), (True, 0.0)):
            some = [p for p in parameters if (p.ndim < 2) == flat]
            if some:
                groups.append(dict(params=some, weight_decay=decay, part=part))
    optimiser = torch.optim.AdamW(groups, lr=a.rate, betas=(0.9, 0.98), fused=True)
    step = 0
    if saved:
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        knowledge.scale.data.copy_(saved["scale"])
        chance.set_state(saved["chance"])
        step = saved["step"]
    else:
        # Numbers that no step has: pictures which the training does not see again.
        some = range(2**31, 2**31 + max(1, a.clusters_from // (a.concepts * a.views)))
        with torch.no_grad():
            knowledge.start_from(
                [knowledge.inputs(painter.rows(plans[s], s, True)[0]) for s in some], chance
            )
    log(event="started")

    def save():
        state.save(
            folder / "state.pt", model=model.state_dict(), optimiser=optimiser.state_dict(),
            scale=knowledge.scale.data, chance=chance.get_state(), step=step, sizes=model.sizes.as_dict(),
        )

    @torch.no_grad()
    def report():
        now = copy.deepcopy(model).cpu()
        measured = measure.measure_entities(now, tokens, measure.all_pictures(now), dictionary, (1, 3))
        mean = lambda f: round(float(np.mean([f(e) for e in measured])), 3)
        last = model.sizes.layers - 1
        answered = [e for e in measured if any(n[:2] != ("F", last) for n in e.leading[:3])]
        log(
            step=step,
            held_out=[round(x, 4) for x in held_out(model, data, tokens)],
            places=measure.places(measured)[:5],
            words=[sum(e.fits for e in measured), sum(e.first_fits for e in measured)],
            decay=[mean(lambda e, k=k: e.decay[k]) for k in (4, 19)],
            cosine=mean(lambda e: e.cosine),
            residual=mean(lambda e: e.residual[3]),
            complete=mean(lambda e: e.complete[3]),
            answered=[round(x, 4) for x in measure.interval([e.residual[3] - e.complete[3] for e in answered])],
            distinct=len({e.leading[0] for e in measured}),
            examples=[(e.name, e.label(), e.said[:3]) for e in measured[::12]],
        )

    stop = state.Stop()
    last_save, last_log, notes = time.time(), time.time(), []
    coming = plans.following(step, a.steps, a.workers, a.device)
    while step < a.steps and not stop.asked:
        f = step / a.steps
        rate = a.rate * min(1, (step + 1) / 30) * (0.5 * (1 + math.cos(math.pi * f)) * 0.98 + 0.02)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["part"]
        plan = next(coming)
        y = torch.from_numpy(np.tile(plan.concepts, a.views)).to(a.device)
        rows, kept = painter.rows(plan, step, full=f >= 0.7)
        with torch.autocast(torch.device(a.device).type, torch.bfloat16):
            h = knowledge.inputs(rows, kept)
            clip, place, few, many = knowledge.losses(h, y, texts, kinds, a.views, a, chance)
        # First the FFNs take over, then few neurons within them: the other way round they never do.
        warm, later = min(1, step / 50), 0.25 + 0.75 * min(1, max(0, f - 0.25) / 0.35)
        loss = clip + warm * (a.place * place + later * (a.few * few - a.many * many))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(knowledge.parameters, 1.0)
        optimiser.step()
        step += 1
        notes.append(torch.stack([x.detach().float() for x in (clip, place, few, many)]))
        if step % 50 == 0:
            values = dict(zip(("clip", "place", "few", "many"), torch.stack(notes).mean(0).tolist()))
            log(step=step, **{k: round(v, 3) for k, v in values.items()}, scale=round(knowledge.scale.exp().item(), 1),
                pictures_per_second=round(50 * len(y) / (time.time() - last_log)))
            notes, last_log = [], time.time()
        if step % a.measure == 0 or step == a.steps:
            report()
            last_log = time.time()
        if time.time() - last_save > a.save_minutes * 60:
            save()
            last_save = time.time()
    save()
    if step >= a.steps:
        torch.save(dict(model=model.cpu().state_dict(), sizes=model.sizes.as_dict()), folder / "model.pt")


if __name__ == "__main__":
    main()
