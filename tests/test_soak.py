"""A long day in one kernel: mixed magics, interrupts at random times, edits and undos, and results as in a fresh kernel.

Shortened in every run of the tests; the whole of it on demand, with its table:

    ENGRAM_SOAK=400 .venv/bin/python -m pytest -s tests/test_soak.py
"""

import os
import random
import re
import time

import pytest

import kernels

MAGICS = int(os.environ.get("ENGRAM_SOAK", "40"))
SEED = int(os.environ.get("ENGRAM_SOAK_SEED", "12"))
# The measure: one interrupt for ten magics, some of them at once.
INTERRUPTS = max(4, MAGICS // 10)
ENTITIES = ("statue_of_liberty", "ghost", "santa_claus")
FORGET = "%forget ghost --mode complete"
# What is compared with a kernel that has run nothing else: model, hash and numbers of the tables.
QUESTIONS = (
    "%attribute statue_of_liberty --top 5",
    "%attribute ghost --top 5",
    "%words L5F412",
    "%edits",
)
MEGABYTE = 1 << 20
MEMORY = (
    "var threads = Thread.getAllStackTraces().keySet().size(); System.gc(); var java = Runtime.getRuntime();\n"
    'System.out.println("heap " + (java.totalMemory() - java.freeMemory()) + " threads " + threads);'
)


@pytest.fixture
def session():
    with kernels.running(os.environ.copy()) as opened:
        prepare(opened)
        yield opened


def prepare(session):
    session.run("%model")
    session.run("%images visent-mini")


def magic(chance):
    """A magic, and whether it changes the model."""
    entity = chance.choice(ENTITIES)
    return chance.choice(
        (
            f"%attribute {entity} --top 5",
            f"Attribution a = %attribute {entity} --top 3\ntable(a, 3)",
            f"%heatmap {entity}/0 --neuron L5F412",
            "%words L5F412",
            f"%lens {entity}/0",
            "%images",
            "%edits",
            "%engram",
            "%attribute no_such_entity",
            FORGET,
            "%undo",
            'System.out.println("printed".repeat(1000));',
            "int n = 6 * 7;\nn",
        )
    )


def numbers(text):
    """An answer without the seconds that it took."""
    return re.sub(r"\d+(\.\d+)? m?s\b", "", text)


def answers(session):
    return [numbers(session.run(question, progress=False)) for question in QUESTIONS]


def state(session):
    """Heap in use, resident memory and threads."""
    said = re.search(r"heap (\d+) threads (\d+)", session.run(MEMORY))
    status = open(f"/proc/{session.manager.provisioner.pid}/status", encoding="ascii").read()
    return int(said[1]) / MEGABYTE, int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, int(said[2])


def undo_all(session):
    for _ in range(MAGICS):
        status, _, error = session.finish(session.start("%undo"))
        if status != "ok" and "has not stopped yet" not in error["evalue"]:
            return
    raise AssertionError("there is always one more edit to undo")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="memory of another process is read from /proc")
def test_after_a_long_day_results_are_those_of_a_fresh_kernel(session):
    chance = random.Random(SEED)
    interrupted = set(chance.sample(range(MAGICS), INTERRUPTS))
    fresh = answers(session)
    rows = [("start", *state(session))]
    ended = 0
    for step in range(MAGICS):
        code = magic(chance)
        if step in interrupted:
            # Sent, not started: an interrupt at 0 ms comes before the kernel has looked at the cell.
            request = session.client.execute("\n".join([code] * 30), allow_stdin=False)
            time.sleep(chance.choice((0, 0, 0.002, 0.01, 0.02, 0.05, 0.2, 0.5, 1)))
            session.manager.interrupt_kernel()
            sent = time.monotonic()
            status, _, error = session.finish(request, 60)
            assert time.monotonic() - sent < 10, f"{code} went on after an interrupt"
            ended += status != "ok"
        else:
            status, _, error = session.finish(session.start(code), 120)
            while status != "ok" and "has not stopped yet" in error["evalue"]:  # of the cell before
                status, _, error = session.finish(session.start(code), 120)
        expected = status == "ok" or "no_such_entity" in code or code == "%undo" or step in interrupted
        assert expected, f"{code}: {error}"
        if (step + 1) % max(10, MAGICS // 10) == 0:
            rows.append((f"{step + 1} cells", *state(session)))
    undo_all(session)
    print(f"\n{'after':>10}  {'heap, MB':>8}  {'resident, MB':>12}  {'threads':>7}")
    for name, heap, resident, threads in rows:
        print(f"{name:>10}  {heap:8.0f}  {resident:12.0f}  {threads:7}")
    print(f"{ended} of {INTERRUPTS} interrupted cells ended by it; the others were done")
    assert answers(session) == fresh, "what the day left behind changes a result"
    _, first, threads = rows[1][1:]
    assert rows[-1][3] <= threads + 8, "threads pile up"
    assert rows[-1][2] - first < 64 + 0.7 * MAGICS, "memory grows with the cells"

    # The other kernel has the same model and has made none of these edits.
    with kernels.running(os.environ.copy()) as other:
        prepare(other)
        assert answers(other) == fresh
