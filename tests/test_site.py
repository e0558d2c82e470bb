"""The site and the reports as a reader finds them: opened as files, with no network."""

import re
import shutil
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import accessibility
import nbformat
import outputs
import pytest
from conftest import NOTEBOOKS, RESULTS, ROOT, notebooks, run_jupyter
from playwright.sync_api import expect
from test_browser import hover_first_mark

sys.path.append(str(ROOT / "jupyter"))

from engram_pages import book  # noqa: E402
from engram_pages import page as pages  # noqa: E402

LIMIT_MB = 9
CHAPTER = "notebooks/01-meet-the-model.html"
PLOTLY = re.compile(r"engram\.\w+ = window\.Plotly")
WIDE, NARROW = {"width": 1280, "height": 1000}, {"width": 480, "height": 900}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The whole site, built once."""
    out = tmp_path_factory.mktemp("site") / "site"
    assert not book.write(ROOT, out), "these chapters were never run"
    return out


@pytest.fixture
def page(offline_page):
    return offline_page


def go(page, site, place):
    page.goto((site / place).as_uri())


def draw(page):
    """Waits until all figures of a page are drawn, and returns them."""
    page.wait_for_function("window.EngramFigures.waiting.length === 0")
    return page.locator(".js-plotly-plot:has(svg.main-svg)")


# ---- what is built ----


def test_every_diagram_has_its_picture():
    files = [path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("notebooks/*.md")]]
    wanted = {pages.picture(file.parent, match["source"]) for file in files for match in pages.diagrams(file.read_text("utf-8"))}
    assert wanted == set(ROOT.glob("*/diagrams/*.svg")), "run .venv/bin/python tests/diagrams.py; delete those that nothing shows"


def test_the_site_is_small_and_has_plotly_once(site):
    pages = sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))
    assert {f"notebooks/{path.stem}.html" for path in notebooks()} <= set(pages)
    assert {f"docs/{path.stem}.html" for path in ROOT.glob("docs/*.md") if path.stem != "README"} <= set(pages)
    assert "index.html" in pages and "docs/index.html" in pages
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*") if path.is_file()}
    carriers = [path.name for path, text in texts.items() if PLOTLY.search(text)]
    assert carriers == ["plotly-cartesian.js"]
    assert not [reference for path, text in texts.items() if path.suffix == ".html" for reference in outputs.external_references(text)]
    size = sum(path.stat().st_size for path in texts) / 1e6
    assert size < LIMIT_MB, f"the site has {size:.1f} MB"


class Addresses(HTMLParser):
    """The links of a page, and the places in it that a link can name."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.places.add(named.get("id"))
        if tag in ("a", "link") and "href" in named:
            self.links.append(named["href"])
        if tag == "script" and "src" in named:
            self.links.append(named["src"])


