"""The explorer as a person uses it: in a file with no network, and in a notebook that is trusted or not."""

import re

import nbformat
import pytest
from accessibility import barriers
from conftest import RESULTS, run_jupyter
from playwright.sync_api import expect
from test_browser import record_requests, wait_for_kernel, wait_until_done

ADDRESS = re.compile(r"#(L\d+[AF]\d+(H\d+)?)$")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A notebook with two explorers, executed, and the file that one of them wrote."""
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("explored")
    file = folder / "explorer.html"
    lines = [f"%explore santa_claus --top 8 --html '{file}'", "%explore ghost --top 5", "%attribute santa_claus"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    book.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    NotebookClient(book, timeout=600, kernel_name="engram").execute()
    nbformat.write(book, folder / "explored.ipynb")
    return file


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """An export of a notebook with the page of a neuron and a ranking, and the file that the page was written to."""
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("described")
    file = folder / "L4F707.html"
    lines = [f"%neuron L4F707 --html '{file}'", "%attribute santa_claus --top 5"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    book.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    NotebookClient(book, timeout=600, kernel_name="engram").execute()
    nbformat.write(book, folder / "described.ipynb")
    run_jupyter("nbconvert", "--to", "html", folder / "described.ipynb")
    return file


@pytest.fixture
def opened(offline_page):
    """Opens an explorer that was written as a file."""

    def go(file, address=""):
        offline_page.goto(file.as_uri() + address)
        expect(offline_page.locator(".ee-view")).to_be_visible()
        return offline_page

    return go


def heading(page):
    return page.locator(".ee-head h3")


def assert_fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    wider = page.evaluate(
        """[...document.querySelectorAll('.engram-explorer :is(section, div, header, footer, ul, li, p, canvas, svg, button)')]
        .filter(e => !e.closest('.engram-kept')) // a table scrolls in a box of its own
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"""
    )
    assert not wider, f"these end outside of the page: {wider}"


def test_a_file_is_clicked_through_with_no_network(exported, opened):
    page = opened(exported)
    rows = page.locator(".ee-row")
    expect(rows).to_have_count(8)
    first = rows.nth(0).get_attribute("data-neuron")
    third = rows.nth(2).get_attribute("data-neuron")
    expect(heading(page)).to_have_text(first)
    rows.nth(2).click()
    expect(heading(page)).to_have_text(third)
    assert ADDRESS.search(page.url).group(1) == third
    page.get_by_role("button", name="Back", exact=True).click()
    expect(heading(page)).to_have_text(first)
    page.get_by_role("button", name="Forward", exact=True).click()
    expect(heading(page)).to_have_text(third)
    page.go_back()
    expect(heading(page)).to_have_text(first)
    page.goto(exported.as_uri() + "#" + third)
    expect(heading(page)).to_have_text(third)
    page.reload()
    expect(heading(page)).to_have_text(third)


def test_an_address_opens_its_page(exported, opened):
    page = opened(exported)
    last = page.locator(".ee-row").last.get_attribute("data-neuron")
    page.goto("about:blank")  # else the page that is open only goes there
    page = opened(exported, "#" + last)
    expect(heading(page)).to_have_text(last)


def test_a_query_neuron_leads_to_its_page(exported, opened):
    """Some neuron of the list has a query neuron with a page of its own."""
    page = opened(exported)
    rows = page.locator(".ee-row")
    for i in range(rows.count()):
        rows.nth(i).click()
        nodes = page.locator('.ee-node[role="link"]')
        if nodes.count():
            wanted = nodes.first.get_attribute("data-neuron")
            nodes.first.focus()
            page.keyboard.press("Enter")
            expect(heading(page)).to_have_text(wanted)
            break
    else:
        raise AssertionError("no neuron of the list drives another one")


def test_the_keyboard_alone_is_enough(exported, opened):
    page = opened(exported)
    rows = page.locator(".ee-row")
    second = rows.nth(1).get_attribute("data-neuron")
    rows.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(second)
    expect(page.locator('.ee-row[aria-selected="true"]')).to_be_focused()
    page.keyboard.press("End")
    expect(rows.last).to_be_focused()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()


def test_sorting_and_filters(exported, opened):
    page = opened(exported)
    names = lambda: page.locator(".ee-row .ee-name").all_inner_texts()  # noqa: E731
    numbers = lambda: [  # noqa: E731
        float(n.replace("\u2212", "-")) for n in page.locator(".ee-row .ee-number").all_inner_texts()
    ]
    ranked = names()
    assert numbers() == sorted(numbers(), reverse=True)
    page.get_by_label("Sort by").select_option(label="residual of the words")
    assert numbers() == sorted(numbers())
    assert sorted(names()) == sorted(ranked)
    page.get_by_label("Kind").select_option("MSA")
    assert names() == [n for n in names() if "A" in n] and len(names()) == sum("A" in n for n in ranked)
    page.get_by_label("Kind").select_option("")
    page.get_by_label("Find").fill(ranked[3])
    assert names() == [ranked[3]]
    page.get_by_label("Find").fill("no such word")
    expect(page.get_by_text("No neuron fits.")).to_be_visible()


def test_every_picture_has_words_and_one_scale(exported, opened):
    page = opened(exported)
    page.locator(".ee-thumb").first.click()
    pictures = page.locator(".engram-explorer :is(canvas, img)")
    assert pictures.count() > 6
    for picture in pictures.all():
        assert picture.get_attribute("aria-label"), "a picture without words"
    expect(page.locator(".ee-legend")).to_contain_text("hare of the coefficient")
    expect(page.locator('.ee-thumb[aria-pressed="true"]').first).to_be_visible()
    before = page.locator(".ee-view").evaluate("c => c.toDataURL()")
    page.get_by_label("How much of each picture is the heatmap").fill("100")
    page.wait_for_timeout(200)
    assert page.locator(".ee-view").evaluate("c => c.toDataURL()") != before, "the slider uncovers the heatmap"
    page.locator(".ee-view").hover(position={"x": 20, "y": 20})
    expect(page.locator(".ee-read")).to_contain_text(re.compile(r"row \d+, column \d+: "))


def test_arrow_keys_read_single_patches(exported, opened):
    page = opened(exported)
    view, read = page.locator(".ee-view"), page.locator(".ee-read")
    strongest = re.search(r"row (\d+) and column (\d+)", read.inner_text())
    row, column = map(int, strongest.groups())
    before = view.evaluate("c => c.toDataURL()")
    view.focus()
    page.keyboard.press("ArrowRight")
    expect(read).to_contain_text(f"row {row}, column {column}: ")
    page.wait_for_timeout(200)
    assert view.evaluate("c => c.toDataURL()") != before, "the patch is marked"
    page.keyboard.press("ArrowUp")
    expect(read).to_contain_text(f"row {max(0, row - 1)}, column {column}: ")
    for _ in range(20):  # more than it has
        page.keyboard.press("ArrowLeft")
    expect(read).to_contain_text(f"row {max(0, row - 1)}, column 0: ")
    page.keyboard.press("Escape")
    expect(read).to_contain_text(strongest.group())
    assert not barriers(page)


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 480, "light")]
)
def test_light_dark_and_narrow(exported, opened, name, width, scheme):
    page = opened(exported)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(400)
    paper = page.locator(".engram-explorer").evaluate("e => getComputedStyle(e).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", paper)[:3])) / 3
    assert (brightness > 128) == (scheme == "light")
    assert_fits(page)
    assert not barriers(page)
    page.screenshot(path=RESULTS / f"explorer-{name}.png", full_page=True)


def test_tables_of_an_export_sort_copy_and_lead_into_the_explorer(exported, offline_page, context):
    run_jupyter("nbconvert", "--to", "html", exported.parent / "explored.ipynb")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = offline_page
    page.goto(exported.with_name("explored.html").as_uri())
    table = page.locator("table.engram-table").last
    cells = lambda column: table.locator(f"tbody tr td:nth-child({column})").all_inner_texts()  # noqa: E731
    names = table.locator("thead th").all_inner_texts()
    neuron = 1 + names.index("neuron")
    for column in range(1, 1 + len(names)):
        header = table.locator(f"thead th:nth-child({column})")
        header.get_by_role("button").focus()
        page.keyboard.press("Enter")
        first = header.get_attribute("aria-sort")
        one = cells(column)
        page.keyboard.press("Enter")
        assert {first, header.get_attribute("aria-sort")} == {"ascending", "descending"}
        assert table.locator("[aria-sort]").count() == 1
        if all(re.fullmatch(r"[-\u2212]?[\d.]+(e-?\d+)?", c) for c in one):
            numbers = [float(c.replace("\u2212", "-")) for c in one]
            assert numbers == sorted(numbers, reverse=first == "descending"), names[column - 1]
    table.locator("xpath=following-sibling::button").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").rstrip("\n").split("\n")
    assert lines[0].split("\t") == names
    assert [line.split("\t")[neuron - 1] for line in lines[1:]] == cells(neuron)
    link = table.locator(".engram-neuron a").first
    wanted = link.inner_text()
    link.click()
    assert wanted in page.locator(".ee-head h3").all_inner_texts()
    others = table.locator(".engram-neuron:not(:has(a))")
    assert all(title.startswith("%neuron L") for title in others.evaluate_all("all => all.map(e => e.title)"))


def test_bars_and_labels_of_a_figure_lead_into_the_explorer(exported, offline_page):
    run_jupyter("nbconvert", "--to", "html", exported.parent / "explored.ipynb")
    page = offline_page
    page.goto(exported.with_name("explored.html").as_uri())
    plot = page.locator(".js-plotly-plot").last
    expect(plot.locator(".bars .point").first).to_be_visible()
    heads = page.locator(".ee-head h3")
    labels = plot.locator(".xtick text")
    known = [i for i in range(labels.count()) if page.evaluate("n => [...document.querySelectorAll('.engram-explorer')].some(e => e.engramNeurons.has(n))", labels.nth(i).text_content())]
    assert len(known) >= 3, "the explorer has the best neurons of the same entity"
    for i, place in ((known[1], labels), (known[2], plot.locator(".bars .point"))):
        plot.scroll_into_view_if_needed()
        box = place.nth(i).bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(middle[0], middle[1] - 1)
        page.mouse.move(*middle)
        page.wait_for_timeout(200)
        page.mouse.click(*middle)
        expect(heads.filter(has_text=re.compile(f"^{labels.nth(i).text_content()}$"))).to_have_count(1)


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 480, "light")]
)
def test_the_page_of_one_neuron(described, opened, name, width, scheme):
    page = opened(described)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_timeout(400)
    expect(heading(page)).to_have_text("L4F707")
    assert not page.locator(".ee-list").count(), "one page has no list"
    titles = page.locator("section h4, section h3").all_inner_texts()
    wanted = ["Where it looks", "Highest coefficients", "Lowest", "At random, from the others", "What it says"]
    wanted += ["How often it is active", "Without it", "Entities raised and lowered", "What drives it: query neurons"]
    wanted += ["Every entity", "Nearest neurons", "The same again"]
    expect(page.get_by_text("random vector")).to_be_visible()
    assert [title for title in titles if title] == wanted
    expect(page.locator(".ee-thumb")).to_have_count(18)
    for picture in page.locator(".engram-explorer :is(canvas, img)").all():
        assert picture.get_attribute("aria-label"), "a picture without words"
    page.locator(".ee-thumb").nth(7).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ee-thumb").nth(7)).to_have_attribute("aria-pressed", "true")
    assert_fits(page)
    assert not barriers(page)
    page.screenshot(path=RESULTS / f"neuron-{name}.png", full_page=True)


def test_without_script_the_page_of_a_neuron_is_a_still(described, browser):
    with browser.new_context(java_script_enabled=False, offline=True) as context:
        page = context.new_page()
        page.goto(described.as_uri())
        assert page.locator("img").count() >= 18 + 3, "heatmaps and figures"
        for words in ("What it says", "Nearest neurons", "FFN neuron of iconclip", "on one scale from"):
            expect(page.get_by_text(words).first).to_be_visible()


def test_a_neuron_leads_to_its_page_or_to_the_line_that_shows_it(described, opened, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = opened(described.with_name("described.html"))
    rows = page.locator("table.engram-table").last.locator(".engram-neuron")
    box = page.get_by_role("dialog")
    rows.filter(has_text=re.compile("^L4F707$")).get_by_role("link").click()
    expect(heading(page)).to_be_in_viewport()
    expect(box).to_have_count(0)
    button = rows.get_by_role("button").first
    name = button.inner_text()
    button.focus()
    page.keyboard.press("Enter")
    expect(box).to_contain_text(f"%neuron {name}")
    expect(box.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box.get_by_role("button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"%neuron {name}"
    assert not barriers(page)
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(button).to_be_focused()
    plot = page.locator(".js-plotly-plot").last
    plot.scroll_into_view_if_needed()
    for i, place in ((1, plot.locator(".xtick text")), (2, plot.locator(".bars .point"))):
        wanted = plot.locator(".xtick text").nth(i).text_content()
        at = place.nth(i).bounding_box()
        middle = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        page.mouse.move(middle[0], middle[1] - 1)
        page.mouse.move(*middle)
        page.wait_for_timeout(200)
        page.mouse.click(*middle)
        expect(box).to_contain_text(f"%neuron {wanted} ")
        page.mouse.click(2, at["y"])
        expect(box).to_have_count(0)
    page.locator('.ee-node[role="button"]').first.focus()
    page.keyboard.press("Enter")
    expect(box).to_contain_text("%neuron L")


def test_two_explorers_of_a_notebook_do_not_fight(exported, lab, context, workspace):
    """Untrusted the stills stand; trusted and run, each explorer is clicked by itself, and the notebook stays where it is."""
    (workspace / "explored.ipynb").write_bytes((exported.parent / "explored.ipynb").read_bytes())
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    elsewhere = record_requests(page, allowed=lab.url)
    page.goto(lab.notebook("explored.ipynb"))
    panel = page.locator(".jp-NotebookPanel:visible")
    wait_for_kernel(page)
    expect(panel.locator('.jp-OutputArea img[src^="data:image/png"]').first).to_be_visible()
    assert not panel.locator(".ee-view").count(), "nobody trusts this notebook"
    page.screenshot(path=RESULTS / "explorer-untrusted.png")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    wait_until_done(panel, 3)
    explorers = panel.locator(".engram-explorer")
    expect(explorers.locator(".ee-view")).to_have_count(2)
    before = page.url
    other = heading(explorers.nth(1)).inner_text()
    wanted = explorers.nth(0).locator(".ee-row").nth(1)
    name = wanted.get_attribute("data-neuron")
    wanted.click()
    expect(heading(explorers.nth(0))).to_have_text(name)
    expect(heading(explorers.nth(1))).to_have_text(other)
    page.keyboard.press("ArrowDown")
    expect(explorers.nth(0).locator(".ee-row").nth(2)).to_be_focused()
    explorers.nth(0).get_by_role("button", name="Back", exact=True).click()
    expect(heading(explorers.nth(0))).not_to_have_text(name)
    cells = panel.locator(".jp-CodeCell").count()
    asked = panel.locator(".engram-neuron").get_by_role("button").first
    asked.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").filter(has_text="%neuron ")).to_contain_text(asked.inner_text())
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Copied|refuses"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_be_focused()
    assert panel.locator(".jp-CodeCell").count() == cells, "no key went to the notebook"
    assert page.url == before
    page.screenshot(path=RESULTS / "explorer-jupyterlab.png")
    assert not errors and not elsewhere
