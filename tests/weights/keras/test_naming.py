"""`.keras` files that write no names, as TensorFlow 2.13 to 2.15 do: the configuration has them."""

import io
import os
import zipfile

import h5py
import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
from keras import layers

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.parity.logits import our_logits
from mobilenetv2.tasks.classify import logistic, softmax
from mobilenetv2.weights.keras.importer import read_keras
from tests.weights.keras.test_heads_and_pixels import SIZE, adapted, model_of, normed
from tests.weights.lively import lively_keras, relative_error

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def base():
    network = keras.applications.MobileNetV2((SIZE, SIZE, 3), 0.35, include_top=False, weights=None)
    return lively_keras(network)


def without_names(model, path, change=lambda weights: None):
    """The file as Keras 2 writes it: groups by class and number, variables by number."""
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(entries["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file.visititems(lambda _, item: item.attrs.clear())
        change(file)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (entries | {"model.weights.h5": weights.getvalue()}).items():
            archive.writestr(name, data)
    return path


def unscaled():
    """A batch norm without gamma: its first array is the beta."""
    layer = layers.BatchNormalization(scale=False)
    layer.build((None, 24))
    random = np.random.default_rng(0)
    layer.set_weights([random.uniform(0.5, 1.5, 24) for _ in range(3)])
    return layer


HEADS = {
    "named against their order": (
        lambda: [layers.Dense(24, "relu", name="z"), layers.Dense(3, "softmax", name="a")],
        Classifier(3, Hidden(24)),
    ),
    "sigmoids": (lambda: [layers.Dense(3, "sigmoid")], Classifier(3, scores="sigmoid")),
    "no activation": (lambda: [layers.Dense(24), layers.Dense(3, "softmax")], Classifier(3)),
    "relu6": (
        lambda: [layers.Dense(24), layers.ReLU(6), layers.Dense(3, "softmax")],
        Classifier(3, Hidden(24, "relu6")),
    ),
    "batch norm": (
        lambda: [layers.Dense(24, "relu"), normed(), layers.Dropout(0.2),
                 layers.Dense(3, "softmax")],
        Classifier(3, Hidden(24)),
    ),
    "no gamma": (
        lambda: [layers.Dense(24, use_bias=False), unscaled(), layers.ReLU(),
                 layers.Dense(3, "softmax")],
        Classifier(3, Hidden(24)),
    ),
    "a model inside": (
        lambda: [
            keras.Sequential([layers.Dense(24, "relu"), normed(), layers.Dense(8)]),
            layers.Dense(3, "softmax"),
        ],
        Classifier(3, Hidden(24)),
    ),
}  # fmt: skip


def assert_answers_are(model, foreign):
    """Keras' own, up to float32."""
    pixels = np.random.default_rng(1).uniform(-1, 1, (2, SIZE, SIZE, 3)).astype(np.float32)
    scores = foreign.checkpoint.spec.head.scores
    ours = (logistic if scores == "sigmoid" else softmax)(our_logits(foreign.checkpoint, pixels))
    theirs = np.asarray(model(pixels, training=False).detach())
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("how", HEADS)
def test_a_head_is_read_by_its_configuration(tmp_path, base, how):
    make, head = HEADS[how]
    model = model_of(base, make())
    foreign = read_keras(without_names(model, tmp_path / "model.keras"))
    assert foreign.checkpoint.spec.head == head
    assert not any("weights only" in note for note in foreign.notes)
    assert_answers_are(model, foreign)
    assert relative_error(tmp_path / "model.keras", foreign) < 1e-4


def test_a_convolution_behind_the_pooling_is_no_layer_of_the_network(tmp_path, base):
    picture = keras.Input((SIZE, SIZE, 3))
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(base(picture))
    model = keras.Model(picture, layers.Softmax()(layers.Flatten()(layers.Conv2D(3, 1)(pooled))))
    foreign = read_keras(without_names(model, tmp_path / "model.keras"))
    assert_answers_are(model, foreign)


def test_models_inside_models_are_counted_each_for_itself(tmp_path, base):
    """The outer model's first Dense is `layers/dense`, though the inner head has two."""
    features = keras.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(16, "relu")])
    flips = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])
    picture = keras.Input((SIZE, SIZE, 3))
    model = keras.Model(picture, layers.Dense(3, "softmax")(features(flips(picture))))
    foreign = read_keras(without_names(model, tmp_path / "model.keras"))
    assert foreign.checkpoint.spec.head == Classifier(3, Hidden(16))
    assert_answers_are(model, foreign)


