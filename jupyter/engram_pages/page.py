"""What a page is made of: text as HTML that needs nothing else, its sections, and plotly.js apart from the figures."""

import base64
import hashlib
import html
import mimetypes
import re
from pathlib import Path

import latex2mathml.converter
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor

CODE = r"(?P<code>```.*?```|~~~.*?~~~|`[^`\n]+`)"
BLOCK = r"\$\$(?P<block>.+?)\$\$"
INLINE = r"(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\w$])"
MATH = re.compile(f"{CODE}|{BLOCK}|{INLINE}", re.DOTALL)
IMAGE = re.compile(r"""(?P<before>!\[[^\]]*\]\(|<img\b[^>]*?\bsrc=["'])(?P<file>[^)"'\s]+)""")
DIAGRAM = re.compile(r"^(?P<fence>```|~~~)mermaid[^\S\n]*\n(?P<source>.*?)^(?P=fence)[^\S\n]*$", re.MULTILINE | re.DOTALL)
ARROW = re.compile(r"^\s*([\w.-]+?)\s*-->\s*([\w.-]+)\s*$", re.MULTILINE)
# The script element of PlotlyEdition.java.
LIBRARY = re.compile(
    r"<script>(?P<script>\(function \(\) \{\s*var engram = window\.EngramFigures = [^\n]*\s*"
    r"if \(engram\.full \|\| engram\.(?P<edition>\w+)\) .*?)</script>\s*",
    re.DOTALL,
)


class Page(Preprocessor):
    """Makes HTML of the Markdown cells, and gathers in `resources["page"]` what stands around the cells on the page.

    `resources["link"]`, if it is there, says where a link of the text leads on the site, or None for nowhere.
    """

    def preprocess(self, nb, resources):
        self.folder = Path(resources.get("metadata", {}).get("path") or ".")
        self.link = resources.get("link", lambda target: target)
        self.slugs = set()
        self.libraries = {}
        self.sections = [{"level": 1, "id": "", "title": "", "text": []}]
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = self.markdown(cell)
            elif cell.cell_type == "code":
                self.sections[-1]["text"].append(cell.source)
                self.take_libraries(cell)
        named = [section["title"] for section in self.sections if section["title"]]
        title = named[0] if named else resources.get("metadata", {}).get("name", "Notebook")
        resources["page"] = {"title": title, "sections": self.sections, "libraries": self.libraries}
        return nb, resources

    def markdown(self, cell):
        """A Markdown cell as HTML: images as data, formulas as MathML, headings with an address.

        nbconvert's own embed_images closes every HTML tag where it opens, so that a folded <details> comes out unfolded.
        """
        text = MATH.sub(self.formula, cell.source)
        text = DIAGRAM.sub(self.diagram, IMAGE.sub(self.image, text))
        renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments"), exclude_anchor_links=True)
        soup = BeautifulSoup(MarkdownWithMath(renderer=renderer).render(text), "html.parser")
        for anchor in soup.find_all("a", href=True):
            anchor["href"] = self.link(local(anchor["href"]))
            if not anchor["href"]:
                anchor.unwrap()
        for element in soup.find_all(recursive=False):
            heading = re.fullmatch("h([1-6])", element.name)
            words = " ".join(element.get_text(" " if not heading else "").split())
            if not heading:
                self.sections[-1]["text"].append(words)
                continue
            element["id"] = self.unique(slug(words))
            self.sections.append({"level": int(heading[1]), "id": element["id"], "title": words, "text": []})
        return str(soup)

    def unique(self, wanted):
        found = next(name for name in numbered(wanted) if name not in self.slugs)
        self.slugs.add(found)
        return found

    def formula(self, match):
        if match["code"]:
            return match[0]
        latex = match["block"] or match["inline"]
        try:
            display = "block" if match["block"] else "inline"
            mathml = latex2mathml.converter.convert(latex.strip(), display=display)
        except Exception as problem:  # a formula it cannot read stays as it was written
            self.log.warning("formula left as LaTeX: %s (%s)", latex.strip(), problem)
            return match[0]
        mathml = mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
        # Markdown comes after this and must not take these two for emphasis.
        return mathml.replace("*", "&#x2A;").replace("_", "&#x5F;")

    def diagram(self, match):
        """The picture that tests/diagrams.py has drawn; without one the text, which is legible as it stands."""
        file = picture(self.folder, match["source"])
        if not file.is_file():
            return f"```text\n{match['source']}```"
        told = "; ".join(f"{start} to {end}" for start, end in ARROW.findall(match["source"])) or "diagram"
        data = base64.b64encode(file.read_bytes()).decode()
        return f'<p><img class="diagram" alt="Arrows: {html.escape(told)}" src="data:image/svg+xml;base64,{data}"></p>\n'

    def image(self, match):
        file = self.folder / match["file"]
        kind = mimetypes.guess_type(file.name)[0]
        if not file.is_file() or not kind:
            return match[0]
        return f"{match['before']}data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"

    def take_libraries(self, cell):
        """Takes plotly.js out of the outputs: the page carries it once, or names the file of the site that does."""

        def take(match):
            self.libraries[match["edition"]] = match["script"]
            return ""

        for output in cell.outputs:
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = LIBRARY.sub(take, output.data["text/html"])


def diagrams(markdown):
    """The Mermaid diagrams of a text."""
    return DIAGRAM.finditer(markdown)


def picture(folder, source):
    """Where the picture of a diagram lies: its name is a hash, so a diagram that changes has none until it is drawn."""
    return folder / "diagrams" / f"{hashlib.sha256(source.encode()).hexdigest()[:12]}.svg"


def slug(heading):
    """The address of a heading, as GitHub makes it: `What it needs, in short` is `what-it-needs-in-short`."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") or "section"


def numbered(name):
    yield name
    number = 1
    while True:
        yield f"{name}-{number}"
        number += 1


def local(target):
    """A link with the section it names written as here; JupyterLab writes `02.ipynb#What-it-needs`."""
    file, mark, section = target.partition("#")
    return target if not mark or ":" in file or file.startswith("//") else f"{file}#{slug(section)}"


SETTINGS = {
    "preprocessors": [Page],
    "exclude_input_prompt": True,
    "exclude_output_prompt": True,
    "template_name": "engram",
    "extra_template_basedirs": [str(Path(__file__).resolve().parent.parent / "templates")],
}
