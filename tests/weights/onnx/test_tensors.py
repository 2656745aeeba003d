"""Numbers in every type and place in which ONNX files keep them."""

import os

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.onnx.exports import written


def test_half_precision_is_read(plain, tmp_path):
    model = onnx.load(plain)
    for stored in model.graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype == np.float32:
            stored.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored.name))
    path = tmp_path / "half.onnx"
    onnx.save(model, path)
    weights, halves = (read_onnx(file).checkpoint.weights for file in (plain, path))
    assert read_onnx(path).format.endswith("float16")
    for name, array in weights.items():
        np.testing.assert_array_equal(halves[name], array.astype(np.float16).astype(np.float32))


@pytest.mark.parametrize("field", ["float_data", "int32_data"])
def test_numbers_may_lie_in_typed_fields(plain, tmp_path, field):
    """float_data holds float32, int32_data the bits of float16."""
    model = onnx.load(plain)
    for stored in model.graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or not values.ndim:
            continue
        kind, numbers = TensorProto.FLOAT, values.reshape(-1)
        if field == "int32_data":
            kind, numbers = TensorProto.FLOAT16, numbers.astype(np.float16).view(np.uint16)
        fresh = TensorProto(name=stored.name, data_type=kind, dims=values.shape)
        getattr(fresh, field).extend(numbers.tolist())
        stored.CopyFrom(fresh)
    path = tmp_path / "typed.onnx"
    onnx.save(model, path)
    weights, typed = (read_onnx(file).checkpoint.weights for file in (plain, path))
    for name, array in weights.items():
        expected = array if field == "float_data" else array.astype(np.float16)
        np.testing.assert_array_equal(typed[name], expected.astype(np.float32), err_msg=name)


def test_arrays_in_a_file_beside_the_model_are_read(plain, tmp_path):
    path = tmp_path / "split.onnx"
    onnx.save(onnx.load(plain), path, save_as_external_data=True, location="split.data")
    weights, split = (read_onnx(file).checkpoint.weights for file in (plain, path))
    assert all((split[name] == array).all() for name, array in weights.items())
    (tmp_path / "split.data").write_bytes(b"short")
    with pytest.raises(CheckpointError, match=r"split\.data should hold .* bytes"):
        read_onnx(path)
    (tmp_path / "split.data").unlink()
    os.mkfifo(tmp_path / "split.data")
    with pytest.raises(CheckpointError, match=r"split\.data must be a regular file, it is a pipe"):
        read_onnx(path)


def test_a_quantised_export_is_multiplied_out(tmp_path):
    """DequantizeLinear on the weights, QuantizeLinear and DequantizeLinear around every map."""
    path, weights = written(tmp_path, quantised=True)
    checkpoint = read_onnx(path).checkpoint
    for name, array in weights.items():
        atol = np.abs(array).max() / 127 if name.endswith("weight") else 0
        np.testing.assert_allclose(checkpoint.weights[name], array, 0, atol, err_msg=name)
