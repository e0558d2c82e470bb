"""What the notebook, kernel and browser tests share: paths, a private Jupyter, a JupyterLab server, a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
NOTEBOOKS = Path(os.environ.get("ENGRAM_TEST_NOTEBOOKS", ROOT / "notebooks"))
# test_notebooks.py runs every chapter in this kernel; in JupyterLab too only that one.
RUN_IN_BROWSER = ("01-meet-the-model",)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_MAC = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
CHROMIUM_OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


def notebooks():
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def pytest_configure(config):
    config.addinivalue_line("markers", "chapters(name, ...): the test runs with these notebooks alone")


def pytest_generate_tests(metafunc):
    """A test that takes `notebook` runs once for each notebook of the project, and fails where there is none."""
    if "notebook" in metafunc.fixturenames:
        found = notebooks()
        if chosen := metafunc.definition.get_closest_marker("chapters"):
            found = [path for path in found if path.stem in chosen.args]
            assert len(found) == len(chosen.args), f"not all of {chosen.args} are in {NOTEBOOKS}"
        assert found, f"no notebook in {NOTEBOOKS}"
        metafunc.parametrize("notebook", found, ids=[path.stem for path in found], scope="session")


def pytest_collection_modifyitems(items):
    """What two workers share out: a file is one's whole, and so is a chapter, which is executed once."""
    for item in items:
        chapter = item.callspec.params["notebook"].stem if "executed" in item.fixturenames else ""
        item.add_marker(pytest.mark.xdist_group(item.path.stem + chapter))


@pytest.fixture(scope="session", autouse=True)
def private_jupyter(tmp_path_factory):
    """Keeps settings, trust and runtime files of these tests out of the home directory and of .venv."""
    home = tmp_path_factory.mktemp("jupyter")
    for name in ("CONFIG", "DATA", "RUNTIME"):
        os.environ[f"JUPYTER_{name}_DIR"] = str(home / name.lower())
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    RESULTS.mkdir(exist_ok=True)
    return home


def run_jupyter(*arguments):
    """Runs a jupyter subcommand of this environment and returns what it said; fails with that when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", *map(str, arguments)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"jupyter {arguments[0]} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    """A copy of the notebooks; those that are run there without outputs, so that what a page shows was made there."""
    folder = Path(shutil.copytree(NOTEBOOKS, tmp_path_factory.mktemp("workspace") / "notebooks"))
    for path in folder.glob("*.ipynb"):
        if path.stem in RUN_IN_BROWSER:
            run_jupyter("nbconvert", "--clear-output", "--inplace", path)
    return folder


@dataclass
class Lab:
    """A running JupyterLab server."""

    url: str
    token: str

    def notebook(self, name):
        return f"{self.url}/lab/workspaces/test/tree/{name}?reset&token={self.token}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def lab(workspace, private_jupyter):
    """JupyterLab on loopback, serving the copied notebooks, with every cell in the page (no windowing)."""
    settings = private_jupyter / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf-8")
    server = Lab(f"http://127.0.0.1:{free_port()}", "a-token-of-the-tests")
    log = open(RESULTS / "jupyterlab.log", "w", encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={server.url.rsplit(':', 1)[1]}", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={server.token}", f"--ServerApp.root_dir={workspace}",
        ],
        env=os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(private_jupyter / "settings")},
        stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_for_server(process, server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def wait_for_server(process, server, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, f"JupyterLab ended: {(RESULTS / 'jupyterlab.log').read_text()}"
        try:
            with urllib.request.urlopen(f"{server.url}/api/status?token={server.token}", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not answer in {seconds} s: {(RESULTS / 'jupyterlab.log').read_text()}")


def chromium_program():
    candidates = [shutil.which(name) for name in CHROMIUM_NAMES] + [str(CHROMIUM_MAC) if CHROMIUM_MAC.exists() else None]
    program = next(filter(None, candidates), None)
    assert program, "Chromium is missing: apt install chromium, or brew install --cask chromium."
    return program


# One module uses the browser: Playwright's event loop must be gone when nbclient wants the thread.
@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_program(), args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser):
    opened = browser.new_context(viewport={"width": 1280, "height": 1000})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def offline_page(context):
    """A page without a network, which asks for nothing elsewhere and has no error."""
    from test_browser import record_requests

    context.set_offline(True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    elsewhere = record_requests(page, allowed="file:")
    yield page
    assert not errors
    assert not elsewhere


@pytest.fixture(scope="session")
def python():
    """A Python with torch and transformers: ./lab test makes one, unless ENGRAM_TRANSFORMERS names one."""
    program = os.environ.get("ENGRAM_TRANSFORMERS")
    if not program:
        pytest.skip("ENGRAM_TRANSFORMERS names no Python with transformers; ./lab test transformers makes one")
    return program
