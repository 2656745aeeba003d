"""A compiled classifier: the same answers as the model it was made from, without numpy."""

import io
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2 import CompiledClassifier, load
from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine import library
from mobilenetv2.errors import CheckpointError, ImageError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.tasks.options import Options
from mobilenetv2.weights.fold import fold_checkpoint

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)


@pytest.fixture(scope="module")
def program(tiny_file, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "tiny.program"
    deployment = deploy(load_checkpoint(tiny_file), path)
    assert deployment.format == "program"
    assert deployment.parity.relative_error < 1e-5
    return path


@pytest.fixture(scope="module")
def compiled(program) -> CompiledClassifier:
    return CompiledClassifier(program)


def test_answers_are_those_of_the_model(compiled, tiny_file):
    model = load(tiny_file)
    assert compiled.labels == model.labels
    assert compiled.preprocessing == model.checkpoint.preprocessing
    for path in example_pictures():
        ours, theirs = compiled.predict(path), model.predict(path)
        assert [item.label for item in ours.predictions] == [
            item.label for item in theirs.predictions
        ]
        np.testing.assert_allclose(
            [item.score for item in ours.predictions],
            [item.score for item in theirs.predictions],
            rtol=1e-5,
        )


@pytest.mark.parametrize("name", ["tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v2_1.0_224_quant"])
def test_public_integers_stay_what_they_are(shared, tmp_path, name):
    path = tmp_path / "public.program"
    deployment = deploy(load_checkpoint(shared / "weights" / f"{name}.tflite"), path)
    assert deployment.parity.max_error == 0
    assert path.stat().st_size < 4_000_000


def test_whatever_a_person_calls_a_picture(compiled):
    path = example_pictures()[0]
    expected = compiled.predict(path)
    with Image.open(path) as image:
        image.load()
    same = [str(path), path.read_bytes(), image, np.asarray(image)]
    assert compiled.predict(same) == [expected] * 4
    assert list(compiled.predict(iter(same))) == [expected] * 4
    deep = Image.fromarray(np.full((9, 9), 30_000, np.uint16))
    assert len(compiled.predict(deep, top=2).predictions) == 2


def test_mistakes_are_told(compiled, tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        compiled.predict(tmp_path / "none.jpg")
    with pytest.raises(ValueError, match="top must be at least 1, got 0"):
        compiled.predict(example_pictures()[0], top=0)
    with pytest.raises(ValueError, match=r"the 48 x 40 x 3 bytes of a picture, got 7"):
        compiled.logits(bytes(7))


def test_many_threads_share_one(compiled):
    pictures = [np.random.default_rng(seed).integers(0, 256, 48 * 40 * 3) for seed in range(8)]
    pixels = [picture.astype(np.uint8).tobytes() for picture in pictures]
    alone = [compiled.logits(item) for item in pixels]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(compiled.logits, pixels * 5)) == alone * 5


def test_nothing_of_numpy_is_imported(program):
    code = (
        "import json, sys, mobilenetv2\n"
        f"classifier = mobilenetv2.CompiledClassifier({str(program)!r})\n"
        "bare = 'PIL' not in sys.modules\n"
        f"label = classifier.predict({str(example_pictures()[0])!r}).label\n"
        "print(json.dumps([label, bare, 'numpy' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    label, bare, numpy = json.loads(done.stdout)
    assert label in ("ant", "bee", "cow")
    assert bare
    assert not numpy


def test_other_tasks_programs_are_for_the_compiled_model(tiny_detector_file, tmp_path):
    path = tmp_path / "cells.program"
    deploy(load_checkpoint(tiny_detector_file), path, verify=False)
    with pytest.raises(CheckpointError, match=r"a program for detection; .*CompiledModel"):
        CompiledClassifier(path)


def test_a_program_is_no_model_to_load(program):
    with pytest.raises(CheckpointError, match=r"is a compiled program.*CompiledClassifier"):
        load(program)


def test_labels_and_program_must_agree(tiny_file, tmp_path):
    path = tmp_path / "wrong.program"
    compile_network(fold_checkpoint(load_checkpoint(tiny_file)), path)
    content = path.read_bytes()
    three = rb"[\"ant\", \"bee\", \"cow\"]"
    assert three in content
    path.write_bytes(content.replace(three, rb"[\"ant\", \"bees and cow\"]"))
    with pytest.raises(CheckpointError, match=r"contradicts itself.*\(\(1, 1, 2\),\)"):
        CompiledClassifier(path)


def test_a_picture_prepared_elsewhere(compiled):
    with Image.open(example_pictures()[0]) as image:
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
    prepared = compiled.prepare(buffer.getvalue())
    assert compiled.answer(prepared, Options(top=1)) == compiled.predict(buffer.getvalue(), top=1)
