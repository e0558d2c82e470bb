"""Trains the whole network: images against captions and words, contrastive.

The rate is constant, then falls in the last part ("stable" and "decay"), so that a longer run can
go on from the saved state of a shorter one. Matrices of the layers are trained by Muon, the rest by
AdamW; the weights that are kept are an average over the last steps.
"""

import argparse
import copy
import math
import os
import time
from pathlib import Path

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path.home() / "iconclip2/compiled"))

import numpy as np
import torch
import torch.nn.functional as F

from . import state
from .augment import normalise, on_white
from .data import Data, Painter, Plans, Tokens
from .measure import embed_texts
from .entities import labels_of_entities
from .model import Clip, Sizes, load, patches
from .muon import Muon
from .places import Places
from .widen import widened

MUON_RATE = 3.0  # times the rate of AdamW
AVERAGE = 0.995


def contrast(images, texts, scale, views):
    """Images against the caption of their concept, and back; other views are no negatives."""
    n = len(texts)
    own = torch.arange(n, device=texts.device)
    logits = scale * images @ texts.T
    forth = F.cross_entropy(logits, own.repeat(views))
    back = sum(F.cross_entropy(part.T, own) for part in logits.split(n)) / views
    return (forth + back) / 2, logits


def many(logits, fits):
    """Cross entropy with several right answers in a row, each as good; rows without one count not."""
    right = fits.float()
    count = right.sum(1)
    logs = (F.log_softmax(logits, 1) * right).sum(1) / count.clamp_min(1)
    return -logs.sum() / (count > 0).sum().clamp_min(1)


def spread(texts):
    """How near texts lie to each other on the sphere (Wang and Isola 2020), logarithm of a mean."""
    squares = 2 - 2 * texts @ texts.T
    apart = ~torch.eye(len(texts), dtype=torch.bool, device=texts.device)
    return squares[apart].mul(-2).exp().mean().log()


