"""Draws what is random in the reference set: every weight and every input, from one seed.

Names, shapes and types are those of the set that lies there; so are configurations, tokenizers,
token ids and words, of which nothing is random. A tensor's draw depends on the seed, the model's
name and its own name alone, so that a new tensor changes no other.
"""

import hashlib
import math

import torch

DRAWN_AS_THEY_ARE = ("ids_prompts", "ids_words")


def generator(*names):
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def normal(shape, spread, *names):
    return torch.randn(shape, generator=generator(*names)) * spread


def weight(name, template, *names):
    """As wide as a trained model's: activations neither vanish nor saturate over the layers."""
    shape = template.shape
    if template.numel() == 1 or not template.is_floating_point():
        return template.clone()  # logit_scale, position_ids
    if "norm" in name or "layrnorm" in name:
        return (1.0 if name.endswith("weight") else 0.0) + normal(shape, 0.15, *names, name)
    if name.endswith("bias"):
        return normal(shape, 0.1, *names, name)
    if "embedding" in name and "patch" not in name:
        return normal(shape, 0.6, *names, name)
    sharper = 1.6 if "q_proj" in name or "k_proj" in name else 1  # attention that is not uniform
    return normal(shape, sharper / math.sqrt(math.prod(shape[1:])), *names, name)


def pictures(count, size, *names):
    """Smooth colours under noise: neighbouring patches are alike, as in photographs."""
    coarse = normal((count, 3, 4, 4), 0.8, *names, "coarse")
    smooth = torch.nn.functional.interpolate(coarse, (size, size), mode="bilinear")
    return smooth + normal((count, 3, size, size), 0.7, *names, "fine")


def captioned(images, *names):
    """The same with a bright or dark band of letters across the middle."""
    out = images.clone()
    size = images.shape[-1]
    band = slice(size * 3 // 8, size * 5 // 8)
    letters = torch.rand((len(images), 1, size // 4, size), generator=generator(*names)) < 0.5
    out[:, :, band] = torch.where(letters[:, :, : out[:, :, band].shape[2]], 2.5, -1.5)
    return out


def inputs(template, *names):
    out = {}
    for name, value in template.items():
        shape = value.shape
        if name in DRAWN_AS_THEY_ARE:
            out[name] = value.clone()
        elif name == "deletion_perm":
            out[name] = torch.randperm(len(value), generator=generator(*names, name))
        elif name == "pixels" or name == "pixels_keys":
            out[name] = pictures(len(value), shape[-1], *names, name)
        elif name.startswith("lora") and name.endswith("A"):
            bound = 1 / math.sqrt(shape[1])
            out[name] = (torch.rand(shape, generator=generator(*names, name)) * 2 - 1) * bound
        elif name.startswith("lora"):
            out[name] = normal(shape, 0.02, *names, name)
        elif name in ("dict_random", "omp_random_targets"):
            out[name] = normal(shape, 1, *names, name)
    for name, of in (("pixels_captioned", slice(0, 3)), ("pixels_cap2", slice(3, 6))):
        if name in template:
            out[name] = captioned(out["pixels"][of], *names, name)
    missing = template.keys() - out.keys()
    if missing:
        raise ValueError(f"nothing says how {sorted(missing)} are drawn")
    return out
