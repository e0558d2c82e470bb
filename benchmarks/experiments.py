#!/usr/bin/env python3
"""Time and memory of each experiment, as a user waits for it; prints the tables of docs/performance.md.

usage: .venv/bin/python benchmarks/experiments.py [NAME...] [--large DIR]   (after ./lab build, on an idle machine)
Each runs in a kernel of its own with nothing kept from before, on VisEnt-mini with the embedded model; memory is the
kernel's largest resident set. With --large also table6 and figure3 with the model in DIR (side_by_side.py makes a
random ViT-L/14 in benchmarks/target) on 100 images: ten of each of ten entities.
"""
import argparse
import datetime
import os
import pathlib
import platform
import re
import shutil
import tempfile
import time

import psutil
from jupyter_client.manager import start_new_kernel


class Kernel:
    def __init__(self, environment):
        self.manager, self.client = start_new_kernel(kernel_name="engram", env=os.environ | environment)

    def run(self, code):
        """The text that a cell shows; an error ends the benchmark."""
        said = []

        def hook(message):
            content = message["content"]
            said.append(content.get("data", {}).get("text/plain", "") + content.get("text", ""))

        reply = self.client.execute_interactive(code, output_hook=hook, allow_stdin=False, timeout=3600)
        if reply["content"]["status"] != "ok":
            raise SystemExit(f"{code}: {reply['content'].get('evalue')}")
        return "\n".join(said)

    def peak(self):
        """The largest resident set so far, in MB."""
        status = pathlib.Path(f"/proc/{self.manager.provisioner.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024

    def cpu(self):
        times = psutil.Process(self.manager.provisioner.pid).cpu_times()
        return times.user + times.system

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def measure(name, model, images):
    kernel = Kernel({})
    try:
        kernel.run(f"%model {model}")
        kernel.run(f"%images {images}")
        started, cpu = time.monotonic(), kernel.cpu()
        kernel.run(f"%reproduce {name} --fresh")
        return time.monotonic() - started, kernel.cpu() - cpu, kernel.peak()
    finally:
        kernel.close()


def hundred_images(folder):
    """Ten images of each of ten entities of VisEnt-mini, with their captions."""
    kernel = Kernel({})
    try:
        shown = kernel.run("dev.engram.iconclip.Iconclip.entities()")
    finally:
        kernel.close()
    source = pathlib.Path(re.search(r"/\S+", shown)[0])
    entities = sorted(path for path in source.glob("*/*") if len(list(path.glob("*.png"))) >= 10)[:10]
    for entity in entities:
        target = pathlib.Path(folder) / entity.parent.name / entity.name
        target.mkdir(parents=True)
        for image in sorted(entity.glob("*.png"))[:10]:
            shutil.copy(image, target)
    return folder


def table(title, rows):
    print(f"\n{datetime.date.today()}, {os.cpu_count()} cores, {platform.machine()}: {title}\n")
    print("| experiment | seconds | CPU seconds | memory |\n|---|---|---|---|")
    for name, model, images in rows:
        seconds, cpu, peak = measure(name, model, images)
        print(f"| `{name}` | {seconds:.0f} | {cpu:.0f} | {peak:.0f} MB |", flush=True)


def names():
    kernel = Kernel({})
    try:
        return re.findall(r"^\s*((?:table|figure)\d\w*|faithfulness|sanity|scaling)\b", kernel.run("%reproduce"), re.M)
    finally:
        kernel.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--large", type=pathlib.Path, metavar="DIR")
    args = parser.parse_args()
    rows = [(name, "", "visent-mini") for name in args.names or names()]
    table("the embedded model on VisEnt-mini", rows)
    if args.large:
        with tempfile.TemporaryDirectory() as folder:
            images = hundred_images(folder)
            large = [(name, args.large.resolve(), images) for name in ("table6", "figure3")]
            table("100 images, a model of the size of ViT-L/14", large)


if __name__ == "__main__":
    main()