class Trunk:
    """The network, its optimisers and its average."""

    def __init__(self, data, network, rate, decay, bf16=True, compiled=True):
        sizes = network.sizes
        self.data, self.rate, self.decay = data, rate, decay
        self.master = network
        device = network.logit_scale.device
        self.average = copy.deepcopy(self.master).requires_grad_(False)
        self.type = torch.bfloat16 if bf16 else torch.float32
        self.net = copy.deepcopy(self.master).to(self.type)
        # One learned point for each concept: targets that pull all styles of it together.
        self.points = torch.nn.Parameter(
            F.normalize(torch.randn(len(data.concepts), sizes.projection), dim=-1).to(device)
        )
        self.points_scale = torch.nn.Parameter(torch.tensor(math.log(14.0), device=device))
        self.words_scale = torch.nn.Parameter(torch.tensor(math.log(14.0), device=device))
        named = dict(self.master.named_parameters())
        matrices = {n: p for n, p in named.items() if p.ndim == 2 and ".layers." in n}
        rest = [p for n, p in named.items() if n not in matrices]
        self.muon = Muon(matrices)
        self.adam = torch.optim.AdamW(
            [
                {"params": [p for p in rest if p.ndim >= 2], "weight_decay": decay, "times": 1.0},
                {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0, "times": 1.0},
                {
                    "params": [self.points, self.points_scale, self.words_scale],
                    "weight_decay": 0.0,
                    "times": 2.0,
                },
            ],
            betas=(0.9, 0.98),
            eps=1e-6,
            fused=True,
        )
        self.images = self.net.images
        self.texts = self.net.texts
        if compiled:
            self.images = torch.compile(self.images, dynamic=False)
            self.texts = torch.compile(self.texts, dynamic=False)
        self.fits = torch.from_numpy(data.fits).to(device)

    def state(self):
        return dict(
            master=self.master.state_dict(),
            average=self.average.state_dict(),
            muon=self.muon.state_dict(),
            adam=self.adam.state_dict(),
            points=self.points.data,
            scales=(self.points_scale.data, self.words_scale.data),
        )

    def restore(self, s):
        self.master.load_state_dict(s["master"])
        self.average.load_state_dict(s["average"])
        self.muon.load_state_dict(s["muon"])
        self.adam.load_state_dict(s["adam"])
        with torch.no_grad():
            self.points.copy_(s["points"])
            self.points_scale.copy_(s["scales"][0])
            self.words_scale.copy_(s["scales"][1])
        self.refresh()

    @torch.no_grad()
    def refresh(self):
        torch._foreach_copy_(list(self.net.parameters()), list(self.master.parameters()))
        for q in self.net.parameters():
            q.grad = None

    def losses(self, rows, kept, plan):
        """@param rows patch rows of the plan's pictures, kept which patches they are"""
        there = lambda values: torch.from_numpy(values).to(rows.device)
        unit = lambda x: F.normalize(x.float(), dim=-1)
        images = unit(self.images(rows.to(self.type), kept))
        captions = unit(self.texts(there(plan.captions)))
        words = unit(self.texts(there(plan.words)))
        views = len(images) // len(captions)
        concepts = there(plan.concepts)
        clip, logits = contrast(
            images, captions, self.net.logit_scale.float().exp().clamp(max=100), views
        )
        fits = self.fits[concepts][:, there(plan.word_index)].repeat(views, 1)
        scale = self.words_scale.exp().clamp(max=60)
        by_word = scale * images @ words.T
        word = (many(by_word, fits) + many(by_word.T, fits.T)) / 2
        points = F.normalize(self.points, dim=-1)
        scale = self.points_scale.exp().clamp(max=50)
        point_logits = scale * images @ points.T
        point = F.cross_entropy(point_logits, concepts.repeat(views))
        text_point = F.cross_entropy(scale * captions @ points.T, concepts)
        near = spread(captions)
        total = clip + point + 0.5 * text_point + 0.5 * word + 0.1 * near
        hit = lambda x, y: (x.argmax(1) == y).float().mean()
        return total, dict(
            loss=total.detach(),
            clip=clip.detach(),
            word=word.detach(),
            point=point.detach(),
            spread=near.detach(),
            batch_top1=hit(logits, torch.arange(len(captions), device=logits.device).repeat(views)),
            point_top1=hit(point_logits, concepts.repeat(views)),
        )

    def step(self, rows, kept, plan, part):
        """One step at a part of the full rate; the parts of the loss, still on the device."""
        total, notes = self.losses(rows, kept, plan)
        total.backward()
        trained = [(p, q) for p, q in zip(self.master.parameters(), self.net.parameters()) if q.grad is not None]
        gradients = [q.grad.float() for _, q in trained]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        torch._foreach_mul_(gradients, (1 / (norm + 1e-6)).clamp(max=1.0))
        for (p, _), gradient in zip(trained, gradients):
            p.grad = gradient
        for group in self.adam.param_groups:
            group["lr"] = self.rate * part * group["times"]
        self.muon.step(self.rate * part * MUON_RATE, self.decay)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        with torch.no_grad():
            self.master.logit_scale.clamp_(max=math.log(100.0))
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.master.parameters()), 1 - AVERAGE
            )
        for p in self.master.parameters():
            p.grad = None
        self.refresh()
        return notes | dict(norm=norm, scale=self.master.logit_scale.detach().exp())


