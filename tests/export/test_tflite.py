"""An exported TFLite file gives the reference's outputs in LiteRT."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from mobilenetv2.errors import ExportError
from mobilenetv2.export.tflite import to_tflite
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph, Input, Pads, Pool, Shape
from mobilenetv2.network.spec import Spec
from mobilenetv2.peers import litert
from mobilenetv2.weights.open import read_foreign
from tests.export.networks import GRAPHS, NETWORKS, case
from tests.specs import specs

pytest.importorskip("ai_edge_litert")

TOLERANCE = 1e-5


@pytest.mark.parametrize("name", GRAPHS)
def test_every_network_runs(name, tmp_path):
    network = case(GRAPHS[name])
    path = tmp_path / "network.tflite"
    path.write_bytes(to_tflite(network.graph, network.weights))
    assert network.error(litert.open_file(str(path), threads=1), "nhwc") < TOLERANCE


@given(specs)
@settings(max_examples=10, deadline=None)
def test_any_network_of_the_package_can_be_written(tmp_path_factory, spec: Spec):
    network = case(build(replace(spec, width=spec.width / 5, batch_norm_epsilon=None)))
    path = tmp_path_factory.mktemp("tflite") / "network.tflite"
    path.write_bytes(to_tflite(network.graph, network.weights))
    assert network.error(litert.open_file(str(path), threads=1), "nhwc") < 5 * TOLERANCE


def test_padding_is_a_step_of_its_own_only_where_same_means_something_else():
    tensorflow, torch = (
        replace(NETWORKS["classifier"], padding=padding) for padding in ("tensorflow", "torch")
    )
    assert operations(tensorflow).count("PAD") == 0
    # Stride 2 on an even size: torch begins one pixel earlier than SAME.
    strided = [conv for conv in build(torch).convs if conv.stride == 2]
    assert operations(torch).count("PAD") == len(strided) - 1  # 3x3 pixels before the last


def operations(spec: Spec) -> list[str]:
    from mobilenetv2.weights.tflite.importer import translate_tflite

    network = case(build(spec))
    return list(translate_tflite(to_tflite(network.graph, network.weights)).operations)


def test_what_is_exported_can_be_imported_again(tmp_path):
    network = case(build(replace(NETWORKS["classifier"], width=0.35, size=(64, 64))))
    path = tmp_path / "network.tflite"
    path.write_bytes(to_tflite(network.graph, network.weights))
    checkpoint = read_foreign(path).checkpoint
    assert build(checkpoint.spec) == network.graph
    for name, array in network.weights.items():
        np.testing.assert_array_equal(checkpoint.weights[name], array)


def test_a_pool_that_the_format_cannot_say_is_refused():
    pads = Pads(1, 1, 1, 1)
    pool = Pool("pool", "input", Shape(4, 4, 3), "average", (3, 3), 2, pads)
    graph = Graph((Input("input", Shape(8, 8, 3)), pool), ("pool",))
    with pytest.raises(ExportError, match="pool: TFLite pads such a pool by its SAME rule only"):
        to_tflite(graph, {})
