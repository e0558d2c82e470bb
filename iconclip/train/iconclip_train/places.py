"""Where a run keeps its files: one folder outside of the repository."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ICONCLIP = HERE.parent / "src/main/resources/dev/engram/iconclip"


@dataclass(frozen=True)
class Places:
    """The files of one run below `root`."""

    root: Path

    @staticmethod
    def default():
        return Places(Path(os.environ.get("ICONCLIP_HOME", Path.home() / "iconclip2")))

    @staticmethod
    def from_arguments(about):
        parser = argparse.ArgumentParser(description=about)
        parser.add_argument("--home", type=Path, default=Places.default().root)
        return Places(parser.parse_args().home)

    @property
    def packages(self):
        """What `npm install` brought."""
        return self.root / "icons/npm/node_modules"

    @property
    def concepts(self):
        return self.root / "concepts.json"

    @property
    def captions(self):
        return self.root / "captions.json"

    @property
    def drawings(self):
        return self.root / "drawings.npy"

    @property
    def marks(self):
        """Which drawings are there and which have one colour."""
        return self.root / "marks.npz"
