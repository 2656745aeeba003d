"""A quantised checkpoint as a model: it runs in integers, is saved in them, and has a command."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import mobilenetv2
from mobilenetv2.cli import main
from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.library import ISA_VARIABLE, NUMPY
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Spec
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights import store
from tests.quantized import random_quantized

COFFEE = Path(mobilenetv2.__file__).parent / "examples" / "coffee.jpg"
TF2 = "tf2_mobilenet_v2_1.0_224_ptq.tflite"
CLASSIFIER = Spec(width=0.35, size=(48, 40), head=Classifier(3), batch_norm_epsilon=None)
SEGMENTER = Spec(
    width=0.1,
    size=(65, 65),
    head=DeepLab(3, channels=16),
    output_stride=16,
    batch_norm_epsilon=None,
)


def test_it_answers_with_its_integers():
    model = mobilenetv2.Model(random_quantized(CLASSIFIER))
    prepared = model.prepare(COFFEE)
    images = normalize(prepared.inputs[0], model.checkpoint.preprocessing)[None]
    run = integer_reference_runner(build(CLASSIFIER), model.checkpoint.quantization)
    np.testing.assert_array_equal(model.outputs(prepared)["logits"], run(images)["logits"])


def test_the_native_engine_and_numpy_agree_on_a_public_file(shared: Path, monkeypatch):
    engine = mobilenetv2.load(shared / "weights" / TF2)
    monkeypatch.setenv(ISA_VARIABLE, NUMPY)
    numpy = mobilenetv2.load(shared / "weights" / TF2)
    prepared = engine.prepare(COFFEE)
    np.testing.assert_array_equal(
        engine.outputs(prepared)["logits"], numpy.outputs(prepared)["logits"]
    )


def test_a_segmenter_runs_at_other_sizes_too():
    model = mobilenetv2.Model(random_quantized(SEGMENTER))
    result = model.predict(COFFEE, scales=(0.5, 1.0), flip=True)
    assert isinstance(result, mobilenetv2.Segmentation)


def test_saving_keeps_the_integers_unless_told_otherwise(tmp_path: Path):
    model = mobilenetv2.Model(random_quantized(CLASSIFIER))
    model.save(tmp_path / "integers.safetensors")
    again = mobilenetv2.load(tmp_path / "integers.safetensors")
    assert again.checkpoint.quantization is not None
    assert again.predict(COFFEE) == model.predict(COFFEE)
    model.save(tmp_path / "floats.safetensors", "float32")
    floats = mobilenetv2.load(tmp_path / "floats.safetensors").checkpoint
    assert floats.quantization is None
    for name, array in model.checkpoint.weights.items():
        np.testing.assert_array_equal(floats.weights[name], array)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_convert_keeps_integers_and_proves_them(shared: Path, tmp_path: Path):
    target = tmp_path / "model.safetensors"
    report = json.loads(run("convert", shared / "weights" / TF2, target, "--json"))
    layers = report["parity"]["layers"]
    assert (layers["layers"], layers["within_one_step"]) == (64, 1)
    assert layers["exact"] > 0.95
    assert target.stat().st_size < 4.2e6
    loaded = store.load(target)
    original = mobilenetv2.load(shared / "weights" / TF2).checkpoint
    assert loaded.preprocessing == original.preprocessing
    assert loaded.quantization.activations == original.quantization.activations
    assert "integers of 8 bits" in run("info", target)
    assert json.loads(run("info", target, "--json"))["quantized"] is True


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_convert_makes_floats_when_asked(shared: Path, tmp_path: Path, precision: str):
    target = tmp_path / "model.safetensors"
    text = run("convert", shared / "weights" / TF2, target, "--precision", precision)
    assert "53 convolutions" in text
    loaded = store.load(target)
    assert loaded.quantization is None
    assert {array.dtype for array in loaded.weights.values()} == {np.dtype(np.float32)}
    assert loaded.spec == replace(loaded.spec, batch_norm_epsilon=None)
