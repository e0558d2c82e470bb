#!/usr/bin/env python3
"""How long a waiting thread should spin: an attribution alone, and beside three busy kernels, under each setting.

usage: .venv/bin/python benchmarks/threads.py [--minutes 7] [SPINCOUNT...]   (after ./lab build, on an idle machine)
Each setting has a kernel of its own, under which the task runs turn by turn with the others': alone, then beside three
kernels under the same setting that attribute without end. Prints the table of docs/performance.md; the ratios
alone are medians of the ratios within a turn. Exits with 1 where the installed default misses its two promises.
"""
import argparse
import contextlib
import datetime
import os
import platform
import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

NEIGHBOURS = 3
PREPARE = ["%model", "%images visent-mini", "var warm = %attribute statue_of_liberty"]
ALONE, BESIDE = 1.1, 1.5
VARIABLES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


class Kernel:
    def __init__(self, setting):
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        self.manager, self.client = start_new_kernel(kernel_name="engram", env=kept | setting, startup_timeout=120)
        for cell in PREPARE:
            self.run(cell)

    def run(self, cell):
        """The seconds that a cell takes; an error ends the benchmark."""
        started = time.monotonic()
        reply = self.client.execute_interactive(cell, output_hook=lambda _: None, allow_stdin=False, timeout=600)
        if reply["content"]["status"] != "ok":
            raise SystemExit(f"{cell}: {reply['content'].get('evalue')}")
        return time.monotonic() - started

    def begin(self, cell):
        self.client.execute(cell, allow_stdin=False, silent=True)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def task(kernel):
    """Three attributions with a small model, whose short steps are the worst case for threads that wake late."""
    return sum(kernel.run(f"%attribute {name} --top 10") for name in ("statue_of_liberty", "panda", "mount_fuji"))


def alone(settings, deadline):
    """Seconds by setting, one list a setting, all of the same turns."""
    times = {name: [] for name in settings}
    with contextlib.ExitStack() as stack:
        kernels = {name: stack.enter_context(contextlib.closing(Kernel(given))) for name, given in settings.items()}
        for kernel in kernels.values():
            task(kernel)
        while time.monotonic() < deadline or len(times[next(iter(times))]) < 3:
            for name, kernel in kernels.items():
                times[name].append(task(kernel))
                time.sleep(0.2)
    return times


def beside(given, deadline):
    """Seconds of the task beside busy kernels under the same setting."""
    times = []
    with contextlib.ExitStack() as stack:
        kernels = [stack.enter_context(contextlib.closing(Kernel(given))) for _ in range(NEIGHBOURS + 1)]
        for kernel in kernels[1:]:
            for i in range(400):  # more than will ever be worked off; they end with their kernels
                kernel.begin(f"%attribute statue_of_liberty --top {10 + i % 2}")
        task(kernels[0])
        while time.monotonic() < deadline or len(times) < 2:
            times.append(task(kernels[0]))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("counts", nargs="*", type=int, default=[1000, 5000, 60000])
    parser.add_argument("--minutes", type=float, default=7, help="for everything, starts included (default: %(default)s)")
    given = parser.parse_args()
    settings = {"OpenMP's own (300,000)": {"GOMP_SPINCOUNT": "300000"}, "passive": {"OMP_WAIT_POLICY": "passive"}}
    settings["installed"] = {}
    settings |= {f"{count:,}": {"GOMP_SPINCOUNT": str(count)} for count in given.counts}
    started = time.monotonic()
    every = given.minutes * 60
    first = alone(settings, started + 0.3 * every)
    second = {}
    for index, (name, setting) in enumerate(settings.items()):
        now = time.monotonic()
        second[name] = beside(setting, now + (started + every - now) / (len(settings) - index))
        print(f"{name}: beside {statistics.median(second[name]):.2f} s", file=sys.stderr)
    own = "OpenMP's own (300,000)"
    print(f"{datetime.date.today()}, {os.cpu_count()} cores of {platform.machine()}, median of "
          f"{len(first[own])} turns alone and {min(map(len, second.values()))} or more beside {NEIGHBOURS} busy kernels:\n")
    print("| spin count | alone | / OpenMP's own | beside three busy kernels | / passive |\n|---|---|---|---|---|")
    ratios = {}
    for name in settings:
        to_own = statistics.median(a / b for a, b in zip(first[name], first[own]))
        busy = statistics.median(second[name])
        to_passive = busy / statistics.median(second["passive"])
        ratios[name] = to_own, to_passive
        print(f"| {name} | {statistics.median(first[name]):.2f} s | {to_own:.2f} | {busy:.2f} s | {to_passive:.2f} |")
    print(f"\n{time.monotonic() - started:.0f} s in all", file=sys.stderr)
    to_own, to_passive = ratios["installed"]
    return int(to_own > ALONE or to_passive > BESIDE)


if __name__ == "__main__":
    sys.exit(main())
