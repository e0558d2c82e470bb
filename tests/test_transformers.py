"""%save and models of images alone, judged by transformers itself: it gives the embeddings that the kernel gives."""

import json
import os
import subprocess
from pathlib import Path

import kernels
import pytest
from PIL import Image

TEXTS = ["the flag of Italy", "a", "it's a 2nd, GREEN  café!"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A wide one and a tall one, to be cropped, and one that is smaller than the model's input."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for number, size in enumerate([(231, 100), (97, 180), (30, 41)]):
        gray = [Image.effect_noise((6, 6), 200).resize(size, Image.Resampling.BICUBIC) for _ in "RGB"]
        paths.append(folder / f"{number}.png")
        Image.merge("RGB", gray).save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def saved(pictures, tmp_path_factory):
    """A model with two edits, saved, and what the kernel says of it before and after: images, texts, scale."""
    folder = tmp_path_factory.mktemp("models") / "edited"
    with kernels.running(dict(os.environ)) as session:
        session.run("%model")
        session.run("%images visent-mini")
        before = embeddings(session, pictures)
        session.run("%forget italy --mode complete --top 5 --evaluate none")
        session.run("%teach Spain --images japan --guide spain --block L2A L4F --evaluate none")
        session.run(f"%save '{folder}'")
        return folder, before, embeddings(session, pictures)


@pytest.fixture(scope="module")
def images_alone(python, pictures, tmp_path_factory):
    """Of models without texts that transformers has written: what the kernel makes of each, and of an edited one, saved."""
    folder = tmp_path_factory.mktemp("images alone")
    asked(python, "transformers_images.py", "make", folder)
    found = {}
    with kernels.running(dict(os.environ)) as session:
        for name in ("dinov2", "vit"):
            session.run(f"%model '{folder / name}'")
            before = image_embeddings(session, pictures)
            session.run(f"""
                import java.nio.file.Path;
                import dev.engram.Provenance;
                import dev.engram.edit.*;
                ModelCard card = %model
                EditHistory edits = new EditHistory(card.clip());
                edits.apply(Removal.complete(card.clip(), "one", List.of(Neuron.parse("L2F5")), Provenance.of("a", "b")));
                edits.saveModel(Path.of({json.dumps(str(folder / name) + " edited")}), Progress.NONE);""")
            session.run(f"%model '{folder / name} edited'")
            found[name] = folder / name, before, image_embeddings(session, pictures)
    return found


@pytest.mark.parametrize("name", ["dinov2", "vit"])
def test_models_of_images_alone_are_those_of_transformers(python, images_alone, pictures, name):
    folder, before, after = images_alone[name]
    images = json.dumps(list(map(str, pictures)))
    theirs = asked(python, "transformers_images.py", "embed", folder, images)
    assert largest_difference(theirs["images"], before) < 1e-5
    saved = asked(python, "transformers_images.py", "embed", f"{folder} edited", images)
    assert saved["loading"] == {"missing_keys": [], "unexpected_keys": [], "mismatched_keys": [], "error_msgs": []}
    assert largest_difference(saved["images"], after) < 1e-5
    assert largest_difference(before, after) > 1e-3, "the edit is in what was saved"


def asked(python, script, *words):
    """What a script prints that runs with transformers' Python, read as JSON."""
    done = subprocess.run(
        [python, Path(__file__).with_name(script), *words],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "null")


def image_embeddings(session, pictures):
    files = ", ".join(f"Path.of({json.dumps(str(path))})" for path in pictures)
    said = session.run(f"""
        import java.nio.file.Path;
        ModelCard shown = %model
        "JSON" + Arrays.deepToString(shown.clip().embedImages(shown.clip().pixels(List.of({files})), Progress.NONE)) """)
    return json.loads(said[said.index("JSON") + 4 :])


def embeddings(session, pictures):
    files = ", ".join(f"Path.of({json.dumps(str(path))})" for path in pictures)
    texts = ", ".join(json.dumps(text, ensure_ascii=False) for text in TEXTS)
    said = session.run(f"""
        import java.nio.file.Path;
        ModelCard card = %model
        Clip clip = card.clip();
        float[][] images = clip.embedImages(clip.pixels(List.of({files})), Progress.NONE);
        float[][] texts = clip.embedTexts(List.of({texts}), Progress.NONE);
        "JSON{{\\"images\\": " + Arrays.deepToString(images) + ", \\"texts\\": " + Arrays.deepToString(texts)
            + ", \\"scale\\": " + clip.logitScale() + "}}" """)
    return json.loads(said[said.index("JSON") + 4 :])


def test_transformers_reads_the_saved_model_and_agrees(python, saved, pictures):
    folder, before, after = saved
    theirs = asked(python, "transformers_embed.py", folder, json.dumps(list(map(str, pictures))), json.dumps(TEXTS))
    assert theirs["loading"] == {"missing_keys": [], "unexpected_keys": [], "mismatched_keys": [], "error_msgs": []}
    assert theirs["type"] == "torch.float32"
    for kind in ("images", "texts"):
        assert largest_difference(theirs[kind], after[kind]) < 1e-5, kind
    assert largest_difference(before["images"], after["images"]) > 1e-2, "the edits are in what was saved"
    assert largest_difference(before["texts"], after["texts"]) == 0, "and leave the text tower alone"
    assert theirs["scale"] == pytest.approx(after["scale"], rel=1e-5)


def largest_difference(some, others):
    """The largest of all, in units of the largest embedding's entry."""
    assert [len(row) for row in some] == [len(row) for row in others]
    largest = max(abs(x) for row in others for x in row)
    return max(abs(x - y) for a, b in zip(some, others) for x, y in zip(a, b)) / largest
