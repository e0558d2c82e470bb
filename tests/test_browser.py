"""What a person sees: JupyterLab and exported reports in a real browser, with nothing to fetch from elsewhere."""

import contextlib
import os
import re
import subprocess
import sys

import nbformat
import outputs
import pytest
from conftest import RESULTS, RUN_IN_BROWSER
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

MARKS = ".barlayer .point path, .scatterlayer .point, .heatmaplayer image, .imagelayer image"
BUSY = re.compile(r"\[\*\]")
# What stock nbconvert writes into every page, whatever the notebook holds.
STOCK_SCRIPTS = re.compile(r"^https://cdnjs\.cloudflare\.com/ajax/libs/(require\.js|mathjax)/")
# As much of require.js as matters: its `define` catches a library that looks for AMD before it looks for window.
FAKE_REQUIRE = "window.define = function () {}; window.define.amd = {}; window.require = window.define;"


# One that is run, and three that show every kind of figure between them: what draws them is the same in each chapter.
@pytest.mark.chapters(*RUN_IN_BROWSER, "03-dissecting", "06-how-concepts-grow", "10-other-models")
def test_notebook_in_jupyterlab(notebook, lab, context, workspace):
    """Some are run there; the others are opened as a reader of the project finds them, with nothing run or trusted."""
    page = context.new_page()
    elsewhere = record_requests(page, allowed=lab.url)
    page.goto(lab.notebook(notebook.name))
    panel = page.locator(".jp-NotebookPanel:visible")
    wait_for_kernel(page)
    if notebook.stem in RUN_IN_BROWSER:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        wait_until_done(panel, len(outputs.code_cells(outputs.read(notebook))))
        wait_for_kernel(page)
        assert_saved_without_error(page, workspace / notebook.name)
    scroll_to(page, panel, panel.locator(".jp-OutputArea table").first)
    bars = panel.locator(".jp-OutputArea .js-plotly-plot:has(.barlayer .point)").first
    scroll_to(page, panel, bars)
    tooltip = hover_first_mark(page, bars)
    page.screenshot(path=RESULTS / f"{notebook.stem}-jupyterlab.png")
    assert tooltip.strip()
    if notebook.stem in RUN_IN_BROWSER:
        assert outputs.NEURON.search(tooltip), f"the tooltip names no neuron: {tooltip!r}"
    assert not elsewhere


