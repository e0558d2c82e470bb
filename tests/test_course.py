"""The course as a text: its numbers are those of its outputs, its exercises can be checked, its words are explained.

No kernel is needed: test_notebooks.py holds the committed outputs to a fresh run.
"""

import itertools
import json
import re
from dataclasses import replace

import exercises
import outputs
import pytest
import text_numbers
import text_words
from conftest import ROOT, notebooks

PINS = json.loads(text_numbers.PINS.read_text("utf-8"))
GLOSSARY = ROOT / "notebooks" / "glossary.md"
PIN = "run .venv/bin/python tests/text_numbers.py if the number is right, and look at what it pins"


@pytest.fixture(scope="module")
def texts():
    return {text.name: text for text in text_numbers.texts()}


def markdown(path):
    return [cell.source for cell in outputs.read(path).cells if cell.cell_type == "markdown"]


def test_numbers_of_texts_are_those_of_the_outputs(texts):
    wrong = [sentence for text in texts.values() for sentence in text.wrong(PINS[text.name])]
    assert not wrong, "\n".join(wrong) + "\n" + PIN


def test_a_number_that_is_altered_is_found(texts):
    """Each number in turn gets one more or one less in its last digit; only a value half-way between bears one of both."""
    altered = missed = 0
    for name, text in texts.items():
        for cell, source in text.markdown.items():
            for claim in text_numbers.claims(cell, source):
                pin = PINS[name].get(claim.key)
                if pin is None:
                    continue  # excused, with a reason
                there = text.by_address[tuple(pin)]
                fit = [replace(claim, value=claim.value + way * claim.unit).fits(there) for way in (1, -1, 2, -2)]
                altered += 1
                missed += fit.count(True) > (abs(abs(there - claim.value) - claim.unit / 2) < 1e-9)
    assert altered > 400
    assert missed == 0


def test_a_text_with_an_altered_number_is_wrong(texts):
    text = texts["01"]
    cell, source = next((cell, s) for cell, s in text.markdown.items() if "1.7 beside 7.9" in s)
    changed = text_numbers.Text("01", {cell: source.replace("1.7 beside 7.9", "1.8 beside 7.9")}, {})
    changed.by_address = text.by_address
    assert any("1.8 in" in sentence for sentence in changed.wrong(PINS["01"]))


def test_an_output_that_changes_makes_the_text_wrong(texts):
    text = texts["01"]
    pin = next(pin for key, pin in PINS["01"].items() if key.endswith(" 0.345 0"))
    kept = text.by_address[tuple(pin)]
    try:
        text.by_address[tuple(pin)] = 0.3601
        assert any(" 0.345 in" in sentence for sentence in text.wrong(PINS["01"]))
    finally:
        text.by_address[tuple(pin)] = kept


def test_every_excuse_is_needed(texts):
    for name, excuses in text_numbers.ALLOWED.items():
        claims = texts[name].claims
        for number, words, reason in excuses:
            assert any(c.text == number and words in c.around for c in claims), f"{name}: {number}, {words}: {reason}"
    for name, checks in text_numbers.WORDS.items():
        for check, *phrases in checks:
            for phrase in phrases:
                assert any(q.covered(phrase) for q in texts[name].words), f"{name}: {phrase}: {check}"


def test_no_excuse_stands_beside_a_computation(texts):
    for text in texts.values():
        for words in text.words:
            assert len(text.covering(words)) < 2, f"{text.name}: {words.around}"


@pytest.mark.parametrize(
    "words, inside, outside",
    [
        ("a third of it", 0.3001, 0.37),
        ("more than half of it", 0.51, 0.5),
        ("less than a quarter", 0.2, 0.26),
        ("three times as many", 2.8, 3.4),
        ("four in ten of them", 0.38, 0.35),
        ("nine of ten drawings", (9, 10), (9, 11)),
        ("most of them", 0.501, 0.5),
        ("nearly all of them", 0.9, 0.89),
        ("hardly any", -0.1, 0.11),
        ("none of them", 0, 1),
        ("about ten artists", 9.6, 9.4),
        ("three hundred of them", 300, 3),
        ("it is second there", 2, 1),
    ],
)
def test_borders_of_words(words, inside, outside):
    (quantity,) = text_words.quantities(0, words, words)
    assert quantity.fits(inside)
    assert not quantity.fits(outside)


# What may become of the number with the value v, the i-th of the j-th line, and of the neurons beside it.
ALTERATIONS = [
    (lambda v, i, j: 3 * v + 7 + i, "L0A0H0"),
    (lambda v, i, j: v * 10**i * (j + 1), "L4F0"),
    (lambda v, i, j: -v, ""),
    (lambda v, i, j: 0, ""),
    (lambda v, i, j: "" if i else v, ""),
]


def altered(lines, change, neuron):
    for j, line in enumerate(lines):
        place = itertools.count()
        line = text_numbers.NEURON.sub(neuron, line)
        yield text_numbers.TOKEN.sub(lambda t: str(change(text_numbers.signed(t[0]), next(place), j)), line)


