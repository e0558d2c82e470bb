"""The 60 entities of VisEnt-mini, read from its manifest."""

import csv
from collections import OrderedDict

from .places import ICONCLIP


def entities():
    """{(name, label): [(file, split)]}, in the order of the manifest."""
    out = OrderedDict()
    with (ICONCLIP / "entities/manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            files = out.setdefault((row["entity"], row["caption"]), [])
            files.append((ICONCLIP / "entities" / row["file"], row["split"]))
    return out


def labels_of_entities():
    return [label for _, label in entities()]
