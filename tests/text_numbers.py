"""Where each number of a chapter's text comes from: text_numbers.json pins it to a line of an output.

    .venv/bin/python tests/text_numbers.py      after a text or an output has changed: seconds

keeps the pins that hold, looks for new ones (near the text, in a line that shares its words), and prints those: read
them. What no output says stands in text_numbers_allowed.py, computed or with a reason. Quantities in words ("nine of
ten") are found by text_words.py; text_words_allowed.py computes or excuses each, since no line has them: for a new one
the tool prints lines that may bear it.
"""

import functools
import html
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import outputs
from text_numbers_allowed import ALLOWED, PAPER
from text_words import Quantity, quantities
from text_words_allowed import WORDS

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "tests" / "text_numbers.json"
ANSWERS = ROOT / "tests" / "answers.json"

# What names a thing and measures none: code, addresses, sections, equations, chapters, data sets, places.
NAMES = re.compile(
    r"""
    <!--.*?-->|```.*?```|`[^`]*`|https?://\S+|\]\([^)]*\)|\$\$.*?\$\$
    |\b(Sec\.|Eq\.|Tables?|Fig\.|Figure|[Cc]hapters?|[Ee]xercise|Answer\ to)\s*\d+(\.\d+)*[a-d]?((,|\ and|\ to|\ or)\ [\d.]+[a-d]?)*
    |\[\d+(\]|\ ·)|\#+\ \d+\ ·|^\d+\.\ |\bA\.\d+|\bViT-\w/\d+|Flowers-102|CUB-200|\((\w+,\ )?(19|20)\d\d\)|et\ al\.,?\ \(?\d{4}
    |SHA-256|b?float\d+|SigLIP\ \d|\b[AF]\d\b|\bdrawings\ \d\ and\ \d\b|\b(layers?|column|channel|head|block)\ \d+((,|\ and|\ to)\ \d+)*
    |[\d.]+(\ to\ \d+)?\ (minutes|hours)|\band\ \d+\ for\ the\ appendix
    """,
    re.X | re.S | re.M,
)
NUMBER_IN_DOLLARS = re.compile(r"\$([-−+]?[\d.,]+)\$")
FORMULA = re.compile(r"\$[^$]*\$")
NUMBER = re.compile(
    r"(?<![\w.,/])[-−+]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(e-?\d+)?(?!\w)(\s?(?:%|per\ cent|points))?"
)
SMALL = 60  # up to here an integer is found again by chance
CARDS = r"model |experiment |visent-mini|image tower|text tower|neurons 10|Figure"  # what stands under every result
POINT = "point of "  # how a line begins that is one of a bar or curve
TOKEN = re.compile(r"(?<![\w.])[-−+]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d{1,2})?(?![A-Za-z])")
NEURON = re.compile(r"\bL\d+(?:F\d+|A\d+H\d+)\b")


@dataclass(frozen=True)
class Claim:
    """A number as a text has it. Signs are matters of words: "falls by"."""

    key: str  # cell, number, how many times it stood before in the cell
    text: str
    value: float
    unit: float  # of its last digit
    percent: bool
    around: str
    is_answer: bool  # to an exercise

    @property
    def decimals(self):
        return len(self.text.partition(".")[2].rstrip(" %"))

    def fits(self, value):
        """Whether it is the value, rounded; a percentage may be one of a share."""
        half = 0.5 * self.unit * (1 + 1e-6)
        exact = self.unit >= 1 and not self.percent
        return abs(value - self.value) <= (0 if exact else half) or (
            self.percent and abs(100 * value - self.value) <= half
        )


