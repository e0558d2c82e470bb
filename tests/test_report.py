"""`jupyter nbconvert --to html` as ./lab configures it: one file that needs nothing else."""

import nbformat
import outputs
from conftest import run_jupyter


def test_formulas_become_mathml_and_code_stays(tmp_path):
    source = "The *share* of neuron $m_F$ is\n\n$$\\frac{a_i * b_i * c}{2}$$\n\nnot `$HOME and $PATH` nor $5 and $6."
    html = export(tmp_path, source)
    assert html.count("<math") == 2
    assert "<mfrac>" in html and "<em>share</em>" in html
    assert "$HOME and $PATH" in html and "$5 and $6." in html
    assert "$m_F$" not in html.split("<body", 1)[1]


def test_a_report_refers_to_nothing_outside(tmp_path):
    html = export(tmp_path, "A picture: ![dot](dot.png)", dot=True)
    assert not outputs.external_references(html)
    assert "cdnjs" not in html
    assert "data:image/png;base64" in html


def export(folder, markdown, dot=False):
    if dot:
        (folder / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(markdown)])
    nbformat.write(book, folder / "x.ipynb")
    run_jupyter("nbconvert", "--to", "html", folder / "x.ipynb")
    return (folder / "x.html").read_text(encoding="utf-8")
