"""Sections 1 to 9 of DEFINITIONS.md: each gives tensors by their names in expected.safetensors."""

import math

import torch

from oracle import F64, cos, deviation, norm, unit


class Run:
    """A model with its inputs, and what many sections need."""

    def __init__(self, model, inputs, facts):
        self.model, self.inputs, self.facts = model, inputs, facts
        self.pixels = inputs["pixels"].to(F64)
        self.trace = model.images(self.pixels)
        self.text = model.texts(inputs["ids_prompts"])
        self.t = self.text[0]

    def stack(self, site, images=slice(None)):
        return torch.stack([x[images] for x in self.trace[site]])


def forward(r):
    m = r.model
    out = {"fwd." + s: r.stack(s, slice(0, 1)) for s in
           ("h", "mid", "mA", "A", "pre", "mF", "F", "attn")}
    z = r.trace["embed"]
    out |= {"pooled": r.trace["pooled"], "embed": z, "embed_norm": unit(z), "text.embed": r.text,
            "cos": unit(z) @ unit(r.text).T}
    logits = m.w["logit_scale"].exp() * out["cos"][:, 6:]
    return out | {"zeroshot.logits": logits, "zeroshot.probs": logits.softmax(-1)}


def coefficients(trace, kind):
    return torch.stack([x[:, 0] for x in trace["m" + kind]], 1)  # (B, L, n)


def improvements(m, trace, t, reading, kind, own=None):
    """Imp (B, L, n); `own` gives coefficients of another pass (Eq. 21)."""
    out = []
    g, b = (m.w["vision_model.post_layernorm." + x] for x in ("weight", "bias"))
    for l in range(m.layers):
        x = trace["mid" if kind == "F" else "h"][l][:, 0]
        coefficient = (own or trace)["m" + kind][l][:, 0]
        mw = coefficient[..., None] * m.value(kind, l).T  # (B, n, d)
        name = f"vision_model.encoder.layers.{l}.layer_norm{2 if kind == 'F' else 1}"
        y = m.ln(x, name)

        def frozen(v):
            return g * (v - v.mean(-1, keepdim=True)) / deviation(x, m.eps)[:, None] + b

        base, way = {"literal": (y, lambda v: v), "literal_post": (y, m.post),
                     "lens": (x, m.post), "frozen": (x, frozen)}[reading]
        base = base[:, None]
        out.append(cos(way(base + mw) @ m.projection.T, t) - cos(way(base) @ m.projection.T, t))
    return torch.stack(out, 1)


def attribution(r):
    out = {}
    for kind in "FA":
        out["attr.m_" + kind] = coefficients(r.trace, kind)
        for reading in ("literal", "literal_post", "lens", "frozen"):
            out[f"attr.imp_{reading}_{kind}"] = improvements(r.model, r.trace, r.t, reading, kind)
    return out


def contributions(r):
    m, z = r.model, r.trace["embed"]
    g, beta = (m.w["vision_model.post_layernorm." + x] for x in ("weight", "bias"))
    s = deviation(r.trace["h"][-1][:, 0], m.eps)  # (B, 1)

    def part(v, s):
        return (g * (v - v.mean(-1, keepdim=True)) / s) @ m.projection.T

    out = {"contrib.init": part(r.trace["h"][0][0, 0], s[0]), "contrib.beta": m.projection @ beta}
    for kind in "FA":
        c = coefficients(r.trace, kind)
        all_parts = torch.stack([part(c[:, l, :, None] * m.value(kind, l).T, s[:, None])
                                 for l in range(m.layers)], 1)  # (B, L, n, D)
        biases = [m.w[m.value_name(kind, l) + ".bias"] for l in range(m.layers)]
        out["contrib." + kind] = all_parts[0]
        out["contrib.bias_" + kind] = torch.stack([part(b, s[0]) for b in biases])
        scale = r.t.norm() * z.norm(dim=-1)
        out["contrib_score." + kind] = all_parts @ r.t / scale[:, None, None]
    return out