def claims(cell, text):
    """Every number of a Markdown text that says something of a result."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])  # noqa: E731
    bare = NUMBER_IN_DOLLARS.sub(lambda match: f" {match[1]} ", NAMES.sub(blank, text))
    bare = FORMULA.sub(blank, bare)
    seen = {}
    for found in NUMBER.finditer(bare):
        digits, decimals, exponent, percent = found.groups()
        written = found[0].strip()
        seen[written] = seen.get(written, -1) + 1
        yield Claim(
            f"{cell} {written} {seen[written]}",
            written,
            float(digits.replace(",", "") + (decimals or "") + (exponent or "")),
            10.0 ** (int((exponent or "e0")[1:]) - len((decimals or ".")[1:])),
            bool(percent),
            " ".join(text[max(0, found.start() - 70) : found.end() + 50].split()),
            "<b>Answer to " in text[: found.start()],
        )


def words(cell, text):
    """Every quantity in words of a Markdown text."""
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])  # noqa: E731
    return quantities(cell, text, FORMULA.sub(blank, NAMES.sub(blank, text)))


def signed(token):
    plain = token.replace(",", "").replace("−", "-").replace("+", "")
    return int(plain) if re.fullmatch(r"-?\d+", plain) else float(plain)


def value(token):
    return abs(float(signed(token)))


def lines(cell):
    """What a cell says, by lines: texts, tables, and the points of its bars and lines."""
    for output in cell.get("outputs", []):
        data = output.get("data", {"text/plain": output.get("text", "")})
        yield from (line for line in data.get("text/plain", "").splitlines() if ": done in " not in line)
        for row in re.findall(r"<tr.*?</tr>", data.get("text/html", ""), re.S):
            yield " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())
        for trace in data.get(outputs.PLOTLY, {}).get("data", []):
            x, y = trace.get("x"), trace.get("y")
            if trace.get("type") in ("bar", "scatter") and trace.get("mode") != "markers" and isinstance(y, list):
                x = x if isinstance(x, list) else range(1, len(y) + 1)
                yield from (f"{POINT}{trace.get('name', '')} {a}: {b}" for a, b in zip(x, y))


@dataclass(frozen=True)
class Number:
    """A number of an output, with an address that outlives other numbers: cell, line without numbers, which one."""

    address: tuple
    value: float
    line: str


def said(cell, texts):
    found, seen = [], {}
    for line in texts:
        label = TOKEN.sub("#", " ".join(line.split()))[:60]
        seen[label] = seen.get(label, -1) + 1
        for i, token in enumerate(TOKEN.findall(line)):
            found.append(Number((cell, label, seen[label], i), value(token), " ".join(line.split())[:110]))
    return found


@functools.cache
def answers():
    return json.loads(ANSWERS.read_text("utf-8"))


class Unsaid(Exception):
    """No output says what a computation asks for."""


class Text:
    """A chapter, or the README beside all chapters: its claims, and what its cells say."""

    def __init__(self, name, markdown, sources):
        self.name = name
        self.markdown = markdown  # cell number to text
        self.lines = {cell: [" ".join(t.split()) for t in texts] for cell, texts in sources.items()}
        self.books = {}  # the other chapters, for "07:10", cell 10 of chapter 7
        self.numbers = [n for cell, texts in sources.items() for n in said(cell, texts)]
        self.by_address = {n.address: n.value for n in self.numbers}

    @property
    def claims(self):
        return [c for cell, text in self.markdown.items() for c in claims(cell, text)]

    @property
    def words(self):
        return [c for cell, text in self.markdown.items() for c in words(cell, text)]

    def says(self, cell):
        """The lines of a cell or answer, of this chapter or, as "07:10", of another."""
        if cell not in self.lines and ":" in str(cell):
            name, cell = cell.split(":")
            return self.books[name].says(int(cell) if cell.isdigit() else cell) if name in self.books else []
        return self.lines.get(cell, [])

    def row(self, cell, piece):
        """The numbers after a piece of a line: of the first line that has it."""
        for line in self.says(cell):
            if piece in line:
                return [signed(t) for t in TOKEN.findall(line[line.index(piece) + len(piece) :])]
        raise Unsaid(f"no line of {cell} has '{piece}'")

    def n(self, cell, piece, i=0):
        return self.row(cell, piece)[i]

    def rows(self, cell, pattern):
        """The numbers of each line that matches."""
        found = dict.fromkeys(line for line in self.says(cell) if re.search(pattern, line))
        return [[signed(t) for t in TOKEN.findall(line)] for line in found]

    def names(self, cell, pattern=""):
        """The neurons of each line that matches and has any."""
        found = dict.fromkeys(line for line in self.says(cell) if re.search(pattern, line))
        return [names for names in map(NEURON.findall, found) if names]

    def taken(self, cell, name):
        """How many drawings an edit leaves recognised, and of how many."""
        images, _, share = self.row(cell, f"taken for {name} (%,")[:3]
        return round(share * images / 100), images

    def neurons(self, cell):
        """The neurons of a ranking, the first first."""
        found = (re.match(rf"\d+ ({NEURON.pattern})", line) for line in self.says(cell))
        return list(dict.fromkeys(m[1] for m in found if m))

    def computed(self, check):
        """What "= …" gives, of what it asks the outputs."""
        asks = {name: getattr(self, name) for name in ("n", "row", "rows", "names", "neurons", "taken")}
        try:
            return eval(check[1:], asks)
        except (IndexError, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise Unsaid(f"{type(error).__name__}: {error}") from error

    def reason(self, claim):
        """Why a number need not be pinned, "" if it must be: a reason is a rule, or a computation that gives it."""
        if isinstance(claim, Quantity):
            checks = self.covering(claim)
        else:
            beside = self.markdown[int(claim.key.split()[0])] if claim.decimals else claim.around
            if claim.text.strip(" %−-+") in PAPER and re.search("paper|ViT-L|CLIP", beside):
                return "the paper's"
            entries = ALLOWED.get(self.name, [])
            checks = [check for text, near, check in entries if text == claim.text and near in claim.around]
        for check in checks:
            if not check.startswith("="):
                return check
            try:
                found = self.computed(check)
            except Unsaid:
                continue
            if isinstance(claim, Quantity):
                fits = claim.fits(found)
            else:
                fits = claim.fits(abs(found)) or claim.fits(float(f"{abs(found):.{claim.decimals}f}"))
            if fits:
                return check
        return ""

    def wrong(self, pins):
        """Every number that is neither what its pin says nor excused: sentences."""
        for claim in self.claims:
            pin = pins.get(claim.key)
            there = self.by_address.get(tuple(pin)) if pin else None
            if (there is None or not claim.fits(there)) and not self.reason(claim):
                says = "no output is pinned to it" if pin is None else f"its output says {there}"
                yield f"{self.name} [{claim.key.split()[0]}]: {claim.text} in '…{claim.around}…': {says}"
        for claim in self.words:
            if not self.reason(claim):
                at = f"{self.name} [{claim.key.split()[0]}]"
                yield f"{at}: '{claim.text}' in '…{claim.around}…': {self.unborne(claim)}"

    def covering(self, claim):
        """What is to bear a quantity in words: by its phrases."""
        return [check for check, *phrases in WORDS.get(self.name, []) if any(map(claim.covered, phrases))]

    def unborne(self, claim):
        """Why nothing bears a quantity in words."""
        found = self.covering(claim)
        if not found:
            return "no phrase in text_words_allowed.py covers it"
        try:
            return f"{found[0][2:]} is {self.computed(found[0])}"
        except Unsaid as error:
            return f"{found[0][2:]}: {error}"

    def near(self, claim):
        """Lines that a quantity in words may come from: near the text, with words of it."""
        here = int(claim.key.split()[0])
        own = set(re.findall(r"[A-Za-z]{4,}|\bL\d+\w+", claim.around))

        def score(found):
            cell, line = found
            away = 0 if claim.is_answer else 6
            if isinstance(cell, int):
                away = abs(cell - here) + (2 if cell > here else 0)
            return 3 * len(own & set(re.findall(r"[A-Za-z]{4,}|\bL\d+\w+", line))) - away

        lines = {(cell, line) for cell, all_lines in self.lines.items() for line in all_lines if TOKEN.search(line)}
        return sorted(lines, key=lambda found: (-score(found), str(found)))[:3]

    def meant(self, claim, pin):
        return any(n.address == tuple(pin) and meant(claim, n) for n in self.numbers)

    def pin(self, claim, pinned):
        """The number that most probably is meant: near the text, in a line that shares its words, where the text has
        been before, or beside the number that the text named last."""
        here = int(claim.key.split()[0])
        own = set(re.findall(r"[A-Za-z]{4,}|\bL\d+\w+", claim.around))
        before = {address for key, address in pinned.items() if key.split()[1] == claim.key.split()[1]}
        last = list(pinned.values())[-1][0] if pinned else None

        def score(number):
            cell = number.address[0]
            if isinstance(cell, str):
                away = (1 if self.name == "README" else 9) if cell == "training" else -1 if claim.is_answer else 6
            else:
                away = abs(cell - here) + (2 if cell > here else 0) + (4 if number.line.startswith(POINT) else 0)
            same = 4 if claim.decimals > 1 and abs(number.value - claim.value) < 1e-9 else 0
            again = 6 if claim.decimals > 1 and number.address in before else 2 if cell == last else 0
            return 3 * len(own & set(re.findall(r"[A-Za-z]{4,}|\bL\d+\w+", number.line))) + again + same - away

        return max((n for n in self.numbers if claim.fits(n.value) and meant(claim, n)), key=score, default=None)


def meant(claim, number):
    """Whether a line may be what a text speaks of. A small integer is in any output: its line has to have another
    number of the sentence, or two words of it."""
    if claim.decimals or claim.value > SMALL:
        return True
    if re.match(CARDS, number.line):
        return False
    others = {value(t) for t in TOKEN.findall(claim.around)} - {claim.value, 0, 1}
    there = {value(t) for t in TOKEN.findall(number.line)}
    shared = {*re.findall(r"[A-Za-z]{4,}", claim.around.lower())} & {*re.findall(r"[A-Za-z]{4,}", number.line.lower())}
    return bool(others & there) or len(shared) > 1


def training():
    """What the report of the training says of the weights in the repository."""
    rows = (ROOT / "iconclip" / "train" / "TRIALS.md").read_text("utf-8").splitlines()
    return [row for row in rows if "the weights in the repository" in row]


def chapter(path, book=None):
    book = book or outputs.read(path)
    sources = {i: list(lines(c)) for i, c in enumerate(book.cells) if c.cell_type == "code"}
    sources |= {f"answers {step}": text.splitlines() for step, text in answers().get(path.stem[:2], {}).items()}
    sources["training"] = training()
    return Text(path.stem[:2], {i: c.source for i, c in enumerate(book.cells) if c.cell_type == "markdown"}, sources)


def readme(chapters):
    """The rows of the README's findings, beside the outputs of all chapters."""
    text = (ROOT / "README.md").read_text("utf-8")
    findings = re.search(r"^\| the paper, .*?(?=\n\n)", text, re.M | re.S)[0]
    rows = "\n".join(row.rsplit("|", 2)[1] for row in findings.splitlines())  # ours; the paper's numbers do not change
    sources = {"training": training()}
    for path in chapters:
        for i, cell in enumerate(outputs.read(path).cells):
            if cell.cell_type == "code":
                sources[f"{path.stem[:2]}:{i}"] = list(lines(cell))
    return Text("README", {0: rows}, sources)


