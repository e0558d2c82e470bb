"""Starts the kernel's JVM as the build's own kernel.json says, with what this installation knows instead of .venv's paths."""

import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from pathlib import Path

from . import java, platforms, sockets

KERNEL = Path(__file__).parent / "kernel"
NATIVE_PACKAGE = "engram_kernel_native"


class Missing(Exception):
    """What the kernel needs and does not find, in one sentence."""


def jars(folder):
    return sorted(Path(folder).glob("*.jar"))


def native_folder():
    """The folder with the jar of the native PyTorch that pip installed, or None."""
    found = importlib.util.find_spec(NATIVE_PACKAGE)
    folder = Path(found.origin).parent / "lib" if found and found.origin else None
    return folder if folder and jars(folder) else None


def class_path(environ):
    """What stands for `{resource_dir}/lib/*`. A PyTorch of the user's own (docs/gpu.md) needs no jar of a native one."""
    native = native_folder()
    if not native and not environ.get("PYTORCH_LIBRARY_PATH"):
        if not platforms.own():
            raise Missing(platforms.none_for_this_machine())
        raise Missing("PyTorch's native library is missing: pip install engram-kernel-native.")
    return os.pathsep.join(str(folder / "*") for folder in (KERNEL / "lib", native) if folder)


def may_write(folder):
    """Whether files can be made in a folder, which is made where it is missing."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    return False


def cache_folders(environ):
    return [platforms.user_cache(environ) / "engram", Path(sys.prefix) / "share" / "engram"]


def cache_folder(environ):
    """Where the engine and the embedded model are unpacked: a folder of the user's, else one beside the installation.

    Where neither can be written to, a new folder that nobody else may enter.
    """
    found = next(filter(may_write, cache_folders(environ)), None)
    if not found:
        found = Path(tempfile.mkdtemp(prefix="engram-"))
        print(f"engram: no cache folder can be written to, so {found} is used and left behind.", file=sys.stderr)
    return found


def words(connection_file, environ, found, cache):
    """The command that starts the JVM."""
    known = {
        "{resource_dir}/lib/*": class_path(environ),
        "-DDJL_CACHE_DIR": f"-DDJL_CACHE_DIR={cache / 'djl'}",
        "-Dengram.cache.default": f"-Dengram.cache.default={cache / 'cache'}",
        "-Dengram.spark.default": f"-Dengram.spark.default={cache / 'spark'}",
        "{connection_file}": str(connection_file),
    }
    program, *arguments = json.loads((KERNEL / "kernel.json").read_text(encoding="utf-8"))["argv"]
    # The archive of classes belongs to a place and a JDK: `lab` makes one, pip cannot.
    arguments = [word for word in arguments if not word.startswith("-XX:SharedArchiveFile")]
    return [found.java, *(known.get(word.split("=")[0], word) for word in arguments)]


def main(connection_file):
    """Becomes the kernel that Jupyter asked for."""
    found = java.find()
    if not found:
        raise Missing(java.missing())
    cache, environ = cache_folder(os.environ), platforms.utf8(os.environ)
    connection = json.loads(Path(connection_file).read_text(encoding="utf-8"))
    if sockets.is_needed(connection):
        sys.exit(sockets.run(connection, lambda file: words(file, os.environ, found, cache), environ))
    platforms.replace_process(words(connection_file, os.environ, found, cache), environ)