def baselines(r):
    deltas = {}

    def change(site, l, x):
        if site not in ("mF", "mA"):
            return x
        d = torch.zeros_like(x[:, 0], requires_grad=True)
        deltas[site, l] = d
        return torch.cat([(x[:, 0] + d)[:, None], x[:, 1:]], 1)

    with torch.enable_grad():
        cos(r.model.images(r.pixels, change)["embed"], r.t).sum().backward()
    out = {}
    for kind in "FA":
        grad = torch.stack([deltas["m" + kind, l].grad for l in range(r.model.layers)], 1)
        out["base.grad_" + kind] = grad
        out["base.comb_" + kind] = grad * coefficients(r.trace, kind)
    return out


def omp(targets, words, count=5):
    """Orthogonal matching pursuit, as sklearn's on normalised rows."""
    index, coefficient = [], []
    for y in targets:
        chosen, rest = [], y
        for _ in range(count):
            score = (words @ rest).abs()
            score[chosen] = -1
            chosen.append(int(score.argmax()))
            a = words[chosen].T
            x = torch.linalg.solve(a.T @ a, a.T @ y)
            rest = y - a @ x
        index.append(torch.tensor(chosen))
        coefficient.append(x)
    return torch.stack(index), torch.stack(coefficient)


def words(r):
    m = r.model
    g, b = (m.w["vision_model.post_layernorm." + x] for x in ("weight", "bias"))
    w = torch.stack([m.value(k, l)[:, n] for k, l, n in r.facts["omp_neurons"]])
    sign = torch.tensor(r.facts["omp_sign"], dtype=F64)[:, None]
    shape = g * (w - w.mean(-1, keepdim=True)) / deviation(w, m.eps)
    out = {"omp.targets": unit(sign * (shape @ m.projection.T)),
           "omp.targets_affine": unit(sign * ((shape + b) @ m.projection.T)),
           "omp.targets_plain": unit(sign * (w @ m.projection.T)),
           "dict.words": unit(m.texts(r.inputs["ids_words"])),
           "dict.random": unit(r.inputs["dict_random"].to(F64))}
    random = unit(r.inputs["omp_random_targets"].to(F64))
    for name, targets, dictionary in (("words", out["omp.targets"], "words"),
                                      ("random", random, "random"),
                                      ("random_neurons", out["omp.targets"], "random")):
        found = omp(targets, out["dict." + dictionary])
        out[f"omp.{name}.idx"], out[f"omp.{name}.coef"] = found
    return out


def folded(m, x, kind, l, n):
    """q~ at each row of x, statistics frozen."""
    w, _, g, _ = m.query(kind, l, n)
    wg = g * w
    return (wg - wg.mean()) / deviation(x, m.eps)