def test_computed_words_and_numbers_change_with_what_they_are_computed_of(texts, monkeypatch):
    """Every cell that a computation reads is altered in turn, and then the text must be wrong."""
    says, read = text_numbers.Text.says, []

    def noted(text, cell):
        if cell in text.lines:
            read.append((text, cell))
        return says(text, cell)

    monkeypatch.setattr(text_numbers.Text, "says", noted)
    computed = 0
    for text in texts.values():
        for claim in [*text.words, *text.claims]:
            read.clear()
            if not text.reason(claim).startswith("="):
                continue  # excused or pinned
            computed += 1
            assert read, f"{text.name}: '{claim.text}' in '{claim.around}' is computed of no output"
            for source, cell in set(read):
                kept, found = source.lines[cell], []
                for alteration in ALTERATIONS:
                    source.lines[cell] = list(altered(kept, *alteration))
                    found.append(text.reason(claim))
                source.lines[cell] = kept
                assert "" in found, f"{text.name}: '{claim.text}' in '{claim.around}' whatever {source.name}:{cell} says"
    assert computed > 200


def test_a_chapter_with_an_altered_output_has_wrong_words(texts):
    path = notebooks()[0]
    book = outputs.read(path)
    for output in book.cells[5].outputs:  # of %attribute
        data = output.get("data", {})
        data.update({k: v.replace("0.2255", "0.1255") for k, v in data.items() if isinstance(v, str)})
    changed = text_numbers.chapter(path, book)
    changed.books = texts
    assert any("'two thirds' in" in sentence for sentence in changed.wrong(PINS["01"]))


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_figure_has_a_picture_where_no_script_runs(path):
    """A page without scripts, as a repository's web page, shows what stands in the HTML besides them."""
    book = outputs.read(path)
    drawn = [data for data in outputs.bundles(book) if outputs.PLOTLY in data or outputs.is_drawn(data)]
    if path.stem.startswith("01"):
        assert len(drawn) > 3
    for data in drawn:
        assert outputs.stills(data), f"no picture in {data['text/plain'][:200]}"


def test_neurons_of_texts_stand_in_the_outputs():
    for path in notebooks():
        book = outputs.read(path)
        answers = "\n".join(text_numbers.answers().get(path.stem[:2], {}).values())
        code = "\n".join(
            "\n".join(text_numbers.lines(cell)) + cell.source for cell in book.cells if cell.cell_type == "code"
        )
        known = set(text_numbers.NEURON.findall(code + answers))
        named = set(text_numbers.NEURON.findall(re.sub(r"```.*?```", "", "\n".join(markdown(path)), flags=re.S)))
        assert named - known <= {"L23F1930"}, f"{path.stem}: {sorted(named - known)}"  # the paper's, as a form


def test_answers_were_computed_with_the_model_of_the_chapters():
    cards = "\n".join(
        "\n".join(text_numbers.lines(cell)) for path in notebooks() for cell in outputs.code_cells(outputs.read(path))
    )
    for number, steps in text_numbers.answers().items():
        assert f"iconclip (SHA-256 {steps['model']}" in cards, f"{number}: run tests/answers.py {number}"


def test_the_list_of_exercises_is_that_of_the_answers():
    assert exercises.FILE.read_text("utf-8") == exercises.text(), "run .venv/bin/python tests/exercises.py"


def test_each_check_stands_in_its_chapter_and_each_chapter_has_one():
    for path in notebooks():
        number = str(int(path.stem[:2]))
        named = set(re.findall(r"`%check ([\d.]+) ", "\n".join(markdown(path))))
        assert named, f"{path.stem} has no %check"
        assert named == {n for n in exercises.EXERCISES if n.split(".")[0] == number}


def test_each_exercise_has_an_answer():
    for path in notebooks():
        text = "\n".join(markdown(path))
        asked = re.findall(r"^(\d+)\. ", re.search(r"## Exercises(.*?)<details>", text, re.S)[1], re.M)
        assert asked == re.findall(r"<b>Answer to (\d+)</b>", text), path.stem


def test_every_chapter_begins_with_what_a_student_needs():
    for path in notebooks():
        first = markdown(path)[0]
        assert "**What you will know at the end**" in first, path.stem
        assert re.search(r"\d+ minutes", first), path.stem
        assert "](glossary.md)" in first, f"{path.stem} does not link to the glossary"
        assert "redict" in "\n".join(markdown(path)), path.stem


def test_links_of_the_course_lead_somewhere():
    for path in [*notebooks(), GLOSSARY, ROOT / "docs" / "teaching.md"]:
        text = "\n".join(markdown(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
            if not re.match(r"https?:", target):
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_glossary_explains_each_word_where_it_is_used():
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \| (.+?) \| \[(\d+)\]\((.+?)\) \|$", GLOSSARY.read_text("utf-8"), re.M)
    assert len(rows) >= 60
    names = [row[0] for row in rows]
    assert len(set(names)) == len(names)
    for name, meaning, _, number, link in rows:
        assert link.startswith(number.zfill(2)), name
        assert re.search(r"[.$)]$", meaning), name
        word = re.split(r"[,(]", name)[0].strip().lower()
        text = "\n".join(markdown(GLOSSARY.parent / link)).lower().replace("*", "")
        assert word in text or word.replace("entity", "entities") in text, f"{name} is not in chapter {number}"
