"""The proof against Keras has the head of the configuration, so a head read wrong does not pass."""

import os
from dataclasses import replace

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from keras import layers

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.errors import ParityError
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.parity.logits import NAMELESS
from mobilenetv2.weights.keras.importer import read_keras
from tests.weights.keras.test_heads_and_pixels import SIZE, model_of
from tests.weights.lively import lively_keras

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

PICTURES = example_pictures()[:2]


@pytest.fixture(scope="module")
def base():
    network = keras.applications.MobileNetV2((SIZE, SIZE, 3), 0.35, include_top=False, weights=None)
    return lively_keras(network)


def read_as(foreign, head):
    """The same arrays, read as another head."""
    checkpoint = foreign.checkpoint
    spec = replace(checkpoint.spec, head=head)
    return replace(foreign, checkpoint=replace(checkpoint, spec=spec))


@pytest.mark.parametrize(
    ("head", "right", "wrong"),
    [
        ([layers.Dense(3, "sigmoid")], "sigmoid", "softmax"),
        ([layers.Dense(3, "softmax")], "softmax", "sigmoid"),
        ([layers.Dense(3), layers.Softmax()], "softmax", "sigmoid"),
    ],
    ids=["sigmoid", "softmax", "a layer of its own"],
)
def test_scores_are_compared_too(tmp_path, base, head, right, wrong):
    path = tmp_path / "model.keras"
    model_of(base, head).save(path)
    foreign = read_keras(path)
    parity = prove(path, foreign, PICTURES)
    assert parity.relative_error < 1e-4
    assert parity.unchecked == ""
    assert foreign.checkpoint.spec.head.scores == right
    with pytest.raises(
        ParityError, match=r"of the same logits the file's .* makes scores that are"
    ):
        prove(path, read_as(foreign, Classifier(3, scores=wrong)), PICTURES)


def test_a_hidden_activation_read_wrong_does_not_pass(tmp_path, base):
    """Some of these 48 hidden numbers are above 6."""
    large = layers.Dense(48, "relu", kernel_initializer=keras.initializers.RandomNormal(stddev=1))
    path = tmp_path / "model.keras"
    model_of(base, [large, layers.Dense(3, "softmax")]).save(path)
    foreign = read_keras(path)
    assert prove(path, foreign, PICTURES).relative_error < 1e-4
    wrong = read_as(foreign, Classifier(3, Hidden(48, "relu6")))
    assert prove(path, wrong, PICTURES).relative_error > 0.1


def test_one_sigmoid_passes_as_two_classes(tmp_path, base):
    path = tmp_path / "model.keras"
    model_of(base, [layers.Dense(1, "sigmoid")]).save(path)
    assert prove(path, read_keras(path), PICTURES).relative_error < 1e-4


def test_weights_alone_prove_no_activations(tmp_path, base):
    path = tmp_path / "model.weights.h5"
    model_of(base, [layers.Dense(3, "softmax")]).save_weights(path)
    assert prove(path, read_keras(path), PICTURES).unchecked == NAMELESS