def test_tab_finds_what_nobody_has_told(lab, context, workspace):
    """Someone who knows one word types it, presses Tab, chooses, and runs the line."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
    notebook.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    nbformat.write(notebook, workspace / "typed.ipynb")
    page = context.new_page()
    page.goto(lab.notebook("typed.ipynb"))
    panel = page.locator(".jp-NotebookPanel:visible")
    wait_for_kernel(page)
    offered = page.locator(".jp-Completer:visible .jp-Completer-item")

    def choose(typed, wanted):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
        with contextlib.suppress(PlaywrightTimeout):  # JupyterLab takes the only candidate by itself
            offered.filter(has_text=wanted).first.click(timeout=3_000)

    panel.locator(".jp-Cell .cm-content").first.click()
    choose("%m", "%model")
    page.keyboard.press("Shift+Enter")
    wait_until_done(panel, 1)
    choose("%im", "%images")
    page.keyboard.press("Shift+Enter")
    wait_until_done(panel, 2)
    choose("Attribution a = %attribute g", "ghost")
    page.screenshot(path=RESULTS / "completion.png")
    choose(" --re", "--reading")
    choose(" l", "literal_post")
    page.keyboard.press("Shift+Enter")
    wait_until_done(panel, 3)
    page.keyboard.type("table(a, 3)")
    page.keyboard.press("Shift+Enter")
    wait_until_done(panel, 4)
    lines = [cell.inner_text() for cell in panel.locator(".jp-CodeCell .cm-content").all()]
    assert lines[:3] == ["%model", "%images", "Attribution a = %attribute ghost --reading literal_post"]
    expect(panel.locator(".jp-CodeCell").nth(3).locator("table")).to_contain_text(re.compile(r"L\d[AF]\d"))


def test_magic_lines_are_coloured_as_such(lab, context, workspace):
    """In a cell of Java, and its Java is Java's; nothing of a notebook's Python."""
    cells = [
        'Attribution a = %attribute ghost --label "a % b" --top {{top}}\nint x = 10 % a.hashCode(); // --no',
        "%words L4F707",
        "%timeit 3 % 2",
    ]
    for name, language, those in (("coloured", "java", cells[:2]), ("python", "python", cells[2:])):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in those])
        kernel = {"java": "engram", "python": "python3"}[language]
        book.metadata.kernelspec = {"name": kernel, "display_name": kernel, "language": language}
        book.metadata.language_info = {"name": language.capitalize() if language == "java" else language, "mimetype": f"text/x-{language}"}
        nbformat.write(book, workspace / f"{name}.ipynb")
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lab.notebook("coloured.ipynb"))
    panel = page.locator(".jp-NotebookPanel:visible")
    wait_for_kernel(page)
    expect(panel.locator(".engram-name")).to_have_text(["%attribute", "%words"])
    expect(panel.locator(".engram-option")).to_have_text(["--label", "--top"])
    expect(panel.locator(".engram-text")).to_have_text(['"a % b"'])
    expect(panel.locator(".engram-value")).to_have_text(["{{top}}"])
    expect(panel.locator(".engram-neuron")).to_have_text(["L4F707"])
    colour = "e => getComputedStyle(e.querySelector('span') || e).color"
    name, option = (panel.locator(f".{kind}").first.evaluate(colour) for kind in ("engram-name", "engram-option"))
    assert name != option
    page.screenshot(path=RESULTS / "coloured.png")
    page.goto(lab.notebook("python.ipynb"))
    expect(panel.locator(".cm-content").first).to_contain_text("%timeit")
    page.wait_for_timeout(500)
    assert not panel.locator(".engram-name").count()
    assert not errors


def test_the_documentation_is_read_and_not_edited(lab, context, workspace):
    """A page of docs/ that is clicked in the file browser shows itself, and its links lead on."""
    (workspace / "first.md").write_text("# One\n\n[on](second.md)\n", encoding="utf-8")
    (workspace / "second.md").write_text("# Two\n", encoding="utf-8")
    page = context.new_page()
    page.goto(f"{lab.url}/lab/workspaces/test?reset&token={lab.token}")
    page.locator(".jp-DirListing-item").filter(has_text="first.md").dblclick()
    shown = page.locator(".jp-MarkdownViewer:visible")
    expect(shown.get_by_role("heading", name="One")).to_be_visible()
    shown.get_by_role("link", name="on", exact=True).click()
    expect(page.locator(".jp-MarkdownViewer:visible").get_by_role("heading", name="Two")).to_be_visible()


def test_report_is_interactive_with_no_network(notebook, context, tmp_path):
    """As ./lab report writes it."""
    check_exported(notebook, "engram", context, tmp_path)


# What a stock nbconvert makes of an output does not depend on the chapter.
@pytest.mark.chapters(*RUN_IN_BROWSER)
@pytest.mark.parametrize("config", ["stock", "stock-online"])
def test_stock_export_is_interactive_with_no_network(notebook, config, context, tmp_path):
    """As a stock nbconvert writes it, offline; and where require.js arrives."""
    check_exported(notebook, config, context, tmp_path)


def check_exported(notebook, config, context, tmp_path):
    export = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--output-dir", tmp_path, notebook]
    stock = {} if config == "engram" else {"JUPYTER_NO_CONFIG": "1"}
    subprocess.run(export, env=os.environ | stock, check=True, capture_output=True, timeout=300)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    elsewhere = record_requests(page, allowed="file:")
    if config == "stock-online":
        page.route(
            re.compile(r"/require\.js/"),
            lambda route: route.fulfill(body=FAKE_REQUIRE, content_type="text/javascript"),
        )
    else:
        context.set_offline(True)
    page.goto((tmp_path / notebook.with_suffix(".html").name).as_uri())
    expected = len(outputs.figures(outputs.read(notebook)))
    figures = page.locator(".js-plotly-plot:has(svg.main-svg)")
    expect(figures).to_have_count(expected)
    tooltip = hover_first_mark(page, figures)
    page.screenshot(path=RESULTS / f"{notebook.stem}-{config}.png")
    assert tooltip.strip()
    assert not errors
    fetched = [url for url in elsewhere if config == "engram" or not STOCK_SCRIPTS.match(url)]
    assert not fetched, "the page asks for something elsewhere"


def assert_saved_without_error(page, path):
    """In the file, since the page holds only what is near the viewport."""
    page.keyboard.press("Control+s")
    for _ in range(100):
        page.wait_for_timeout(100)
        with contextlib.suppress(nbformat.reader.NotJSONError):  # half written
            cells = outputs.code_cells(outputs.read(path))
            if cells[-1].execution_count:
                break
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]


def scroll_to(page, panel, wanted):
    """Looks through a notebook from the top: JupyterLab keeps only the cells near the viewport on the page."""
    outer = panel.locator(".jp-WindowedPanel-outer")
    outer.evaluate("e => e.scrollTo(0, 0)")
    for _ in range(100):
        page.wait_for_timeout(150)
        if wanted.count() and wanted.is_visible():
            wanted.scroll_into_view_if_needed()
            page.wait_for_timeout(500)
            return
        outer.evaluate("e => e.scrollBy(0, 300)")
    expect(wanted).to_be_visible()


def record_requests(page, allowed):
    """Stops and lists every request that leaves the page's own place."""
    elsewhere = []

    def decide(route):
        url = route.request.url
        if url.startswith((allowed, "data:", "blob:")):
            route.continue_()
        else:
            elsewhere.append(url)
            route.abort()

    page.route("**/*", decide)
    return elsewhere


def wait_for_kernel(page):
    """The kernel is there and idle, as the status bar says (the notebook's toolbar says so before it has started)."""
    expect(page.get_by_text("Engram (Java) | Idle")).to_be_visible(timeout=60_000)


def wait_until_done(panel, cells):
    prompts = panel.locator(".jp-CodeCell .jp-InputArea-prompt")
    for number in range(1, cells + 1):
        expect(prompts.filter(has_text=re.compile(rf"^\[{number}\]:$"))).to_have_count(1, timeout=120_000)
    expect(prompts.filter(has_text=BUSY)).to_have_count(0)


def hover_first_mark(page, figures):
    """Puts the pointer on the first bar, point or heatmap that can be seen and returns the tooltip's text."""
    figures.first.scroll_into_view_if_needed()
    # A bar of height zero and a line without points are marks that cannot be seen.
    mark = figures.locator(MARKS).filter(visible=True).first
    expect(mark).to_be_visible(timeout=15_000)
    mark.scroll_into_view_if_needed()
    tooltip = page.locator(".hoverlayer .hovertext").first
    for _ in range(20):  # a figure that is still being laid out moves away from under the pointer
        box = mark.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x - 2, y - 2)
        page.mouse.move(x, y, steps=3)
        page.wait_for_timeout(300)
        if tooltip.count():
            return tooltip.text_content()
    raise AssertionError("no tooltip appears over the figure")
