"""An exported pair of ncnn files gives the reference's outputs in ncnn."""

import numpy as np
import pytest

from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.export.ncnn import to_ncnn
from mobilenetv2.network.graph import Add, Graph, Input, Pads, Pool, Shape
from mobilenetv2.peers import ncnn
from tests.export.networks import GRAPHS, Case, case

pytest.importorskip("ncnn")

TOLERANCE = 1e-5
HALF = 1e-3
"""ncnn keeps the weights of a dense layer in float16, whose steps are 5e-4 of a weight."""


@pytest.mark.parametrize("name", GRAPHS)
def test_every_network_runs(name, tmp_path):
    network = case(GRAPHS[name])
    files = to_ncnn(network.graph, network.weights)
    (tmp_path / "network.param").write_text(files.param)
    (tmp_path / "network.bin").write_bytes(files.bin)
    dense = "InnerProduct" in files.param
    error = network.error(ncnn.open_file(str(tmp_path / "network.param"), threads=1), "nchw")
    assert error < (HALF if dense else TOLERANCE)


def test_an_output_that_is_read_as_well_still_comes_out(tmp_path):
    shape = Shape(6, 6, 3)
    nodes = (
        Input("input", shape),
        Add("twice", "input", "input", shape),
        Add("clipped", "twice", "input", shape, "relu6"),
        Pool("pool", "twice", Shape(3, 3, 3), "max", (2, 2), 2, Pads()),
    )
    graph = Graph(nodes, ("twice", "clipped", "pool"))
    graph.check()
    picture = np.random.default_rng(0).normal(0, 3, (1, 6, 6, 3)).astype(np.float32)
    files = to_ncnn(graph, {})
    (tmp_path / "small.param").write_text(files.param)
    (tmp_path / "small.bin").write_bytes(files.bin)
    network = Case(graph, {}, picture, reference_runner(graph, {})(picture))
    assert network.error(ncnn.open_file(str(tmp_path / "small.param"), 1), "nchw") < TOLERANCE
