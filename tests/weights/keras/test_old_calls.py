"""Calculations with the picture as TensorFlow 2.15 saves them: its own files, cut to the calls."""

import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.keras.pixels import fold_pixels

ALL = {"start": None, "stop": None, "step": None}
BACKWARDS = ALL | {"step": -1}
DOTS = {"class_name": "__ellipsis__"}
BLUE_FIRST = (2, 1, 0)
CAFFE = [-103.939, -116.779, -123.68]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def function(name, call, label="f"):
    return ConfiguredLayer("TFOpLambda", {"name": label, "function": name}, [call])


def cut(keys, label="f"):
    settings = {"name": label, "function": "__operators__.getitem"}
    return ConfiguredLayer("SlicingOpLambda", settings, [["x", 0, 0, {"slice_spec": keys}]])


def only(color):
    return cut([DOTS, {"start": color, "stop": color + 1, "step": None}], f"only {color}")


def joined(more):
    return [[f"only {color}", 0, 0, more] for color in (2, 1, 0)]


PARTS = [only(color) for color in (2, 1, 0)]
PICTURE = ConfiguredLayer("InputLayer", {"name": "x"}, [])

TURNS = {
    "x[..., ::-1]": [cut([DOTS, BACKWARDS])],
    "x[:, :, :, ::-1]": [cut([ALL, ALL, ALL, BACKWARDS])],
    "tf.reverse": [function("reverse", ["x", 0, 0, {"axis": [-1], "name": None}])],
    "tf.gather": [
        function(
            "compat.v1.gather",
            ["x", 0, 0, {"indices": [2, 1, 0], "validate_indices": None, "axis": -1,
                         "batch_dims": 0}],
        )
    ],
    "tf.concat": [*PARTS, function("concat", joined({"axis": -1}))],
    "Concatenate": [
        *PARTS, ConfiguredLayer("Concatenate", {"name": "c", "axis": -1}, [joined({})])
    ],
    "tf.stack": [
        *(cut([DOTS, color], f"only {color}") for color in (2, 1, 0)),
        function("stack", joined({"axis": -1})),
    ],
}  # fmt: skip


@pytest.mark.parametrize("turn", TURNS)
def test_a_turn_of_the_colors(tmp_path, turn):
    pixels = fold_pixels([PICTURE, *TURNS[turn]], {}, tmp_path / "model.h5")
    assert pixels.order == BLUE_FIRST
    assert pixels.plain


def test_keras_own_preparation_for_caffe(tmp_path):
    steps = [
        cut([DOTS, BACKWARDS]),
        function("nn.bias_add", ["f", 0, 0, {"bias": CAFFE, "data_format": "NHWC"}]),
    ]
    pixels = fold_pixels(steps, {}, tmp_path / "model.h5")
    assert pixels.order == BLUE_FIRST
    np.testing.assert_allclose(pixels.offset, CAFFE)


def test_keras_own_preparation_for_torch(tmp_path):
    bias = [-mean for mean in MEAN]
    steps = [
        function("math.truediv", ["x", 0, 0, {"y": 255.0, "name": None}], "a"),
        function("nn.bias_add", ["a", 0, 0, {"bias": bias, "data_format": "NHWC"}], "b"),
        function("math.truediv", ["b", 0, 0, {"y": list(STD), "name": None}], "c"),
    ]
    pixels = fold_pixels(steps, {}, tmp_path / "model.h5")
    np.testing.assert_allclose(pixels.gain, 1 / (255 * np.array(STD)))
    np.testing.assert_allclose(pixels.offset, np.divide(bias, STD))


def test_a_number_before_the_picture(tmp_path):
    """`2 - x / 255`, where a name of a layer is expected."""
    steps = [
        function("math.truediv", ["x", 0, 0, {"y": 255.0, "name": None}], "a"),
        function("math.subtract", ["_CONSTANT_VALUE", -1, 2.0, {"y": ["a", 0, 0], "name": None}]),
    ]
    pixels = fold_pixels(steps, {}, tmp_path / "model.h5")
    np.testing.assert_allclose(pixels.gain, -1 / 255)
    np.testing.assert_allclose(pixels.offset, 2)


def test_limits_that_every_pixel_keeps(tmp_path):
    limits = {"clip_value_min": 0.0, "clip_value_max": 255.0}
    kept = fold_pixels([function("clip_by_value", ["x", 0, 0, limits])], {}, tmp_path / "model.h5")
    assert kept.plain
    limits = {"clip_value_min": 16.0, "clip_value_max": 235.0}
    with pytest.raises(CheckpointError, match=r"f \(Clip\) does something else"):
        fold_pixels([function("clip_by_value", ["x", 0, 0, limits])], {}, tmp_path / "model.h5")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (cut([ALL, BACKWARDS]), r"f \(GetItem\) does something else"),
        (cut([DOTS, None]), r"f \(GetItem\) does something else"),
        (function("reverse", ["x", 0, 0, {"axis": [1]}]), r"f \(Flip\) does something else"),
        (function("gather", ["x", 0, 0, {"indices": [2, 1, 0], "axis": 3, "batch_dims": 1}]),
         "the model has 'gather'"),
        (function("nn.bias_add", ["x", 0, 0, {"bias": CAFFE, "data_format": "NCHW"}]),
         r"the model has 'nn\.bias_add'"),
        (function("split", ["x", 0, 0, {"num_or_size_splits": 3, "axis": -1}]),
         "the model has 'split'"),
    ],
)  # fmt: skip
def test_what_is_neither_a_scaling_nor_a_turn_is_named(tmp_path, step, message):
    with pytest.raises(CheckpointError, match=message):
        fold_pixels([step], {}, tmp_path / "model.h5")
