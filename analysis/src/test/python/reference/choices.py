"""expected.json of a new set: what later sections take as inputs, and what goes with the tensors."""

import torch

import facts_of
import sections
from oracle import F64, cos, unit
from sections import PARTS

GIVEN = ("prompts", "classes", "entities", "words")


def signs(r, made, neurons):
    """A.2: −1 for a neuron that helps by a negative coefficient."""
    out = []
    for kind, l, n in neurons:
        m = made["attr.m_" + kind][:3, l, n].mean()
        imp = made["attr.imp_literal_" + kind][:3, l, n].mean()
        out.append(-1.0 if m < 0 < imp else 1.0)
    return out


def choose(r, made):
    """Neurons that the later sections look at: good ones of both kinds, and one of the last layer."""
    ours = [n for n, _ in facts_of.order(r, facts_of.by_method(made)["ours"])]
    last = r.model.layers - 1
    ffn = [n for n in ours if n[0] == "F"]
    msa = [n for n in ours if n[0] == "A"]
    late = next(n for n in msa if n[1] == last)
    heat = ffn[:3] + ([msa[0]] if msa[0] != late else []) + [late]
    supp = next(n for n in ffn if n[1] < last)
    later = [["A", last, 0]]  # any, until it is known which ones rise most
    words = ours[:8] + ([late] if late not in ours[:8] else [])
    return {
        "selection": {"neurons": heat, "kn_supp": supp, "supp50": later,
                      "top": {"ours": [[n, 0.0] for n in ours[:50]]}},
        "omp_neurons": words, "omp_sign": signs(r, made, words),
        "heat": [{"neuron": n} for n in heat],
        "deletion": {"0": heat[0], str(len(heat) - 1): late},
        "query": [{"neuron": n} for n in heat[:2] + heat[3:]],
        "path": [[{"neuron": n}] for n in (heat[0], heat[1], late)],
        "suppression": {"neuron": supp},
    }


def rising(r, delta, supp):
    """The later MSA neurons that rise most when one neuron is removed."""
    found = []
    for l in range(supp[1] + 1, r.model.layers):
        mean = delta[:3, l].mean(0)
        found += [(["A", l, n], float(s)) for n, s in enumerate(mean)]
    return [n for n, _ in sorted(found, key=lambda e: -e[1])[:50]]


def heat_rest(r, kind, l, n):
    """What an FFN neuron's heatmap leaves out of its coefficient, a number for each image."""
    m, t = r.model, r.trace
    w, bias, _, beta = m.query(kind, l, n)
    q = sections.folded(m, t["mid"][l][:, 0], kind, l, n)  # (B, d)
    ffn = sum((t["F"][z][:, 0] for z in range(l)), torch.zeros_like(q))
    out = sum(m.w[m.value_name("A", z) + ".bias"] for z in range(l + 1))
    return {"init": (q * t["h"][0][:, 0]).sum(-1).tolist(), "ffn": (q * ffn).sum(-1).tolist(),
            "bias_o": (q @ out).tolist(), "const": [float(w @ beta + bias)] * len(q)}


def query(r, entry, made, i):
    kind, l, n = entry["neuron"]
    mean = r.trace["m" + kind][l][:3, 0, n].mean()
    orientation = -1.0 if mean < 0 else 1.0
    found = []
    for other in "FA":
        effect = orientation * made[f"query.{i}.{other}"].mean(0)
        found += [([other, z, c], float(e)) for z in range(r.model.layers)
                  for c, e in enumerate(effect[z])
                  if z < l or (z == l and kind == "F" and other == "A")]
    top = sorted(found, key=lambda e: -e[1])[:10]
    return {"neuron": entry["neuron"], "orientation": orientation, "top10": [list(t) for t in top]}


def table1(r, made, words):
    """Table 1: the top three neurons of each method in words, against the text."""
    m = r.model
    g = m.w["vision_model.post_layernorm.weight"]
    out = {}
    for name, scores in facts_of.by_method(made).items():
        top = [n for n, _ in facts_of.order(r, scores)[:3]]
        w = torch.stack([m.value(k, l)[:, n] for k, l, n in top])
        sign = torch.tensor(signs(r, made, top), dtype=F64)[:, None]
        shape = g * (w - w.mean(-1, keepdim=True)) / sections.deviation(w, m.eps)
        targets = unit(sign * (shape @ m.projection.T))
        index, coefficient = sections.omp(targets, made["dict.words"])
        atoms = made["dict.words"][index]  # (3, 5, D)
        best = atoms[torch.arange(3), coefficient.argmax(1)]
        sums = (coefficient[..., None] * atoms).sum(1)
        out[name] = {"neurons": top, "words": [[words[i] for i in row] for row in index.tolist()],
                     "best_word_cos": float(cos(best, r.t).mean()),
                     "recon_cos": float(cos(sums, r.t).mean())}
    return out


