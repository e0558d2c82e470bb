"""`lab test`: which files belong to which part, and what a part needs."""

import os

from . import building, surveys, venv
from .checkout import Failed, Refusal, call

PARTS = {
    "java": (),
    "kernel": ("kernel-ext/src/test/python",),
    "notebooks": (
        "tests/test_course.py", "tests/test_notebooks.py", "tests/test_report.py", "tests/test_interrupt_and_memory.py", "tests/test_hub.py",
        "tests/test_network.py", "tests/test_ijava.py", "tests/test_environment.py",
        "tests/test_parameters.py",
    ),
    "browser": ("tests/test_browser.py", "tests/test_explorer.py", "tests/test_atlas_site.py", "tests/test_site.py"),
    "docker": ("tests/test_docker.py",),
    "transformers": ("tests/test_transformers.py", "tests/test_training.py"),
    "spark": ("tests/test_spark.py", "tests/test_spark_stores.py", "tests/test_spark_notebook.py"),
    "arm": ("tests/test_arm.py",),
    "wine": ("tests/test_wine.py",),
    "install": (
        "tests/test_lab.py", "tests/test_wheel.py", "tests/test_maven_project.py", "tests/test_licences.py", "tests/test_workflows.py",
    ),
}  # fmt: skip
# Run when they are named: Spark has 300 MB, another processor's packages of Debian 200, a Windows without Windows too.
ON_DEMAND = {"arm", "spark", "wine"}
# These measure how long something takes, or build in the checkout: nothing else runs meanwhile.
ALONE = {
    "kernel-ext/src/test/python", "tests/test_interrupt_and_memory.py", "tests/test_ijava.py", "tests/test_lab.py",
    "tests/test_wheel.py", "tests/test_maven_project.py", "tests/test_docker.py",
    "tests/test_spark.py", "tests/test_spark_stores.py", "tests/test_spark_notebook.py",
}  # fmt: skip
# Two at a time: more kernels than that would fill the memory of a laptop.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadgroup")
REQUIREMENTS = ("requirements.txt", "requirements-test.txt")
MORE_REQUIREMENTS = {"docker": "docker/requirements-test.txt", "spark": "requirements-spark.txt"}


def names():
    *first, last = PARTS
    return f"{', '.join(first)} and {last}"


def run(checkout, parts):
    """Runs every test but those on demand, or only some parts: whether all passed."""
    parts = parts or [part for part in PARTS if part not in ON_DEMAND]
    for part in parts:
        if part not in PARTS:
            raise Refusal(f"there is no test part '{part}'; the parts are {names()}.")
    building.check_tools(checkout)
    venv.enter(checkout)
    venv.make(checkout, [*REQUIREMENTS, *(MORE_REQUIREMENTS[part] for part in parts if part in MORE_REQUIREMENTS)])
    passed = True
    if "java" in parts:
        passed &= succeeds(building.maven, checkout, "verify")
    if "transformers" in parts:
        passed &= succeeds(venv.make_transformers, checkout)
    paths = [path for part in parts for path in PARTS[part]]
    if paths:
        building.build(checkout)
        if "spark" in parts:
            passed &= succeeds(surveys.fetch_spark, checkout)
        together, alone = [path for path in paths if path not in ALONE], [path for path in paths if path in ALONE]
        if together:
            # Two kernels whose waiting threads spin would take the cores from each other.
            quiet = os.environ | {"OMP_WAIT_POLICY": "passive"}
            passed &= succeeds(pytest, checkout, *SIDE_BY_SIDE, *together, env=quiet)
        if alone:
            passed &= succeeds(pytest, checkout, *alone)
    return passed


def pytest(checkout, *words, **options):
    call([checkout.python, "-m", "pytest", *words], cwd=checkout.root, **options)


def succeeds(act, *arguments, **options):
    try:
        act(*arguments, **options)
    except Failed:
        return False
    return True
