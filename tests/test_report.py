"""`jupyter nbconvert --to html` as ./lab configures it: one file that needs nothing else."""

import re

import nbformat
import outputs
from conftest import run_jupyter


def test_formulas_become_mathml_and_code_stays(tmp_path):
    body = export(
        tmp_path,
        "# The *share* $m_F$\n\nof a neuron, $m_F$, is\n\n$$\\frac{a_i * b_i * c}{2}$$\n\n"
        "not `$HOME and $PATH` nor $5 and $6.",
    )
    assert body.count("<math") == body.count("</math>") == 3
    assert body.count("<msub><mi>m</mi><mi>F</mi></msub>") == 2
    assert "<mfrac>" in body and "<em>share</em>" in body
    assert "$HOME and $PATH" in body and "$5 and $6." in body
    assert "$m_F$" not in body


def test_a_folded_answer_stays_folded(tmp_path):
    body = export(tmp_path, "<details><summary>Answer</summary>\n\nIt is *L5F412*.\n\n</details>\n\nAfter.")
    assert re.search(r"<details><summary>Answer</summary>\s*<p>It is <em>L5F412</em>.</p>\s*</details>\s*<p>After", body)


def test_a_report_refers_to_nothing_outside(tmp_path):
    (tmp_path / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    body = export(tmp_path, 'A picture: ![dot](dot.png) and <img alt="dot" src="dot.png">')
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert not outputs.external_references(page)
    assert "cdnjs" not in page
    assert body.count('src="data:image/png;base64,') == 2


def export(folder, markdown):
    """The body of a page made from one Markdown cell."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(markdown)])
    nbformat.write(book, folder / "x.ipynb")
    run_jupyter("nbconvert", "--to", "html", folder / "x.ipynb")
    return (folder / "x.html").read_text(encoding="utf-8").split("<body", 1)[1]
