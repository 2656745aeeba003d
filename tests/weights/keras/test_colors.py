"""What a Keras model does with the colors of its picture before its network reads it."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from keras import layers, ops

from mobilenetv2.errors import CheckpointError
from mobilenetv2.parity.logits import our_logits
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.keras.importer import read_keras
from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.keras.pixels import fold_pixels
from mobilenetv2.weights.recognize.color_order import BLUE_BY_MEANS, TURNED
from tests.weights.lively import lively_keras, relative_error

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

SIZE = 64
CAFFE = np.array([103.939, 116.779, 123.68], np.float32)
MEAN, STD = (np.array(n, np.float32) for n in (TORCHVISION.mean, TORCHVISION.std))


@pytest.fixture(scope="module")
def base():
    network = keras.applications.MobileNetV2((SIZE, SIZE, 3), 0.35, include_top=False, weights=None)
    return lively_keras(network)


def flip(x):
    return ops.flip(x, -1)


def index(x):
    """What torch below Keras cannot run, but TensorFlow can; it is saved all the same."""
    return x[..., ::-1]


def rows(x):
    return x[:, :, :, ::-1]


def take(x):
    return ops.take(x, [2, 1, 0], axis=-1)


def one_by_one(x):
    return layers.Concatenate()([x[..., n : n + 1] for n in (2, 1, 0)])


TURNS = [flip, index, rows, take, one_by_one]

# What is done to the picture, what is said of it, and whether the model wants blue first.
COLORS = {
    "turned": (lambda x, turn: turn(x) / 127.5 - 1, TURNED, False),
    "Caffe": (lambda x, turn: turn(x) - CAFFE, TURNED, False),
    "means before": (lambda x, turn: turn(x - CAFFE[::-1]), TURNED, False),
    "never turned": (lambda x, _: x - CAFFE, BLUE_BY_MEANS, True),
    "turned to red": (lambda x, turn: (turn(x) / 255 - MEAN) / STD, BLUE_BY_MEANS, True),
    "turned twice": (lambda x, turn: flip(turn(x)) / 127.5 - 1, "", False),
}
CASES = [("turned", turn) for turn in TURNS] + [(how, flip) for how in COLORS if how != "turned"]


def built(base, dense, before):
    picture = keras.Input((SIZE, SIZE, 3))
    pooled = layers.GlobalAveragePooling2D()(base(before(picture), training=False))
    return keras.Model(picture, dense(pooled))


@pytest.mark.parametrize(("how", "turn"), CASES)
def test_colors_turn_the_first_layer(tmp_path, base, how, turn):
    """Against the model itself, which is given its colors in its own order."""
    before, said, blue_first = COLORS[how]
    dense = layers.Dense(3)
    built(base, dense, lambda x: before(x, turn)).save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    notes = [note for note in foreign.notes if "blue" in note or "colors" in note]
    assert notes == ([said] if said else [])
    pixels = np.random.default_rng(2).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    inputs = normalize(pixels, foreign.checkpoint.preprocessing)[None]
    given = pixels[..., ::-1].copy() if blue_first else pixels
    model = built(base, dense, lambda x: before(x, flip))
    theirs = np.asarray(model(given[None].astype(np.float32)).detach())
    ours = our_logits(foreign.checkpoint, inputs)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


def test_what_keras_calls_caffe(tmp_path, base):
    """Its own function takes the picture apart by color."""
    before = keras.applications.imagenet_utils.preprocess_input
    built(base, layers.Dense(3), lambda x: before(x, mode="caffe")).save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert TURNED in foreign.notes
    assert relative_error(tmp_path / "model.keras", foreign) < 1e-4
    np.testing.assert_allclose(foreign.checkpoint.preprocessing.mean, CAFFE[::-1] / 255, 1e-5)


def test_a_cast_and_limits_that_every_pixel_keeps_are_nothing(tmp_path, base):
    before = lambda x: ops.clip(ops.cast(x, "float32"), 0, 255) / 127.5 - 1  # noqa: E731
    built(base, layers.Dense(3), before).save(tmp_path / "model.keras")
    assert read_keras(tmp_path / "model.keras").checkpoint.preprocessing.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (lambda x: x[:, ::-1] / 127.5, r"get_item\w* \(GetItem\) does something else"),
        (lambda x: ops.flip(x, 1), r"flip\w* \(Flip\) does something else"),
        (lambda x: ops.clip(x, 16, 235), r"clip\w* \(Clip\) does something else"),
        (lambda x: ops.take(x, [0, 0, 0], axis=-1), "each once; .* its channels 0, 0, 0 first"),
        (lambda x: x**2, "no layers of Power .* save the model of the layers behind them"),
    ],
    ids=["upside down", "flipped rows", "limits that cut", "grey", "a power"],
)
def test_anything_else_is_refused_by_name(tmp_path, base, before, message):
    built(base, layers.Dense(3), before).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=message):
        read_keras(tmp_path / "model.keras")


def test_joins_of_joins_do_not_grow(tmp_path):
    """Each of a thousand layers says the last one twice."""

    def tensor(name: str) -> dict:
        return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}

    steps = [ConfiguredLayer("InputLayer", {"name": "j0"}, [])]
    for n in range(1, 1000):
        inbound = [{"args": [[tensor(f"j{n - 1}")] * 2]}]
        steps.append(ConfiguredLayer("Concatenate", {"name": f"j{n}", "axis": -1}, inbound))
    with pytest.raises(CheckpointError, match=r"j1 \(Concatenate\) does something else"):
        fold_pixels(steps, {}, tmp_path / "model.keras")


@pytest.mark.parametrize(
    "key",
    [
        {"class_name": "__slice__", "config": "step"},
        {"class_name": "__slice__", "config": {"step": 0}},
        {"class_name": "__slice__", "config": {"step": 1.5}},
        {"class_name": "__slice__"},
        {"class_name": "__ellipsis__"},
        3,
        10**30,
        None,
    ],
)
def test_keys_that_are_none_are_refused(tmp_path, key):
    dots = {"class_name": "__ellipsis__", "config": {}}
    step = ConfiguredLayer("GetItem", {"name": "cut"}, [{"args": [{}, [dots, key]]}])
    with pytest.raises(CheckpointError, match=r"cut \(GetItem\) does something else"):
        fold_pixels([step], {}, tmp_path / "model.keras")