def heads(x, count):
    return x.reshape(*x.shape[:-1], count, x.shape[-1] // count)


def upsample(grid, size, bilinear):
    g = grid.shape[0]
    i = torch.arange(size, dtype=F64)
    if not bilinear:
        at = (torch.arange(size) * g // size)
        return grid[at][:, at]
    src = ((i + 0.5) * g / size - 0.5).clamp(0, g - 1)
    low = src.floor().long().clamp(max=g - 1)
    high = (low + 1).clamp(max=g - 1)
    f = src - low
    rows = grid[low] * (1 - f)[:, None] + grid[high] * f[:, None]
    return rows[:, low] * (1 - f) + rows[:, high] * f


def heatmap(r, kind, l, n):
    m, t = r.model, r.trace
    w = m.query(kind, l, n)[0]
    h = m.heads
    out = {"actmap": t["m" + kind][l][:, 1:, n]}
    if kind == "F":
        def through(q):  # (B, d)
            total = 0
            for z in range(l + 1):
                parts = heads(t["v"][z] * (q @ m.value("A", z))[:, None], h).sum(-1)  # (B, T, H)
                total = total + (parts * t["attn"][z][:, :, 0].transpose(1, 2)).sum(-1)
            return total

        out["token"] = through(folded(m, t["mid"][l][:, 0], kind, l, n))
        out["plain"] = through(w.expand(len(r.pixels), -1))
        return out
    j = n // (w.shape[0] // h)
    alpha = t["attn"][l][:, j, 0]  # (B, T)
    out["token"] = alpha * t["v"][l][:, :, n]
    out["plain"] = alpha * (t["h"][l] @ w)
    q = folded(m, t["h"][l], kind, l, n)  # (B, T, d)
    deep = torch.zeros_like(alpha)
    for z in range(l):
        u = heads(q @ m.value("A", z), h)
        v = heads(t["v"][z], h)
        inner = torch.einsum("bpjc,bqjc->bjpq", u, v)
        deep = deep + torch.einsum("bp,bjpq,bjpq->bq", alpha, t["attn"][z], inner)
    out["deep"] = deep
    return out


def heatmaps(r):
    out = {}
    size = r.pixels.shape[-1]
    for i, entry in enumerate(r.facts["heat"]):
        maps = heatmap(r, *entry["neuron"])
        out |= {f"heat.{i}.{k}": v for k, v in maps.items()}
        grid = maps["token"][0, 1:]
        grid = grid.reshape(math.isqrt(len(grid)), -1)
        up = upsample(grid, size, True)
        spread = up.max() - up.min()
        out |= {f"heat.{i}.up_bilinear": up, f"heat.{i}.up_nearest": upsample(grid, size, False),
                f"heat.{i}.minmax": (up - up.min()) / spread if spread > 0 else up * 0}
        if str(i) in r.facts["deletion"]:
            out |= deletion(r, i, entry["neuron"], maps)
    return out


def deletion(r, i, neuron, maps):
    kind, l, n = neuron
    size = r.pixels.shape[-1]
    out = {}
    for name, flat in (("ours", maps["token"][0, 1:]), ("act", maps["actmap"][0]), ("random", None)):
        if flat is None:
            order = r.inputs["deletion_perm"]
        else:
            up = upsample(flat.reshape(math.isqrt(len(flat)), -1), size, True).flatten()
            order = torch.sort(up, descending=True, stable=True).indices
        masks, acts, cosines = [], [], []
        for q in (0, 0.1, 0.2, 0.3):
            mask = torch.zeros(size * size, dtype=torch.uint8)
            mask[order[: math.floor(q * size * size + 0.5)]] = 1
            mask = mask.reshape(size, size)
            t = r.model.images(r.pixels[:1] * (1 - mask.to(F64)))
            masks.append(mask)
            acts.append(t["m" + kind][l][0, 0, n])
            cosines.append(cos(t["embed"][0], r.t))
        out |= {f"del.{i}.{name}.masks": torch.stack(masks),
                f"del.{i}.{name}.act": torch.stack(acts),
                f"del.{i}.{name}.cos": torch.stack(cosines)}
    return out


def effects(r, kind, l, n, images, fold):
    m, t = r.model, r.trace
    w = m.query(kind, l, n)[0]
    if kind == "F":
        x = t["mid"][l][images, :1]
        weight = torch.ones_like(x[..., 0])
    else:
        x = t["h"][l][images]
        weight = t["attn"][l][images, n // (w.shape[0] // m.heads), 0]
    q = folded(m, x, kind, l, n) if fold else w.expand_as(x)
    q = q * weight[..., None]  # (B, T or 1, d)
    out = {}
    for other in "FA":
        per = []
        for z in range(m.layers):
            c = t["m" + other][z][images, : q.shape[1]]
            e = (c * (q @ m.value(other, z))).sum(1)
            precedes = z < l or (z == l and kind == "F" and other == "A")
            per.append(e if precedes else e * 0)
        out[other] = torch.stack(per, 1)
    return out


def queries(r):
    out = {}
    for i, entry in enumerate(r.facts["query"]):
        kind, l, n = entry["neuron"]
        found = effects(r, kind, l, n, slice(0, 3), True)
        plain = effects(r, kind, l, n, slice(0, 1), False)
        total = r.trace["pre" if kind == "F" else "mA"][l][:3, 0, n]
        rest = total - sum(e.sum((1, 2)) for e in found.values())
        out |= {f"query.{i}.{k}": v for k, v in found.items()}
        out |= {f"query.{i}.plain_{k}": v for k, v in plain.items()}
        out[f"query.{i}.rest"] = rest
    return out


def residual(r, neurons):
    m, h = r.model, r.trace["h"][-1][:, 0]
    for kind, l, n in neurons:
        h = h - r.trace["m" + kind][l][:, 0, n, None] * m.value(kind, l)[:, n]
    return m.post(h) @ m.projection.T


def suppression(r):
    m = r.model
    kind, l, n = r.facts["suppression"]["neuron"]

    def zero(tokens):
        def change(site, layer, x):
            if site != "m" + kind or layer != l:
                return x
            x = x.clone()
            x[:, tokens, n] = 0
            return x
        return m.images(r.pixels, change)

    ablated = zero(slice(None))
    original = improvements(m, r.trace, r.t, "literal", "A")
    out = {"sup.complete_embed": ablated["embed"],
           "sup.complete_cls_embed": zero(slice(0, 1))["embed"],
           "sup.residual_embed": residual(r, [(kind, l, n)]),
           "sup.delta_imp_full": improvements(m, ablated, r.t, "literal", "A") - original,
           "sup.delta_imp_fixed": improvements(m, r.trace, r.t, "literal", "A", ablated) - original}
    if kind == "F":  # Fig. 7: do later MSA neurons that rise read what it wrote?
        written = m.value("F", l)[:, n]
        mean_m = coefficients(r.trace, "A")[:3].mean(0)
        mean_imp = original[:3].mean(0)
        plain, fold = [], []
        for _, z, c in r.facts["selection"]["supp50"]:
            sign = -1 if mean_m[z, c] < 0 < mean_imp[z, c] else 1
            w, _, g, _ = m.query("A", z, c)
            plain.append(sign * cos(w, written))
            fold.append(sign * cos(g * w, written))
        out["sup.fig7_cos"], out["sup.fig7_cos_folded"] = torch.stack(plain), torch.stack(fold)
    top = [entry[0] for entry in r.facts["selection"]["top"]["ours"]]
    return out | {"removal.top1_embed": residual(r, top[:1]),
                  "removal.top3_embed": residual(r, top[:3])}


def edited(w, k, v, keys, ridge):
    """Eq. 25, of which Eq. 7 with one pair is a special case without K K^T in C."""
    c = keys.T @ keys
    c = c + ridge * c.diagonal().mean() * torch.eye(len(c), dtype=F64)
    if k.shape[1] == 1:
        x = torch.linalg.solve(c, k[:, 0])
        return w + torch.outer(v[:, 0] - w @ k[:, 0], x) / (x @ k[:, 0])
    return w + (v - w @ k) @ k.T @ torch.linalg.inv(c + k @ k.T)


def editing(r):
    m, last = r.model, r.model.layers - 1
    caption = m.images(r.inputs["pixels_captioned"])
    background = m.images(r.inputs["pixels_keys"])
    twin2 = m.images(r.inputs["pixels_cap2"])
    out = {}
    for kind in "FA":
        name = m.value_name(kind, last)
        k = r.trace["m" + kind][last][:3, 0].mean(0)
        v = caption[kind][last][:, 0].mean(0) - m.w[name + ".bias"]
        out |= {f"edit.{kind}.k": k, f"edit.{kind}.v": v}
        keys = background["m" + kind][last]
        for way, rows, ridge in (("cls", keys[:, 0], 1e-2), ("all", keys.flatten(0, 1), 1e-4)):
            w = edited(m.value(kind, last), k[:, None], v[:, None], rows, ridge)
            out[f"edit.{kind}.{way}.W"] = w
            z = m.changed({name + ".weight": w}).images(r.pixels)["embed"]
            out[f"edit.{kind}.{way}.embed"] = z
    groups = ([0, 1], [2], [3, 4, 5])
    weights = {}
    for kind, l in (("F", last - 1), ("F", last), ("A", last)):
        name = m.value_name(kind, l)
        values = torch.cat([caption[kind][l][:, 0], twin2[kind][l][:, 0]])
        k = torch.stack([r.trace["m" + kind][l][g, 0].mean(0) for g in groups], 1)
        v = torch.stack([values[g].mean(0) - m.w[name + ".bias"] for g in groups], 1)
        w = edited(m.value(kind, l), k, v, background["m" + kind][l][:, 0], 1e-2)
        out |= {f"memit.{kind}{l}.K": k, f"memit.{kind}{l}.V": v, f"memit.{kind}{l}.W": w}
        weights[name + ".weight"] = w
    single = m.value_name("F", last) + ".weight"
    out["memit.embed_single"] = m.changed({single: weights[single]}).images(r.pixels)["embed"]
    out["memit.embed_all"] = m.changed(weights).images(r.pixels)["embed"]
    for way, tokens in (("all", slice(None)), ("cls", slice(0, 1))):
        rise = torch.zeros(m.layers, 2, dtype=F64)
        for l in range(m.layers):
            for column, kind in enumerate("AF"):
                def change(site, layer, x, kind=kind, l=l, tokens=tokens):
                    if site != kind or layer != l:
                        return x
                    x = x.clone()
                    x[:, tokens] = caption[kind][l][:, tokens]
                    return x
                z = m.images(r.pixels[:3], change)["embed"]
                rise[l, column] = (cos(z, r.t) - cos(r.trace["embed"][:3], r.t)).mean()
        out["causal." + way] = rise
    return out


PARTS = {"Wq": "self_attn.q_proj.weight", "bq": "self_attn.q_proj.bias",
         "Wk": "self_attn.k_proj.weight", "bk": "self_attn.k_proj.bias",
         "Wv": "self_attn.v_proj.weight", "bv": "self_attn.v_proj.bias",
         "Wo": "self_attn.out_proj.weight", "bo": "self_attn.out_proj.bias",
         "W1": "mlp.fc1.weight", "b1": "mlp.fc1.bias", "W2": "mlp.fc2.weight",
         "b2": "mlp.fc2.bias", "lna.w": "layer_norm1.weight", "lna.b": "layer_norm1.bias",
         "lnf.w": "layer_norm2.weight", "lnf.b": "layer_norm2.bias"}


def loss(r, model, change=None):
    return (1 - cos(model.images(r.pixels[:3], change)["embed"], r.text[3])).mean()


def finetuning(r):
    m, out = r.model, {}
    name = f"vision_model.encoder.layers.{m.layers - 1}."
    given = {k: m.w[name + v].clone().requires_grad_() for k, v in PARTS.items()}
    optimiser = torch.optim.AdamW(given.values(), lr=5e-6, betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=0.01)
    with torch.enable_grad():
        loss(r, m.changed({name + PARTS[k]: v for k, v in given.items()})).backward()
    optimiser.step()
    for k, v in given.items():
        out["ft.grad." + k] = v.grad
        out["ft.step1_delta." + k] = v.detach() - m.w[name + PARTS[k]]
    for kind in ("zero", "rand"):
        factors = {(l, p, f): r.inputs[f"lora.{l}.{p}.{f}"].to(F64).clone()
                   for l in range(m.layers) for p in "qv" for f in "AB"}
        for key, value in factors.items():
            if kind == "zero" and key[2] == "B":
                value.zero_()
            value.requires_grad_()

        def change(site, l, x, factors=factors):
            if site in ("lora self_attn.q_proj", "lora self_attn.v_proj"):
                p = site[-6]
                return 4 * (x @ factors[l, p, "A"].T) @ factors[l, p, "B"].T
            return x

        with torch.enable_grad():
            loss(r, m, change).backward()
        for (l, p, f), value in factors.items():
            out[f"lora_{kind}.grad.{l}.{p}.{f}"] = value.grad
        out[f"lora_{kind}.embed"] = m.images(r.pixels, change)["embed"].detach()
    return out


FULL = (forward, attribution, contributions, baselines, words, heatmaps, queries, suppression,
        editing, finetuning)
FORWARD_ONLY = (forward, attribution)
