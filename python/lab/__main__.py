"""Engram's one command. `./lab` and `lab.cmd` start it; it needs nothing but Python's standard library."""

import glob
import json
import os
import shutil
import sys
from pathlib import Path

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[0] = os.path.join(ROOT, "python")

from engram_kernel import parameters, platforms  # noqa: E402
from lab import building, surveys, testing, venv, wheels  # noqa: E402
from lab.checkout import Checkout, Failed, Refusal, call, say  # noqa: E402

USAGE = """\
./lab                      opens JupyterLab on the first notebook (options such as --no-browser go to JupyterLab)
./lab build                builds everything and installs the kernel into .venv, opens nothing
./lab run X.ipynb...       executes notebooks in place, with no browser
./lab run X.ipynb -p NAME=VALUE... [-o OUT.ipynb]
                           the same with other parameters than its cell tagged `parameters` declares
./lab report [X.ipynb...]  executes notebooks and writes each as one HTML file into reports/ (default: all)
./lab site [OUT]           makes a static site of the course and the documentation in the folder OUT (default: site)
./lab survey DATASET...    passes a data set through a model as %survey does, with no notebook: ./lab survey --help
./lab test [PART...]       every test but those of spark, arm and wine, or only the parts named:
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


def run(checkout, words):
    notebooks, given, out = run_options(words)
    if not notebooks:
        raise Refusal("run needs at least one notebook: ./lab run notebooks/01-meet-the-model.ipynb")
    notebooks = named(notebooks)
    if out is not None:
        require_out(notebooks, out)
    ready = [(path, with_parameters(path, given)) for path in notebooks] if given else []
    prepare(checkout)
    if out is not None and not given:
        ready = [(notebooks[0], Path(notebooks[0]).read_bytes())]
    for path, content in ready:
        replace(Path(out or path), content)
    run_in_place = [out] if out is not None else notebooks
    execute(checkout, "--to", "notebook", "--inplace", "--ExecutePreprocessor.record_timing=False", *run_in_place)


def run_options(words):
    """The notebooks of `run`, its parameters by name, and the notebook that is written instead of the first."""
    notebooks, given, out = [], {}, None
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if option not in ("-p", "--parameter", "-o", "--out"):
            if word.startswith("-"):
                raise Refusal(f"run has no option {word}; it takes -p NAME=VALUE and -o OUT.ipynb.")
            notebooks.append(word)
            continue
        if not joined:
            if not rest:
                raise Refusal(f"{option} needs {'a notebook' if option in ('-o', '--out') else 'NAME=VALUE'} after it.")
            value = rest.pop(0)
        if option in ("-o", "--out"):
            out = value
            continue
        name, equals, text = value.partition("=")
        if not equals:
            raise Refusal(f"-p takes NAME=VALUE, got '{value}'.")
        if name in given:
            raise Refusal(f"the parameter {name} is given twice.")
        given[name] = text
    return notebooks, given, out


def require_out(notebooks, out):
    if len(notebooks) > 1:
        raise Refusal(f"-o takes one notebook, got {len(notebooks)}.")
    if not out.endswith(".ipynb"):
        raise Refusal(f"-o takes the name of a notebook, which ends with .ipynb; got {out}.")
    if not Path(out).absolute().parent.is_dir():
        raise Refusal(f"there is no folder {Path(out).absolute().parent} to write {Path(out).name} into; make it first.")
    if Path(out).exists() and not parameters.is_run_of(read(notebooks[0]), read(out)):
        raise Refusal(f"{out} exists and is no run of {notebooks[0]}; give another name or delete it.")


def read(path):
    """The JSON of a notebook of format 4."""
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
        if notebook["nbformat"] == 4 and isinstance(notebook["cells"], list):
            return notebook
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise Refusal(f"{path} is no notebook of format 4.")


def with_parameters(path, given):
    """The bytes of a notebook with its parameters set."""
    try:
        fresh = parameters.injected(read(path), given, "Parameters of ./lab run")
    except parameters.ParameterError as error:
        raise Refusal(f"{path}: {error}") from None
    return (json.dumps(fresh, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def replace(path, content):
    """Writes a file whole or not at all."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            file.write(content)
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Refusal(f"{path} cannot be written: {error.strerror}.") from None


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
        case ["run", *rest]:
            run(checkout, rest)
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
