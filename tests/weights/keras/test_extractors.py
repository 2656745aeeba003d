"""Keras' networks without a classifier."""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Embedding
from mobilenetv2.weights.assemble import FEATURES
from mobilenetv2.weights.keras.importer import read_keras
from mobilenetv2.weights.open import read_foreign
from tests.weights.keras.test_importer import NAMES, save
from tests.weights.lively import lively_keras, relative_error

# Keras on torch warns about numpy's new keyword and about old formats; neither is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pooling", ["avg", None])
def test_an_application_without_its_top_gives_its_features(tmp_path, name, pooling):
    model = keras.applications.MobileNetV2(
        (96, 96, 3), 0.35, include_top=False, weights=None, pooling=pooling
    )
    lively_keras(model)
    path = save(model, tmp_path / name)
    foreign = read_foreign(path)
    assert foreign.checkpoint.spec.head == Embedding()
    assert foreign.checkpoint.labels == ()
    assert FEATURES in foreign.checkpoint.provenance.history
    assert relative_error(path, foreign) < 1e-4


def test_an_activation_on_the_features_is_refused(tmp_path):
    base = keras.applications.MobileNetV2(
        (96, 96, 3), 0.35, include_top=False, weights=None, pooling="avg"
    )
    model = keras.Sequential([base, keras.layers.Activation("softmax")])
    with pytest.raises(CheckpointError, match=r"has activation\w* \(Activation\) behind them"):
        read_keras(save(model, tmp_path / "model.keras"))


def test_a_feature_extractor_takes_no_labels(tmp_path):
    model = keras.applications.MobileNetV2((96, 96, 3), 0.35, include_top=False, weights=None)
    with pytest.raises(CheckpointError, match=r"extractor has none, got 2: leave --labels out"):
        read_keras(save(model, tmp_path / "model.keras"), ("cat", "dog"))
