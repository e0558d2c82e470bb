"""`lab survey`: passes a data set through a model without a notebook, in this process or on Spark."""

import os
import shutil
from pathlib import Path

from engram_kernel import platforms

from . import building
from .checkout import Refusal, call, say

MODULE = "survey-spark"
# The classes of a kernel, without its class archive: the class path is another one with Spark.
MAIN = "dev.engram.magic.SurveyMain"


def command(checkout, words):
    """The program that surveys, as kernel.json starts a kernel."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / platforms.executable("java")) if home else "java"
    return [
        java, "-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US", "-Djava.awt.headless=true", f"-DDJL_CACHE_DIR={checkout.state / 'djl'}",
        f"-Dengram.cache.default={checkout.state / 'cache'}", f"-Dengram.spark.default={checkout.state / 'spark'}",
        "-DOPT_OUT_TRACKING=true", "-Dengram.spincount=2000", "-cp", f"{checkout.kernel}/lib/*", MAIN, *words,
    ]  # fmt: skip


def wants_spark(words):
    return "--engine=spark" in words or ("--engine", "spark") in zip(words, words[1:])


def is_spark_there(checkout):
    """Whether Spark's folder is there, and as new as Engram's classes and those of the module."""
    built = checkout.venv / ".built-spark"
    if os.environ.get("ENGRAM_SPARK"):
        return True
    if not built.is_file() or not (checkout.state / "spark" / "jars").is_dir():
        return False
    newest = max((path.stat().st_mtime_ns for path in (checkout.root / MODULE / "src").rglob("*")), default=0)
    return max(newest, checkout.built.stat().st_mtime_ns) < built.stat().st_mtime_ns


def fetch_spark(checkout):
    """Fetches Spark and builds what runs on it: a folder of jars that no kernel sees."""
    if is_spark_there(checkout):
        return
    if not (checkout.root / MODULE / "pom.xml").is_file():
        raise Refusal(f"--engine spark is built from a checkout with {MODULE}, which is not here.")
    program = shutil.which("mvn")
    if not program:
        raise Refusal(building.NO_MAVEN)
    say("fetching Spark (the first time about 300 MB)")
    mark = checkout.venv / ".building-spark"
    mark.touch()
    made = checkout.root / MODULE / "target" / "spark"
    shutil.rmtree(made, ignore_errors=True)
    goals = ("-Pspark", "-q", "-Dmaven.test.skip", "-Dspotless.check.skip", "-pl", MODULE, "-am", "package")
    call([program, "-f", checkout.root / "pom.xml", "-B", "-ntp", *goals], env=platforms.utf8(os.environ))
    place = checkout.state / "spark"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made, place)
    mark.replace(checkout.venv / ".built-spark")


def run(checkout, words):
    """Ends as the survey does; Ctrl-C reaches both."""
    if not words:
        raise Refusal("survey needs a data set: ./lab survey visent-mini, or a folder; ./lab survey --help")
    if wants_spark(words):
        fetch_spark(checkout)
    platforms.replace_process(command(checkout, words), platforms.utf8(os.environ))
