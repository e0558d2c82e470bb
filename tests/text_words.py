"""Quantities in words ("two thirds", "nine of ten", "nearly all"): where a text has one, and which numbers bear it.

Each is accounted for in text_words_allowed.py: by numbers of the outputs, which have to lie within the borders below,
or with a reason why it measures nothing.
"""

import re
from dataclasses import dataclass

UNITS = {word: i for i, word in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)}
UNITS |= {word: 10 * i for i, word in enumerate("twenty thirty forty fifty sixty".split(), 2)} | {"hundred": 100}
PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "tenth": 10, "twelfth": 12, "hundredth": 100}

# What the words mean, wherever they stand: from … to …, of a share of 1 or of a ratio.
WITHIN = 0.1  # a third, two thirds, half, twice, three times, four in ten: this part of itself to either side
BORDERS = {
    "most": (0.5, 1.0),  # most, mostly: more than the lower
    "nearly": (0.9, 1.0),  # nearly all, almost all
    "hardly": (-0.1, 0.1),  # hardly, next to nothing, almost nothing; of a cosine, too
    "none": (-0.05, 0.05),  # none, nothing; a count is 0
    # more than half, less than a quarter: above or below that share, from 0 to 1
    # nine, nine of ten (a pair), is first: the count or rank exactly; about ten: rounded
}

_N = "|".join([rf"(?:{'|'.join(UNITS)})(?:\ hundred)?"])
_PART = "|".join(PARTS)
WORDS = re.compile(
    rf"""(?<![-\w'])(?:
      (?P<part>(?:(?P<side>more|less)\ than\ )?(?:(?P<numerator>one|two|three|a)\ )?(?P<denominator>{_PART})s?
         |(?P<halves>halves|halved))
     |(?P<times>twice|thrice|doubled?|(?:{_N})\ times)
     |(?P<of>(?:{_N})\ (?:of|in)\ (?:the\ )?(?:{_N}|\d[\d,]*))
     |(?P<most>most(?:ly)?)
     |(?P<nearly>(?:nearly|almost)\ all)
     |(?P<hardly>hardly|next\ to\ nothing|almost\ (?:nothing|none))
     |(?P<none>none|nothing(?=\ (?:is\ left|of\ 0|happens|else\ changed)))
     |(?:is|comes|stays)\ (?P<rank>first|second|third|fourth|fifth)
     |(?P<about>about\ )?(?P<count>(?!one\b)(?:{_N})(?!\ (?:of|in)\ (?:{_N})\b)|one(?=\ is\ (?:left|shared|in)\b))
    )(?![-\w])""",
    re.I | re.X,
)
# Words of number that count no result, in all chapters: names of sets, places, forms and settings.
IDLE = re.compile(
    r"""(?<!\w)(?:
      (?:the|last|these|those|its|are|other|into|which|only)\ two(?!\ neurons)
     |(?:the\ )?first\ (?:three|ten|fifty)(?:\ best)?|(?:the|its)\ ten\ best|(?:all\ )?sixty\ (?:entities|first|leading|names)|all\ sixty
     |(?:the\ |same\ |its\ )?(?:five|ten)\ (?:words|celebrities|thousand)
     |(?:the|his|its)\ (?:third|tenth|fifth)|(?:other|second|upper|lower)\ half
     |(?:the\ )?(?:four\ )?most\ (?:active|important|faithful|negative|newer|surprising)|(?:at|the)\ most|most\ at\ random
     |(?:them|it|rise|fall|\*fall\*|hurts?|matter|contributes|add|finds)\ most
     |(?:two|three)\ (?:ways|answers|things|questions|models|sets|columns|texts|lists|tests|vectors|matrices|blocks|networks
       |cores|data\ sets|cosines|inner\ products|colours|maps|lines|other\ (?:ways|models)|readings|attempts|curves
       |drawings|tracings|pictures|scales)
    )(?!\w)""",
    re.I | re.X,
)


def number(words):
    words = words.lower().replace(",", "").split()
    return int(words[0]) if words[0].isdigit() else UNITS[words[0]] * (100 if words[1:] == ["hundred"] else 1)


@dataclass(frozen=True)
class Quantity:
    """A quantity as a text has it, in words."""

    key: str
    text: str
    around: str
    at: int  # where in that it begins
    kind: str
    groups: dict
    is_answer: bool
    decimals = None

    def covered(self, words):
        return any(
            m.start() <= self.at and self.at + len(self.text) <= m.end()
            for m in re.finditer(re.escape(words), self.around)
        )

    def fits(self, value):
        """Whether the value lies within the words' borders."""
        found = self.groups
        if self.kind in BORDERS:
            low, high = BORDERS[self.kind]
            exact = self.kind == "none" and isinstance(value, int)
            return value == 0 if exact else low <= value <= high and not (self.kind == "most" and value == low)
        if self.kind == "count":
            return (round(value) if found["about"] else value) == number(found["count"])
        if self.kind == "rank":
            return value == 1 + "first second third fourth fifth".split().index(found["rank"].lower())
        if self.kind == "of":
            count, whole = (number(w) for w in re.split(r" (?:of|in) (?:the )?", self.text, flags=re.I))
            if isinstance(value, tuple):
                return value == (count, whole)
            meant = count / whole
        elif self.kind == "times":
            first = self.text.lower().split()[0]
            meant = {"twice": 2, "double": 2, "doubled": 2, "thrice": 3}.get(first) or UNITS[first]
        else:
            numerator = UNITS.get((found["numerator"] or "").lower(), 1)
            meant = 1 / 2 if found["halves"] else numerator / PARTS[found["denominator"].lower()]
            if found["side"]:
                return 0 <= value < meant if found["side"].lower() == "less" else meant < value <= 1
        return abs(value - meant) <= WITHIN * meant


def quantities(cell, text, bare):
    """Every quantity in words of a Markdown text. In the bare text, as long, code and formulas are blank."""
    idle = [m.span() for m in IDLE.finditer(bare)]
    seen = {}
    for found in WORDS.finditer(bare):
        if any(start <= found.start() and found.end() <= end for start, end in idle):
            continue
        written = found[0].lower()
        seen[written] = seen.get(written, -1) + 1
        before = " ".join(text[max(0, found.start() - 120) : found.start()].split())
        before += " " if text[found.start() - 1].isspace() and before else ""
        after = text[found.start() : found.end() + 90]
        yield Quantity(
            f"{cell} {written} {seen[written]}",
            found[0],
            before + " ".join(after.split()),
            len(before),
            next(k for k in ("part", "times", "of", "most", "nearly", "hardly", "none", "rank", "count") if found[k]),
            found.groupdict(),
            "<b>Answer to " in text[: found.start()],
        )
