#!/usr/bin/env python3
"""Engram against PyTorch on one GPU: parity, speed, memory and what float16 costs; prints the tables of docs/gpu.md.

usage: benchmarks/gpu.py [--images 64] [--rounds 5] [--device gpu|cpu] [--model DIR]
Run it with a Python that has torch with CUDA, transformers and numpy (benchmarks/requirements.txt), after ./lab build.
The libtorch of that torch is Engram's too. The model is a random ViT-L/14, as side_by_side.py makes it. With --device cpu
everything is computed on the processor: to try the script where there is no GPU (say --images 2 --rounds 1).
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import side_by_side
import torch

TARGET = 1.05  # of PyTorch's time
TOP = 50


def engram(model, device, precision):
    """Engram's half, which loads the libtorch of this Python where a GPU is meant."""
    if device == "gpu":
        folder = pathlib.Path(torch.__file__).parent / "lib"
        flavor = "cu" + (torch.version.cuda or "").replace(".", "")
        os.environ |= {"PYTORCH_LIBRARY_PATH": str(folder), "PYTORCH_VERSION": torch.__version__.split("+")[0], "PYTORCH_FLAVOR": flavor}
    return side_by_side.Worker(["java", "-Xmx4g", "-cp", classpath(), "dev.engram.benchmark.Worker", str(model), device, precision], os.cpu_count())


def classpath():
    here = side_by_side.HERE
    done = subprocess.run(
        ["mvn", "-q", "-B", "-o", "-f", str(side_by_side.ROOT / "pom.xml"), "-pl", "benchmarks", "-am", "-Dmaven.test.skip=true",
         "-Dspotless.check.skip", "package", "dependency:build-classpath", "-Dmdep.outputFile=target/classpath"],
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return f"{here / 'target/classes'}:{(here / 'target/classpath').read_text().strip()}"


def memory(worker, device):
    """What a process holds on the card, or its largest resident set; in MB."""
    pid = worker.process.pid
    if device == "cpu":
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024
    said = subprocess.run(["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"],
                          capture_output=True, text=True, check=True).stdout
    return sum(float(used) for each, used in (line.split(",") for line in said.splitlines()) if int(each) == pid)


def answers(worker, folder, name, images, width):
    worker(f"write {folder}/{name}")
    values = np.fromfile(f"{folder}/{name}", dtype="<f4")
    return values[:images * width].reshape(images, width), values[images * width:].reshape(images, -1)


def top(scores):
    return [set(np.argsort(-row, kind="stable")[:TOP]) for row in scores]


def unit(x):
    wide = x.astype(np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True)


def difference(a, b):
    """One row of the table of errors: b against a."""
    shared = [len(x & y) / TOP for x, y in zip(top(a[1]), top(b[1]))]
    return (f"{(1 - (unit(a[0]) * unit(b[0])).sum(1)).max():.1e} | {np.abs(a[1] - b[1]).max() / np.abs(a[1]).max():.1e} | "
            f"{100 * statistics.mean(shared):.1f} % ({100 * min(shared):.0f} %)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--model", type=pathlib.Path, metavar="DIR")
    args = parser.parse_args()
    if args.device == "gpu" and not torch.cuda.is_available():
        raise SystemExit("PyTorch sees no GPU here; --device cpu tries the script without one.")
    if not args.model:
        side_by_side.make_model()
    model = args.model or side_by_side.MODEL
    what = f"the model in {model}" if args.model else "a random ViT-L/14"
    card = torch.cuda.get_device_name() if args.device == "gpu" else f"{os.cpu_count()} cores, no GPU"
    with tempfile.TemporaryDirectory() as folder:
        config = json.loads((model / "config.json").read_text())
        size, width = config["vision_config"]["image_size"], config["projection_dim"]
        rng = np.random.default_rng(0)
        rng.normal(size=(args.images, 3, size, size)).astype("<f4").tofile(f"{folder}/pixels")
        text = rng.normal(size=width)
        (text / np.linalg.norm(text)).astype("<f4").tofile(f"{folder}/text")
        device = "cuda" if args.device == "gpu" else "cpu"
        theirs = side_by_side.Worker([sys.executable, str(side_by_side.HERE / "pytorch_worker.py"), str(model), device], os.cpu_count())
        theirs(f"read {folder}")
        expected = answers(theirs, folder, "pytorch", args.images, width)
        print(f"{datetime.date.today()}, {card}, PyTorch {torch.__version__}, {what}, {args.images} images at once, "
              f"{args.rounds} rounds, turn by turn\n")
        rows = [("one image, forward", "forward"), ("one image, forward and scores, top 50", "attribute"),
                (f"{args.images} images, forward", "several"), (f"{args.images} images, forward and scores", "batch")]
        errors = []
        print("| task | precision of Engram | Engram | PyTorch, float32 | Engram / PyTorch (min to max) |\n|---|---|---|---|---|")
        # a CPU rounds to bfloat16 where it has products of it, and to float16 in none
        for precision in ("f32", "f16", "bf16") if args.device == "gpu" else ("f32", "bf16"):
            ours = engram(model, args.device, precision)
            ours(f"read {folder}")
            for title, task in rows:
                a, b, ratio = side_by_side.compare(ours, theirs, task, task, args.rounds)
                met = "" if precision != "f32" else ", met" if statistics.median(ratio) <= TARGET else ", missed"
                print(f"| {title} | {precision} | {a * 1e3:.1f} ms | {b * 1e3:.1f} ms | "
                      f"**{statistics.median(ratio):.2f}** ({ratio[0]:.2f} to {ratio[-1]:.2f}{met}) |", flush=True)
            got = answers(ours, folder, precision, args.images, width)
            errors.append(f"| {precision} | {difference(expected, got)} | {memory(ours, args.device):.0f} MB |")
            ours.close()
        print(f"\nThe target in float32 is at most {TARGET}. Against PyTorch in float32, whose process holds "
              f"{memory(theirs, args.device):.0f} MB:\n")
        print("| precision | embedding: 1 − cos, largest | score: difference by the largest | the same neurons in the top 50, mean (least) "
              "| memory |\n|---|---|---|---|---|")
        print("\n".join(errors))
        theirs.close()


if __name__ == "__main__":
    main()
