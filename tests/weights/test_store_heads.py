"""Heads in the package's own files, and the version of each."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Hidden, Spec
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from tests.quantized import random_quantized


def saved(spec: Spec) -> Checkpoint:
    """A checkpoint of three classes."""
    weights = random_weights(build(spec), 1)
    return Checkpoint(
        spec, weights, TORCHVISION, ("cat", "dog", "owl"), Provenance("random"), "CC0-1.0"
    )


def test_a_hidden_layer_comes_back_and_older_releases_refuse_it_by_its_version(tmp_path: Path):
    head = Classifier(3, Hidden(7, "relu6"))
    spec = Spec(width=0.1, size=(32, 32), head=head, batch_norm_epsilon=None)
    path = tmp_path / "hidden.safetensors"
    for checkpoint in (
        saved(spec),
        random_quantized(spec),
    ):
        store.save(checkpoint, path)
        assert safe_open(path, "numpy").metadata()["version"] == "3"
        loaded = store.load(path)
        assert loaded.spec == spec
        assert (loaded.quantization is None) == (checkpoint.quantization is None)
        for name, array in checkpoint.weights.items():
            np.testing.assert_array_equal(loaded.weights[name], array)


@pytest.mark.parametrize("hidden", [None, Hidden(7)])
def test_scores_of_each_label_by_itself_come_back_in_a_version_of_their_own(tmp_path, hidden):
    spec = Spec(width=0.1, size=(32, 32), head=Classifier(3, hidden, "sigmoid"))
    path = tmp_path / "labels.safetensors"
    store.save(saved(spec), path)
    metadata = safe_open(path, "numpy").metadata()
    assert metadata["version"] == "4"
    assert json.loads(metadata["spec"])["head"]["scores"] == "sigmoid"
    assert store.load(path).spec == spec


def test_a_plain_head_is_written_as_before(tmp_path: Path):
    path = tmp_path / "plain.safetensors"
    store.save(saved(Spec(width=0.1, size=(32, 32), head=Classifier(3))), path)
    metadata = safe_open(path, "numpy").metadata()
    assert metadata["version"] == "1"
    assert json.loads(metadata["spec"])["head"] == {"kind": "Classifier", "classes": 3}


def test_a_split_that_a_name_says_as_well_is_said_once():
    assert Metric("top1", 0.5, "pets, held-out fifth", "held-out fifth", 4).data == "pets"
    assert Metric("top1", 0.5, "pets", "test", 12).data == "pets"
