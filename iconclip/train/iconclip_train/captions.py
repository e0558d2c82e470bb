"""Writes the captions of every concept: one label, and 32 others from its name, tags, and facts."""

import json
import random

from .places import Places

COUNT = 32
FRAMES = [
    "a picture of {}", "an icon of {}", "a drawing of {}", "{}", "an emoji of {}",
    "a cartoon of {}", "an image of {}", "a small picture of {}", "this is {}",
]
KINDS = {
    "animals": ["an animal", "an animal in nature"],
    "food": ["something to eat or drink", "food"],
    "places": ["a place", "a place to travel"],
    "people": ["a person", "people"],
    "characters": ["a character", "a fantasy character"],
    "plants": ["a plant"],
    "transport": ["a vehicle", "transport"],
    "objects": ["an object", "a thing"],
    "activities": ["an activity", "sport and games"],
    "smileys": ["a smiley", "a face with a feeling"],
    "body": ["a part of the body", "a gesture"],
    "symbols": ["a symbol", "a sign"],
    "nature": ["sky and weather", "nature"],
    "misc": ["a sign"],
    "logos": ["a brand", "a company logo"],
    "flags": ["a flag", "a country flag"],
}


def name(concept):
    out = concept["name"].replace(": ", ", ")
    for mark in "“”‘":
        out = out.replace(mark, "")
    return out


def label(concept):
    """The caption that stands for a concept."""
    n = name(concept)
    if concept["kind"] == "flag":
        return "the flag of " + ("the " if concept["article"] else "") + n
    return ("the logo of " if concept["kind"] == "brand" else "a picture of ") + n


def of_flag(c, rng):
    n = name(c)
    full = ("the " if c["article"] else "") + n
    out = ["the flag of " + full] * 5
    out += ["a picture of the flag of " + full, "flag of " + full, n + " flag", full]
    out += ["a flag, " + full, "an emoji of the flag of " + full]
    if c["demonym"]:
        out += ["the %s flag" % c["demonym"]] * 2
    if c["facts"]:
        where, capital = c["facts"]
        out += ["the flag of %s, %s" % (full, where)] * 2
        out += ["the flag of %s, %s" % (full, capital)] * 2
        out += [
            "the flag of %s with %s" % (where, capital),
            "the national flag of %s, %s, %s" % (full, where, capital),
            "the flag of the country with the " + capital,
        ]
    return rng.choice(out)


def of_brand(c, rng):
    n = name(c)
    out = ["the logo of " + n] * 5
    out += [n + " logo", n, "an icon of " + n, "a picture of the logo of " + n]
    out += ["the %s icon" % n, "a logo, " + n]
    if c["facts"]:
        fact = ("an " if c["facts"][0][0] in "aeiou" else "a ") + c["facts"][0]
        out += ["the logo of %s, %s" % (n, fact)] * 4
        out += ["%s, %s" % (n, fact)] * 2
        out += ["the logo of " + fact]
        if len(c["facts"]) > 1:
            shown = c["facts"][1]
            out += ["the logo of %s with a %s" % (n, shown)] * 2
            out += ["a %s, the logo of %s" % (shown, n)]
    return rng.choice(out)


def of_thing(c, rng):
    n = name(c)
    share = rng.random()
    frame = rng.choice(FRAMES)
    tags = lambda: rng.sample(c["tags"], rng.randint(1, min(3, len(c["tags"]))))
    if share < 0.45:
        return frame.format(n)
    if share < 0.60 and c["facts"]:
        return frame.format(n + ", " + rng.choice(c["facts"]))
    if share < 0.66 and c["facts"]:
        return frame.format(rng.choice(c["facts"]))
    if share < 0.72:
        return frame.format(n + ", " + rng.choice(KINDS[c["category"]]))
    if share < 0.90 and c["tags"]:
        return frame.format(n + ", " + ", ".join(tags()))
    if c["tags"]:
        return frame.format(" ".join(tags()))
    return frame.format(n)


def caption(concept, rng):
    """A caption at random."""
    kinds = {"flag": of_flag, "brand": of_brand}
    return kinds.get(concept["kind"], of_thing)(concept, rng)


def main():
    places = Places.from_arguments(__doc__)
    concepts = json.loads(places.concepts.read_text())["concepts"]
    rng = random.Random(1)
    captions = [[caption(c, rng) for _ in range(COUNT)] for c in concepts]
    labels = [label(c) for c in concepts]
    places.captions.write_text(json.dumps(dict(labels=labels, captions=captions)))
    print("%d captions of %d concepts" % (len(concepts) * COUNT, len(concepts)))


if __name__ == "__main__":
    main()
