"""Starts a larger network as the same function as a smaller one.

New FFN neurons get random keys and value vectors of zero; patch filters are resized to larger
patches of the same part of the picture; new rows of the projections are small and random.
"""

import torch
import torch.nn.functional as F

from .model import Clip


@torch.no_grad()
def widened(small, sizes):
    """A Clip of the given sizes that gives what `small` gives on a picture scaled up."""
    big = Clip(sizes)
    source, target = small.state_dict(), big.state_dict()
    for name, new in target.items():
        old = source[name]
        if old.shape == new.shape:
            new.copy_(old)
        elif name.endswith("patch_embedding.weight"):
            ratio = new.shape[-1] / old.shape[-1]
            new.copy_(F.interpolate(old, new.shape[-2:], mode="bilinear") / ratio**2)
        elif name.endswith("fc2.weight"):
            new.zero_()
            new[:, : old.shape[1]] = old
        elif name.endswith("projection.weight"):
            new.mul_(0.1 * old.std() / new.std())
            new[: old.shape[0]] = old
        elif name.endswith(("fc1.weight", "fc1.bias")):
            new[: old.shape[0]] = old
        else:
            raise ValueError("%s is %s here and %s there" % (name, tuple(new.shape), tuple(old.shape)))
    return big
