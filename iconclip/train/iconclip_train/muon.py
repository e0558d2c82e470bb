"""Muon: momentum whose update is made orthogonal (Jordan et al. 2024), for matrices of one shape at a time."""

import torch


class Muon:
    """Steps matrices along the orthogonal factor of their momentum.

    @param named {name: parameter}, two-dimensional
    """

    def __init__(self, named, momentum=0.95):
        self.named = named
        self.momentum = momentum
        self.buffers = {n: torch.zeros_like(p) for n, p in named.items()}
        self.groups = {}
        for n, p in named.items():
            self.groups.setdefault(tuple(sorted(p.shape)), []).append(n)

    def state_dict(self):
        return self.buffers

    def load_state_dict(self, state):
        for n, b in state.items():
            self.buffers[n].copy_(b)

    @torch.no_grad()
    def step(self, rate, decay):
        for (_, longer), names in self.groups.items():
            updates = []
            for n in names:
                g = self.named[n].grad
                b = self.buffers[n].mul_(self.momentum).add_(g, alpha=1 - self.momentum)
                u = g * (1 - self.momentum) + b * self.momentum
                updates.append(u if u.shape[0] <= u.shape[1] else u.T)
            for n, u in zip(names, orthogonal(torch.stack(updates)) * (0.2 * longer**0.5)):
                p = self.named[n]
                p.mul_(1 - rate * decay).add_(u if p.shape[0] <= p.shape[1] else u.T, alpha=-rate)


def orthogonal(x):
    """Five Newton–Schulz steps in bfloat16, (n, a, b) with a ≤ b."""
    x = (x / (x.flatten(1).norm(dim=1).view(-1, 1, 1) + 1e-9)).bfloat16()
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.float()
