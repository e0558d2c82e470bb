"""What the chapters' text says beyond their outputs, computed: the answers to the exercises, and asides.

    .venv/bin/python tests/answers.py [NN…]     runs them (minutes), and writes tests/answers.json

An answer's own Java is run as it is printed. test_course.py holds the text to what is written here, and to the
model's hash: with other weights the file is stale, and the test says so.
"""

import json
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "tests" / "answers.json"
STEP = re.compile(r"^=== ([^\n]+)\n(.*?)(?=^=== |\Z)", re.M | re.S)


def chapter(number):
    return next((ROOT / "notebooks").glob(f"{number}-*.ipynb"))


def answers(book):
    """The folded answers of the exercises: number to text."""
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    return dict(re.findall(r"<summary><b>Answer to (\d+)</b></summary>(.*?)</details>", text, re.S))


def steps(number):
    """Names with code, in order; a step of which only the code is needed is called '-'."""
    book = nbformat.read(chapter(number), as_version=4)
    for name, code in STEP.findall((ROOT / "tests" / "answers" / f"{number}.txt").read_text("utf-8")):
        kind, *argument = name.split()
        if kind == "cell":
            yield "-", book.cells[int(argument[0])].source
        elif kind == "answer":
            yield name, re.search(r"```java\n(.*?)```", answers(book)[argument[0]], re.S)[1]
        else:
            yield name, code


def text(outputs):
    """The plain text of a cell, without progress bars."""
    parts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return "\n".join(p.strip("\n") for p in parts if not re.fullmatch(r"[\w ]+: done in [\d.]+ s\s*", p))


def computed(number):
    names, codes = zip(("model", "ModelCard answering = %model\nanswering.clip().hash().substring(0, 12)"), *steps(number))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])
    NotebookClient(book, timeout=600, kernel_name="engram").execute()
    return {name: text(cell.outputs) for name, cell in zip(names, book.cells) if name != "-"}


def main(numbers):
    for number in numbers or [path.stem for path in sorted((ROOT / "tests" / "answers").glob("*.txt"))]:
        print(number, flush=True)
        fresh = computed(number)
        known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
        known[number] = fresh
        FILE.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
