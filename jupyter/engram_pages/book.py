"""The course and the documentation as a static site: pages that link to each other, one style, one plotly.js."""

import json
import posixpath
import re
import shutil
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote, unquote

import nbformat
from nbconvert import HTMLExporter

from .page import SETTINGS

FRONT = "README.md"
INDEX = "docs/README.md"
TEMPLATES = Path(SETTINGS["extra_template_basedirs"][0]) / SETTINGS["template_name"]
ASSETS = ("page.css", "page.js", "search.js")
SEARCH = "assets/search-index.js"
FILES = "assets/files.txt"  # all that a site has written, and so may be replaced


class Refusal(Exception):
    """What cannot be built, in one sentence."""


@dataclass
class Source:
    """A notebook or a Markdown file of the checkout, with its place on the site."""

    path: str
    part: str
    title: str
    place: str


def write(root, out):
    """Builds the site of a checkout in the folder OUT, which is new, empty, or an older site and nothing else.

    Returns the chapters that were never run, of which the site has no results.
    """
    check(out)
    sources = find(root)
    if not sources:
        raise Refusal(f"{root} has no {FRONT}, no notebooks and no docs to build a site from.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as folder:
        new = Path(folder) / "site"
        unrun = fill(new, root, sources)
        check(out)  # it took a while
        old = Path(folder) / "old"
        if out.exists():
            out.rename(old)
        try:
            new.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise
    return unrun


def check(out):
    """Refuses a folder in which something lies that no site has written."""
    if not out.exists():
        return
    known = (out / FILES).read_text(encoding="utf-8").splitlines() if (out / FILES).is_file() else []
    if not out.is_dir() or (not known and any(out.iterdir())):
        raise Refusal(f"{out} holds something else than a site; name a folder that is new or empty.")
    for path in sorted(path for path in out.rglob("*") if path.is_symlink() or not path.is_dir()):
        name = path.relative_to(out).as_posix()
        if name not in known:
            raise Refusal(f"The site in {out} would be replaced, and {name} is no file of it; move that away first.")


def fill(new, root, sources):
    (new / "assets").mkdir(parents=True)
    for name in ASSETS:
        shutil.copyfile(TEMPLATES / name, new / "assets" / name)
    exporter = HTMLExporter(**SETTINGS)
    found, unrun = [], []
    for number, source in enumerate(sources):
        notebook = read(root / source.path)
        if not is_run(notebook):
            unrun.append(source.path)
        body, page = render(exporter, notebook, root, sources, number)
        place = new / source.place
        place.parent.mkdir(exist_ok=True)
        place.write_text(body, encoding="utf-8")
        for edition, script in page["libraries"].items():
            (new / library(edition)).write_text(script, encoding="utf-8")
        found += entries(source, page)
    script = f"window.EngramSearch({json.dumps(found, ensure_ascii=False, separators=(',', ':'))});\n"
    (new / SEARCH).write_text(script, encoding="utf-8")
    written = [path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()]
    (new / FILES).write_text("\n".join(sorted([*written, FILES])) + "\n", encoding="utf-8")
    return unrun


def is_run(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    return not code or any(cell.outputs for cell in code)


def find(root):
    """What the site holds, in reading order: the front page, the chapters, the pages that docs/README.md lists, and the
    rest of docs/."""
    index = root / INDEX
    listed = re.findall(r"\]\(([^)#]+\.md)[)#]", index.read_text(encoding="utf-8")) if index.is_file() else []
    docs = [posixpath.normpath(posixpath.join("docs", name)) for name in listed]
    docs = [INDEX, *docs, *sorted(f"docs/{path.name}" for path in root.glob("docs/*.md"))]
    chapters = [f"notebooks/{path.name}" for path in sorted(root.glob("notebooks/*.ipynb"))]
    parts = {"": [FRONT], "The course": chapters, "Documentation": dict.fromkeys(docs)}
    files = [(path, part) for part, paths in parts.items() for path in paths if (root / path).is_file()]
    places = ["index.html", *(place(path) for path, _ in files[1:])]
    return [Source(path, part, title(root / path), where) for (path, part), where in zip(files, places, strict=False)]


def place(path):
    return str(Path(path.replace(INDEX, "docs/index.md")).with_suffix(".html").as_posix())


def title(file):
    """The first heading of a page, or its name."""
    cells = read(file).cells
    lines = (line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line[2:].strip().replace("`", "") for line in lines if line.startswith("# ")), file.stem)


def read(file):
    if file.suffix == ".ipynb":
        return nbformat.read(file, as_version=4)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(file.read_text(encoding="utf-8"))])


def library(edition):
    return f"assets/plotly-{edition}.js"


def render(exporter, notebook, root, sources, number):
    """A page of the site, and what `Page` gathered of it."""
    source = sources[number]
    places = {other.path: other.place for other in sources}
    start = posixpath.dirname(source.place)

    def towards(place):
        return quote(posixpath.relpath(place, start or "."))

    def link(target):
        file, mark, section = target.partition("#")
        if not file or ":" in file or file.startswith("//"):
            return target
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), unquote(file)))
        return towards(places[path]) + mark + section if path in places else None

    resources = {
        "metadata": {"name": Path(source.path).stem, "path": str((root / source.path).parent)},
        "link": link,
        "towards": towards,
        "library": library,
        "site": {
            "parts": {part: list(members) for part, members in groupby(sources, lambda source: source.part)},
            "front": sources[0],
            "here": source,
            "before": sources[number - 1] if number else None,
            "after": sources[number + 1] if number + 1 < len(sources) else None,
            "search": SEARCH,
        },
    }
    body, resources = exporter.from_notebook_node(notebook, resources)
    return body, resources["page"]


def entries(source, page):
    """What a search looks through, a section each: address, page, section, text."""
    for section in page["sections"]:
        text = " ".join(" ".join(section["text"]).split())
        if section["title"] or text:
            mark = f"#{section['id']}" if section["id"] else ""
            yield [quote(source.place) + mark, source.title, section["title"], text]
