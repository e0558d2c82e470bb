"""What training reads: concepts, drawings, captions, words, and batches of them."""

import json
import os
import random
import re
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, Dataset

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
WRITTEN = 0.09  # part of the pictures that show a concept's name in letters
ENTITY_WRITTEN = 0.3  # the same for the 60 entities


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


@dataclass
class Plan:
    """One batch before anything is drawn: which concepts, drawings, letters and texts, as arrays.

    Pictures are in the order of all first views, then all second ones.
    """

    concepts: np.ndarray
    drawings: np.ndarray
    written: np.ndarray
    letters: np.ndarray
    captions: np.ndarray
    words: np.ndarray
    word_index: np.ndarray


class Plans(Dataset):
    """The plan of each step, by its number: all chance comes from the seed and the number.

    So a run that was stopped goes on with the batch that would have been next, and plans can be made
    by other processes ahead of time.
    """

    def __init__(self, data, tokens, sizes, seed, concepts=128, views=2, written=True, weights=None):
        self.data, self.tokens, self.sizes, self.seed = data, tokens, sizes, seed
        self.count, self.views, self.written = concepts, views, written
        self.weights = data.weights if weights is None else weights
        self.edges = np.cumsum(self.weights)
        self.is_entity = np.isin(np.arange(len(data.concepts)), data.entities)

    def __getitem__(self, step):
        chance = random.Random("%d %d" % (self.seed, step))
        numpy = np.random.default_rng([self.seed, step])
        concepts = numpy.choice(len(self.data.concepts), self.count, replace=False, p=self.weights)
        drawings, letters = [], {}
        for n, c in enumerate(concepts):
            part = (ENTITY_WRITTEN if self.is_entity[c] else WRITTEN) * self.written
            names = list(self.data.train[c])
            chance.shuffle(names)
            for v in range(self.views):
                chosen = self._drawing(c, names[v % len(names)], chance)
                if chance.random() < part:
                    plain = chance.random() < 0.4
                    # Over a drawing of this concept or, mostly, of another.
                    if not plain and chance.random() < 0.85:
                        other = int(np.searchsorted(self.edges, chance.random() * self.edges[-1]))
                        chosen = self._drawing(other, chance.choice(list(self.data.train[other])), chance)
                    draw = lettering.card if plain else lettering.over
                    letters[v * self.count + n] = draw(
                        self.data.concepts[c]["name"], self.sizes.image, chance
                    )
                drawings.append(chosen)
        captions, words = [], []
        for c in concepts:
            caption = chance.choice(self.data.captions[c])
            short = len(self.tokens.of(caption)) <= 16
            captions.append(caption if short else self.data.labels[c])
            words += [chance.choice(self.data.names[c]), chance.choice(self.data.words[c])]
        side = self.sizes.image
        return Plan(
            concepts,
            np.array(drawings).reshape(-1, self.views).T.reshape(-1),
            np.array(list(letters), np.int64),
            np.stack(list(letters.values())) if letters else np.zeros((0, side, side, 4), np.uint8),
            self.tokens(captions, 16).numpy(),
            self.tokens(words, 8).numpy(),
            np.array([self.data.word_index[w] for w in words]),
        )

    def _drawing(self, concept, name, chance):
        """One drawing of a concept in a set; sometimes with a skin tone."""
        toned = self.data.toned[concept].get(name)
        if toned and chance.random() < 0.15:
            return chance.choice(toned)
        return chance.choice(self.data.train[concept][name])

    def following(self, step, end, workers, device):
        """The plans of the steps from `step` on, made ahead by so many processes.

        @param workers 0: made here; None: here for a CPU, which is busy, and by most cores for a GPU
        """
        if workers is None:
            workers = 0 if device == "cpu" else max(1, os.cpu_count() - 2)
        return iter(
            DataLoader(self, None, sampler=range(step, end), num_workers=workers,
                       prefetch_factor=8 if workers else None, worker_init_fn=_alone)
        )


def _alone(_):
    torch.set_num_threads(1)


class Painter:
    """Draws the pictures of plans, on a CPU or a GPU.

    @param kept how many patches of a picture are read where not all are
    """

    def __init__(self, data, sizes, seed, kept, device="cpu"):
        self.data, self.sizes, self.seed, self.kept = data, sizes, seed, kept
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device)
        self.augment = Augment(sizes.image, self.generator)
        # A GPU holds all drawings; on a CPU they are read from the file.
        self.pixels = None if self.device.type == "cpu" else torch.from_numpy(np.array(data.pixels)).to(device)

    def there(self, values):
        return torch.from_numpy(values).to(self.device)

    def drawn(self, indices):
        return self.there(self.data.pixels[indices]) if self.pixels is None else self.pixels[self.there(indices)]

    def pictures(self, plan, step):
        """The pictures of a step's plan, in 0 to 1 (views × concepts, 3, S, S)."""
        self.generator.manual_seed((self.seed << 32) + step)
        shown = np.array([self.data.drawings[i]["concept"] for i in plan.drawings])
        flat = self.data.may_flip[shown]
        flat[plan.written] = False
        x = self.augment(
            self.drawn(plan.drawings),
            self.there(self.data.one_colour[plan.drawings]),
            self.there(flat),
            self.there(self.data.keep_hue[shown]),
        )
        if len(plan.written):
            rgba = self.there(plan.letters).permute(0, 3, 1, 2).float().div_(255)
            at = self.there(plan.written)
            x[at] = x[at] * (1 - rgba[:, 3:]) + rgba[:, :3] * rgba[:, 3:]
        return x

    def rows(self, plan, step, full=False):
        """The patch rows of a plan's pictures, and which patches they are (None: all)."""
        rows = patches(normalise(self.pictures(plan, step)), self.sizes.patch)
        if full:
            return rows, None
        kept = self.keep(rows)
        return rows.gather(1, kept.unsqueeze(-1).expand(-1, -1, rows.shape[-1])), kept

    def keep(self, rows):
        """A choice of patches, mostly those with something in them (n, kept)."""
        spread = rows.std(-1)
        chance = torch.rand(spread.shape, generator=self.generator, device=self.device)
        gumbel = -torch.log(-torch.log(chance + 1e-9) + 1e-9)
        score = torch.log(spread + 0.15) * 1.5 + gumbel
        return score.topk(self.kept, dim=1).indices
