"""Keras files, made by Keras and proved against it."""

import json
import os
import zipfile
from functools import cache

import h5py
import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import MobileNetV1
from mobilenetv2.preprocessing import TENSORFLOW
from mobilenetv2.weights.keras.importer import read_keras
from mobilenetv2.weights.open import read_foreign
from tests.weights.lively import lively_keras, relative_error

# Keras on torch warns about numpy's new keyword and about old formats; neither is tested here.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@cache
def network(alpha: float = 0.35, size: int = 96, classes: int = 3):
    return lively_keras(
        keras.applications.MobileNetV2((size, size, 3), alpha, weights=None, classes=classes)
    )


def save(model, path):
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)
    return path


NAMES = ("model.keras", "model.h5", "model.weights.h5")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of one network in every container of Keras 3."""
    folder = tmp_path_factory.mktemp("saved")
    return {name: save(network(), folder / name).read_bytes() for name in NAMES}


def put(data, path):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("alpha", "size", "classes"),
    [(1.0, 160, 1000), (0.5, 97, 6), (1.4, 96, 10), (0.35, 99, 5)],
)
def test_any_width_size_and_number_of_classes_gives_keras_logits(tmp_path, alpha, size, classes):
    """Odd sizes too: Keras' explicit padding is SAME there as well."""
    path = save(network(alpha, size, classes), tmp_path / "model.keras")
    foreign = read_foreign(path)
    spec = foreign.checkpoint.spec
    assert relative_error(path, foreign) < 1e-4
    assert (spec.width, spec.size, spec.head.classes) == (alpha, (size, size), classes)
    assert (spec.padding, spec.batch_norm_epsilon) == ("tensorflow", 1e-3)
    assert foreign.checkpoint.preprocessing.mean == TENSORFLOW.mean


@pytest.mark.parametrize("name", [*NAMES, "model.hdf"])
def test_every_container_of_keras_3_holds_the_same_weights(tmp_path, saved, name):
    expected = read_keras(put(saved["model.keras"], tmp_path / "expected.keras")).checkpoint
    path = put(saved[name.replace(".hdf", ".h5")], tmp_path / name)
    foreign = read_foreign(path)
    assert all((foreign.checkpoint.weights[n] == a).all() for n, a in expected.weights.items())
    assert relative_error(path, foreign) < 1e-4
    weights_only = name == "model.weights.h5"
    assert foreign.checkpoint.spec.size == ((224, 224) if weights_only else (96, 96))
    assert any(note.startswith("weights only") for note in foreign.notes) == weights_only


def as_keras_2(source, target, *, whole: bool):
    """The layout of Keras 2: "kernel:0", "depthwise_kernel:0", names as bytes."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        layers = old["model_weights"]
        root = new.create_group("model_weights") if whole else new
        if whole:
            new.attrs["model_config"] = old.attrs["model_config"]
        root.attrs["layer_names"] = [name.encode() for name in layers.attrs["layer_names"]]
        for name in layers.attrs["layer_names"]:
            group = root.create_group(name)
            variables = []
            for variable in layers[name].attrs["weight_names"]:
                layer, _, short = str(variable).rpartition("/")
                prefix = "depthwise_" if layer.endswith("depthwise") else ""
                variables.append(f"{layer}/{prefix}{short}:0")
                group[variables[-1]] = layers[name][variable][()]
            group.attrs["weight_names"] = [variable.encode() for variable in variables]
    return target


@pytest.mark.parametrize("whole", [True, False])
def test_the_h5_files_of_keras_2_are_read(tmp_path, saved, whole):
    """Keras itself still reads this layout, and is the one that proves it."""
    source = put(saved["model.h5"], tmp_path / "source.h5")
    path = as_keras_2(source, tmp_path / "model.h5", whole=whole)
    assert relative_error(path, read_foreign(path)) < 1e-4


def test_the_names_of_keras_own_files_tell_their_size(tmp_path, saved):
    source = put(saved["model.h5"], tmp_path / "source.h5")
    name = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96.h5"
    path = as_keras_2(source, tmp_path / name, whole=False)
    assert read_keras(path).checkpoint.spec.size == (96, 96)


def test_weights_without_names_are_read_by_their_order(tmp_path, saved):
    """As the first releases of Keras 3 wrote them."""
    path = put(saved["model.weights.h5"], tmp_path / "model.weights.h5")
    with h5py.File(path, "r+") as file:
        for layer in file["layers"].values():
            layer["vars"].attrs.clear()
    assert relative_error(path, read_keras(path)) < 1e-4


def fine_tuned(rescaling: bool):
    """What Keras' own guide builds: the application without its top, inside a new model."""
    base = keras.applications.MobileNetV2((96, 96, 3), 0.35, include_top=False, weights=None)
    picture = keras.Input((96, 96, 3))
    x = keras.layers.RandomFlip()(picture)
    if rescaling:
        x = keras.layers.Rescaling(1 / 127.5, offset=-1)(x)
    else:
        x = keras.applications.mobilenet_v2.preprocess_input(x)
    x = keras.layers.GlobalAveragePooling2D()(base(x, training=False))
    return keras.Model(picture, keras.layers.Dense(4, "softmax")(keras.layers.Dropout(0.2)(x)))


