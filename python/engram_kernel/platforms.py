"""The platforms for which a native PyTorch is published, and where each keeps what belongs to a user."""

import os
import platform
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Platform:
    """One platform: its name on Maven Central and in DJL's jars, and how Python and wheels call it."""

    classifier: str
    system: str  # as platform.system() has it
    machines: tuple  # as platform.machine() has it, in lower case
    wheel_tag: str
    name: str

    @property
    def is_windows(self):
        return self.system == "Windows"

    def library(self, stem):
        """The file of a native library."""
        return {"Windows": f"{stem}.dll", "Darwin": f"lib{stem}.dylib"}.get(self.system, f"lib{stem}.so")


# The tokenizers ask for glibc 2.34, libtorch 2.7.1 for 2.29.
ALL = (
    Platform("linux-x86_64", "Linux", ("x86_64", "amd64"), "manylinux_2_34_x86_64", "Linux on x86-64"),
    Platform("linux-aarch64", "Linux", ("aarch64", "arm64"), "manylinux_2_34_aarch64", "Linux on ARM64"),
    Platform("osx-aarch64", "Darwin", ("arm64", "aarch64"), "macosx_11_0_arm64", "macOS on Apple silicon"),
    Platform("win-x86_64", "Windows", ("amd64", "x86_64"), "win_amd64", "Windows on x86-64"),
)


def own(system=None, machine=None):
    """The platform of this machine, or None where no native PyTorch is published for it."""
    system, machine = system or platform.system(), (machine or platform.machine()).lower()
    return next((known for known in ALL if known.system == system and machine in known.machines), None)


def none_for_this_machine():
    """One sentence for a machine that is none of them."""
    names = ", ".join(known.name for known in ALL)
    return (
        f"PyTorch's native library is not published for {platform.system()} on {platform.machine()}; "
        f"Engram runs on {names}."
    )


def user_data(environ=os.environ, system=None):
    """Where Jupyter looks for the kernels of a user."""
    if environ.get("JUPYTER_DATA_DIR"):
        return Path(environ["JUPYTER_DATA_DIR"])
    home, system = Path.home(), system or platform.system()
    if system == "Darwin":
        return home / "Library" / "Jupyter"
    if system == "Windows":
        return Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "jupyter"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "jupyter"


def user_cache(environ=os.environ, system=None):
    """Where programs keep for a user what they can make again."""
    home, system = Path.home(), system or platform.system()
    if system == "Darwin":
        return home / "Library" / "Caches"
    if system == "Windows":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return Path(environ.get("XDG_CACHE_HOME") or home / ".cache")


def utf8(environ, system=None):
    """An environment in which Java takes the names of files as UTF-8.

    Java reads them by the locale in which it starts, and in C or POSIX knows only ASCII. macOS has no locale of this
    name before version 15; there and on Windows names are Unicode whatever the locale.
    """
    if (system or platform.system()) in ("Darwin", "Windows"):
        return dict(environ)
    return {**environ, "LC_ALL": "C.UTF-8"}


def executable(stem, system=None):
    """The file of a program."""
    return f"{stem}.exe" if (system or platform.system()) == "Windows" else stem


def replace_process(words, environ=None):
    """Becomes another program; Windows cannot, so there it runs the program and ends as that does."""
    environ = os.environ if environ is None else environ
    words = [str(word) for word in words]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execvpe(words[0], words, environ)
    with subprocess.Popen(words, env=environ) as process:
        end_with_jupyter(process, environ.get("JPY_PARENT_PID"))
        while True:
            try:
                sys.exit(process.wait())
            except KeyboardInterrupt:  # the console gives Ctrl-C to the program too, which knows what to do
                continue


def end_with_jupyter(process, handle):
    """On Windows: ends a kernel when the process behind this handle, which Jupyter hands down, has ended."""
    if not handle:
        return
    import ctypes

    def watch():
        signalled, for_ever = 0, 0xFFFFFFFF
        if ctypes.windll.kernel32.WaitForSingleObject(ctypes.c_void_p(int(handle)), for_ever) == signalled:
            process.kill()

    threading.Thread(target=watch, daemon=True).start()
