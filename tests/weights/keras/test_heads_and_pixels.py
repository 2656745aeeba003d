"""What a fine-tuned Keras model has around its network: arithmetic before it, a head behind it."""

import json
import os
import zipfile

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from keras import layers

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.parity.logits import our_logits
from mobilenetv2.tasks.classify import logistic, softmax
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.assemble import TWO_CLASSES
from mobilenetv2.weights.assumed_fit import CROPPED, SQUASHED
from mobilenetv2.weights.keras.importer import read_keras
from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.keras.pixels import fold_pixels
from mobilenetv2.weights.recognize.feed import ASSUMED
from tests.weights.lively import lively_keras, relative_error

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

SIZE = 64


@pytest.fixture(scope="module")
def base():
    """The application without its top; its numbers at random."""
    network = keras.applications.MobileNetV2((SIZE, SIZE, 3), 0.35, include_top=False, weights=None)
    return lively_keras(network)


def model_of(base, head, before=lambda x: x):
    picture = keras.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D()(base(before(picture), training=False))
    for layer in head:
        x = layer(x)
    return keras.Model(picture, x)


def normed():
    """A batch norm with statistics that matter."""
    layer = layers.BatchNormalization()
    layer.build((None, 24))
    random = np.random.default_rng(0)
    layer.set_weights([random.uniform(0.5, 1.5, 24) for _ in range(4)])
    return layer


HEADS = {
    "hidden": (lambda: [layers.Dense(24, "relu"), layers.Dropout(0.2), layers.Dense(3, "softmax")],
               Hidden(24)),
    "relu6": (lambda: [layers.Dense(24), layers.ReLU(6), layers.Dense(3), layers.Softmax()],
              Hidden(24, "relu6")),
    "normed": (lambda: [layers.Dense(24), normed(), layers.Activation("relu"), layers.Dense(3)],
               Hidden(24)),
    "linear": (lambda: [layers.Dense(24), layers.Dense(3)], None),
    "flattened": (lambda: [layers.Flatten(), layers.Dense(3, use_bias=False)], None),
}  # fmt: skip


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("how", HEADS)
def test_a_head_comes_back_whatever_it_is_written_with(tmp_path, base, how, name):
    make, hidden = HEADS[how]
    model = model_of(base, make())
    model.save(tmp_path / name)
    foreign = read_keras(tmp_path / name)
    checkpoint = foreign.checkpoint
    assert checkpoint.spec.head == Classifier(3, hidden)
    pixels = np.random.default_rng(1).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    ours, theirs = our_logits(checkpoint, pixels), np.asarray(model(pixels).detach())
    ours = softmax(ours) if how in ("hidden", "relu6") else ours
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * max(1, np.abs(theirs).max()))
    assert relative_error(tmp_path / name, foreign) < 1e-4


def test_a_file_of_weights_alone_is_said_to_have_a_relu(tmp_path, base):
    model_of(base, HEADS["hidden"][0]()).save_weights(tmp_path / "model.weights.h5")
    foreign = read_keras(tmp_path / "model.weights.h5")
    assert foreign.checkpoint.spec.head == Classifier(3, Hidden(24))
    assert any("assumed a ReLU before" in note for note in foreign.notes)


@pytest.mark.parametrize(
    "head", [[layers.Dense(1, "softmax")], [layers.Dense(1), layers.Softmax()]], ids=["in it", "on"]
)
def test_a_softmax_of_one_output_is_refused(tmp_path, base, head):
    model_of(base, head).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=r"is 1 whatever a picture shows.*Dense\(1, 'sigmoid"):
        read_keras(tmp_path / "model.keras")


def test_one_sigmoid_is_two_classes(tmp_path, base):
    model = model_of(base, [layers.Dense(1, "sigmoid")])
    model.save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert TWO_CLASSES in foreign.notes
    assert foreign.checkpoint.labels == ("class 0", "class 1")
    pixels = np.random.default_rng(1).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    ours = softmax(our_logits(foreign.checkpoint, pixels))
    np.testing.assert_allclose(ours[:, 1:], np.asarray(model(pixels).detach()), atol=1e-5)
    assert relative_error(tmp_path / "model.keras", foreign) < 1e-4


