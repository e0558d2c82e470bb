"""Makes the list of concepts and their drawings from the packages' names and code points.

A concept is an emoji of Unicode, a flag, a brand, or a drawing that OpenMoji adds. One set of each
concept with three or more is held out; the choice comes from a seed over the sorted concepts and so
stays as it is as long as the packages' versions do.
"""

import collections
import json
import random
import re
import unicodedata

from .places import HERE, Places
from .sets import BRANDS, EMOJI, EXTRA, characters, family, icons

FACTS = json.loads((HERE / "iconclip_train/facts.json").read_text())
NAMES = json.loads((HERE / "iconclip_train/names.json").read_text())

TONES = ["light", "medium-light", "medium", "medium-dark", "dark"]
# Longer names first: "light" ends "medium-light" too.
TONE_ENDINGS = ["medium-light", "medium-dark", "light", "medium", "dark"]
TONE_POINTS = {"1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"}
NAMING_SETS = ["openmoji", "noto", "twemoji", "fluent-emoji-flat", "fluent-emoji-high-contrast"]
# In this order: where two sources give a name to different emoji, the first counts.
SHORTCODES = "cldr-native github cldr emojibase emojibase-legacy iamcal joypixels".split()
BRITAIN = {
    "gb-eng": "1f3f4-e0067-e0062-e0065-e006e-e0067-e007f",
    "gb-sct": "1f3f4-e0067-e0062-e0073-e0063-e0074-e007f",
    "gb-wls": "1f3f4-e0067-e0062-e0077-e006c-e0073-e007f",
}
BRAND_ENDINGS = (
    "-icon -wordmark -original -plain -line -dark -light -logo -alt -horizontal -vertical "
    "-official -mark"
).split()
# OpenMoji's drawings of these are no brands.
NO_BRANDS = set("brain cursor link picture drone wire signal element".split())
FLAG_SPELLING = [
    (" SAR China", ""), ("St. ", "Saint "), ("&", "and"), (" - Kinshasa", " Kinshasa"),
    (" - Brazzaville", " Brazzaville"), (" (Keeling)", ""), ("Türkiye", "Turkey"),
    ("Åland", "Aland"), ("Curaçao", "Curacao"), ("Réunion", "Reunion"),
    ("São Tomé and Príncipe", "Sao Tome and Principe"), ("Côte d’Ivoire", "Ivory Coast"),
    ("Barthélemy", "Barthelemy"),
]


def plain(points):
    """Code points without the mark that asks for a coloured picture."""
    return "-".join(p for p in points.lower().split("-") if p != "fe0f")


def slug(text):
    """A name as icon sets write it."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    text = text.replace("&", "and").replace("’", "").replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def category(entry, subgroups):
    """Our category of an emoji, from Unicode's group and subgroup."""
    sub = subgroups.get(str(entry.get("subgroup")), "")
    match entry.get("group"):
        case 9:
            return "flags"
        case 0:
            return "characters" if sub == "face-costume" else "smileys"
        case 1:
            if sub == "person-fantasy":
                return "characters"
            return "body" if sub.startswith("hand") or sub == "body-parts" else "people"
        case 3:
            return "animals" if sub.startswith("animal") else "plants"
        case 4:
            return "food"
        case 5:
            if sub.startswith("place"):
                return "places"
            if sub.startswith("transport"):
                return "transport"
            return "symbols" if sub == "time" else "nature"
        case 6:
            return "activities"
        case 7:
            return "objects"
        case _:
            return "symbols"


