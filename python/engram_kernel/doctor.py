"""`engram doctor`: what is there, what is missing, and how to get it."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import java, kernelspec, launch, platforms

PACKAGES = ("engram-kernel", "engram-kernel-native", "jupyter_client", "jupyterlab", "plotly")
VISUAL_C = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")


@dataclass(frozen=True)
class Finding:
    """One line: what was looked for, whether it is there (None: it need not be), and what is to be said of it."""

    name: str
    there: bool | None
    text: str

    def __str__(self):
        mark = {True: "ok", False: "MISSING", None: "-"}[self.there]
        return f"{self.name:<12} {mark:<8} {self.text}"


def findings(environ):
    yield jdk(environ)
    yield native(environ)
    if platform.system() == "Windows":
        yield visual_c(environ)
    yield jars()
    yield kernelspecs()
    yield gpu(environ)
    yield cache(environ)
    yield versions()


def jdk(environ):
    found = java.find(environ)
    return Finding("JDK", bool(found), f"{found.major}, {shutil.which(found.java)}" if found else java.missing())


def native(environ):
    if environ.get("PYTORCH_LIBRARY_PATH"):
        return Finding("PyTorch", True, f"your own: PYTORCH_LIBRARY_PATH is {environ['PYTORCH_LIBRARY_PATH']}")
    try:
        launch.class_path(environ)
    except launch.Missing as missing:
        return Finding("PyTorch", False, str(missing))
    return Finding("PyTorch", True, ", ".join(jar.name for jar in launch.jars(launch.native_folder())))


def visual_c(environ):
    system = Path(environ.get("SystemRoot", "C:/Windows")) / "System32"
    lacking = [name for name in VISUAL_C if not (system / name).is_file()]
    how = "winget install Microsoft.VCRedist.2015+.x64"
    return Finding("Visual C++", not lacking, f"{', '.join(lacking)}: {how}" if lacking else str(system))


def jars():
    found = launch.jars(launch.KERNEL / "lib")
    text = f"{len(found)} jars in {launch.KERNEL / 'lib'}" if found else "no jars: pip install --force-reinstall engram-kernel"
    return Finding("kernel", bool(found), text)


def kernelspecs():
    places = [place for place in places_of_kernelspecs() if kernelspec.is_ours(place)]
    text = ", ".join(map(str, places)) or "Jupyter does not know the kernel yet: engram install --user"
    return Finding("kernelspec", bool(places), text)


def places_of_kernelspecs():
    return kernelspec.user_folder(), kernelspec.folder(sys.prefix)


def gpu(environ):
    program = shutil.which("nvidia-smi")
    if not program:
        return Finding("GPU", None, "no NVIDIA driver here; the CPU computes")
    asked = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    done = subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False)
    found = "; ".join(done.stdout.split("\n")).strip("; ") or "the NVIDIA driver names no GPU"
    own = bool(environ.get("PYTORCH_LIBRARY_PATH"))
    return Finding("GPU", None, found + ("" if own else "; pip's PyTorch computes on the CPU: see docs/gpu.md"))


def cache(environ):
    named = [f"{name} is {environ[name]}" for name in ("ENGRAM_CACHE", "DJL_CACHE_DIR") if environ.get(name)]
    folder = next(filter(launch.may_write, launch.cache_folders(environ)), None)
    if not folder:
        return Finding("cache", None, "no folder can be written to; each start unpacks into a new one")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Finding("cache", True, "; ".join([f"{folder}, {size / 1e6:.0f} MB", *named]))


def versions():
    known = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            known.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            known.append(f"no {name}")
    return Finding("versions", None, ", ".join(known))


def run(environ=os.environ):
    """Prints all findings; whether nothing is missing."""
    found = list(findings(environ))
    for finding in found:
        print(finding)
    return all(finding.there is not False for finding in found)