@pytest.mark.parametrize(
    "head",
    [[layers.Dense(3, "sigmoid")], [layers.Dense(3), layers.Activation("sigmoid")]],
    ids=["dense", "activation"],
)
def test_several_sigmoids_are_labels_of_which_several_may_hold(tmp_path, base, head):
    model = model_of(base, head)
    model.save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert foreign.checkpoint.spec.head == Classifier(3, scores="sigmoid")
    assert "3 sigmoids, one a class" in " ".join(foreign.notes)
    pixels = np.random.default_rng(1).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    ours = logistic(our_logits(foreign.checkpoint, pixels))
    np.testing.assert_allclose(ours, np.asarray(model(pixels).detach()), atol=1e-5)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (
            [layers.Dense(3, "sigmoid"), layers.Softmax()],
            "ends in one activation, got .'sigmoid', ",
        ),
        ([layers.Dense(8, "tanh"), layers.Dense(3)], "must be relu or relu6, .* is 'tanh'"),
        ([layers.Dense(8, "relu"), layers.Dense(8, "relu"), layers.Dense(3)], "at most one hidden"),
        (
            [layers.LayerNormalization(), layers.Dense(3)],
            "no layers of LayerNormalization|no place",
        ),
    ],
    ids=["two endings", "tanh", "two hidden", "layer norm"],
)
def test_other_heads_are_refused_by_name(tmp_path, base, head, message):
    model_of(base, head).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=message):
        read_keras(tmp_path / "model.keras")


def test_a_head_on_the_whole_map_says_what_is_missing(tmp_path, base):
    picture = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(picture, layers.Dense(3)(layers.Flatten()(base(picture))))
    model.save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match="reads 5120: put GlobalAveragePooling2D between"):
        read_keras(tmp_path / "model.keras")


@pytest.mark.parametrize(("window", "read"), [((2, 2), True), ((1, 1), False)])
def test_an_average_over_a_window_must_be_one_over_the_map(tmp_path, base, window, read):
    picture = keras.Input((SIZE, SIZE, 3))
    x = layers.Flatten()(layers.AveragePooling2D(window)(base(picture)))
    keras.Model(picture, layers.Dense(3)(x)).save(tmp_path / "model.keras")
    if read:
        path = tmp_path / "model.keras"
        assert relative_error(path, read_keras(path)) < 1e-4
    else:
        with pytest.raises(CheckpointError, match="averages its whole last map, 2x2"):
            read_keras(tmp_path / "model.keras")


def adapted():
    layer = layers.Normalization()
    layer.adapt(np.random.default_rng(0).uniform(0, 255, (8, 8, 8, 3)).astype(np.float32))
    return layer


PIXELS = {
    "x / 255": (lambda x: x / 255, 255),
    "x / 127.5 - 1": (lambda x: x / 127.5 - 1, 255),
    "preprocess_input": (keras.applications.mobilenet_v2.preprocess_input, 255),
    "Rescaling": (layers.Rescaling(1 / 255, offset=-0.5), 255),
    "by channel": (layers.Rescaling([1 / 255, 1 / 200, 1 / 100], offset=[0, -0.5, -1]), 255),
    "Normalization": (layers.Normalization(mean=[120, 110, 100], variance=[3600, 3000, 2500]), 255),
    "adapted": (adapted(), 255),
    "two steps": (
        lambda x: layers.Normalization(mean=0.5, variance=0.25)(layers.Rescaling(1 / 255)(x)), 255
    ),
    "2 x - 1": (lambda x: x * 2.0 - 1.0, 1),
    "x - 127.5": (lambda x: x - 127.5, 255),
}  # fmt: skip


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("how", PIXELS)
def test_arithmetic_on_the_picture_becomes_its_preprocessing(tmp_path, base, how, name):
    """Against the model itself, which is given 0..255 or 0..1."""
    before, highest = PIXELS[how]
    model = model_of(base, [layers.Dense(3)], before)
    model.save(tmp_path / name)
    foreign = read_keras(tmp_path / name)
    assert f"normalisation inside the model, of pixels in 0..{highest}" in foreign.notes
    picture = np.random.default_rng(2).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    inputs = normalize(picture, foreign.checkpoint.preprocessing)[None]
    theirs = np.asarray(model(picture[None].astype(np.float32) * (highest / 255)).detach())
    ours = our_logits(foreign.checkpoint, inputs)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())


