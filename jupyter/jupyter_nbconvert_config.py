"""Reports that show everything with no network: no script from a CDN, images inside, formulas as MathML."""

import re
from pathlib import Path

import latex2mathml.converter
from nbconvert.preprocessors import Preprocessor

CODE = r"(?P<code>```.*?```|~~~.*?~~~|`[^`\n]+`)"
BLOCK = r"\$\$(?P<block>.+?)\$\$"
INLINE = r"(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?![\w$])"
MATH = re.compile(f"{CODE}|{BLOCK}|{INLINE}", re.DOTALL)


class MathInPlace(Preprocessor):
    """Turns the formulas of Markdown cells into MathML, which browsers draw by themselves."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "markdown":
            cell.source = MATH.sub(self.replace, cell.source)
        return cell, resources

    def replace(self, match):
        if match["code"]:
            return match[0]
        latex = match["block"] or match["inline"]
        try:
            mathml = latex2mathml.converter.convert(
                latex.strip(), display="block" if match["block"] else "inline"
            )
        except Exception as problem:  # a formula it cannot read stays as it was written
            self.log.warning("formula left as LaTeX: %s (%s)", latex.strip(), problem)
            return match[0]
        # Markdown comes after this and must not take these two for emphasis.
        return mathml.replace("*", "&#x2A;").replace("_", "&#x5F;")


c = get_config()  # noqa: F821
c.HTMLExporter.preprocessors = [MathInPlace]
c.HTMLExporter.embed_images = True
c.HTMLExporter.template_name = "engram"
c.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates")]