@pytest.mark.parametrize(
    ("name", "rescaling"),
    [
        ("model.keras", True),
        ("model.keras", False),
        ("model.h5", False),
        ("model.weights.h5", True),
    ],
)
def test_a_fine_tuned_model_around_the_application_is_read(tmp_path, name, rescaling):
    model = fine_tuned(rescaling)
    base = next(layer for layer in model.layers if hasattr(layer, "layers"))
    lively_keras(base)
    path = save(model, tmp_path / name)
    foreign = read_foreign(path)
    assert foreign.checkpoint.spec.head.classes == 4
    assert foreign.checkpoint.preprocessing.mean == pytest.approx((0.5, 0.5, 0.5))
    assert relative_error(path, foreign) < 1e-4


def test_epsilon_comes_from_the_configuration(tmp_path, saved):
    path = put(saved["model.keras"], tmp_path / "model.keras")
    changed = tmp_path / "changed.keras"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                data = data.replace(b'"epsilon": 0.001', b'"epsilon": 0.01')
            new.writestr(name, data)
    assert read_keras(changed).checkpoint.spec.batch_norm_epsilon == 0.01


def test_maximum_pooling_is_refused(tmp_path):
    base = keras.applications.MobileNetV2(
        (96, 96, 3), 0.35, include_top=False, weights=None, pooling="max"
    )
    model = keras.Sequential([base, keras.layers.Dense(2)])
    with pytest.raises(CheckpointError, match="no layers of GlobalMaxPooling2D"):
        read_keras(save(model, tmp_path / "model.keras"))


@pytest.mark.parametrize("name", NAMES)
def test_mobilenet_v1_is_read(tmp_path, name):
    model = keras.applications.MobileNet((224, 224, 3), 0.25, weights=None, classes=2)
    path = save(lively_keras(model), tmp_path / name)
    foreign = read_keras(path)
    assert foreign.checkpoint.spec.backbone == MobileNetV1()
    assert relative_error(path, foreign) < 1e-4


def test_a_size_at_which_mobilenet_v1_pads_otherwise_is_refused(tmp_path):
    model = keras.applications.MobileNet((97, 97, 3), 0.25, weights=None, classes=2)
    with pytest.raises(CheckpointError, match="multiples of 32 pixels"):
        read_keras(save(model, tmp_path / "model.keras"))


def test_another_application_is_refused(tmp_path):
    model = keras.applications.MobileNetV3Small((96, 96, 3), 0.75, weights=None, classes=2)
    with pytest.raises(CheckpointError, match="MobileNetV2"):
        read_keras(save(model, tmp_path / "model.keras"))


def test_an_array_larger_than_the_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "Conv1/Conv1/kernel:0", shape=(2**30, 2**30), dtype="f4", chunks=(64, 64)
        )
    with pytest.raises(CheckpointError, match="claim more than its"):
        read_keras(path)


def test_arrays_in_other_files_are_not_followed(tmp_path):
    secret, path = tmp_path / "secret.bin", tmp_path / "model.weights.h5"
    secret.write_bytes(np.ones(8, np.float32).tobytes())
    with h5py.File(path, "w") as file:
        file.create_dataset("Conv1/Conv1/kernel:0", (8,), "f4", external=[(str(secret), 0, 32)])
    with pytest.raises(CheckpointError, match="points at another file"):
        read_keras(path)


def test_a_link_to_another_file_is_not_followed(tmp_path, saved):
    other = put(saved["model.h5"], tmp_path / "other.h5")
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(other), "/model_weights")
    with pytest.raises(CheckpointError, match="holds no layers"):
        read_keras(path)


def test_a_bomb_in_the_archive_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("model.weights.h5", bytes(50_000_000))
    with pytest.raises(CheckpointError, match="may unpack to"):
        read_foreign(path)


def model_of(*kinds, **settings):
    """A configuration with layers of these classes, the last of which has these settings."""
    layers = [{"class_name": kind, "config": {}} for kind in kinds]
    layers[-1]["config"] = settings
    return json.dumps({"class_name": "Functional", "config": {"layers": layers}})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "must be a JSON object"),
        (model_of("Lambda", function="4wEAAAAA"), "no layers of Lambda"),
        (model_of("Resizing", height=224, width=224), "no layers of Resizing .*without that layer"),
        (model_of("BatchNormalization", "BatchNormalization", epsilon=0.1), "share one epsilon"),
        (model_of("Rescaling", scale=[1, 2]), "must scale the picture by one number or by three"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(tmp_path, saved, config, message):
    source = put(saved["model.keras"], tmp_path / "source.keras")
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        new.writestr("config.json", config)
        new.writestr("model.weights.h5", old.read("model.weights.h5"))
    with pytest.raises(CheckpointError, match=message):
        read_foreign(path)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("keep", [0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, saved, name, keep):
    data = saved[name]
    path = put(data[: int(len(data) * keep)], tmp_path / name)
    with pytest.raises(CheckpointError):
        read_foreign(path)