@torch.no_grad()
def held_out(model, data, tokens, count=None):
    """Top-1 and top-5 among all labels on held-out drawings, of a model in bfloat16."""
    net = copy.deepcopy(model).to(torch.bfloat16)
    device = net.logit_scale.device
    unit = lambda x: F.normalize(x.float(), dim=-1)
    chosen = np.random.default_rng(3).permutation(len(data.held))[:count]
    texts = torch.cat(
        [unit(net.texts(tokens(data.labels[i : i + 512]).to(device))) for i in range(0, len(data.labels), 512)]
    )
    ranks = []
    for part in np.array_split(chosen, max(1, len(chosen) // 100)):
        x = normalise(on_white(torch.from_numpy(data.pixels[data.held[part]]), net.sizes.image))
        images = unit(net.images(patches(x, net.sizes.patch).bfloat16().to(device)))
        cosines = images @ texts.T
        own = cosines[
            torch.arange(len(part), device=device),
            torch.from_numpy(data.held_concepts[part]).to(device),
        ]
        ranks.append((cosines > own[:, None]).sum(1))
    ranks = torch.cat(ranks)
    return (ranks < 1).float().mean().item(), (ranks < 5).float().mean().item()


def part_of_rate(step, stable, decay, warm=100):
    """1 after the first steps; falls to 0 over the last `decay` of `stable + decay`."""
    if step < stable:
        return min(1.0, (step + 1) / warm)
    return max(0.0, 1 - (step - stable) / decay) if decay else 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Places.default().root)
    parser.add_argument("--run", default="trunk", help="folder of the run below the home")
    parser.add_argument("--start", help="state of another run to go on from")
    parser.add_argument("--widen", type=Path, help="a smaller model's folder to start from")
    parser.add_argument("--stable", type=int, default=4900, help="steps at the full rate")
    parser.add_argument("--decay", type=int, default=2100, help="steps in which the rate falls")
    parser.add_argument("--full", type=float, default=0.5, help="last part of the decay with all patches")
    parser.add_argument("--concepts", type=int, default=512, help="concepts in a batch, two pictures each")
    parser.add_argument("--kept", type=int, default=36, help="patches kept before that")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, help="processes that prepare batches (0 on a CPU: the trainer does)")
    parser.add_argument("--save-minutes", type=float, default=8)
    parser.add_argument("--plain", action="store_true", help="float32 and not compiled: for a smoke run")
    parser.add_argument("--unwritten", action="store_true", help="no names in letters: needs no fonts")
    parser.add_argument("--pause", type=int, help="save and stop at this step, as after a signal")
    parser.add_argument("--eager", action="store_true", help="not compiled: starts at once, a step takes longer")
    parser.add_argument("--bench", type=int, default=0, help="time so many steps and stop")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    places = Places(a.home)
    folder = places.root / a.run
    log = state.Log(folder / "log.jsonl")
    sizes = Sizes()
    tokens = Tokens(sizes.context)
    data = Data(places, labels_of_entities())
    plans = Plans(data, tokens, sizes, a.seed, a.concepts, written=not a.unwritten)
    painter = Painter(data, sizes, a.seed, a.kept, a.device)
    network = widened(load(a.widen), sizes) if a.widen else Clip(sizes)
    points = embed_texts(network, tokens, data.labels) if a.widen else None
    trunk = Trunk(data, network.to(a.device), a.rate, a.weight_decay, not a.plain, not (a.plain or a.eager))
    step = 0
    saved = state.load(folder / "state.pt") or (a.start and state.load(a.start))
    if not saved and a.widen:
        with torch.no_grad():
            trunk.points.copy_(points)
    if saved:
        trunk.restore(saved["trunk"])
        step = saved["step"]
    log(event="start", step=step, arguments={k: str(v) for k, v in vars(a).items()})

    def save():
        state.save(
            folder / "state.pt", trunk=trunk.state(), step=step, sizes=sizes.as_dict(), arguments=vars(a),
        )

    stop = state.Stop()
    last_save = last_log = time.time()
    busy = data_time = 0.0
    notes = []
    end = step + a.bench if a.bench else a.stable + a.decay
    coming = plans.following(step, end, a.workers, a.device)
    while step < end and step != a.pause and not stop.asked:
        full = step >= a.stable + a.decay * (1 - a.full)
        t0, p0 = time.time(), time.process_time()
        plan = next(coming)
        rows, kept = painter.rows(plan, step, full)
        t1 = time.time()
        notes.append(trunk.step(rows, kept, plan, part_of_rate(step, a.stable, a.decay)))
        step += 1
        data_time += t1 - t0
        busy += time.time() - t0
        if a.bench:
            times = time.time() - t0, time.process_time() - p0, t1 - t0
            print("step %.3f s, of the processor %.2f s, data %.3f s, loss %.3f" % (*times, notes[-1]["loss"]), flush=True)
        if step % 50 == 0:
            mean = {k: round(torch.stack([n[k] for n in notes]).mean().item(), 4) for k in notes[0]}
            rate = 50 * 2 * a.concepts / (time.time() - last_log)
            log(step=step, **mean, pictures_per_second=round(rate), data=round(data_time / busy, 2))
            notes, busy, data_time, last_log = [], 0.0, 0.0, time.time()
        if time.time() - last_save > a.save_minutes * 60 and not a.bench:
            save()
            top1, top5 = held_out(trunk.average, data, tokens, 600)
            log(step=step, held_out_600=[round(top1, 4), round(top5, 4)])
            last_save = last_log = time.time()
    if not a.bench:
        save()
    if step >= end and not a.bench:
        top1, top5 = held_out(trunk.average, data, tokens)
        log(event="end", step=step, held_out=[round(top1, 4), round(top5, 4)])
        torch.save(dict(model=trunk.average.cpu().state_dict(), sizes=sizes.as_dict()), folder / "model.pt")


if __name__ == "__main__":
    main()
