"""Packs what training needs into one file, for a machine that reaches no registry.

The file holds the drawings that are used (as SVG), the concepts, the captions, and the fonts, laid
out as ICONCLIP_HOME: `tar -xJf FILE -C HOME` there, then go on with `drawings`. The machine needs
PyTorch, numpy, Pillow, tokenizers, safetensors and resvg_py.
"""

import argparse
import io
import json
import lzma
import tarfile
from pathlib import Path

from .lettering import FONTS, UNSEEN_FONT
from .places import Places
from .sets import icons

NEEDED = ["width", "height", "left", "top"]


def used(drawings):
    """{set: the part of its icons.json that drawings are made of}."""
    out = {}
    for d in drawings:
        data = icons(d["set"])
        part = out.setdefault(d["set"], {k: data[k] for k in NEEDED if k in data} | {"icons": {}})
        part["icons"][d["icon"]] = data["icons"][d["icon"]]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path, default=Places.default().root)
    parser.add_argument("--preset", type=int, default=3, help="of xz, 0 to 9")
    a = parser.parse_args()
    places = Places(a.home)
    drawings = json.loads(places.concepts.read_text())["drawings"]
    with lzma.open(a.file, "wb", preset=a.preset) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:

        def add(path, content):
            info = tarfile.TarInfo(str(path.relative_to(places.root)))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))

        for path in (places.concepts, places.captions):
            add(path, path.read_bytes())
        for font in [*FONTS, UNSEEN_FONT]:
            add(places.packages / font, (places.packages / font).read_bytes())
        for name, part in used(drawings).items():
            path = places.packages / "@iconify-json" / name / "icons.json"
            add(path, json.dumps(part).encode())
    print("%s: %.1f MB" % (a.file, a.file.stat().st_size / 1e6))


if __name__ == "__main__":
    main()
