"""The exercises that %check knows: what each asks and says; the right answers come from tests/answers.json, hashed.

    .venv/bin/python tests/exercises.py      writes exercises.json of the magics; test_exercises.py holds it to this
"""

import hashlib
import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "magics/src/main/resources/dev/engram/magic/exercises.json"

# asks, kind, unit, tolerance, hint, why, mistakes (a step of answers.json or a value, with what it tells)
COUNT = ("number", "1", 0)
EXERCISES = {
    "1.1": ("how many of the ten most active neurons are among the ten with the highest improvement", *COUNT,
            "Compare two sets of ten: %attribute santa_claus --by activation --top 10, and the same without --by.",
            "Busy and helpful are two things: the most active neurons are not all neurons that help.", {}),
    "1.2": ("the entity that drives L5F855 second, by its coefficient", "name", "1", 0,
            "%neuron L5F855 has a table of all entities, with the coefficient of each.",
            "The words of a neuron are one thing, and what drives it another; both belong to its description.",
            {"Statue of Liberty": "It comes first. Which one is next?",
             "liberty": "That is what the neuron says. What else drives it?"}),
    "2.1": ("the improvement of L4A0H42 on santa_claus/0", "number", "0.0001", 1,
            "Eq. 12: x is Site.H of layer 4, the norm is LN_a, the coefficient is m_A of column 42.",
            "An attention neuron is scored like an FFN neuron; only what it reads is another thing.",
            {"wrong 2.1 0": "You took the stream after the attention, and the norm of the FFN. What does attention read?",
             "wrong 2.1 1": "The layer norm is missing: the value is added to LN_a(x)."}),
    "2.2": ("how many of the first fifty have a negative coefficient", *COUNT,
            "Take mean.top(50), and ask each for its coefficient().",
            "They are all attention neurons: the sign of a value vector alone says nothing about what it does.", {}),
    "2.3": ("the sum of the improvements of all neurons on santa_claus/0", "number", "0.01", 0,
            "one.means() has the improvement of every neuron of one image.",
            "Improvements are experiments, one neuron at a time. They do not add up to the cosine; the shares do.",
            {"wrong 2.3": "That is the sum of the shares, the one that (with the biases) gives the cosine. Add the improvements."}),
    "3.1": ("the residual of L5F237 with ValueReading.AFFINE", "number", "0.01", 0,
            "interpreter.interpret(List.of(british), new int[] {1}, ValueReading.AFFINE, Progress.NONE) has a residual().",
            "The reading hardly matters where a neuron has clear words.",
            {"wrong 3.1": "That is the residual of PLAIN, or of LINEAR. Another reading is asked for."}),
    "3.2": ("the coefficient of L4A0H24 on castle/0 with 30 % of the pixels masked", "number", "0.01", 1,
            "Turn the map around (times -1) before Maps.highest takes its pixels.",
            "A map of an attention neuron says from where it reads; cover that, and it reads elsewhere.",
            {"wrong 3.2": "You masked the pixels with the largest shares. The neuron acts with a negative coefficient."}),
    "4.1": ("the neurons that are among the first ten of combined and of ours, for Santa Claus", "neurons", "1", 0,
            "Two sets of ten: ours.top(10) and byCombined.top(10).",
            "Two questions, nearly one answer for the leaders, and other answers after them.", {}),
    "4.2": ("the fall under residual suppression without the first neuron of activation", "number", "0.001", 0,
            "In the table of %reproduce faithfulness: the row activation with k = 1, the column of the residual fall.",
            "With one neuron the lists of activation, readings and combined are nearly one; the gradient is not.",
            {"wrong 4.2": "That is literal's. Look at the row of activation."}),
    "4.3": ("the chance that a patch of ViT-L/14 stays whole when 10 % of the pixels are covered", "number", "1e-10", 1,
            "A patch stays whole if none of its pixels is covered: 0.9 to the power of their number.",
            "Every patch is damaged there, too; so it is what a model has learned to overlook that tells the two apart.",
            {"wrong 4.3": "That is for a patch of iconclip, 12 × 12 pixels."}),
    "5.1": ("the category with the most of its knowledge neurons in F4", "name", "1", 0,
            "Count the top three of every entity by its category() and Figure3.Place.of(neuron).",
            "With thirty neurons in a category this is a hint and no finding.", {}),
    "5.2": ("how many different neurons the top neurons of all entities are", *COUNT,
            "Put every neuron of a.top(3) into a set.",
            "No neuron serves two entities: the term many of the training.", {}),
    "5.3": ("the share of F4 and F5 in all positive improvements, from 0 to 1", "number", "0.01", 1,
            "Add up max(0, mean) by block; divide those of F4 and F5 by the sum of all.",
            "Where neurons stand out and where the sum is are two questions; the paper asks the first.", {}),
    "5.4": ("how many of the query neurons of attention neurons are in FFNs", *COUNT,
            "In drivers, take the first neuron of each entity whose block is MSA; then count the places that begin with F.",
            "Who drives a neuron depends on what it reads.", {}),
    "6.1": ("how many of the ten query neurons of L4F988 are in A4", *COUNT,
            "%queries L4F988 --image statue_of_liberty lists ten; count those named L4A….",
            "An FFN neuron hears the attention of its own layer, which comes before it.", {}),
    "6.2": ("how many of the ten query neurons of L4A0H54 are MSA neurons", *COUNT,
            "%queries L4A0H54 --image statue_of_liberty lists ten; look at the column block.",
            "Attention reads the stream as it enters the layer: nothing of its own layer is there yet.", {}),
    "7.1": ("the fall under complete removal of the first ten neurons", "number", "0.001", 1,
            "original - meanCosine(suppression.complete(pixels, ten, Tokens.ALL)), with the first ten of a.top(10).",
            "The later layers answer for a good part of what was removed.",
            {"wrong 7.1": "That is residual suppression, in which nobody answers."}),
    "7.2": ("the fall when the first ten neurons are set to 0 at the class token alone", "number", "0.001", 1,
            "As in exercise 1, with Tokens.CLASS.",
            "Nearly all of the work is done at the class token, and the answer comes from there.",
            {"7.1": "That is the fall at all tokens."}),
    "7.3": ("the share of L4F707 in the cosine, by --reading direct", "number", "0.001", 1,
            "%attribute santa_claus --reading direct --top 3 has it in the row of L4F707.",
            "A share keeps the length of the embedding; a removal changes it. So the two differ.",
            {"wrong 7.3": "That is the fall under residual suppression. The share is larger: why?"}),
    "8.1": ("the cosine after the second of the three edits", "number", "0.001", 1,
            "%forget italy --evaluate none says from where to where the cosine falls: read the second one.",
            "Each edit takes the next three neurons; what is suppressed already is left out.",
            {"wrong 8.1 0": "That is after the first edit.", "wrong 8.1 1": "That is after the third edit."}),
    "8.2": ("the cosine of the five other drawings after the removal", "number", "0.001", 1,
            "Find with images 0 to 3, and suppress on pixels.subList(4, 9).",
            "The neurons belong to the flag and not to the four drawings on which they were found.",
            {"wrong 8.2": "That is the cosine before the removal."}),
    "8.3": ("the cosine of Italy after complete removal of three neurons", "number", "0.001", 1,
            "%forget italy --mode complete --preview, the first row of its table, after.",
            "Later layers answer, and the drawings are recognised all the same.",
            {"wrong 8.3": "That is residual suppression; set the mode to complete."}),
    "9.1": ("the cosine of the other nine after teaching with one picture", "number", "0.001", 1,
            "The row cosine of 9 other images, after.",
            "An address that was made of one drawing finds that drawing.",
            {"wrong 9.1": "That is the cosine before."}),
    "9.2": ("the cosine of the five others after teaching with --ridge 1", "number", "0.001", 1,
            "The row cosine of 5 other images, after, with --ridge 1.",
            "The keys of a panda and of the background hardly overlap here, so that the ridge has little to do.", {}),
    "9.3": ("the cosine of the five others with castle after the wrong lesson", "number", "0.001", 1,
            "The row cosine of 5 other images with a picture of castle, after.",
            "An edit copies what the letters say, true or false.", {}),
    "9.4": ("the largest rise that any block brings towards zorp", "number", "0.001", 1,
            "The first line of %trace … --name zorp --guide captioned --tokens class.",
            "What the model cannot read, it cannot be taught in this way.", {}),
    "10.1": ("the first attention neuron of Santa Claus in the model of 6 heads", "neuron", "1", 0,
             "compare(…).santa().top(10) lists it: the first name with an A.",
             "It is the neuron of column 42 under another name: heads are no more than a way of counting.",
             {"L4A0H42": "That is its name where there are 3 heads. What is it called where there are 6?"}),
    "10.3": ("the accuracy with the last layer shuffled, from 0 to 1", "number", "0.001", 1,
             "compare(…).drawings().accuracy().",
             "Layers 0 to 4 recognise most drawings, and the score of a neuron in layer 4 never looks at layer 5.", {}),
}  # fmt: skip


