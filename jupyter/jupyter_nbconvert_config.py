"""Reports that show everything with no network: no script from a CDN, images inside, formulas as MathML."""

import base64
import mimetypes
import re
from pathlib import Path

import latex2mathml.converter
from nbconvert.preprocessors import Preprocessor

CODE = r"(?P<code>```.*?```|~~~.*?~~~|`[^`\n]+`)"
BLOCK = r"\$\$(?P<block>.+?)\$\$"
INLINE = r"(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\w$])"
MATH = re.compile(f"{CODE}|{BLOCK}|{INLINE}", re.DOTALL)
IMAGE = re.compile(r"""(?P<before>!\[[^\]]*\]\(|<img\b[^>]*?\bsrc=["'])(?P<file>[^)"'\s]+)""")


class SelfContained(Preprocessor):
    """Puts into Markdown cells what they refer to: images as data, and formulas as MathML that browsers draw.

    nbconvert's own embed_images closes every HTML tag where it opens, so that a folded <details> comes out unfolded.
    """

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "markdown":
            folder = Path(resources.get("metadata", {}).get("path") or ".")
            text = MATH.sub(self.formula, cell.source)
            cell.source = IMAGE.sub(lambda match: self.image(folder, match), text)
        return cell, resources

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

    def image(self, folder, match):
        file = folder / match["file"]
        kind = mimetypes.guess_type(file.name)[0]
        if not file.is_file() or not kind:
            return match[0]
        return f"{match['before']}data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


c = get_config()  # noqa: F821
c.HTMLExporter.preprocessors = [SelfContained]
c.HTMLExporter.template_name = "engram"
c.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates")]