def test_every_link_leads_somewhere(site):
    read = {path: Addresses(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    lost = []
    for path, addresses in read.items():
        for link in addresses.links:
            file, _, section = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (path.parent / unquote(file)).resolve() if file else path
            if not target.is_file() or (section and unquote(section) not in read[target].places):
                lost.append(f"{path.relative_to(site)}: {link}")
    assert not lost


def test_links_follow_the_pages_and_whatever_has_none_is_text(tmp_path):
    checkout = tmp_path / "checkout"
    (checkout / "docs").mkdir(parents=True)
    (checkout / "notebooks").mkdir()
    (checkout / "README.md").write_text("# A `book`\n\n[docs](docs/README.md), [code](lab)\n", encoding="utf-8")
    (checkout / "docs/README.md").write_text(
        "# Pages\n\n[b](b.md#What-it-needs,-now), [a](a.md), [front](../README.md), [1](../notebooks/1%20%C3%A4.ipynb)\n",
        encoding="utf-8",
    )
    (checkout / "docs/a.md").write_text("# A <script>alert(1)</script> B\n\n## Twice\n\n## Twice\n", encoding="utf-8")
    (checkout / "docs/b.md").write_text("# B\n\n## What it needs, now\n\n[web](https://example.org)\n", encoding="utf-8")
    unrun = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(unrun, checkout / "notebooks/1 ä.ipynb")
    site = tmp_path / "site"
    assert book.write(checkout, site) == ["notebooks/1 ä.ipynb"]
    front, docs = (Addresses((site / name).read_text(encoding="utf-8")) for name in ("index.html", "docs/index.html"))
    assert "docs/index.html" in front.links and "lab" not in front.links
    assert {"b.html#what-it-needs-now", "a.html", "../index.html", "../notebooks/1%20%C3%A4.html"} <= set(docs.links)
    assert {"twice", "twice-1"} <= Addresses((site / "docs/a.html").read_text(encoding="utf-8")).places
    assert "https://example.org" in (site / "docs/b.html").read_text(encoding="utf-8")
    for path in site.rglob("*.html"):  # as text in the contents and the title, whatever the page itself does
        around = re.sub(r"<main.*</main>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "<script>alert" not in around
    order = re.findall(r'<a href="([^"]*)" rel="next"', (site / "docs/index.html").read_text(encoding="utf-8"))
    assert order == ["b.html"], "pages come as docs/README.md lists them"


def test_a_folder_with_something_else_stays(tmp_path):
    checkout, mine = tmp_path / "checkout", tmp_path / "mine"
    checkout.mkdir()
    with pytest.raises(book.Refusal, match="has no README.md, no notebooks and no docs"):
        book.write(checkout, mine)
    (checkout / "README.md").write_text("# One\n", encoding="utf-8")
    mine.mkdir()
    book.write(checkout, mine)
    (checkout / "README.md").write_text("# Two\n", encoding="utf-8")
    book.write(checkout, mine)
    assert "Two</h1>" in (mine / "index.html").read_text(encoding="utf-8")
    for name in (".git/config", "CNAME", "notebooks/mine.html"):
        (mine / name).parent.mkdir(exist_ok=True)
        (mine / name).write_text("mine", encoding="utf-8")
        with pytest.raises(book.Refusal, match=f"{name} is no file of it"):
            book.write(checkout, mine)
        assert (mine / name).read_text(encoding="utf-8") == "mine"
        (mine / name).unlink()
    (mine / book.FILES).unlink()
    with pytest.raises(book.Refusal, match="holds something else than a site"):
        book.write(checkout, mine)
    assert (mine / "index.html").is_file()


# ---- as it is read ----


def test_figures_answer_the_pointer_and_fit_a_narrow_page(site, page):
    go(page, site, CHAPTER)
    figures = draw(page)
    shown = outputs.figures(outputs.read(NOTEBOOKS / "01-meet-the-model.ipynb"))
    expect(figures).to_have_count(len(shown))
    bars = page.locator(".js-plotly-plot:has(.barlayer .point)")
    assert outputs.NEURON.search(hover_first_mark(page, bars.first))
    page.screenshot(path=RESULTS / "site-wide.png")
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(500)
    for figure in page.locator("figure.drawn").all():
        assert figure.evaluate("f => f.querySelector('figcaption').scrollWidth <= f.clientWidth")
        assert figure.evaluate("f => f.getBoundingClientRect().right <= innerWidth")
        assert figure.evaluate(
            """f => [...f.querySelectorAll('.infolayer text')].every(t => {
              const [box, page] = [t.getBoundingClientRect(), f.getBoundingClientRect()];
              return box.left >= page.left - 1 && box.right <= page.right + 1;
            })"""
        ), f"a title is cut: {figure.inner_text()}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    expect(page.locator("figcaption").filter(has_text="neurons by improvement").first).to_be_visible()
    page.screenshot(path=RESULTS / "site-narrow.png")


def test_a_diagram_is_a_picture_on_light_and_on_dark(site, page):
    for name, scheme, width in (("light", "light", 1280), ("dark", "dark", 1280), ("narrow", "light", 480)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        go(page, site, "docs/architecture.html")
        diagram = page.locator("img.diagram")
        expect(diagram).to_be_visible()
        assert diagram.evaluate("e => e.complete && e.naturalWidth") > 300
        assert "magics to analysis" in diagram.get_attribute("alt")
        assert (diagram.evaluate("e => getComputedStyle(e).filter") != "none") == (scheme == "dark")
        assert "graph LR" not in page.locator("main").inner_text()
        page.screenshot(path=RESULTS / f"diagram-{name}.png")


def test_search_finds_a_section(site, page):
    go(page, site, "docs/figures.html")
    page.get_by_label("Search").fill("orthogonal mat")
    hit = page.locator("#found a").first
    expect(hit.locator("mark").first).to_have_text(re.compile("orthogonal", re.IGNORECASE))
    expect(page.locator("#pages")).to_be_hidden()
    hit.click()
    expect(page).to_have_url(re.compile(r"/notebooks/03-dissecting\.html#words$"))
    page.get_by_label("Search").fill("xyzzy")
    expect(page.locator("#found")).to_have_text(re.compile("^Nothing found"))
    page.get_by_label("Search").fill("")
    expect(page.locator("#pages")).to_be_visible()


def test_one_page_leads_to_the_next(site, page):
    go(page, site, "index.html")
    following = page.locator("a[rel=next]")
    titles = [page.locator("h1").first.inner_text()]
    for _ in range(2):
        following.click()
        titles.append(page.locator("h1").first.inner_text())
    assert titles[0] == "Engram" and [title[:3] for title in titles[1:]] == ["1 ·", "2 ·"]
    page.locator("a[rel=prev]").click()
    expect(page.locator("h1").first).to_have_text(titles[1])
    expect(page.locator("#contents [aria-current=page]")).to_have_text(titles[1])


def test_dark_is_kept_and_reaches_the_figures(site, page):
    go(page, site, CHAPTER)
    figure = draw(page).first
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "p => getComputedStyle(p.querySelector('.xtick text')).fill"
    light, light_ink = page.evaluate(ground), figure.evaluate(ink)
    page.get_by_role("button", name="Dark colours").click()
    dark, dark_ink = page.evaluate(ground), figure.evaluate(ink)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(21, 24, 28)")
    assert light_ink != dark_ink
    go(page, site, "docs/figures.html")
    assert page.evaluate(ground) == dark
    page.evaluate("localStorage.clear()")
    go(page, site, "docs/figures.html")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == dark
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()


def test_contents_open_on_a_narrow_page(site, page):
    page.set_viewport_size(NARROW)
    go(page, site, CHAPTER)
    chapter = page.locator("#contents").get_by_role("link", name="2 · Locating")
    expect(chapter).to_be_hidden()
    page.get_by_role("button", name="Contents").click()
    expect(chapter).to_be_visible()
    page.keyboard.press("Escape")
    expect(chapter).to_be_hidden()
    page.get_by_role("button", name="Contents").click()
    page.locator("#contents").get_by_role("link", name="Exercises").click()
    expect(chapter).to_be_hidden()
    expect(page.get_by_role("heading", name="Exercises")).to_be_in_viewport()


def test_paper_has_the_answers_and_dark_ink(site, page):
    page.emulate_media(color_scheme="dark")
    go(page, site, CHAPTER)
    figure = draw(page).first
    page.evaluate("""() => addEventListener('beforeprint', () => {
      const ink = getComputedStyle(document.querySelector('.xtick text')).fill;
      window.printed = {closed: document.querySelectorAll('details:not([open])').length, ink};
    })""")
    paper = page.pdf(path=RESULTS / "site-chapter.pdf", format="A4")
    assert paper.startswith(b"%PDF") and page.evaluate("printed") == {"closed": 0, "ink": "rgb(29, 35, 41)"}
    assert figure.evaluate("p => getComputedStyle(p.querySelector('.xtick text')).fill") == "rgb(227, 230, 234)"
    page.emulate_media(media="print")
    expect(page.locator("#contents")).to_be_hidden()
    expect(page.locator(".turn")).to_be_hidden()


def test_without_script_figures_are_pictures(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    go(page, site, CHAPTER)
    pictures = page.locator("img[alt^='Figure (']")
    assert pictures.count() > 3
    assert pictures.first.evaluate("i => i.complete && i.naturalWidth > 100")
    expect(page.locator("#contents").get_by_role("link", name="2 · Locating")).to_be_visible()
    expect(page.locator("#search")).to_be_hidden()
    context.close()


def test_nobody_is_kept_out(site, page):
    """axe-core on a page of each kind: wide and light, narrow and dark. On all pages it takes minutes."""
    found = []
    for place in ("index.html", "docs/index.html", "docs/models.html", CHAPTER, "notebooks/05-where-knowledge-lives.html"):
        for size, colours in ((WIDE, "light"), (NARROW, "dark")):
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=colours)
            go(page, site, place)
            draw(page)
            found += [f"{place}, {colours}: {barrier}" for barrier in accessibility.barriers(page)]
    assert not found, "\n".join(found)


# ---- a report ----


def test_a_report_is_one_file_in_the_same_look(tmp_path, page):
    report = tmp_path / "mine.html"
    mine = outputs.read(NOTEBOOKS / "02-locating.ipynb")
    mine.cells.insert(1, nbformat.v4.new_markdown_cell("## `<img src=x onerror=alert(1)>`\n\n### Deeper"))
    nbformat.write(mine, tmp_path / "mine.ipynb")
    run_jupyter("nbconvert", "--to", "html", tmp_path / "mine.ipynb")
    text = report.read_text(encoding="utf-8")
    assert len(PLOTLY.findall(text)) == 1 and not outputs.external_references(text)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.move(report, alone)
    go(page, alone, "mine.html")
    figures = draw(page)
    expect(figures).to_have_count(len(outputs.figures(mine)))
    assert hover_first_mark(page, figures.first).strip()
    contents = page.locator("#contents")
    expect(contents.get_by_role("link", name="<img src=x onerror=alert(1)>")).to_be_visible()
    expect(contents.get_by_role("link", name="Deeper")).to_be_visible()
    contents.get_by_role("link", name="Exercises").click()
    expect(page.get_by_role("heading", name="Exercises")).to_be_in_viewport()
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
    page.set_viewport_size(NARROW)
    assert not accessibility.barriers(page)
    page.screenshot(path=RESULTS / "report.png")
