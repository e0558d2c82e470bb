"""The environment is the user's: any locale, any path of the checkout, and variables that win over what `lab` installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import kernels
import pytest
from conftest import ROOT
from jupyter_client.kernelspec import KernelSpecManager

sys.path.insert(0, str(ROOT / "python"))
from engram_kernel import platforms  # noqa: E402

IMAGES = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/entities"
CACHES = ("ENGRAM_CACHE", "DJL_CACHE_DIR", "OPT_OUT_TRACKING", "HF_HOME")
LOCALE_NAMES = ("LANG", "LANGUAGE", "PYTHONUTF8", "PYTHONIOENCODING")


def install(venv):
    """What `lab` installs, under another path: the folder that stands for .venv."""
    installed = Path(KernelSpecManager().get_kernel_spec("engram").resource_dir)
    place = venv / "share/jupyter/kernels/engram-elsewhere"
    (place / "lib").mkdir(parents=True)
    for jar in (installed / "lib").iterdir():
        (place / "lib" / jar.name).symlink_to(jar)
    (place / "kernel.json").write_bytes((installed / "kernel.json").read_bytes())
    return venv


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Under a path with spaces and umlauts, for all tests, so that the engine is unpacked once."""
    return install(tmp_path_factory.mktemp("ü ö") / "日本" / ".venv")


@pytest.fixture
def elsewhere(kept, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", str(kept / "share/jupyter"))
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    return kept


def environment(locale, **more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in LOCALE_NAMES}
    return kept | ({"LC_ALL": locale} if locale else {}) | more


@pytest.mark.parametrize("locale", ["C", "POSIX", None, "de_DE.ISO-8859-1", "xx_XX.UTF-8"])
def test_every_locale_is_utf_8(elsewhere, tmp_path, locale):
    images = tmp_path / "Städte"
    for name in ("Köln", "日本"):
        folder = images / name
        folder.mkdir(parents=True)
        folder.joinpath("één.png").write_bytes(next(IMAGES.rglob("*.png")).read_bytes())
    with kernels.running(environment(locale), "engram-elsewhere", cwd=str(images)) as session:
        said = session.run('System.out.println("é日".length() + " é日 " + java.nio.charset.Charset.defaultCharset());')
        assert "2 é日 UTF-8" in said
        session.run('java.nio.file.Files.writeString(java.nio.file.Path.of("Grüße.txt"), "schöne");')
        assert images.joinpath("Grüße.txt").read_text(encoding="utf-8") == "schöne"
        images.joinpath("Grüße.txt").unlink()
        session.run("%model")
        assert "2 images" in session.run(f'%images "{images}"')
        assert "Köln" in session.run("%attribute Köln --top 3")
        assert "日本" in session.run("%attribute 日本 --top 3")
    made = sorted(path.name for path in (elsewhere / "share/engram").iterdir())
    assert made == ["cache", "djl"], "what is unpacked lies beside the kernel that was installed"


def test_the_users_variables_win_over_what_lab_installed(elsewhere, tmp_path, monkeypatch):
    venv = install(tmp_path / "fresh" / ".venv")
    monkeypatch.setenv("JUPYTER_PATH", str(venv / "share/jupyter"))
    places = {name: tmp_path / "mine é" / name for name in ("ENGRAM_CACHE", "DJL_CACHE_DIR")}
    given = {name: str(place) for name, place in places.items()}
    with kernels.running(environment("C", **given, OPT_OUT_TRACKING="yes"), "engram-elsewhere") as session:
        session.run("%model")
        assert "yes" in session.run('System.out.println(System.getenv("OPT_OUT_TRACKING"));')
    for name, place in places.items():
        assert any(place.iterdir()), name
    assert not (venv / "share/engram").exists()


def test_an_empty_folder_for_the_engine_is_refused_and_nothing_is_unpacked_beside_the_notebook(elsewhere, tmp_path):
    with kernels.running(environment(None, DJL_CACHE_DIR=""), "engram-elsewhere", cwd=str(tmp_path)) as session:
        status, _, error = session.finish(session.start("%model"))
        assert status == "error" and "DJL_CACHE_DIR is set and empty" in error["evalue"]
    assert not list(tmp_path.iterdir())


def test_the_kernelspec_fixes_nothing_but_the_locale(elsewhere):
    spec = json.loads((elsewhere / "share/jupyter/kernels/engram-elsewhere/kernel.json").read_text(encoding="utf-8"))
    assert spec["env"] == {"LC_ALL": "C.UTF-8"}


def test_lab_starts_under_such_a_path_in_every_locale(tmp_path):
    """As far as it gets without a build: it knows its tools, and refuses a notebook by its name."""
    checkout = tmp_path / "ü ö" / "engram"
    shutil.copytree(ROOT / "python", checkout / "python", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "lab", checkout)
    for locale in ("C", "POSIX", None, "de_DE.ISO-8859-1"):
        done = subprocess.run(
            ["sh", checkout / "lab", "run", "Käse.ipynb"],
            env=environment(locale), capture_output=True, encoding="utf-8", timeout=60,
        )  # fmt: skip
        # A shell of the machine (python3 may be a script of pyenv) complains of a locale that is not installed.
        said = [line for line in done.stderr.splitlines() if "setlocale" not in line]
        assert (done.returncode, said) == (1, ["lab: there is no notebook Käse.ipynb."])
    assert not list(checkout.rglob("__pycache__"))


def test_java_reads_such_a_name_in_the_environment_that_lab_gives_it(tmp_path):
    source = tmp_path / "Zeigt ü.java"
    source.write_text(
        "class Zeigt { public static void main(String[] a) { System.out.print(new java.io.File(a[0]).exists()); } }",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["java", source, source], env=platforms.utf8(environment("C")), capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.stdout == "true", done.stderr
