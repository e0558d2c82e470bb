"""The command `engram`: install, uninstall, doctor."""

import argparse
import os
import sys
from pathlib import Path

from . import doctor, kernelspec, launch


def places(given):
    """The folders that the options name."""
    if given.prefix:
        return [kernelspec.folder(given.prefix)]
    if given.sys_prefix:
        return [kernelspec.folder(sys.prefix)]
    return [kernelspec.user_folder()] if given.user else list(doctor.places_of_kernelspecs())


def install(given):
    place = places(given)[0]
    kernelspec.install(place)
    print(f"Jupyter finds the kernel \"Engram (Java)\" in {place}.")
    return 0


def uninstall(given):
    gone = [place for place in places(given) if kernelspec.uninstall(place)]
    for place in gone:
        print(f"{place} is gone.")
    if not gone:
        print("No kernelspec of Engram was found there.")
    for folder in filter(Path.is_dir, launch.cache_folders(os.environ)):
        print(f"What was unpacked and computed stays in {folder}; it can be deleted at any time.")
    print("pip uninstall engram-kernel engram-kernel-native removes the rest.")
    return 0 if gone else 1


def parser():
    top = argparse.ArgumentParser(prog="engram", description="Engram's Jupyter kernel.")
    words = top.add_subparsers(dest="word", required=True)
    for name, act, help_text, required in (
        ("install", install, "make the kernel known to Jupyter", True),
        ("uninstall", uninstall, "take it away again (by default both from the user and from this Python)", False),
    ):
        word = words.add_parser(name, help=help_text, description=help_text)
        where = word.add_mutually_exclusive_group(required=required)
        where.add_argument("--user", action="store_true", help="for this user, in any Jupyter")
        where.add_argument("--sys-prefix", action="store_true", help="for the Jupyter of this Python")
        where.add_argument("--prefix", metavar="DIR", help="below DIR/share/jupyter")
        word.set_defaults(act=act)
    word = words.add_parser("doctor", help="what is there, what is missing, and how to get it")
    word.set_defaults(act=lambda given: 0 if doctor.run() else 1)
    return top


def main(arguments=None):
    given = parser().parse_args(arguments)
    try:
        return given.act(given)
    except OSError as problem:
        print(f"engram: {problem}", file=sys.stderr)
        return 1
