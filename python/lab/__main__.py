"""Engram's one command. `./lab` and `lab.cmd` start it; it needs nothing but Python's standard library."""

import glob
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[0] = os.path.join(ROOT, "python")

from engram_kernel import platforms  # noqa: E402
from lab import building, surveys, testing, venv, wheels  # noqa: E402
from lab.checkout import Checkout, Failed, Refusal, call, say  # noqa: E402

USAGE = """\
./lab                      opens JupyterLab on the first notebook (options such as --no-browser go to JupyterLab)
./lab build                builds everything and installs the kernel into .venv, opens nothing
./lab run X.ipynb...       executes notebooks in place, with no browser
./lab report [X.ipynb...]  executes notebooks and writes each as one HTML file into reports/ (default: all)
./lab site [OUT]           makes a static site of the course and the documentation in the folder OUT (default: site)
./lab survey DATASET...    passes a data set through a model as %survey does, with no notebook: ./lab survey --help
./lab test [PART...]       every test but those of spark, or only the parts named:
                           {parts}
./lab wheel [PLATFORM...]  makes the wheels for pip in dist/: for this platform, for those named, or for all
./lab help                 shows this"""


def prepare(checkout):
    building.check_tools(checkout)
    venv.enter(checkout)
    venv.make(checkout, ["requirements.txt"])
    building.build(checkout)


def open_lab(checkout, options):
    start = "notebooks/01-meet-the-model.ipynb"
    if not (checkout.root / start).is_file():
        start = "."
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    prepare(checkout)
    os.chdir(checkout.root)
    platforms.replace_process([checkout.python, "-m", "jupyterlab", *as_root, *options, start])


def execute(checkout, *arguments):
    settings = ("--ExecutePreprocessor.kernel_name=engram", "--ExecutePreprocessor.timeout=-1")
    call([checkout.python, "-m", "nbconvert", "--execute", *settings, *arguments])


def named(notebooks):
    """The notebooks that are named; the shell of Windows leaves `*` to the programs."""
    if os.name == "nt":
        notebooks = [path for name in notebooks for path in (sorted(glob.glob(name)) or [name])]
    if not os.path.isfile(notebooks[0]):
        raise Refusal(f"there is no notebook {notebooks[0]}.")
    return notebooks


def run(checkout, notebooks):
    if not notebooks:
        raise Refusal("run needs at least one notebook: ./lab run notebooks/01-meet-the-model.ipynb")
    notebooks = named(notebooks)
    prepare(checkout)
    execute(checkout, "--to", "notebook", "--inplace", "--ExecutePreprocessor.record_timing=False", *notebooks)


def report(checkout, notebooks):
    notebooks = named(notebooks or sorted(map(str, checkout.root.glob("notebooks/*.ipynb"))) or ["notebooks/*.ipynb"])
    prepare(checkout)
    execute(checkout, "--to", "html", "--output-dir", checkout.root / "reports", *notebooks)


def site(checkout, names):
    """Runs no kernel: the chapters are shown as they were run last."""
    if len(names) > 1:
        raise Refusal(f"site takes one folder, got {' '.join(names)}.")
    out = os.path.abspath(names[0] if names else checkout.root / "site")
    venv.enter(checkout)
    venv.make(checkout, ["requirements.txt"])
    call([checkout.python, "-m", "engram_pages", checkout.root, out], cwd=checkout.venv / "etc" / "jupyter")


def main(words):
    checkout = Checkout(ROOT)
    match words:
        case ["help" | "-h" | "--help", *_]:
            print(USAGE.format(parts=" ".join(testing.PARTS)))
        case []:
            open_lab(checkout, [])
        case [option, *_] if option.startswith("-"):
            open_lab(checkout, words)
        case ["build", *_]:
            prepare(checkout)
        case ["run", *notebooks]:
            run(checkout, notebooks)
        case ["report", *notebooks]:
            report(checkout, notebooks)
        case ["site", *names]:
            site(checkout, names)
        case ["survey", *words]:
            prepare(checkout)
            surveys.run(checkout, words)
        case ["test", *parts]:
            return 0 if testing.run(checkout, parts) else 1
        case ["wheel", *names]:
            wheels.choose(names)
            prepare(checkout)
            wheels.make(checkout, names)
        case [other, *_]:
            raise Refusal(f"there is no '{other}'; ./lab help lists what there is.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        say(refusal)
        sys.exit(1)
    except Failed as failed:
        sys.exit(failed.status)
    except KeyboardInterrupt:
        sys.exit(130)