class Emoji:
    """Unicode's emoji as emojibase lists them, and the ways in which icon sets name them."""

    def __init__(self, places):
        folder = places.packages / "emojibase-data"
        self.listed = json.loads((folder / "en/data.json").read_text())
        self.subgroups = json.loads((folder / "meta/groups.json").read_text())["subgroups"]
        self.by_points = {plain(e["hexcode"]): e for e in self.listed}
        self.by_name = {}
        for name in NAMING_SETS:
            for points, icon in characters(name).items():
                self.by_name.setdefault(icon, plain(points))
            for alias, target in icons(name).get("aliases", {}).items():
                if target["parent"] in self.by_name:
                    self.by_name.setdefault(alias, self.by_name[target["parent"]])
        self.skins = {}
        for e in self.listed:
            self.by_name.setdefault(slug(e["label"]), plain(e["hexcode"]))
            for skin in e.get("skins", []):
                self.by_name.setdefault(slug(skin["label"]), plain(skin["hexcode"]))
                if isinstance(skin["tone"], int):
                    self.skins[plain(skin["hexcode"])] = (
                        plain(e["hexcode"]), TONES[skin["tone"] - 1],
                    )
        for source in SHORTCODES:
            file = folder / "en/shortcodes" / (source + ".json")
            for points, names in json.loads(file.read_text()).items():
                for n in [names] if isinstance(names, str) else names:
                    self.by_name.setdefault(slug(n), plain(points))
        self.by_letters = {}
        for n, points in self.by_name.items():
            self.by_letters.setdefault(n.replace("-", ""), points)
        self.by_label = {slug(e["label"]): plain(e["hexcode"]) for e in self.listed}
        self.flags = {
            slug(e["label"][6:]): plain(e["hexcode"])
            for e in self.listed
            if e["label"].startswith("flag: ")
        }
        for name, country in NAMES["flags"].items():
            self.flags.setdefault(name, "-".join("%x" % (0x1F1E6 + ord(c) - 65) for c in country))

    def points(self, name, icon, listed):
        """Code points of a set's icon, and the skin tone in its name; None where there are none."""
        if name == "fxemoji":
            alias = NAMES["fxemoji"].get(icon, "")
            found = self.by_label.get(alias)
            if not found and alias.startswith("flag-"):
                found = self.flags.get(alias[5:])
            if not found and icon not in NAMES["fxemoji"]:
                found = self.by_letters.get(icon.replace("-", ""))
            return found, None
        found = listed.get(icon)
        if not found and icon.startswith("flag-"):
            found = self.flags.get(re.match(r"flag-(for-)?(flag-)?(.*)$", icon).group(3))
        found = found or self.by_name.get(icon)
        if found:
            return found, None
        for tone in TONE_ENDINGS:
            for ending in ("-%s-skin-tone" % tone, "-%s" % tone):
                if icon.endswith(ending):
                    return self.by_name.get(icon[: -len(ending)]), tone
        return None, None


def country(points):
    """The two letters of a flag's country, or None."""
    parts = points.split("-")
    if len(parts) == 2 and all(0x1F1E6 <= int(p, 16) <= 0x1F1FF for p in parts):
        return "".join(chr(int(p, 16) - 0x1F1E6 + 65) for p in parts)
    return None


def brand(name, icon):
    """The brand in an icon's name, or None."""
    if name == "vscode-icons":
        found = re.match(r"file-type-(light-)?(.*)$", icon)
        if not found:
            return None
        icon = found.group(2)
    cut = True
    while cut:
        cut = False
        for ending in BRAND_ENDINGS:
            if icon.endswith(ending) and len(icon) > len(ending) + 1:
                icon, cut = icon[: -len(ending)], True
    return icon


