"""A feature extractor, a network without classes, through every door."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mobilenetv2 import load, quantize
from mobilenetv2.cli import main
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.export import deploy
from mobilenetv2.errors import ExportError, OptionError
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Embedding
from mobilenetv2.quantization.likeness import of_features
from mobilenetv2.weights import store

EXAMPLES = example_pictures()
WAY_OUT = "`mobilenetv2 embed` writes its features, and `mobilenetv2 train classify`"


@pytest.fixture
def extractor(tiny_file: Path, tmp_path: Path) -> Path:
    """The tiny classifier without its last layer."""
    whole = load_checkpoint(tiny_file)
    spec = replace(whole.spec, head=Embedding())
    weights = {name: whole.weights[name] for name in build(spec).parameter_shapes}
    path = tmp_path / "extractor.safetensors"
    alone = replace(whole, spec=spec, weights=weights, labels=(), metrics=(), quantization=None)
    store.save(alone, path)
    return path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, " ".join(result.output.split())


def test_its_features_are_those_of_the_whole_classifier(extractor, tiny_file):
    model, whole = load(extractor), load(tiny_file)
    assert model.task == "embedding"
    assert model.labels == ()
    assert "features alone" in repr(model)
    np.testing.assert_array_equal(model.embed(EXAMPLES), whole.embed(EXAMPLES))
    (name,) = build(model.checkpoint.spec).outputs
    made = model.outputs(model.prepare(EXAMPLES[0]))[name]
    np.testing.assert_allclose(made.reshape(-1), model.embed(EXAMPLES[0]), rtol=1e-6)


def test_embed_writes_and_info_says_what_it_is(extractor, tmp_path):
    out = tmp_path / "features.npy"
    assert run("embed", "--model", extractor, "--out", out, EXAMPLES[0])[0] == 0
    np.testing.assert_array_equal(np.load(out)[0], load(extractor).embed(EXAMPLES[0]))
    code, said = run("info", extractor)
    assert code == 0
    assert "that gives its features (no classes)" in said
    assert "labels" not in said
    facts = json.loads(CliRunner().invoke(main, ["info", str(extractor), "--json"]).output)
    channels = load(extractor).feature_runner.channels
    assert facts["head"] == {"task": "embedding", "features": channels}


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "--model", "MODEL", EXAMPLES[0]),
        ("evaluate", "--model", "MODEL", "--data", EXAMPLES[0].parent),
        ("serve", "--model", "MODEL"),
        ("quantize", "MODEL", "--pictures", EXAMPLES[0].parent, "--data", EXAMPLES[0].parent),
    ],
    ids=lambda words: words[0],
)
def test_who_asks_for_answers_hears_what_it_is_for(extractor, words):
    code, said = run(*(extractor if word == "MODEL" else word for word in words))
    assert code != 0
    assert WAY_OUT in said


def test_python_says_the_same(extractor):
    model = load(extractor)
    with pytest.raises(OptionError, match=WAY_OUT):
        model.predict(EXAMPLES[0])
    with pytest.raises(OptionError, match=WAY_OUT):
        model.answer(model.prepare(EXAMPLES[0]))
    with pytest.raises(OptionError, match=WAY_OUT):
        require_task(model, "classification")


def test_older_releases_refuse_the_file_by_its_version(extractor):
    with store.safe_open(extractor, framework="numpy") as file:
        assert file.metadata()["version"] == "5"


@pytest.mark.parametrize("suffix", ["onnx", "tflite", "param"])
def test_an_export_is_proved_and_comes_back(extractor, tmp_path, suffix):
    checkpoint = load_checkpoint(extractor)
    made = deploy(checkpoint, tmp_path / f"model.{suffix}")
    assert made.answers is None
    if made.parity is not None:
        assert made.parity.quantity == "features"
        assert made.parity.relative_error < 1e-3
    if suffix != "param":
        back = load(made.files[0])
        assert back.task == "embedding"
        np.testing.assert_array_equal(back.embed(EXAMPLES), load(extractor).embed(EXAMPLES))


def test_a_program_is_refused_as_it_answers(extractor, tmp_path):
    with pytest.raises(ExportError, match=r"write \.onnx, \.tflite or \.param"):
        deploy(load_checkpoint(extractor), tmp_path / "model.program")
    assert not list(tmp_path.glob("*.program"))


def test_integers_are_judged_by_the_angle_between_features(extractor, tmp_path):
    found = quantize(extractor, EXAMPLES)
    assert found.proof.agreement > 0.9
    assert found.proof.loss == pytest.approx(100 * (1 - found.proof.agreement))
    path = tmp_path / "int8.safetensors"
    store.save(found.checkpoint, path)
    back = Model(store.load(path))
    assert back.checkpoint.quantization is not None
    ours, theirs = back.embed(EXAMPLES[0]), load(extractor).embed(EXAMPLES[0])
    assert of_features(theirs, ours).same > 0.9


def test_the_angle_is_one_of_the_same_and_none_of_other_features():
    one, other = np.array([1, 0], np.float32), np.array([0, 2], np.float32)
    assert of_features(one, 3 * one).same == 1
    assert of_features(one, other).same == 0
    assert of_features(0 * one, 0 * one).same == 1
    assert of_features(one, 0 * one).lost == 1


@pytest.mark.parametrize("command", ["web --model {}", "export {} --web {}/site"])
def test_a_page_is_refused_before_its_engine_is_built(extractor, tmp_path, monkeypatch, command):
    """Which takes minutes where it was never built."""
    monkeypatch.setattr("mobilenetv2.web.site.wasm_modules", None)
    result = CliRunner().invoke(main, command.format(extractor, tmp_path).split())
    assert result.exit_code == 1
    assert "a feature extractor has none" in result.stderr