def test_what_a_normalization_has_learnt_is_its_own(tmp_path, base):
    model = model_of(base, [layers.Dense(3)], adapted())
    path = without_names(model, tmp_path / "model.keras")
    model.save(tmp_path / "named.keras")
    expected = read_keras(tmp_path / "named.keras").checkpoint.preprocessing
    assert read_keras(path).checkpoint.preprocessing == expected


@pytest.mark.parametrize("activation", ["tanh", "elu", "gelu"])
def test_an_activation_that_we_have_not_is_refused_by_name(tmp_path, base, activation):
    model = model_of(base, [layers.Dense(8, activation, name="deep"), layers.Dense(3)])
    path = without_names(model, tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=f"relu6, that of deep is '{activation}'"):
        read_keras(path)


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("behind", [[], [layers.Softmax()]], ids=["nothing", "softmax"])
def test_a_dense_layer_before_the_pooling_has_no_place(tmp_path, base, name, behind):
    picture = keras.Input((SIZE, SIZE, 3))
    x = layers.GlobalAveragePooling2D()(layers.Dense(3, "relu", name="early")(base(picture)))
    model = keras.Model(picture, behind[0](x) if behind else x)
    path = tmp_path / name
    if name.endswith(".keras"):
        without_names(model, path)
    else:
        model.save(path)
    with pytest.raises(CheckpointError, match="no place for the layers early"):
        read_keras(path)


def test_layers_of_one_name_are_refused(tmp_path, base):
    """Names are a model's own: two models may each have a layer "d"."""
    head = [keras.Sequential([layers.Dense(8, name="d")]), layers.Dense(3, name="d")]
    path = without_names(model_of(base, head), tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=r"a name of its own.*got d \(layers/dense\), d \(la"):
        read_keras(path)


def test_what_training_counted_is_no_layer(tmp_path, base):
    """A model that was fitted keeps its loss and accuracy beside its layers."""
    model = model_of(base, [layers.Dense(3, "softmax")])

    def counted(weights):
        weights["metrics/mean/vars/0"] = np.float32(1.5)
        weights["metrics/mean_metric_wrapper/vars/0"] = np.float32(40)

    foreign = read_keras(without_names(model, tmp_path / "model.keras", counted))
    assert_answers_are(model, foreign)


def test_a_network_with_names_of_its_own_is_read_by_its_order(tmp_path, base):
    """Its first batch norm is the network's, and the one behind the pooling is not."""
    names = {layer.name: f"mine_{place}" for place, layer in enumerate(base.layers)}
    renamed = keras.models.clone_model(
        base, clone_function=lambda layer: type(layer).from_config(
            layer.get_config() | {"name": names[layer.name]}
        )
    )  # fmt: skip
    renamed.set_weights(base.get_weights())
    model = model_of(renamed, [layers.Dense(24), normed(), layers.Dense(3, "softmax")])
    foreign = read_keras(without_names(model, tmp_path / "model.keras"))
    assert_answers_are(model, foreign)


def test_a_network_cut_at_an_expansion_ends_there(tmp_path, base):
    """Block 13 is where detectors and small classifiers cut it."""
    cut = keras.Model(base.input, base.get_layer("block_13_expand_relu").output)
    model = model_of(cut, [layers.Dense(3, "softmax")])
    foreign = read_keras(without_names(model, tmp_path / "model.keras"))
    assert_answers_are(model, foreign)


def test_weights_alone_are_said_to_end_in_a_softmax(tmp_path, base):
    model_of(base, [layers.Dense(3, "sigmoid")]).save_weights(tmp_path / "model.weights.h5")
    assert "assumed a softmax of the classes" in " ".join(
        read_keras(tmp_path / "model.weights.h5").notes
    )
