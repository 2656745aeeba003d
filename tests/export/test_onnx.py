"""An exported ONNX file gives the reference's outputs, in onnxruntime and in OpenVINO."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mobilenetv2.errors import ExportError
from mobilenetv2.export.onnx import to_onnx
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.peers import onnxruntime, openvino
from mobilenetv2.weights.open import read_foreign
from tests.export.networks import GRAPHS, NETWORKS, case
from tests.specs import specs

TOLERANCE = 1e-5
"""Of the range of an output: what the order of additions in float32 leaves."""


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("peer", [onnxruntime, openvino])
def test_every_network_runs_in_both_runtimes(name, peer, tmp_path):
    pytest.importorskip(peer.__name__.rpartition(".")[2])
    network = case(GRAPHS[name])
    path = tmp_path / "network.onnx"
    path.write_bytes(to_onnx(network.graph, network.weights))
    assert network.error(peer.open_file(str(path), threads=1), "nchw") < TOLERANCE


@given(specs)
@settings(max_examples=10, deadline=None)
def test_any_network_of_the_package_can_be_written(tmp_path_factory, spec: Spec):
    network = case(build(replace(spec, width=spec.width / 5, batch_norm_epsilon=None)))
    path = tmp_path_factory.mktemp("onnx") / "network.onnx"
    path.write_bytes(to_onnx(network.graph, network.weights))
    assert network.error(onnxruntime.open_file(str(path), threads=1), "nchw") < 5 * TOLERANCE


def test_a_wrong_weight_is_seen(tmp_path):
    network = case(GRAPHS["classifier"])
    weights = dict(network.weights)
    weights["block3.depthwise.weight"] = weights["block3.depthwise.weight"][::-1]
    path = tmp_path / "network.onnx"
    path.write_bytes(to_onnx(network.graph, weights))
    assert network.error(onnxruntime.open_file(str(path), threads=1), "nchw") > 100 * TOLERANCE


def test_what_is_exported_can_be_imported_again(tmp_path):
    spec = replace(NETWORKS["classifier"], width=0.35, size=(64, 64))
    network = case(build(spec))
    path = tmp_path / "network.onnx"
    path.write_bytes(to_onnx(network.graph, network.weights))
    checkpoint = read_foreign(path).checkpoint
    assert build(checkpoint.spec) == network.graph
    for name, array in network.weights.items():
        np.testing.assert_allclose(checkpoint.weights[name], array, rtol=1e-6)


def test_texts_travel_with_the_file(tmp_path):
    onnx = pytest.importorskip("onnx")
    network = case(GRAPHS["classifier"])
    model = onnx.load_from_string(to_onnx(network.graph, network.weights, {"license": "CC0-1.0"}))
    assert [(item.key, item.value) for item in model.metadata_props] == [("license", "CC0-1.0")]


def test_a_network_with_batch_norms_is_refused():
    spec = replace(NETWORKS["classifier"], batch_norm_epsilon=1e-3)
    with pytest.raises(ExportError, match=r"stem still has its own\. Call .*fold_checkpoint"):
        to_onnx(build(spec), {})
