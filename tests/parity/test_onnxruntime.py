"""ONNX files in onnxruntime and in ours, on photographs."""

from dataclasses import replace

import onnx
import pytest

from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.errors import ParityError
from mobilenetv2.parity.onnxruntime import measure
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.weights.onnx.importer import read_onnx


@pytest.fixture(scope="module")
def flowers(shared):
    return shared / "weights" / "mobilenet_v2_0.35_128_flowers.onnx"


def photographs(foreign):
    preprocessing = foreign.checkpoint.preprocessing
    return [resize(decode(path), preprocessing) for path in example_pictures()]


def test_the_public_file_agrees_to_rounding(flowers):
    foreign = read_onnx(flowers)
    parity = measure(flowers, foreign, photographs(foreign))
    assert (parity.runtime, parity.quantity) == ("onnxruntime", "probabilities")
    assert parity.max_error < 1e-5
    assert parity.agreement == 1


def test_a_wrong_weight_is_seen(flowers):
    foreign = read_onnx(flowers)
    weights = dict(foreign.checkpoint.weights)
    weights["block7.depthwise.weight"] = weights["block7.depthwise.weight"][:, :, ::-1].copy()
    wrong = replace(foreign, checkpoint=replace(foreign.checkpoint, weights=weights))
    assert measure(flowers, wrong, photographs(foreign)).max_error > 1e-3


@pytest.mark.parametrize("batch", ["any", 1, 4])
def test_a_fixed_batch_is_filled(flowers, tmp_path, batch):
    model = onnx.load(flowers)
    size = model.graph.input[0].type.tensor_type.shape.dim[0]
    if batch == "any":
        size.dim_param = batch
    else:
        size.dim_value = batch
    path = tmp_path / "batch.onnx"
    onnx.save(model, path)
    foreign = read_onnx(path)
    assert measure(path, foreign, photographs(foreign)).max_error < 1e-5


def test_a_proof_needs_a_picture(flowers):
    with pytest.raises(ParityError, match="at least one picture"):
        measure(flowers, read_onnx(flowers), [])
