"""The site of an atlas as a person uses it: opened as a file with no network, also of a model of 122,880 neurons."""

import array
import base64
import gzip
import json
import random
import re
import shutil

import nbformat
import pytest
from accessibility import barriers
from conftest import RESULTS
from playwright.sync_api import expect

ADDRESS = re.compile(r"#(L\d+[AF]\d+(H\d+)?)$")

# A ViT-L/14 over 5,000 images.
LAYERS, WIDTH, FFN, HEAD = 24, 1024, 4096, 64
EACH = WIDTH + FFN
COUNT = LAYERS * EACH
EVIL = ["</script><script>window.hacked=1</script>", "<img src=x onerror=window.hacked=1>", "line\u2028separator"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of an atlas of the embedded model, as a notebook writes it."""
    from nbclient import NotebookClient

    folder = tmp_path_factory.mktemp("atlas")
    lines = [
        f"%survey visent-mini --sample 24 --top 5 --out '{folder / 'atlas'}'",
        f"%atlas --html '{folder / 'site'}'",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line) for line in lines])
    book.metadata.kernelspec = {"name": "engram", "display_name": "Engram (Java)", "language": "java"}
    NotebookClient(book, timeout=600, kernel_name="engram").execute()
    return folder / "site"


def write(site, name, content):
    packed = base64.b64encode(gzip.compress(content, 1)).decode()
    (site / f"data/{name}.js").write_text(f'EngramAtlas.take("{name}","{packed}");\n', encoding="ascii")


def read(site, name):
    packed = re.fullmatch(r'EngramAtlas\.take\("[\w-]+","(.*)"\);\n', (site / f"data/{name}.js").read_text()).group(1)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


@pytest.fixture(scope="module")
def large(site, tmp_path_factory):
    """The same pages with the numbers of a large model: random ones, and names that are hostile; layer 3 has pages."""
    return enlarge(shutil.copytree(site, tmp_path_factory.mktemp("large") / "site"))


def enlarge(folder):
    """Puts the numbers of a large model into a site."""
    for file in folder.glob("data/layer-*.js"):
        file.unlink()
    rng = random.Random(1)
    words = EVIL + [f"word{i}" for i in range(20_000 - len(EVIL))]
    titles = EVIL + [f"class {i}" for i in range(1000 - len(EVIL))]
    numbers, columns = bytearray(), []

    def column(name, kind, values):
        content = array.array({"f4": "f", "u2": "H"}[kind], values).tobytes()
        columns.append({"name": name, "type": kind, "at": len(numbers), "count": len(values)})
        numbers.extend(content + b"\0" * (-len(content) % 4))

    for name in ("density", "mean", "deviation", "least", "greatest", "improvement", "coefficient", "x", "y"):
        column(name, "f4", [rng.random() for _ in range(COUNT)])
    column("class", "u2", [1 + i % 1000 for i in range(COUNT)])
    column("turned", "u2", [0] * COUNT)
    column("words", "u2", [1 + rng.randrange(20_000) for _ in range(5 * COUNT)])
    front = read(folder, "front") | {
        "title": "Atlas of a large model", "layers": LAYERS, "width": WIDTH, "ffn": FFN, "head": HEAD, "images": 5000,
        "wordsEach": 5, "vocabulary": words, "classes": titles, "titles": titles, "columns": columns,
    }  # fmt: skip
    write(folder, "front", json.dumps(front).encode())
    write(folder, "numbers", bytes(numbers))
    names = [f"{EVIL[i % 3]}/{i}.jpg" for i in range(5000)]
    images = {"names": names, "classes": [-1] * 5000, "tiles": [i % 24 if i % 2 else -1 for i in range(5000)], "changed": [2]}
    write(folder, "images", json.dumps(images).encode())
    page = {"h": [0] * 32 + [5000] + [0] * 32, "i": 0.01, "n": [[7, COUNT - 1], [0.5, 0.25]],
            "t": [[[0, 1, 2], [3, 2, 1]]] * 3, "c": [[0, 1], [0.5, -0.1], [1, 2]]}  # fmt: skip
    write(folder, "layer-3", json.dumps([page] * EACH).encode())
    return folder


@pytest.fixture
def opened(offline_page):
    """Opens a site."""

    def go(site, address=""):
        offline_page.goto((site / "index.html").as_uri() + address)
        expect(offline_page.locator("#atlas[data-drawn]")).to_be_visible()
        return offline_page

    return go


def heading(page):
    return page.locator(".ee-head h2")


def rows(page):
    return page.locator(".ea-list tbody th a")


def told(page):
    return page.get_by_role("status")


def test_neurons_are_clicked_through_back_and_forward(site, opened):
    page = opened(site)
    expect(told(page)).to_have_text("10,368 of 10,368 neurons")
    expect(rows(page)).to_have_count(25)
    third = rows(page).nth(2).inner_text()
    rows(page).nth(2).click()
    expect(heading(page)).to_have_text(third)
    expect(heading(page)).to_be_focused()
    assert ADDRESS.search(page.url).group(1) == third and third in page.title()
    pictures = page.locator(".ea-picture")
    expect(pictures).to_have_count(15)
    assert re.search(r"\.png: (m|improvement) ", pictures.first.get_attribute("aria-label"))
    assert "sheet-0.jpg" in pictures.first.evaluate("p => getComputedStyle(p).backgroundImage")
    nearest = page.locator("section", has_text="Nearest neurons").locator("a").first
    other = nearest.inner_text()
    nearest.click()
    expect(heading(page)).to_have_text(other)
    page.go_back()
    expect(heading(page)).to_have_text(third)
    page.go_back()
    expect(rows(page).nth(2)).to_be_focused()
    page.go_forward()
    expect(heading(page)).to_have_text(third)
    page.reload()
    expect(heading(page)).to_have_text(third)
    page.get_by_role("link", name="All neurons").click()
    expect(rows(page)).to_have_count(25)


def test_an_address_opens_a_neuron_and_a_search(site, opened):
    page = opened(site, "#L4F707")
    expect(heading(page)).to_have_text("L4F707")
    word = page.locator(".ea-words a").first
    said = word.inner_text()
    word.click()
    expect(page.get_by_label("Find", exact=True)).to_have_value(said)
    expect(page.locator(".ea-says").first).to_contain_text(said)
    found = told(page).inner_text()
    page.get_by_label("Kind").select_option("MSA")
    expect(told(page)).not_to_have_text(found)
    narrowed = told(page).inner_text()
    page.reload()
    expect(page.get_by_label("Kind")).to_have_value("MSA")
    expect(told(page)).to_have_text(narrowed)
    page = opened(site, "#L99F1")
    expect(told(page)).to_contain_text("This model has no neuron L99F1.")


def test_the_keyboard_alone_is_enough(site, opened):
    page = opened(site)
    page.get_by_label("Find", exact=True).focus()
    page.keyboard.type("L3F21")
    expect(told(page)).to_have_text(re.compile("^11 of"))
    first = rows(page).first.inner_text()
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(first)
    page.evaluate("history.back()")  # Alt and the arrow, which a browser without a window does not have
    expect(rows(page).first).to_be_focused()
    header = page.get_by_role("button", name="density", exact=True)
    header.focus()
    page.keyboard.press("Enter")
    sorted_by = page.locator("th[aria-sort]")
    expect(sorted_by).to_have_attribute("aria-sort", "descending")
    expect(sorted_by.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(sorted_by).to_have_attribute("aria-sort", "ascending")
    column = page.locator("tbody tr td:nth-child(5)").all_inner_texts()
    numbers = [float(text.replace("\u2212", "-")) for text in column]
    assert numbers == sorted(numbers)


def test_a_point_of_the_map_leads_to_its_neuron(site, opened):
    page = opened(site, "#find=L3F212&in=names&kind=FFN")
    expect(told(page)).to_have_text(re.compile("^1 of"))  # 212 is a channel, and there is no 2120
    canvas = page.locator("canvas.ea-map")
    expect(canvas).to_have_attribute("aria-label", re.compile("10,368 neurons, of which 1 fit"))
    box = canvas.bounding_box()
    x, y = canvas.evaluate(  # every other point is grey
        """c => {
          const { data, width } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          for (let i = 0; i < data.length; i += 4) {
            const rgb = [data[i], data[i + 1], data[i + 2]];
            if (data[i + 3] && Math.max(...rgb) - Math.min(...rgb) > 40) return [i / 4 % width, i / 4 / width].map(Math.floor);
          }
        }"""
    )
    scale = box["width"] / canvas.evaluate("c => c.width")
    found = (box["x"] + x * scale, box["y"] + y * scale)
    page.mouse.move(*found)
    expect(page.locator(".ea-tip")).to_have_text(re.compile("^L3F212 "))
    page.mouse.click(*found)
    expect(heading(page)).to_have_text("L3F212")


def test_a_large_model_is_searched(large, opened):
    page = opened(large)
    expect(told(page)).to_have_text("122,880 of 122,880 neurons")
    find = page.get_by_label("Find", exact=True)
    find.fill("word1234")
    expect(told(page)).not_to_have_text("122,880 of 122,880 neurons")
    assert all("word1234" in text for text in page.locator(".ea-says").all_inner_texts())
    page.get_by_label("Density from").fill("0.2")
    page.get_by_label("Density to").fill("0.4")
    densities = [float(text) for text in page.locator("tbody tr td:nth-child(5)").all_inner_texts()]
    assert densities and all(0.2 <= d <= 0.4 for d in densities)
    page.get_by_label("Density from").fill("")
    page.get_by_label("Density to").fill("")
    page.get_by_label("Find in").select_option("classes")
    find.fill("class 77")
    expect(told(page)).to_have_text(re.compile("^1,353 of"))
    page.get_by_label("Find in").select_option("")
    find.fill("L3F212")
    page.get_by_label("Layer", exact=True).select_option("3")
    expect(told(page)).to_have_text(re.compile("^11 of"))  # L3F212 and L3F2120 to 2129
    page.get_by_role("button", name="neuron", exact=True).click()
    find.press("Enter")
    expect(heading(page)).to_have_text("L3F212")
    expect(page.locator(".ea-missing").first).to_have_text("missing")
    expect(page.locator(".ea-missing").nth(1)).to_have_text("changed since")
    page.go_back()
    expect(find).to_have_value("L3F212")


def test_hostile_names_stay_text(large, opened):
    page = opened(large, "#find=hacked&in=words")
    expect(page.locator(".ea-says").first).to_contain_text(re.compile("window.hacked=1"))
    page.get_by_label("Find in").select_option("classes")
    expect(page.locator(".ea-class").first).to_contain_text("window.hacked=1")
    page = opened(large, "#L3F212")
    expect(page.locator(".ea-picture, .ea-missing")).to_have_count(9)
    assert "window.hacked=1" in page.locator(".ea-thumb").first.get_attribute("title")
    assert page.evaluate("window.hacked") is None


def test_a_file_that_is_missing_is_named(large, opened):
    page = opened(large, "#L5F1")
    expect(page.get_by_role("alert")).to_have_text(re.compile("data/layer-5.js is missing or damaged"))


@pytest.mark.parametrize(
    ("name", "width", "scheme"), [("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 480, "light")]
)
def test_light_dark_and_narrow(site, context, opened, name, width, scheme):
    page = opened(site)
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    for view, address in (("front", "#"), ("neuron", "#L4F707")):
        page = opened(site, address)
        expect(page.locator("canvas.ea-map" if view == "front" else ".ea-picture").first).to_be_visible()
        paper = page.locator("#atlas").evaluate("e => getComputedStyle(e).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", paper)[:3])) / 3
        assert (brightness > 128) == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        assert not barriers(page)
        page.screenshot(path=RESULTS / f"atlas-{view}-{name}.png", full_page=True)
