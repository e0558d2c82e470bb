"""Where things lie in a checkout, and how `lab` speaks."""

import os
import subprocess
import sys
from pathlib import Path


class Refusal(Exception):
    """What `lab` cannot do, in one sentence."""


class Failed(Exception):
    """A program that `lab` ran failed, and has said why."""

    def __init__(self, status):
        super().__init__(f"status {status}")
        self.status = status


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def call(words, **options):
    """Runs a program in the foreground; where it fails, `lab` ends with its status."""
    status = subprocess.run([str(word) for word in words], check=False, **options).returncode
    if status != 0:
        raise Failed(status)


class Checkout:
    """A checkout. What `lab` makes lies in it; only Maven's ~/.m2 and pip's cache are shared."""

    def __init__(self, root, windows=os.name == "nt"):
        self.root = Path(root)
        self.venv = self.root / ".venv"
        self.kernel = self.venv / "share" / "jupyter" / "kernels" / "engram"
        self.state = self.venv / "share" / "engram"
        self.scripts = self.venv / ("Scripts" if windows else "bin")
        self.python = self.scripts / ("python.exe" if windows else "python")
        self.made_kernel = self.root / "kernel-ext" / "target" / "kernel"
        self.built = self.venv / ".built"

    def environment(self, environ, user_data):
        """The environment of everything that `lab` starts.

        Nothing of Jupyter is read from or written to the home directory but the kernels that the user has, which stand
        after this checkout's own. Where Engram and DJL keep what they unpack or compute kernel.json says;
        ENGRAM_CACHE and DJL_CACHE_DIR of the user's environment win over that. A model of the hub, if one is named,
        lies in the cache that Python shares.
        """
        jupyter = self.state / "jupyter"
        kernels = [str(self.venv / "share" / "jupyter"), environ.get("JUPYTER_PATH"), str(user_data)]
        return {
            **environ,
            "PATH": os.pathsep.join(filter(None, [str(self.scripts), environ.get("PATH")])),
            "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
            "JUPYTER_DATA_DIR": str(jupyter / "data"),
            "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
            "JUPYTER_PATH": os.pathsep.join(filter(None, kernels)),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }
