"""Draws the Mermaid diagrams of Markdown files as SVG, beside them: `.venv/bin/python tests/diagrams.py docs/X.md…`

A page of the site holds no Mermaid, which has 3 MB; test_site.py asks for the picture of each diagram. This alone needs
npm, a network and Chromium, and only when a diagram changes.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "jupyter"))

from engram_pages import page as pages  # noqa: E402

MERMAID = "mermaid@11.12.1"
SETTINGS = """{
    startOnLoad: false, theme: "neutral", htmlLabels: false, flowchart: {htmlLabels: false}, deterministicIds: true,
    fontFamily: "Arial, Helvetica, sans-serif",
}"""


def main(files):
    from conftest import CHROMIUM_OPTIONS, chromium_program
    from playwright.sync_api import sync_playwright

    wanted = {pages.picture(file.parent, match["source"]): match["source"] for file in files for match in pages.diagrams(file.read_text("utf-8"))}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        subprocess.run(["npm", "pack", MERMAID, "--silent"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-xzf", *Path(folder).glob("*.tgz")], cwd=folder, check=True)
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=CHROMIUM_OPTIONS)
        page = browser.new_page()
        page.add_script_tag(path=Path(folder) / "package" / "dist" / "mermaid.min.js")
        page.evaluate(f"mermaid.initialize({SETTINGS})")
        for file, source in wanted.items():
            file.parent.mkdir(exist_ok=True)
            svg = page.evaluate("async ([id, source]) => (await mermaid.render(id, source)).svg", ["d" + file.stem, source])
            width, height = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg).groups()
            svg = svg.replace('width="100%"', f'width="{float(width):.0f}" height="{float(height):.0f}"', 1)
            file.write_text(svg + "\n", encoding="utf-8")
            print(file.relative_to(ROOT))
        browser.close()


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]] or sorted(ROOT.glob("docs/*.md")))