def texts():
    chapters = sorted((ROOT / "notebooks").glob("*.ipynb"))
    found = [chapter(path) for path in chapters] + [readme(chapters)]
    for text in found:
        text.books = {other.name: other for other in found}
    return found


def main():
    pins = json.loads(PINS.read_text("utf-8")) if PINS.exists() else {}
    for text in texts():
        old, new = pins.get(text.name, {}), {}
        for claim in text.claims:
            if text.reason(claim):
                continue
            kept = old.get(claim.key)
            if kept and claim.fits(text.by_address.get(tuple(kept), float("nan"))) and text.meant(claim, kept):
                new[claim.key] = kept
                continue
            found = text.pin(claim, {k: tuple(v) for k, v in new.items()})
            if found:
                new[claim.key] = list(found.address)
            print(f"{text.name} {claim.text:>8} '{claim.around}'\n    {found.address[0]}: {found.line}" if found else
                  f"{text.name} {claim.text:>8} '{claim.around}'\n    NOT FOUND")  # fmt: skip
        for claim in text.words:
            if not text.reason(claim):
                print(f"{text.name} '{claim.text}' '{claim.around}'\n    {text.unborne(claim)}; perhaps one of")
                for cell, line in text.near(claim):
                    phrase = claim.around[max(0, claim.at - 15) : claim.at + len(claim.text) + 15].strip()
                    print(f'        ("= n({cell!r}, \'{line[:30]}\')", "{phrase}"),')
        pins[text.name] = new
    rows = (f" {json.dumps(name)}: {{\n" + ",\n".join(
        f"  {json.dumps(k, ensure_ascii=False)}: {json.dumps(v, ensure_ascii=False)}" for k, v in each.items()) + "\n }"
        for name, each in pins.items())  # fmt: skip
    PINS.write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
