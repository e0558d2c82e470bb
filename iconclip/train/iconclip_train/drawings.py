"""Renders every drawing once, with its transparency, into one array that training reads.

The array holds premultiplied RGBA, (drawings, SIDE, SIDE, 4), in the order of the list in
concepts.json. A drawing that cannot be rendered, or is empty, is left out of training, and so is an added one that is nearly a copy of what is held out.
"""

import io
import json
import re
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from PIL import Image

from .places import Places
from .sets import icons

SIDE = 112
NEAR = 0.08  # root mean square difference of 32 × 32 pictures below which two are near copies


def svg(name, icon, ink="#000", side=SIDE, room=1.0):
    """The SVG text of an icon in a square view box; `room` above 1 leaves a margin."""
    data = icons(name)
    entry = data["icons"][icon]
    width = entry.get("width", data.get("width", 16))
    height = entry.get("height", data.get("height", 16))
    square = max(width, height) * room
    left = entry.get("left", data.get("left", 0)) - (square - width) / 2
    top = entry.get("top", data.get("top", 0)) - (square - height) / 2
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'viewBox="%g %g %g %g" width="%d" height="%d">%s</svg>'
        % (left, top, square, square, side, side, entry["body"].replace("currentColor", ink))
    )


def picture(text):
    """The RGBA picture of an SVG text."""
    import resvg_py  # not needed by those who only measure

    data = resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def render(drawing):
    """The premultiplied picture of a drawing and whether it has one colour; None if it fails."""
    name, icon = drawing
    body = icons(name)["icons"][icon]["body"]
    one_colour = "currentColor" in body and not re.search(r'fill="#(?!000)|stop-color', body)
    try:
        rgba = np.asarray(picture(svg(name, icon)).resize((SIDE, SIDE)))
    except Exception as failure:  # resvg raises plain exceptions of several kinds
        return None, "%s/%s: %s" % (name, icon, str(failure)[:80])
    alpha = rgba[..., 3:].astype(np.uint16)
    colour = (rgba[..., :3] * alpha // 255).astype(np.uint8)
    return np.concatenate([colour, rgba[..., 3:]], -1), one_colour


def small(rgba):
    """A drawing on white, 32 × 32, in 0 to 1: what near copies are told by."""
    rgb = Image.fromarray(rgba[..., :3] + 255 - rgba[..., 3:])
    return np.asarray(rgb.resize((32, 32), Image.BILINEAR), np.float32) / 255


def near(one, other):
    return np.sqrt(((small(one) - small(other)) ** 2).mean()) < NEAR


def copies(drawings, pixels):
    """Added drawings that are near copies of what is held out for their concept."""
    held = {}
    for i, d in enumerate(drawings):
        if d["part"] == "held" and d["tone"] is None:
            held.setdefault(d["concept"], []).append(i)
    return [
        i
        for i, d in enumerate(drawings)
        if d["part"] == "extra"
        and any(near(pixels[i], pixels[j]) for j in held.get(d["concept"], []))
    ]


def main():
    places = Places.from_arguments(__doc__)
    drawings = json.loads(places.concepts.read_text())["drawings"]
    out = np.lib.format.open_memmap(
        places.drawings.with_suffix(".part.npy"), "w+", np.uint8, (len(drawings), SIDE, SIDE, 4)
    )
    one_colour = np.zeros(len(drawings), bool)
    failed = 0
    with ProcessPoolExecutor() as pool:
        jobs = [(d["set"], d["icon"]) for d in drawings]
        for i, (rgba, note) in enumerate(pool.map(render, jobs, chunksize=64)):
            if rgba is None:
                failed += 1
                print("not rendered:", note)
            else:
                out[i] = rgba
                one_colour[i] = note
    there = np.array([out[i, ..., 3].any() for i in range(len(drawings))])
    out.flush()
    left_out = copies(drawings, out)
    there[left_out] = False
    np.savez(places.marks, there=there, one_colour=one_colour)
    places.drawings.with_suffix(".part.npy").rename(places.drawings)
    print(
        "%d drawings, %d failed, %d added ones left out as near copies of held-out ones, %d left"
        % (len(drawings), failed, len(left_out), there.sum())
    )


if __name__ == "__main__":
    main()
