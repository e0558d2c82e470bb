"""%survey … --engine spark in a notebook: progress, interrupt, going on, and sentences for what cannot be.

./lab test spark runs it.
"""

import os
import re
import time

import kernels
import psutil
import pytest
from spark_cluster import ENVIRONMENT, HOME, cluster, files, free_port, images, survey, wait_for  # noqa: F401


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    options = os.environ | ENVIRONMENT | {"ENGRAM_CACHE": str(tmp_path_factory.mktemp("cache"))}
    options.pop("ENGRAM_SPARK", None)
    with kernels.running(options) as opened:
        opened.run("%model iconclip")
        yield opened


def published(session, request, timeout=300):
    """Each display that a cell publishes and updates, in order, with the id of the display."""
    end = time.monotonic() + timeout
    while True:
        message = session.message(request, end - time.monotonic())
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data", "execute_result"):
            yield content.get("transient", {}).get("display_id"), content["data"].get("text/plain", "")
        elif kind in ("stream", "error"):
            yield kind, content.get("text") or "\n".join(content["traceback"])
        elif kind == "status" and content["execution_state"] == "idle":
            return


def spark_processes():
    return [each for each in psutil.Process().children(recursive=True) if "dev.engram.magic.SurveyMain" in " ".join(cmdline(each))]


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def line(cluster, images, out, *more):
    return f'%survey "{images}" --engine spark --master {cluster.url} --out {out} {" ".join(more)}'


def test_it_shows_progress_and_its_atlas_and_nothing_of_spark(cluster, images, session, tmp_path):
    request = session.start(line(cluster, images, tmp_path / "spark"))
    said = list(published(session, request))
    texts = [text for _, text in said]
    assert not [text for kind, text in said if kind in ("stream", "error")], texts
    total = len(list(images.rglob("*.png")))
    bars = {identity for identity, text in said if re.search(r": [\d,]+ of [\d,]+$", text)}
    assert len(bars) == 1, texts  # one bar, which moves
    steps = [text for identity, text in said if identity in bars]
    assert any("starting Spark" in text for text in steps) and any(f" of {total}" in text for text in steps), steps
    assert len({identity for identity, _ in said}) < 6, texts  # bar, notes, atlas
    assert not [text for text in texts if "WARN" in text or "apache" in text], texts
    assert any("%neurons --density" in text for text in texts), texts
    survey(images, "--out", tmp_path / "local")
    assert files(tmp_path / "spark") == files(tmp_path / "local")
    assert "L" in session.run("%neurons --sort density --top 3")


def test_an_interrupt_ends_it_within_a_second_and_it_goes_on(cluster, images, session, tmp_path):
    out, unfinished = tmp_path / "atlas", tmp_path / "atlas.unfinished"
    code = line(cluster, images, out, "--patches", "--conf spark.hadoop.fs.s3a.secret.key=engram-secret-of-a-test")
    request = session.start(code)
    wait_for("part of the survey", lambda: list(unfinished.glob("*.part")))
    assert spark_processes()
    assert "engram-secret-of-a-test" not in " ".join(word for each in psutil.process_iter() for word in cmdline(each))
    begin = time.monotonic()
    session.manager.interrupt_kernel()
    status, text, error = session.finish(request, timeout=30)
    seconds = time.monotonic() - begin
    assert status != "ok" and seconds < 1.5, (seconds, text, error)
    wait_for("end of Spark's process", lambda: not spark_processes(), 10)
    assert not out.exists() and list(unfinished.iterdir())
    session.run(code)
    survey(images, "--patches", "--out", tmp_path / "local")
    assert files(out) == files(tmp_path / "local")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--master nonsense", "nonsense"),
        ("--master local[x]", "local[x]"),
        ("--conf nonsense", "KEY=VALUE"),
        ("--conf spark.executor.cores=many", "spark.executor.cores"),
        ("--conf spark.driver.memory=much", "spark.driver.memory is a size such as 4g"),
        ("--engine sparc", "--engine is local or spark"),
    ],
)
def test_nonsense_is_answered_in_a_sentence(words, expected, images, session, tmp_path):
    engine = "" if "--engine" in words else "--engine spark"
    status, text, error = session.finish(session.start(f'%survey "{images}" {engine} {words} --out {tmp_path / "atlas"}'))
    assert status == "error"
    sentence = error["evalue"]
    assert expected in sentence and len(sentence.splitlines()) == 1 and len(sentence) < 400, sentence
    assert not spark_processes()


def test_a_master_that_is_not_there_is_named(images, session, tmp_path):
    master = f"spark://127.0.0.1:{free_port()}"
    request = session.start(f'%survey "{images}" --engine spark --master {master} --out {tmp_path / "atlas"}')
    status, _, error = session.finish(request)
    assert status == "error" and master in error["evalue"], error


def test_without_spark_it_says_how_it_is_had(images, tmp_path):
    with kernels.running(os.environ | {"ENGRAM_SPARK": str(tmp_path / "nowhere")}) as opened:
        status, _, error = opened.finish(opened.start(f'%survey "{images}" --engine spark'))
        assert status == "error" and "run ./lab survey --engine spark --help" in error["evalue"], error
