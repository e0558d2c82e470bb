"""Turns drawings with transparency into varied pictures: place, colours, ground, style, lettering."""

import math

import torch
import torch.nn.functional as F

from .model import IMAGE_MEAN, IMAGE_STD

GREY = torch.tensor([0.3, 0.59, 0.11]).view(1, 3, 1, 1)
MEAN = torch.tensor(IMAGE_MEAN).view(1, 3, 1, 1)
STD = torch.tensor(IMAGE_STD).view(1, 3, 1, 1)


def normalise(pictures):
    return (pictures.clamp(0, 1) - MEAN.to(pictures.device)) / STD.to(pictures.device)


def on_white(drawings, side):
    """Drawings (n, s, s, 4) premultiplied uint8 as plain pictures on white, not yet normalised."""
    x = drawings.permute(0, 3, 1, 2).float().div(255)
    x = F.interpolate(x, (side, side), mode="bicubic", antialias=True, align_corners=False)
    x = x.clamp(0, 1)
    return (x[:, :3] + 1 - x[:, 3:]).clamp(0, 1)


class Augment:
    """Random pictures of drawings; all chance comes from one generator.

    @param side pixels of a picture
    """

    def __init__(self, side, generator):
        self.side = side
        self.generator = generator
        self.device = generator.device
        self.grey = GREY.to(self.device)

    def uniform(self, *shape, low=0.0, high=1.0):
        chance = torch.rand(*shape, generator=self.generator, device=self.device)
        return chance * (high - low) + low

    def chance(self, count, probability):
        return self.uniform(count) < probability

    def __call__(self, drawings, one_colour, may_flip, keep_hue):
        """
        @param drawings premultiplied RGBA (n, s, s, 4) uint8
        @param one_colour drawings whose ink is chosen here (n) bool
        @param may_flip drawings that mean the same in a mirror (n) bool
        @param keep_hue drawings whose colours are what they mean (n) bool
        @return pictures (n, 3, side, side) in 0 to 1
        """
        n = len(drawings)
        moved = self.move(drawings.permute(0, 3, 1, 2).float().div_(255), may_flip)
        colour, alpha = moved[:, :3], moved[:, 3:]
        ink = colour.sum((2, 3)) / alpha.sum((2, 3)).clamp_min(1)
        chosen = self.inks(n)
        colour = torch.where(one_colour.view(n, 1, 1, 1), chosen.view(n, 3, 1, 1) * alpha, colour)
        ink = torch.where(one_colour[:, None], chosen, ink)
        ground = self.ground(ink)
        out = colour + ground * (1 - alpha)
        out = self.style(out, keep_hue | one_colour)
        return self.disturb(self.colours(out, keep_hue))

    def move(self, x, may_flip):
        n = len(x)
        scale = self.uniform(n, low=0.78, high=1.1)
        angle = self.uniform(n, low=-1, high=1) * (math.pi / 12) * self.chance(n, 0.6)
        aspect = torch.exp(self.uniform(n, low=-0.12, high=0.12))
        mirror = torch.where(self.chance(n, 0.5) & may_flip, -1.0, 1.0)
        across, down, shear = (self.uniform(n, low=-r, high=r) for r in (0.11, 0.11, 0.08))
        cos, sin, wide, high = angle.cos(), angle.sin(), 1 / (scale * aspect), aspect / scale
        theta = torch.zeros(n, 2, 3, device=self.device)
        theta[:, 0, 0] = cos * wide * mirror
        theta[:, 0, 1] = (sin + shear) * wide * mirror
        theta[:, 0, 2] = across * wide
        theta[:, 1, 0] = -sin * high
        theta[:, 1, 1] = cos * high
        theta[:, 1, 2] = down * high
        grid = F.affine_grid(theta, (n, 4, self.side, self.side), align_corners=False)
        return F.grid_sample(x, grid, padding_mode="zeros", align_corners=False)

    def inks(self, n):
        """Mostly dark, some light, some of any colour."""
        ink = self.uniform(n, 3) * 0.9
        ink = torch.where(self.chance(n, 0.65)[:, None], ink * 0.2, ink)
        return torch.where(self.chance(n, 0.2)[:, None], 1 - 0.2 * self.uniform(n, 3), ink)

    def ground(self, ink):
        """A background that the ink stands out on: white, dark, any colour, shaded, grained."""
        n = len(ink)
        flat = self.uniform(n, 3)
        kind = self.uniform(n)
        flat = torch.where((kind > 0.8)[:, None], flat, 0.55 + 0.45 * flat)
        flat = torch.where((kind < 0.5)[:, None], 1 - 0.06 * self.uniform(n, 3), flat)
        dark = ((kind >= 0.5) & (kind < 0.58))[:, None]
        flat = torch.where(dark, 0.1 * self.uniform(n, 3), flat)
        grey = self.grey.view(1, 3)
        apart = ((flat - ink) * grey).sum(1).abs() + 0.3 * (flat - ink).abs().mean(1)
        bright = ((ink * grey).sum(1) > 0.5)[:, None]
        other = torch.where(bright, 0.1 * self.uniform(n, 3), 1 - 0.1 * self.uniform(n, 3))
        out = torch.where((apart < 0.2)[:, None], other, flat).view(n, 3, 1, 1)
        out = out.expand(-1, -1, self.side, self.side).clone()
        for size, depth, part in ((2, 0.5, 0.2), (8, 0.3, 0.08)):
            some = self.chance(n, part)
            k = int(some.sum())
            if k:
                noise = (self.uniform(k, 3, size, size) - 0.5) * depth
                out[some] += F.interpolate(
                    noise, (self.side, self.side), mode="bilinear", align_corners=False
                )
        return out.clamp(0, 1)

    def style(self, x, leave):
        """A few as line drawings, dark on light or light on dark, a few in grey."""
        some = self.chance(len(x), 0.1) & ~leave
        if some.any():
            grey = (x[some] * self.grey).sum(1, keepdim=True)
            edge = F.max_pool2d(grey, 3, 1, 1) + F.max_pool2d(-grey, 3, 1, 1)
            line = (edge * 3 - 0.15).clamp(0, 1)
            inverted = self.chance(len(line), 0.3).view(-1, 1, 1, 1)
            x[some] = torch.where(inverted, line, 1 - line).expand(-1, 3, -1, -1)
        return x

    def colours(self, x, keep_hue):
        n = len(x)
        strength = torch.where(keep_hue, 0.3, 0.5)
        wave = lambda size, *shape: 1 + self.uniform(n, *shape, low=-size, high=size) * strength.view(
            n, *[1] * len(shape)
        )
        mixed = (self.chance(n, 0.12) & ~keep_hue).view(n, 1, 1)
        mix = torch.eye(3, device=self.device) + self.uniform(n, 3, 3, low=-0.5, high=0.5) * mixed
        x = torch.einsum("nij,njyx->niyx", mix, x).clamp(0, 1)
        saturation = torch.where(self.chance(n, 0.1) & ~keep_hue, 0.0, wave(0.5))
        grey = (x * self.grey).sum(1, keepdim=True)
        x = grey + (x - grey) * saturation.view(n, 1, 1, 1)
        middle = grey.mean((2, 3), keepdim=True)
        x = ((x - middle) * wave(0.3).view(n, 1, 1, 1) + middle) * wave(0.3).view(n, 1, 1, 1)
        return x * wave(0.12, 3).view(n, 3, 1, 1)

    def disturb(self, x):
        """Some blurred, some with noise, some with a rectangle covered."""
        n, _, s, _ = x.shape
        blurred = self.chance(n, 0.08)
        if blurred.any():
            x[blurred] = F.avg_pool2d(F.pad(x[blurred], (1, 1, 1, 1), mode="replicate"), 3, 1)
        noisy = self.chance(n, 0.08)
        if noisy.any():
            k = int(noisy.sum())
            x[noisy] += torch.randn(
                k, *x.shape[1:], generator=self.generator, device=self.device
            ) * 0.04
        high, wide = self.uniform(2, n, 1, low=0.12, high=0.38) * s
        y, z = self.uniform(2, n, 1)
        place = torch.arange(s, device=self.device)
        within = lambda start, size: (place >= start * (s - size)) & (place < start * (s - size) + size)
        covered = within(y, high)[:, :, None] & within(z, wide)[:, None, :]
        covered &= self.chance(n, 0.08).view(-1, 1, 1)
        x = torch.where(covered[:, None], self.uniform(n, 3, 1, 1), x)
        return x.clamp(0, 1)
