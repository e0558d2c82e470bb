"""The sets of drawings, each an npm package of Iconify, and the artists' families."""

import functools
import json

from .places import Places

EMOJI = [
    "noto", "noto-v1", "twemoji", "openmoji", "emojione", "emojione-v1", "fluent-emoji",
    "fluent-emoji-flat", "fluent-emoji-high-contrast", "fxemoji",
]
BRANDS = ["logos", "simple-icons", "devicon", "skill-icons", "vscode-icons", "cib"]
FLAGS = ["flag", "circle-flags"]

# Added for the second version: trained on, never held out, not part of VisEnt-mini.
EXTRA = ["emojione-monotone", "streamline-emojis"]

# Sets whose drawings share an artist or a design, under the name of one of them.
FAMILY = {
    "noto-v1": "noto",
    "emojione-v1": "emojione",
    "emojione-monotone": "emojione",
    "fluent-emoji-flat": "fluent-emoji",
    "fluent-emoji-high-contrast": "fluent-emoji",
    "circle-flags": "flag",
}


def family(name):
    """The family that a set belongs to."""
    return FAMILY.get(name, name)


@functools.lru_cache(maxsize=None)
def icons(name):
    """The content of a set's icons.json."""
    path = Places.default().packages / "@iconify-json" / name / "icons.json"
    return json.loads(path.read_text())


@functools.lru_cache(maxsize=None)
def characters(name):
    """Code points of a set's icons, {code points: icon}; empty where the set gives none."""
    path = Places.default().packages / "@iconify-json" / name / "chars.json"
    return json.loads(path.read_text()) if path.exists() else {}
