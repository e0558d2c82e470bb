"""Saves the state of a run whole or not at all, and logs to files that go on after a restart."""

import json
import signal
import time
from pathlib import Path

import torch


def save(path, **state):
    """Writes beside the file, then takes its name: a run that is killed leaves the old one whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.rename(path)


def load(path):
    """What `save` wrote, or None."""
    return torch.load(path, weights_only=False, map_location="cpu") if Path(path).exists() else None


class Log:
    """Lines of JSON, one for each report, also printed."""

    def __init__(self, path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path = Path(path)

    def __call__(self, **values):
        line = json.dumps({"time": time.strftime("%Y-%m-%d %H:%M:%S"), **values})
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)


class Stop:
    """Turns true after the first SIGTERM or SIGINT, so that a run can save itself."""

    def __init__(self):
        self.asked = False
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, self._ask)

    def _ask(self, *_):
        self.asked = True
