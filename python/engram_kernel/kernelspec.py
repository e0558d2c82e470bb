"""What Jupyter finds of the kernel: a folder with kernel.json and two logos."""

import json
import shutil
import sys
from pathlib import Path

from . import launch, platforms

NAME = "engram"
LOGOS = ("logo-32x32.png", "logo-64x64.png")


def spec(kernel, python="python"):
    """kernel.json as pip installs it: as the build's own in all but what is started.

    Jupyter puts its own Python in the place of the word `python`.
    """
    built = json.loads((kernel / "kernel.json").read_text(encoding="utf-8"))
    return {**built, "argv": [python, "-m", "engram_kernel", "{connection_file}"], "env": {}}


def folder(prefix):
    return Path(prefix) / "share" / "jupyter" / "kernels" / NAME


def user_folder():
    return platforms.user_data() / "kernels" / NAME


def install(place):
    """Makes the kernel known in a folder, with this very Python, so that a Jupyter of any other one starts it.

    Another kernel of that name stays as it is: FileExistsError.
    """
    if (place / "kernel.json").exists() and not is_ours(place):
        raise FileExistsError(
            f"{place} holds another kernel named {NAME}, which is not of this package; "
            "jupyter kernelspec remove takes it away, --prefix DIR installs elsewhere."
        )
    place.mkdir(parents=True, exist_ok=True)
    for logo in LOGOS:
        shutil.copy(launch.KERNEL / logo, place)
    text = json.dumps(spec(launch.KERNEL, sys.executable), indent=2, ensure_ascii=False)
    fresh = place / "kernel.json.new"
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(place / "kernel.json")  # whole or not at all: without it Jupyter sees no kernel


def is_ours(place):
    """Whether a folder holds a kernelspec of this package, and not another kernel of that name."""
    try:
        argv = json.loads((place / "kernel.json").read_text(encoding="utf-8"))["argv"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return "engram_kernel" in argv


def uninstall(place):
    """Takes a kernelspec of ours away; whether there was one."""
    if not is_ours(place):
        return False
    shutil.rmtree(place)
    return True