def test_what_is_left_to_the_caller_is_said_to_be_assumed(tmp_path, base):
    model_of(base, [layers.Dense(3)]).save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert ASSUMED in foreign.notes
    assert "assumed [-1, 1]" in ASSUMED
    assert foreign.checkpoint.preprocessing.mean == (0.5, 0.5, 0.5)


def test_pictures_are_taken_to_be_resized_whole_as_keras_does(tmp_path, base):
    model_of(base, [layers.Dense(3)]).save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert foreign.checkpoint.preprocessing.fit == "squash"
    assert SQUASHED in foreign.notes


def test_pictures_of_imagenet_are_taken_to_be_cropped(tmp_path, base):
    model_of(base, [layers.Dense(1000)]).save(tmp_path / "model.keras")
    foreign = read_keras(tmp_path / "model.keras")
    assert foreign.checkpoint.preprocessing.fit == "crop"
    assert CROPPED in foreign.notes


@pytest.mark.parametrize(
    ("kind", "settings", "inbound"),
    [
        ("TFOpLambda", {"function": "math.truediv"}, [["input_1", 0, 0, {"y": 127.5}]]),
        ("TFOpLambda", {"function": "math.multiply"}, [["input_1", 0, 0, {"y": 1 / 127.5}]]),
        ("TensorFlowOpLayer", {"node_def": json.dumps({"op": "RealDiv"}),
                               "constants": {"1": 127.5}}, None),
        ("TensorFlowOpLayer", {"node_def": {"op": "Mul"}, "constants": {"0": 1 / 127.5}}, None),
    ],
)  # fmt: skip
def test_the_layers_of_older_releases_are_understood(tmp_path, kind, settings, inbound):
    """As `preprocess_input` is written by TensorFlow 2.0 to 2.15."""
    steps = [
        ConfiguredLayer("TFOpLambda", {"function": "cast", "name": "c"}, [["i", 0, 0, {}]]),
        ConfiguredLayer(kind, settings | {"name": "scaled"}, inbound),
        ConfiguredLayer(
            "TFOpLambda", {"function": "math.subtract", "name": "s"}, [["scaled", 0, 0, {"y": 1.0}]]
        ),
    ]
    pixels = fold_pixels(steps, {}, tmp_path / "model.h5")
    np.testing.assert_allclose(pixels.gain, 1 / 127.5)
    np.testing.assert_allclose(pixels.offset, -1)


def test_other_functions_of_the_picture_are_refused(tmp_path):
    step = ConfiguredLayer("TFOpLambda", {"function": "math.pow", "name": "gamma"}, None)
    with pytest.raises(CheckpointError, match=r"scaling by channel, the model has 'math\.pow'"):
        fold_pixels([step], {}, tmp_path / "model.h5")


def test_a_file_written_on_windows_is_read(tmp_path, base):
    """Its archive names folders with backslashes."""
    model_of(base, [layers.Dense(3)]).save(tmp_path / "model.keras")
    path = tmp_path / "windows.keras"
    with zipfile.ZipFile(tmp_path / "model.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(f".\\{name}", old.read(name))
    assert read_keras(path).checkpoint.spec.head == Classifier(3)
