#!/usr/bin/env python3
"""Engram against PyTorch on a random ViT-L/14, turn by turn in one run; prints the table of docs/performance.md.

usage: benchmarks/side_by_side.py [--threads 1 2] [--rounds 7] [--tasks TASK...] [--against CHECKOUT]
With --against, the other side is Engram as another checkout has it (git worktree add ../before COMMIT): what a change
costs. Name with --tasks those that both checkouts know.
Run it with a Python that has torch, transformers and scikit-learn (benchmarks/requirements.txt), after
./lab build and `mvn -q -pl benchmarks -am -DskipTests package`. The machine should be idle otherwise.
"""
import argparse
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SLOW = ("sklearn", "tracing", "batch")  # fewer rounds
SHORT = ("omp", "rome_cholesky", "rome_woodbury", "rome_woodbury64")  # more rounds, after more for warming up
MODEL = HERE / "target" / "random-vit-l-14"


def make_model():
    """The image tower of ViT-L/14 with random weights; the text tower is a small one, it is not timed."""
    if (MODEL / "done").exists():
        return
    import torch
    from transformers import CLIPConfig, CLIPModel
    torch.manual_seed(0)
    vision = dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16,
                  image_size=224, patch_size=14, hidden_act="quick_gelu", projection_dim=768)
    text = dict(hidden_size=192, intermediate_size=768, num_hidden_layers=1, num_attention_heads=3,
                vocab_size=8192, max_position_embeddings=77, eos_token_id=8191, bos_token_id=8190)
    config = CLIPConfig(vision_config=vision, text_config=text, projection_dim=768)
    CLIPModel(config).save_pretrained(MODEL, safe_serialization=True)
    tokenizer = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/model/tokenizer.json"
    shutil.copy(tokenizer, MODEL)
    (MODEL / "done").touch()


class Worker:
    def __init__(self, command, threads):
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), OPT_OUT_TRACKING="true")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            raise SystemExit("a worker ended early; its message is above")
        return line

    def __call__(self, task):
        time.sleep(0.1)  # the other's threads spin for a while when they are done
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        return float(self.answer())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def engram(threads, root=ROOT):
    classpath = subprocess.run(
        ["mvn", "-q", "-B", "-o", "-f", str(root / "pom.xml"), "-pl", "benchmarks", "-am", "-Dmaven.test.skip=true",
         "-Dspotless.check.skip", "package", "dependency:build-classpath", "-Dmdep.outputFile=target/classpath"],
        capture_output=True, text=True)
    if classpath.returncode:
        raise SystemExit(classpath.stdout + classpath.stderr)
    target = root / "benchmarks" / "target"
    path = f"{target / 'classes'}:{(target / 'classpath').read_text().strip()}"
    return Worker(["java", "-Xmx4g", "-XX:+UseSerialGC", f"-Dai.djl.pytorch.num_threads={threads}",
                   f"-Djava.util.concurrent.ForkJoinPool.common.parallelism={threads - 1}", "-cp", path,
                   "dev.engram.benchmark.Worker", str(MODEL)], threads)


def compare(a, b, task_a, task_b, rounds):
    for _ in range(5 if task_b in SHORT else 1):
        a(task_a), b(task_b)
    pairs = [(a(task_a), b(task_b)) for _ in range(rounds)]
    ratio = [x / y for x, y in pairs]
    return statistics.median(x for x, _ in pairs), statistics.median(y for _, y in pairs), sorted(ratio)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="only these, by the other side's name: forward rome_cholesky …")
    parser.add_argument("--against", type=pathlib.Path, metavar="CHECKOUT", help="another checkout of Engram, not Python")
    args = parser.parse_args()
    make_model()
    rows = [("image tower, forward", "forward", "forward"),
            ("forward + scores of 122,880 neurons + top 50", "attribute", "attribute"),
            ("16 images at once: forward + scores of 122,880 neurons", "batch", "batch"),
            ("OMP, 50 vectors, 20,000 words, against batched PyTorch", "omp", "omp"),
            ("OMP, the same, against scikit-learn", "omp", "sklearn"),
            ("ROME, W_fc2, 1,000 keys, against PyTorch's Cholesky in float32", "rome", "rome_cholesky"),
            ("ROME, the same, against PyTorch's Woodbury in float32", "rome", "rome_woodbury"),
            ("ROME, the same, against PyTorch's Woodbury in float64, as Engram", "rome", "rome_woodbury64"),
            ("ROME, each further edit with these keys, against PyTorch's Woodbury in float32", "rome_again",
             "rome_woodbury"),
            ("causal tracing of 48 blocks, an image and its guide, against 48 full passes", "tracing", "tracing")]
    other = "Python"
    if args.against:
        first = {task: title.split(", against")[0] for title, task, _ in reversed(rows)}
        rows = [(title, task, task) for task, title in reversed(first.items())]
        other = args.against.resolve().name
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, {platform.machine()}, {args.rounds} rounds, turn by turn\n")
    print(f"| task | threads | Engram | {other} | Engram / {other} (min to max) |\n|---|---|---|---|---|")
    for threads in args.threads:
        ours = engram(threads)
        if args.against:
            theirs = engram(threads, args.against.resolve())
        else:
            theirs = Worker([sys.executable, str(HERE / "pytorch_worker.py"), str(MODEL)], threads)
        for title, task_a, task_b in rows:
            if args.tasks and task_b not in args.tasks:
                continue
            rounds = min(args.rounds, 3) if task_b in SLOW else args.rounds * (5 if task_b in SHORT else 1)
            a, b, ratio = compare(ours, theirs, task_a, task_b, rounds)
            print(f"| {title} | {threads} | {a * 1e3:.0f} ms | {b * 1e3:.0f} ms | "
                  f"**{statistics.median(ratio):.2f}** ({ratio[0]:.2f} to {ratio[-1]:.2f}) |", flush=True)
        ours.close()
        theirs.close()


if __name__ == "__main__":
    main()