def digest(number, text):
    return hashlib.sha256(f"{number} {text}".encode()).hexdigest()[:16]


def value(answers, number, step):
    """A step's value, one of several that it lists, or a text that is a value itself."""
    steps = answers[number.split(".")[0].zfill(2)]
    name, _, index = step.rpartition(" ")
    if step in steps:
        return steps[step].splitlines()[-1]
    if name in steps:
        return re.findall(r"-?\d[\d.E-]*", steps[name])[int(index)]
    return step


def canonical(kind, unit, text):
    if kind == "number":
        return str(int((Decimal(text) / Decimal(unit)).quantize(Decimal(1), ROUND_HALF_EVEN)))
    if kind == "name":
        return re.sub(r"[\W_]", "", text.lower())
    return text if kind == "neuron" else " ".join(sorted(text.split()))


def exercise(answers, number):
    asks, kind, unit, tolerance, hint, why, mistakes = EXERCISES[number]
    right = value(answers, number, number)
    members = right.split() if kind == "neurons" else [re.match(r"L\d+[AF]", right)[0]] if kind == "neuron" else []
    return {
        "number": number, "asks": asks, "kind": kind, "unit": unit, "tolerance": tolerance,
        "right": digest(number, canonical(kind, unit, right)),
        "members": [digest(number, m) for m in members],
        "mistakes": {digest(number, canonical(kind, unit, value(answers, number, m))): t for m, t in mistakes.items()},
        "hint": hint, "why": why,
    }  # fmt: skip


def course():
    answers = json.loads((ROOT / "tests" / "answers.json").read_text("utf-8"))
    return {"model": answers["01"]["model"], "exercises": [exercise(answers, number) for number in EXERCISES]}


def text():
    return json.dumps(course(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), "utf-8")