def edits(r, made):
    m, last = r.model, r.model.layers - 1
    background = m.images(r.inputs["pixels_keys"])
    out = {}

    def ridge(rows, relative):
        return float(relative * (rows.T @ rows).diagonal().mean())

    for kind in "FA":
        keys = background["m" + kind][last]
        for way, rows, relative in (("cls", keys[:, 0], 1e-2), ("all", keys.flatten(0, 1), 1e-4)):
            embed = made[f"edit.{kind}.{way}.embed"][:3]
            out[f"{kind}.{way}"] = {
                "layer": last, "ridge_rel": relative, "ridge_lambda": ridge(rows, relative),
                "n_keys": len(rows), "cos_after": float(cos(embed, r.t).mean())}
    for kind, l in (("F", last), ("F", last - 1), ("A", last)):
        name = f"memit.{kind}{l}"
        k, v, w = (made[f"{name}.{x}"] for x in ("K", "V", "W"))
        out[name] = {"ridge_lambda": ridge(background["m" + kind][l][:, 0], 1e-2),
                     "residual_before": float((v - m.value(kind, l) @ k).norm()),
                     "residual_after": float((v - w @ k).norm())}
    return out


def training(r, given, loss):
    """Two steps of AdamW: the losses, and how far the first one moves each array."""
    before = {k: v.detach().clone() for k, v in given.items()}
    optimiser = torch.optim.AdamW(given.values(), lr=5e-6, betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=0.01)
    losses, moved = [], {}
    for step in range(2):
        with torch.enable_grad():
            optimiser.zero_grad()
            value = loss()
            value.backward()
        losses.append(float(value))
        optimiser.step()
        if step == 0:
            moved = {k: float((v.detach() - before[k]).norm()) for k, v in given.items()}
    return {"losses": losses + [float(loss())], "delta_norm1": moved}


def trainings(r):
    m = r.model
    name = f"vision_model.encoder.layers.{m.layers - 1}."
    given = {k: m.w[name + v].clone().requires_grad_() for k, v in PARTS.items()}
    out = {"finetune": training(r, given, lambda: sections.loss(
        r, m.changed({name + PARTS[k]: v for k, v in given.items()})))}
    for kind in ("zero", "rand"):
        factors = {}
        for l in range(m.layers):
            for p in "qv":
                for f in "AB":
                    value = r.inputs[f"lora.{l}.{p}.{f}"].to(F64).clone()
                    value = value * 0 if kind == "zero" and f == "B" else value
                    factors[f"{l}.{p}.{f}"] = value.requires_grad_()

        def change(site, l, x, factors=factors):
            if site in ("lora self_attn.q_proj", "lora self_attn.v_proj"):
                p = site[-6]
                return 4 * (x @ factors[f"{l}.{p}.A"].T) @ factors[f"{l}.{p}.B"].T
            return x

        out["lora_" + kind] = training(r, factors, lambda: sections.loss(r, m, change))
    return out


def all_facts(r, given):
    """The tensors of a full suite and its expected.json; `given` has what is no number."""
    r.facts = {}
    made = {}
    for section in (sections.forward, sections.attribution, sections.contributions,
                    sections.baselines):
        made |= section(r)
    r.facts = choose(r, made)
    supp = r.facts["suppression"]["neuron"]
    made |= sections.suppression(r)
    r.facts["selection"]["supp50"] = rising(r, made["sup.delta_imp_full"], supp)
    for section in (sections.words, sections.heatmaps, sections.queries, sections.suppression,
                    sections.editing, sections.finetuning):
        made |= section(r)
    r.facts["finetune"] = {"losses": [0.0]}
    found = facts_of.made_of(r, made)
    facts = {**{k: given[k] for k in GIVEN}, **r.facts, **found, **trainings(r)}
    facts["selection"] = {**r.facts["selection"], **found["selection"]}
    facts["suppression"] = {**r.facts["suppression"], **found["suppression"]}
    facts["query"] = [query(r, e, made, i) for i, e in enumerate(r.facts["query"])]
    facts["heat"] = [{**e, **({"rest": heat_rest(r, *e["neuron"])} if e["neuron"][0] == "F" else {})}
                     for e in r.facts["heat"]]
    facts["edit"] = edits(r, made)
    facts["table1"] = table1(r, made, facts["words"])
    return made, facts
