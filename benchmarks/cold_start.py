#!/usr/bin/env python3
"""Seconds from `jupyter execute` to the first %attribute on the embedded model, as a user would wait.

usage: .venv/bin/python benchmarks/cold_start.py [--rounds 5]   (after ./lab build, on an idle machine)
"""
import argparse
import datetime
import pathlib
import statistics
import subprocess
import sys
import tempfile

import nbformat

CELLS = ["%model", "%images visent-mini", "%attribute statue_of_liberty --top 10"]


def once(folder):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    notebook.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    path = pathlib.Path(folder) / "cold.ipynb"
    nbformat.write(notebook, path)
    started = datetime.datetime.now(datetime.timezone.utc)
    subprocess.run([sys.executable, "-m", "jupyter", "execute", "--inplace", path], check=True, capture_output=True)
    times = [cell.metadata.execution for cell in nbformat.read(path, as_version=4).cells]
    at = [datetime.datetime.fromisoformat(t["shell.execute_reply"].replace("Z", "+00:00")) for t in times]
    first = datetime.datetime.fromisoformat(times[0]["iopub.status.busy"].replace("Z", "+00:00"))
    return [(t - started).total_seconds() for t in [first, *at]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        once(folder)
        runs = [once(folder) for _ in range(rounds)]
    for name, seconds in zip(["the kernel answers", *CELLS], zip(*runs)):
        print(f"{name:40s} median {statistics.median(seconds):5.1f} s  (min {min(seconds):.1f}, max {max(seconds):.1f})")


if __name__ == "__main__":
    main()
