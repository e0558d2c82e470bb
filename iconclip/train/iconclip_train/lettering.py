"""Names drawn as letters: on a plain card, or over a drawing as Engram's captions are."""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .places import Places

FONTS = [
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSerif-Bold.ttf",
    "@expo-google-fonts/lato/700Bold/Lato_700Bold.ttf",
    "@expo-google-fonts/lato/900Black/Lato_900Black.ttf",
    "@expo-google-fonts/comic-neue/700Bold/ComicNeue_700Bold.ttf",
    "@expo-google-fonts/roboto-slab/700Bold/RobotoSlab_700Bold.ttf",
]

# Never trained on: the measurement writes with it too.
UNSEEN_FONT = "@expo-google-fonts/oswald/500Medium/Oswald_500Medium.ttf"
ENGRAM_FONT = FONTS[1]

_fonts = {}


def font(name, points):
    """A font of a size in pixels, kept for the next time."""
    key = name, points
    if key not in _fonts:
        _fonts[key] = ImageFont.truetype(str(Places.default().packages / name), points)
    return _fonts[key]


def lines_of(text, count):
    """The text broken at spaces into up to `count` lines of nearly equal length."""
    words = text.split()
    count = min(count, len(words))
    if count <= 1:
        return text
    best = None
    for cut in range(1, len(words)):
        top, rest = " ".join(words[:cut]), lines_of(" ".join(words[cut:]), count - 1)
        longest = max(map(len, [top, *rest.split("\n")]))
        if best is None or longest < best[0]:
            best = longest, top + "\n" + rest
    return best[1]


def letters(text, side, ink, edge, face, height, breadth, place, edge_part=1 / 6, narrow=1.0):
    """The text as an RGBA picture of side × side.

    height and breadth are the most that a line and the block take, in parts of the side; place is
    the block's middle (x, y) in parts of the side; edge None draws none; letters are `narrow` times
    as wide as the face has them.
    """
    across = round(side / narrow)
    big = font(face, 64)
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    box = draw.multiline_textbbox((0, 0), text, font=big, align="center", spacing=6)
    rows = text.count("\n") + 1
    wide, high = box[2] - box[0], box[3] - box[1]
    points = 64 * min(height * side / 64, breadth * across / wide, 0.96 * side / (high / rows) / rows)
    chosen = font(face, max(6, round(points)))
    stroke = 0 if edge is None else max(1, round(points * edge_part * 0.5))
    picture = Image.new("RGBA", (across, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    style = dict(font=chosen, align="center", spacing=round(points / 10), stroke_width=stroke)
    box = draw.multiline_textbbox((0, 0), text, **style)
    wide, high = box[2] - box[0], box[3] - box[1]
    x = min(max(place[0] * across - wide / 2, 0), max(0, across - wide)) - box[0]
    y = min(max(place[1] * side - high / 2, 0), max(0, side - high)) - box[1]
    draw.multiline_text((x, y), text, fill=ink, stroke_fill=edge or ink, **style)
    return picture if across == side else picture.resize((side, side), Image.BILINEAR)


def random_letters(text, side, rng: random.Random, over):
    """Letters as training draws them: many fonts, colours, sizes and places."""
    shade = lambda low, high: tuple(rng.randint(low, high) for _ in range(3))
    light = rng.random() < (0.6 if over else 0.3)
    ink = shade(215, 255) if light else shade(0, 60)
    if not over and rng.random() < 0.4:
        ink = shade(0, 255)
    edge = None
    if over or rng.random() < 0.2:
        edge = shade(0, 40) if sum(ink) > 380 else shade(215, 255)
    case = rng.random()
    text = text.upper() if case < 0.1 else text.lower() if case < 0.2 else text
    rows = rng.choice([1, 1, 2, 3]) if over else rng.choice([1, 2, 2, 3])
    breadth = rng.uniform(0.8, 0.97)
    height = rng.uniform(0.13, 0.3) if over else rng.uniform(0.15, 0.45)
    place = (rng.uniform(0.4, 0.6), rng.choice([0.5, rng.uniform(0.1, 0.9)]))
    narrow = rng.uniform(0.5, 1) if rng.random() < 0.5 else 1.0
    return ink, letters(
        lines_of(text, rows), side, ink, edge, rng.choice(FONTS), height, breadth, place, narrow=narrow
    )


def card(text, side, rng):
    """A name on a plain card: premultiplied RGBA letters and a background that they stand out on."""
    ink, picture = random_letters(text, side, rng, over=False)
    dark = sum(ink) / 3 < 128
    low, high = (170, 255) if dark else (0, 85)
    ground = tuple(rng.randint(low, high) for _ in range(3))
    if rng.random() < 0.5:
        ground = (255, 255, 255) if dark else (0, 0, 0)
    out = Image.new("RGBA", (side, side), ground + (255,))
    out.alpha_composite(picture)
    return np.asarray(out)


def over(text, side, rng):
    """Letters alone, to be laid over a drawing: straight RGBA."""
    return np.asarray(random_letters(text, side, rng, over=True)[1])
