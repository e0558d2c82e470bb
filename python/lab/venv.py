"""The Python side of a checkout: .venv, what is installed into it, and the Python of the test of %save."""

import filecmp
import os
import shutil
import subprocess
import sys

from engram_kernel import platforms

from .checkout import call, say

PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def enter(checkout):
    """Lets all that this process starts see .venv's programs and this checkout's folders of Jupyter."""
    os.environ.update(checkout.environment(os.environ, platforms.user_data()))


def is_same(one, other):
    return other.is_file() and filecmp.cmp(one, other, shallow=False)


def is_whole(checkout):
    """Whether .venv was made at this place, and its Python still runs."""
    place = checkout.venv / ".place"
    try:
        if place.read_text(encoding="utf-8").strip() != str(checkout.venv):
            return False
        return subprocess.run([checkout.python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def make(checkout, requirements):
    """Makes .venv where it is missing, moved or broken; remembers of each requirements file what it installed."""
    if not is_whole(checkout):
        say("making .venv")
        clear = ["--clear"] if checkout.venv.exists() else []
        call([sys.executable, "-m", "venv", *clear, checkout.venv])
        (checkout.venv / ".place").write_text(f"{checkout.venv}\n", encoding="utf-8")
    for name in requirements:
        installed = checkout.venv / f".installed-{name.replace('/', '-')}"
        if is_same(checkout.root / name, installed):
            continue
        say(f"installing the Python packages of {name}")
        call([checkout.python, *PIP, "-r", checkout.root / name])
        shutil.copy(checkout.root / name, installed)
    checkout.state.mkdir(parents=True, exist_ok=True)
    shutil.copytree(checkout.root / "jupyter", checkout.venv / "etc" / "jupyter", dirs_exist_ok=True)
    extensions = checkout.venv / "share" / "jupyter" / "labextensions"
    shutil.copytree(checkout.root / "jupyter" / "labextension", extensions / "engram-magics", dirs_exist_ok=True)


def make_transformers(checkout):
    """A Python of its own for PyTorch and transformers; ENGRAM_TRANSFORMERS names another that has both."""
    if os.environ.get("ENGRAM_TRANSFORMERS"):
        return
    own = checkout.venv / "transformers"
    python = own / checkout.python.relative_to(checkout.venv)
    os.environ["ENGRAM_TRANSFORMERS"] = str(python)
    requirements = checkout.root / "requirements-transformers.txt"
    if is_same(requirements, own / ".installed"):
        return
    say("installing PyTorch and transformers for the test of %save")
    call([sys.executable, "-m", "venv", "--clear", own])
    pip = [str(python), *PIP, "--no-compile"]
    torch = next(line for line in requirements.read_text(encoding="utf-8").splitlines() if line.startswith("torch"))
    # PyTorch's wheel for CPU has 200 MB; the one on PyPI brings CUDA along, and is taken where the other cannot be reached.
    for_cpu = [*pip, "--retries", "0", "--index-url", CPU_INDEX, torch]
    if subprocess.run(for_cpu, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        say("download.pytorch.org is not reached; taking PyPI's wheel of PyTorch with CUDA (3 GB)")
    call([*pip, "-r", requirements])
    shutil.copy(requirements, own / ".installed")
