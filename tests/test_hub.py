"""One cache for two: what Python's huggingface_hub has downloaded Engram reads, and the other way round."""

import os

import kernels
import loopback_hub
import outputs
import pytest
from conftest import ROOT
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download

NAME = "acme/tiny-clip"
MODEL = ROOT / "iconclip/src/main/resources/dev/engram/iconclip/model"


@pytest.fixture
def hub():
    with loopback_hub.hub(NAME, MODEL) as served:
        yield served


def environment(home, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return kept | {"HF_HOME": str(home)} | more


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_engram_reads_what_python_downloaded(hub, tmp_path):
    snapshot_download(NAME, endpoint=hub.url, cache_dir=tmp_path / "hub")
    hub.requests.clear()
    with kernels.running(environment(tmp_path, HF_ENDPOINT=hub.url)) as session:
        said = session.run(f"%model {NAME}")
        assert f"{NAME}@{loopback_hub.COMMIT}" in said
        session.run("%images visent-mini")
        assert outputs.NEURON.search(session.run("%attribute panda/0"))
    assert hub.requests == [], "what is in the cache needs nobody"


def test_python_reads_what_engram_downloaded(hub, tmp_path):
    with kernels.running(environment(tmp_path, HF_ENDPOINT=hub.url)) as session:
        assert f"{NAME}@{loopback_hub.COMMIT}" in session.run(f"%model {NAME}")
        once = len(hub.requests)
        session.run(f"%model {NAME}")
        assert len(hub.requests) == once
    cache = tmp_path / "hub"
    folder = snapshot_download(NAME, cache_dir=cache, local_files_only=True)
    assert contents(cache.parent / folder) == contents(MODEL)
    for name in contents(MODEL):
        hf_hub_download(NAME, name, cache_dir=cache, local_files_only=True)
    scanned = scan_cache_dir(cache)
    assert scanned.warnings == []
    [repository] = scanned.repos
    assert (repository.repo_id, repository.nb_files) == (NAME, len(contents(MODEL)))
    assert [revision.refs for revision in repository.revisions] == [{"main"}]
    # Python, asked to fetch the same, finds nothing left to do
    hub.requests.clear()
    snapshot_download(NAME, endpoint=hub.url, cache_dir=cache)
    assert not [path for _, path in hub.requests if path.startswith("store:")]


def test_each_completes_what_the_other_began(hub, tmp_path):
    cache = tmp_path / "hub"
    hf_hub_download(NAME, "config.json", endpoint=hub.url, cache_dir=cache)
    with kernels.running(environment(tmp_path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="1")) as session:
        status, _, error = session.finish(session.start(f"%model {NAME}"))
        assert status == "error" and "only in part (without model.safetensors" in error["evalue"]
    with kernels.running(environment(tmp_path, HF_ENDPOINT=hub.url)) as session:
        session.run(f"%model {NAME}")
    folder = snapshot_download(NAME, cache_dir=cache, local_files_only=True)
    assert contents(cache.parent / folder) == contents(MODEL)