class Concepts:
    """Concepts by key, each with its drawings (set, icon, tone)."""

    def __init__(self, emoji):
        self.emoji = emoji
        self.all = {}
        self.countries = {}

    def add(self, key, name, category, kind, tags=(), facts=(), **more):
        if key not in self.all:
            self.all[key] = dict(
                key=key, name=name, category=category, kind=kind, tags=list(tags),
                facts=list(facts), demonym=None, article=False, images=[], **more,
            )
        return self.all[key]

    def add_emoji(self):
        for name in EMOJI:
            listed = {n: plain(points) for points, n in characters(name).items()}
            for icon, entry in icons(name)["icons"].items():
                if not entry.get("hidden"):
                    points, tone = self.emoji.points(name, icon, listed)
                    if points:
                        self._add_emoji(name, icon, points, tone)

    def _add_emoji(self, name, icon, points, tone):
        known = self.emoji.by_points
        if points not in known:
            if points in self.emoji.skins:
                points, tone = self.emoji.skins[points]
            elif name == "openmoji" and icon in FACTS["openmoji"]:
                f = FACTS["openmoji"][icon]
                c = self.add("om:" + icon, f["name"], f["category"], "emoji", facts=[f["fact"]])
                c["images"].append((name, icon, None))
                return
            elif name == "openmoji" and points.startswith("e"):
                c = self.add("om:" + icon, icon.replace("-", " "), "misc", "emoji")
                c["images"].append((name, icon, None))
                return
            else:
                return
        elif TONE_POINTS & set(points.split("-")) and points not in TONE_POINTS:
            return
        e = known[points]
        label = e["label"]
        if e.get("group") == 2 or label.startswith("regional indicator"):
            return
        if label.startswith("flag: "):
            spelt = label[6:]
            for old, new in FLAG_SPELLING:
                spelt = spelt.replace(old, new)
            two = country(points)
            c = self.add(points, spelt, "flags", "flag")
            c["article"] = two in FACTS["article"]
            if two:
                self.countries[two] = c
        else:
            facts = FACTS["emoji"].get(
                slug(label).replace("-", " "), FACTS["emoji"].get(label.lower(), [])
            )
            c = self.add(
                points, label.replace("’", "'"), category(e, self.emoji.subgroups), "emoji",
                e.get("tags", []), facts,
            )
        c["images"].append((name, icon, tone))

    def add_flags(self):
        for icon in icons("flag")["icons"]:
            found = re.match(r"^([a-z]{2})-(4x3|1x1)$", icon)
            if found and found.group(1).upper() in self.countries:
                self.countries[found.group(1).upper()]["images"].append(("flag", icon, None))
        for icon in icons("circle-flags")["icons"]:
            if len(icon) == 2 and icon.upper() in self.countries:
                self.countries[icon.upper()]["images"].append(("circle-flags", icon, None))
        for icon, points in BRITAIN.items():
            if points in self.all:
                for shape in ("-4x3", "-1x1"):
                    if icon + shape in icons("flag")["icons"]:
                        self.all[points]["images"].append(("flag", icon + shape, None))
                if icon in icons("circle-flags")["icons"]:
                    self.all[points]["images"].append(("circle-flags", icon, None))
        for two, c in self.countries.items():
            f = FACTS["countries"].get(two)
            if f:
                c["facts"] = ["a country in " + f["continent"], "capital " + f["capital"]]
                c["demonym"] = f["demonym"]

    def add_brands(self):
        found, spelt = collections.defaultdict(list), {}
        for name in BRANDS:
            for icon, entry in icons(name)["icons"].items():
                parts = None if entry.get("hidden") else brand(name, icon)
                if not parts:
                    continue
                key = NAMES["brands"].get(parts.replace("-", ""), parts.replace("-", ""))
                if not key:
                    continue
                found[key].append((name, icon, None))
                if "-" in parts and parts.replace("-", "") == key:
                    spelt.setdefault(key, parts.replace("-", " "))
        drawn = {icon.replace("-", ""): icon for icon in icons("openmoji")["icons"]}
        for key, images in found.items():
            sets = len({i[0] for i in images})
            if sets < 2:
                continue
            f = FACTS["brands"].get(key)
            other = "om:" + drawn[key] if key in drawn else None
            if other in self.all and (f or sets >= 3) and key not in NO_BRANDS:
                images.append(("openmoji", drawn[key], None))
                self.all.pop(other)
            c = self.add(
                "b:" + key, f["name"] if f else spelt.get(key, key), "logos", "brand",
                facts=f["facts"] if f else [],
            )
            c["images"] = images


def listed(places):
    """What concepts.json holds: concepts, and drawings with the part they play."""
    emoji = Emoji(places)
    found = Concepts(emoji)
    found.add_emoji()
    found.add_flags()
    found.add_brands()
    rng = random.Random(7)
    concepts, drawings = [], []
    for i, (_, c) in enumerate(sorted(found.all.items())):
        images = c.pop("images")
        sets = sorted({s for s, _, _ in images})
        c["held"] = rng.choice(sets) if len(sets) >= 3 else None
        concepts.append(c)
        for name, icon, tone in images:
            part = "held" if c["held"] == name else "train"
            drawings.append(dict(concept=i, set=name, icon=icon, tone=tone, part=part))
    return dict(concepts=concepts, drawings=drawings + extra(emoji, concepts))


def extra(emoji, concepts):
    """Drawings of the added sets; none by an artist whose set is held out for the concept."""
    index = {c["key"]: i for i, c in enumerate(concepts)}
    out = []
    for name in EXTRA:
        points = {n: plain(p) for p, n in characters(name).items()}
        for icon, entry in icons(name)["icons"].items():
            if entry.get("hidden"):
                continue
            bare = re.sub(r"-\d+$", "", icon)
            key = points.get(icon) or emoji.by_name.get(bare) or emoji.by_name.get(icon)
            i = index.get(key)
            held = None if i is None else concepts[i]["held"]
            if i is not None and not (held and family(held) == family(name)):
                out.append(dict(concept=i, set=name, icon=icon, tone=None, part="extra"))
    return out


def main():
    places = Places.from_arguments(__doc__)
    places.concepts.parent.mkdir(parents=True, exist_ok=True)
    made = listed(places)
    places.concepts.write_text(json.dumps(made))
    parts = collections.Counter(d["part"] for d in made["drawings"])
    print("%d concepts, drawings: %s" % (len(made["concepts"]), dict(parts)))


if __name__ == "__main__":
    main()
