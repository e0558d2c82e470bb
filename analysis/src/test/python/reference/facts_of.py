"""What expected.json says besides inputs of later sections: rankings, curves, paths, tables."""

import sections
from oracle import cos


def order(r, scores):
    """Neurons with their mean scores over E, best first; ties in the order of the forward pass."""
    found = []
    for l in range(r.model.layers):
        for kind in "AF":
            mean = scores[kind][:3, l].mean(0)
            found += [([kind, l, n], float(s)) for n, s in enumerate(mean)]
    return sorted(found, key=lambda e: -e[1])


def by_method(made):
    names = {"ours": "attr.imp_literal_", "activation": "attr.m_", "gradient": "base.grad_",
             "combined": "base.comb_"}
    return {k: {kind: made[v + kind] for kind in "FA"} for k, v in names.items()}


def path(r, start):
    steps, at = [], start
    while at:
        kind, l, n = at
        m = float(r.trace["m" + kind][l][0, 0, n])
        sign = -1 if m < 0 else 1
        steps.append({"neuron": at, "coefficient": m, "orientation": sign})
        found = sections.effects(r, kind, l, n, slice(0, 1), True)
        best = [(sign * float(e), [other, z, c]) for other in "AF"
                for z in range(l + (kind == "F" and other == "A"))
                for c, e in enumerate(found[other][0, z])]
        at = None
        if best:
            effect, at = max(best, key=lambda e: e[0])
            steps[-1]["next_effect"] = effect
    return steps


def same(a, b):
    """Equal, but for 1e-9 of a number."""
    if isinstance(b, dict):
        return all(k in a and same(a[k], b[k]) for k in b)
    if isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return abs(a - b) <= 1e-9 * max(1, abs(b)) if isinstance(b, float) else a == b


def made_of(r, made):
    facts = r.facts
    orders = {k: order(r, v) for k, v in by_method(made).items()}
    each = sections.torch.cat([made["attr.imp_literal_" + k][:3].flatten(1) for k in "FA"], 1)
    ranked = each.sort(1, descending=True).values.mean(0)
    e = slice(0, 3)

    def mean_cos(z):
        return float(cos(z, r.t).mean())

    def removed(z):
        lower = cos(z[3:], r.t)
        classes = sections.unit(z) @ sections.unit(r.text[6:]).T
        return {"cos": mean_cos(z[e]), "lower_mean": float(lower.mean()),
                "lower_max": float(lower.max()), "zeroshot_pred": classes.argmax(1).tolist()}

    out = {
        "selection": {
            "top": {k: [[n, s] for n, s in v[:50]] for k, v in orders.items()},
            "edit_layer": ["AF"[int(made["causal.all"].argmax()) % 2],
                           int(made["causal.all"].argmax()) // 2]},
        "decay_curve": [s for _, s in orders["ours"][:80]],
        "decay_per_sample": ranked[:80].tolist(),
        "suppression": {"table6": {
            "original": mean_cos(r.trace["embed"][e]),
            "complete": mean_cos(made["sup.complete_embed"][e]),
            "residual": mean_cos(made["sup.residual_embed"][e])}},
        "table3": {"original": mean_cos(r.trace["embed"][e]),
                   "top1": removed(made["removal.top1_embed"]),
                   "top3": removed(made["removal.top3_embed"])},
        "path": [path(r, p[0]["neuron"]) for p in facts["path"]],
        "finetune": {"first_loss": float(sections.loss(r, r.model))},
    }
    return out


def check(folder, r, made):
    bad = []
    facts = dict(r.facts)
    facts["finetune"] = {"first_loss": facts["finetune"]["losses"][0]}
    for name, value in made_of(r, made).items():
        expected = facts[name]
        if isinstance(value, dict) and name in ("selection", "suppression"):
            expected = {k: expected[k] for k in value}
        if not same(value, expected):
            bad.append(f"{folder}: {name} of expected.json is another")
    print(f"{folder:24} {'expected.json':16} within 1e-9" if not bad else bad)
    return bad
