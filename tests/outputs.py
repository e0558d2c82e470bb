"""Reads what the outputs of an executed notebook hold."""

import base64
import re
from html.parser import HTMLParser

import nbformat

PLOTLY = "application/vnd.plotly.v1+json"
# L23F1930 is an FFN neuron, L22A3H17 an MSA neuron; the number of a head or neuron follows its letter.
NEURON = re.compile(r"\bL\d+(?:F\d+|A\d+H\d+)\b")

STILL = re.compile(r'<img [^>]*\bsrc="data:image/png;base64,([^"]+)"')


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(book):
    return [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(book):
    return [output for cell in code_cells(book) for output in cell.outputs]


def bundles(book):
    return [output.data for output in outputs(book) if "data" in output]


def html_outputs(book):
    return [data["text/html"] for data in bundles(book) if "text/html" in data]


def tables(book):
    return [html for html in html_outputs(book) if "<table" in html]


def figures(book):
    return [data[PLOTLY] for data in bundles(book) if PLOTLY in data]


def top_neurons(book):
    """The first neuron that each table names."""
    first = (NEURON.search(re.sub(r"(?s)<script.*?</script>|<[^>]+>", " ", html)) for html in tables(book))
    return [match[0] for match in first if match]


def without_scripts(html):
    return re.sub(r"(?s)<(script|style)\b.*?</\1>", "", html)


def is_drawn(data):
    """Whether a script of ours draws an output: a figure, an explorer."""
    return any(mark in data.get("text/html", "") for mark in ("engram.waiting", 'class="engram-explorer"'))


def stills(data):
    """The pictures of an output that are there where no script runs, each at least as large as a PNG's header."""
    found = [base64.b64decode(picture) for picture in STILL.findall(without_scripts(data.get("text/html", "")))]
    return [picture for picture in found if picture.startswith(b"\x89PNG") and len(picture) > 500]


class ExternalReferences(HTMLParser):
    """Collects what a browser would fetch to show a page: scripts, styles, images and frames from elsewhere."""

    LOADING = {"script", "link", "img", "iframe", "source", "video", "audio", "embed", "object"}

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if tag in self.LOADING and name in ("src", "href", "data") and re.match(r"\s*(https?:)?//", value or ""):
                self.found.append(f"<{tag} {name}={value}>")


def external_references(html):
    parser = ExternalReferences()
    parser.feed(html)
    return parser.found
