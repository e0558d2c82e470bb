"""Parameters of a notebook: what is typed becomes Java and nothing else, in `./lab run -p` and in papermill."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))

from engram_kernel import parameters  # noqa: E402

DECLARED = """\
// what to look at
String entity = "panda"; // an entity of the open set
final int top = 3;
double share = 0.5; boolean loud = false;
java.util.List<String> others = java.util.List.of("a", "b");
var model = "iconclip";
"""
# What a shell lets through: quotes, lines, escapes of Java and of Unicode, magics, the end of a string.
NASTY = ['"', '"; System.exit(1); "', "a\nb\r\tc", "\\u0022; int x = 1; //", "{{entity}}", "%model x\n%%bash", "é 😂 \u2028", "", "\\", "*/", "\0"]


def book(tags=("parameters",)):
    cells = [
        nbformat.v4.new_code_cell(DECLARED, metadata={"tags": list(tags)}),
        nbformat.v4.new_code_cell('System.out.println("<" + entity + "> " + top + " " + share + " " + loud);'),
        nbformat.v4.new_code_cell("%attribute panda/0 --top {{top}}"),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    return json.loads(nbformat.writes(made))


def test_declarations_are_read():
    found = {each["name"]: (each["type"], each["value"].strip()) for each in parameters.declarations(DECLARED)}
    assert found["entity"] == ("String", '"panda"')
    assert found["top"] == ("int", "3")
    assert found["others"][0] == "java.util.List<String>"
    assert found["model"] == ("var", '"iconclip"')
    assert parameters.declarations(DECLARED)[0]["help"] == "an entity of the open set"


@pytest.mark.parametrize("text", NASTY)
def test_a_text_stays_a_text(text):
    """Undone as the Java Language Specification says: Unicode escapes first, then those of the string."""
    written = parameters.string(text)
    assert written.isascii() and "\n" not in written and written[0] == written[-1] == '"'
    inside, read, i = written[1:-1], [], 0
    while i < len(inside):
        if inside[i] != "\\":
            assert inside[i] != '"'
            read.append(inside[i])
            i += 1
        elif inside[i + 1] == "u":
            code = int(inside[i + 2 : i + 6], 16)
            assert chr(code) not in '"\\\n\r', "a Unicode escape of these would end the string"
            read.append(chr(code))
            i += 6
        else:
            read.append({"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}[inside[i + 1]])
            i += 2
    assert "".join(read).encode("utf-16", "surrogatepass").decode("utf-16") == text


def test_values_are_those_of_java():
    assert parameters.literal([1, 2.5, "x", True]) == 'java.util.List.of(1, 2.5, "x", true)'
    assert parameters.literal({"a": 2**40}) == f'java.util.Map.ofEntries(java.util.Map.entry("a", {2**40}L))'
    assert parameters.literal(2**70) == f'new java.math.BigInteger("{2**70}")'
    assert parameters.literal(math.nan) == "Double.NaN"
    assert parameters.literal(None) == "null"
    assert parameters.cell({"top": 3}).splitlines()[-1] == "int top = 3;"
    for name in ("class", "a b", "1a", "x;", "", "_"):
        with pytest.raises(parameters.ParameterError):
            parameters.cell({name: 1})


def test_what_is_typed_has_the_type_that_was_declared():
    made = parameters.injected(book(), {"entity": "koala", "top": "5", "share": "1", "loud": "TRUE", "model": "7"}, "x")
    assert made["cells"][1]["source"].splitlines()[1:] == [
        'String entity = "koala";', "int top = 5;", "double share = 1.0;", "boolean loud = true;", 'String model = "7";',
    ]  # fmt: skip
    assert made["cells"][1]["metadata"]["tags"] == ["injected-parameters"]
    again = parameters.injected(made, {"top": "6"}, "x")
    assert len(again["cells"]) == len(made["cells"]), "the earlier cell is replaced"
    assert again["cells"][1]["source"].endswith("int top = 6;")
    nbformat.validate(nbformat.reads(json.dumps(again), as_version=4))


@pytest.mark.parametrize(
    "given, words",
    [
        ({"enttiy": "x"}, "no parameter 'enttiy'; its parameters are entity, top, share, loud, others, model; did you mean entity?"),
        ({"top": "many"}, "top is an int, got 'many'."),
        ({"top": str(2**31)}, "top is an int"),
        ({"loud": "maybe"}, "loud is a boolean, got 'maybe'."),
        ({"others": "x"}, "others is a java.util.List<String>; from outside"),
        ({"entity": "x" * 70_000}, "longest string"),
    ],
)
def test_what_cannot_be_set_is_refused(given, words):
    with pytest.raises(parameters.ParameterError) as refused:
        parameters.injected(book(), given, "x")
    assert words in str(refused.value)


def test_a_notebook_without_parameters_says_how_they_are_declared():
    with pytest.raises(parameters.ParameterError, match="no cell tagged 'parameters'"):
        parameters.injected(book(tags=()), {"top": "1"}, "x")


def lab(*words, cwd):
    made = subprocess.run([sys.executable, str(ROOT / "python" / "lab"), *words], cwd=cwd, capture_output=True, text=True, timeout=600)
    return made.returncode, made.stderr


def test_lab_refuses_before_it_builds(tmp_path):
    (tmp_path / "x.ipynb").write_text(json.dumps(book()))
    (tmp_path / "notes.ipynb").write_text("my notes")
    for words, said in [
        (["x.ipynb", "-p"], "-p needs NAME=VALUE after it."),
        (["x.ipynb", "-p", "top"], "-p takes NAME=VALUE, got 'top'."),
        (["x.ipynb", "-p", "top=1", "-p", "top=2"], "the parameter top is given twice."),
        (["x.ipynb", "-p", "topp=1"], "did you mean top?"),
        (["x.ipynb", "-q"], "run has no option -q"),
        (["x.ipynb", "-p", "top=1", "-o", "none/y.ipynb"], "there is no folder"),
        (["x.ipynb", "-p", "top=1", "-o", "y.txt"], "ends with .ipynb"),
        (["x.ipynb", "-p", "top=1", "-o", "notes.ipynb"], "notes.ipynb is no notebook"),
        (["notes.ipynb", "-p", "top=1"], "is no notebook of format 4."),
        (["-p", "top=1"], "run needs at least one notebook"),
    ]:
        status, stderr = lab("run", *words, cwd=tmp_path)
        assert status == 1 and said in stderr, (words, stderr)
    assert (tmp_path / "notes.ipynb").read_text() == "my notes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.ipynb", "x.ipynb"]


def printed(path):
    cells = nbformat.read(path, as_version=4).cells
    return "".join(each.get("text", "") for each in cells[2].outputs)


def executed(path):
    from nbclient import NotebookClient

    made = nbformat.read(path, as_version=4)
    NotebookClient(made, timeout=300, kernel_name="engram").execute()
    nbformat.write(made, path)


def test_the_kernel_runs_with_what_was_typed(tmp_path):
    nasty = '"; System.exit(1); //\\u0022\n%model x 😂'
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(parameters.injected(book(), {"entity": nasty, "top": "2"}, "Parameters")))
    executed(path)
    assert printed(path) == f"<{nasty}> 2 0.5 false\n"


def test_papermill_itself_sets_parameters(tmp_path, monkeypatch):
    """As pip installs it: the entry point of the wheel, found in a folder of the path."""
    from lab import wheels

    about = tmp_path / "path" / "engram_kernel-0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: engram-kernel\nVersion: 0\n")
    (about / "entry_points.txt").write_text(wheels.ENTRY_POINTS)
    (tmp_path / "x.ipynb").write_text(json.dumps(book()))
    path = os.pathsep.join([str(tmp_path / "path"), str(ROOT / "python"), os.environ.get("PYTHONPATH", "")])
    entity = 'it\'s "koala"'
    subprocess.run(
        [sys.executable, "-m", "papermill", "x.ipynb", "y.ipynb", "-p", "top", "2", "-r", "entity", entity, "-p", "share", "nan"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, check=True, timeout=300,
    )  # fmt: skip
    assert printed(tmp_path / "y.ipynb") == f"<{entity}> 2 NaN false\n"
    said = subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", "x.ipynb"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, check=True, timeout=300, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert "entity: String" in said and "an entity of the open set" in said
