"""What training reads: concepts, drawings, captions, words, and batches of them."""

import json
import random
import re

import numpy as np
import torch
from tokenizers import Tokenizer

from . import lettering
from .augment import Augment, normalise
from .model import patches
from .places import ICONCLIP

# Words of captions that say nothing about one concept.
STOP = set(
    "a an the of and with in on for to at by from is picture flag logo country capital icon "
    "emoji".split()
)
FLIPPED = set(
    "animals food plants people characters smileys nature activities transport objects places".split()
)
ONE_WAY = "left right facing map globe clock america asia book calendar".split()

ENTITY_WEIGHT = 4.0  # how much more often one of the 60 entities is drawn than another concept
WRITTEN = 0.07  # part of the pictures that show a concept's name in letters
ENTITY_WRITTEN = 0.25  # the same for the 60 entities


def words_of(concept):
    """The words that fit a concept: of its name, tags, facts, and demonym."""
    texts = [concept["name"], *concept["tags"], *concept["facts"], concept["demonym"] or ""]
    return sorted({w for t in texts for w in re.findall("[a-z]+", t.lower())} - STOP)


class Tokens:
    """Texts as ids, each filled up with the end-of-text token."""

    def __init__(self, context=32):
        self.tokenizer = Tokenizer.from_file(str(ICONCLIP / "model/tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(context)
        self.end = self.tokenizer.token_to_id("<|endoftext|>")
        self.known = {}

    def of(self, text):
        if text not in self.known:
            self.known[text] = self.tokenizer.encode(text).ids
        return self.known[text]

    def __call__(self, texts, longest=None):
        rows = [self.of(t) for t in texts]
        length = longest or max(map(len, rows))
        cut = [r if len(r) <= length else r[: length - 1] + [self.end] for r in rows]
        return torch.tensor([r + [self.end] * (length - len(r)) for r in cut])


class Data:
    """The concepts and drawings of a run, without what is held out."""

    def __init__(self, places, entities):
        listed = json.loads(places.concepts.read_text())
        texts = json.loads(places.captions.read_text())
        self.concepts = listed["concepts"]
        self.drawings = listed["drawings"]
        self.captions = texts["captions"]
        self.labels = texts["labels"]
        self.pixels = np.load(places.drawings, mmap_mode="r")
        marks = np.load(places.marks)
        self.one_colour = marks["one_colour"]
        self.words = [words_of(c) or ["sign"] for c in self.concepts]
        self.names = [
            [w for w in re.findall("[a-z]+", c["name"].lower()) if w in words] or words
            for c, words in zip(self.concepts, self.words)
        ]
        self.entities = [self.labels.index(e) for e in entities]
        self.vocabulary = sorted({w for s in self.words for w in s})
        index = {w: i for i, w in enumerate(self.vocabulary)}
        self.fits = np.zeros((len(self.concepts), len(self.vocabulary)), bool)
        for i, s in enumerate(self.words):
            self.fits[i, [index[w] for w in s]] = True
        self.word_index = index

        # train[concept][set] and toned[concept][set] are drawings; a held-out set is in neither.
        self.train = [{} for _ in self.concepts]
        self.toned = [{} for _ in self.concepts]
        held = {}
        for i, d in enumerate(self.drawings):
            if not marks["there"][i]:
                continue
            if d["part"] == "held":
                if d["tone"] is None:
                    held.setdefault(d["concept"], i)
                continue
            kind = self.train if d["tone"] is None else self.toned
            kind[d["concept"]].setdefault(d["set"], []).append(i)
        self.held = np.array([held[c] for c in sorted(held)])
        self.held_concepts = np.array(sorted(held))
        self.categories = [c["category"] for c in self.concepts]
        self.may_flip = np.array(
            [
                c["category"] in FLIPPED and not any(w in c["name"].lower() for w in ONE_WAY)
                for c in self.concepts
            ]
        )
        self.keep_hue = np.array([k == "flags" for k in self.categories])
        self.weights = self._weights()

    def _weights(self):
        counts = [set() for _ in self.concepts]
        for d in self.drawings:
            if d["part"] != "extra":
                counts[d["concept"]].add(d["set"])
        w = np.ones(len(self.concepts))
        for i, c in enumerate(self.concepts):
            if len(counts[i]) < 3:
                w[i] = 0.35 if c["category"] in ("logos", "misc") else 0.6
            if not self.train[i]:
                w[i] = 0
        w[self.entities] *= ENTITY_WEIGHT
        return w / w.sum()


class Batches:
    """Batches of concepts, two pictures of each where possible in two styles.

    All chance comes from three generators, which `state` saves, so that a run that was stopped goes
    on with the batch that would have been next.
    """

    def __init__(self, data, tokens, sizes, seed, concepts=128, kept=36, written=True, device="cpu"):
        self.data, self.tokens, self.sizes = data, tokens, sizes
        self.count, self.kept, self.written = concepts, kept, written
        self.numpy = np.random.default_rng(seed)
        self.python = random.Random(seed)
        self.torch = torch.Generator(device).manual_seed(seed)
        self.device = torch.device(device)
        self.augment = Augment(sizes.image, self.torch)
        self.is_entity = np.isin(np.arange(len(data.concepts)), data.entities)

    def state(self):
        return dict(
            numpy=self.numpy.bit_generator.state,
            python=self.python.getstate(),
            torch=self.torch.get_state(),
        )

    def restore(self, state):
        self.numpy.bit_generator.state = state["numpy"]
        self.python.setstate(state["python"])
        self.torch.set_state(state["torch"])

    def drawing(self, concept, name):
        """One drawing of a concept in a set; sometimes with a skin tone."""
        toned = self.data.toned[concept].get(name)
        if toned and self.numpy.random() < 0.15:
            return int(self.numpy.choice(toned))
        return int(self.numpy.choice(self.data.train[concept][name]))

    def pictures(self, concepts, views=2):
        """(views × concepts) pictures, first all first views (n, 3, S, S)."""
        chosen, written = [], []
        for c in concepts:
            names = list(self.data.train[c])
            order = self.numpy.permutation(len(names))
            part = (ENTITY_WRITTEN if self.is_entity[c] else WRITTEN) * self.written
            for v in range(views):
                chosen.append(self.drawing(c, names[order[v % len(names)]]))
                written.append(self.numpy.random() < part)
        chosen = np.array(chosen).reshape(-1, views).T.reshape(-1)
        written = np.array(written).reshape(-1, views).T.reshape(-1)
        owners = np.tile(concepts, views)
        texts = {}
        for i in np.nonzero(written)[0]:
            texts[i] = self.numpy.random() < 0.4
            if not texts[i]:  # over a drawing, of this concept or, mostly, of another
                if self.numpy.random() < 0.85:
                    other = int(self.numpy.choice(len(self.data.concepts), p=self.data.weights))
                    chosen[i] = self.drawing(other, self.python.choice(list(self.data.train[other])))
        shown = [self.data.drawings[i]["concept"] for i in chosen]
        there = lambda values: torch.from_numpy(values).to(self.device)
        x = self.augment(
            there(self.data.pixels[chosen]),
            there(self.data.one_colour[chosen]),
            there(self.data.may_flip[shown] & ~written),
            there(self.data.keep_hue[shown]),
        )
        for i, plain in texts.items():
            name = self.data.concepts[owners[i]]["name"]
            draw = lettering.card if plain else lettering.over
            rgba = there(draw(name, self.sizes.image, self.python).copy())
            rgba = rgba.permute(2, 0, 1).float().div_(255)
            x[i] = x[i] * (1 - rgba[3:]) + rgba[:3] * rgba[3:]
        return x

    def keep(self, rows):
        """A choice of patches, mostly those with something in them (n, kept)."""
        spread = rows.std(-1)
        chance = torch.rand(spread.shape, generator=self.torch, device=self.device)
        gumbel = -torch.log(-torch.log(chance + 1e-9) + 1e-9)
        score = torch.log(spread + 0.15) * 1.5 + gumbel
        return score.topk(self.kept, dim=1).indices

    def next(self, full=False):
        """A batch: patch rows, which patches, concepts, caption ids, word ids, which words."""
        concepts = self.numpy.choice(
            len(self.data.concepts), self.count, replace=False, p=self.data.weights
        )
        rows = patches(normalise(self.pictures(concepts)), self.sizes.patch)
        there = lambda values: torch.from_numpy(values).to(self.device)
        kept = None
        if not full:
            kept = self.keep(rows)
            rows = rows.gather(1, kept.unsqueeze(-1).expand(-1, -1, rows.shape[-1]))
        captions = []
        for c in concepts:
            caption = self.data.captions[c][int(self.numpy.integers(len(self.data.captions[c])))]
            short = len(self.tokens.of(caption)) <= 16
            captions.append(caption if short else self.data.labels[c])
        words = []
        for c in concepts:
            words.append(self.python.choice(self.data.names[c]))
            words.append(self.python.choice(self.data.words[c]))
        return dict(
            rows=rows,
            kept=kept,
            concepts=there(concepts),
            captions=self.tokens(captions, 16).to(self.device),
            words=self.tokens(words, 8).to(self.device),
            word_index=there(np.array([self.data.word_index[w] for w in words])),
        )
