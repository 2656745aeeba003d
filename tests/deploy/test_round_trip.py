"""A file that we exported is the checkpoint again: its numbers, its words, its answers."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.results import Segmentation
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from mobilenetv2.weights.fold import fold_checkpoint
from tests.export.integers import Kind
from tests.peculiar import SPECS, peculiar, peculiar_integers
from tests.quantized import random_quantized
from tests.specs import specs

PICTURE = np.random.default_rng(5).integers(0, 256, (70, 90, 3), np.uint8)


def there_and_back(checkpoint: Checkpoint, path, **options) -> Checkpoint:
    deploy(checkpoint, path, verify=False, **options)
    return load_checkpoint(path)


def require_same(ours: Checkpoint, back: Checkpoint) -> None:
    """To the last bit and letter; that it was exported is added to its history."""
    folded = fold_checkpoint(ours)
    assert back.spec == folded.spec
    assert back.preprocessing == ours.preprocessing
    assert back.labels == ours.labels
    assert (back.license, back.metrics, back.recipe) == (ours.license, ours.metrics, ours.recipe)
    history = back.provenance.history
    assert replace(back.provenance, history=history[:-1]) == ours.provenance
    assert history[-1].startswith("exported, and read back from ")
    if folded.quantization is None:
        assert back.quantization is None
        assert set(back.weights) == set(folded.weights)
        for name, array in folded.weights.items():
            np.testing.assert_array_equal(back.weights[name], array)
        return
    assert back.quantization is not None
    assert back.quantization.activations == folded.quantization.activations
    for name, conv in folded.quantization.convs.items():
        for part in ("weight", "scale", "zero_point", "bias"):
            theirs, own = getattr(back.quantization.convs[name], part), getattr(conv, part)
            np.testing.assert_array_equal(theirs, own)


def require_same_answer(ours: Checkpoint, back: Checkpoint) -> None:
    expected, found = (Model(checkpoint, threads=1).predict(PICTURE) for checkpoint in (ours, back))
    assert found.to_json() == expected.to_json()
    assert expected.predictions
    if isinstance(expected, Segmentation):
        np.testing.assert_array_equal(found.mask, expected.mask)


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("name", SPECS)
def test_real_numbers_come_back(name, suffix, tmp_path):
    ours = peculiar(name)
    back = there_and_back(ours, tmp_path / f"model.{suffix}")
    require_same(ours, back)
    require_same_answer(ours, back)


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("name", SPECS)
def test_integers_come_back(name, kind, suffix, tmp_path):
    ours = peculiar_integers(name, kind)
    back = there_and_back(ours, tmp_path / f"model.{suffix}")
    require_same(ours, back)
    require_same_answer(ours, back)


def test_half_precision_comes_back(tmp_path):
    store.save(peculiar("SSDLite"), tmp_path / "half.safetensors", "float16")
    ours = load_checkpoint(tmp_path / "half.safetensors")
    require_same(ours, there_and_back(ours, tmp_path / "model.tflite"))


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("name", ["cells", "objects"])
def test_the_packaged_models_come_back(name, suffix, tmp_path):
    ours = load_checkpoint(name)
    require_same(ours, there_and_back(ours, tmp_path / f"model.{suffix}"))


def test_twice_there_and_back_is_once_in_the_history(tmp_path):
    once = there_and_back(peculiar("SSD"), tmp_path / "once.onnx")
    twice = there_and_back(once, tmp_path / "twice.onnx")
    assert twice.provenance == once.provenance


@given(specs, st.sampled_from(["onnx", "tflite"]), st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_network_of_the_package_comes_back(tmp_path_factory, spec: Spec, suffix, integers):
    spec = replace(spec, width=spec.width / 5, batch_norm_epsilon=None)
    path = tmp_path_factory.mktemp("back") / f"model.{suffix}"
    ours = random_quantized(spec) if integers else of_random_weights(spec)
    require_same(ours, there_and_back(ours, path))


def of_random_weights(spec: Spec) -> Checkpoint:
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 1),
        preprocessing=Preprocessing(size=spec.size, fit="pad"),
        labels=tuple(f"label {index}" for index in range(spec.head.classes)),
        provenance=Provenance("random"),
        license="MIT",
    )
