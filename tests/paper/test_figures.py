"""Figures 2 to 5 and 7 as data."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.errors import CheckpointError, DatasetError
from mobilenetv2.model import load
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.paper import figure_2, figure_3, figure_4, figure_5, figure_7
from mobilenetv2.paper.accuracy import front, gain
from mobilenetv2.paper.measure_positives import first_weights, measure_positives
from mobilenetv2.paper.slim import SLIM_V1, SLIM_V2
from mobilenetv2.tasks.find_pictures import find_pictures


def test_figure_2_is_linear_only_where_the_paper_hatches():
    figure = figure_2()
    assert [[layer.linear for layer in block.layers] for block in figure] == [
        [False], [False, False], [False, True], [False, False, True],
    ]  # fmt: skip
    expanded = figure[-1]
    assert expanded.layers[0].shape.channels == 6 * expanded.source.channels


def test_figure_3_inverts_the_residual():
    residual, inverted = figure_3()
    assert residual.shortcut
    assert inverted.shortcut
    assert residual.source.channels == 4 * residual.layers[0].shape.channels
    assert inverted.layers[0].shape.channels == 6 * inverted.source.channels


def test_figure_4_adds_at_stride_1_alone():
    flows = {(flow.title, flow.found): flow for flow in figure_4()}
    adding = flows["(d) MobileNet V2, stride 1", "MobileNetV2, block2"]
    striding = flows["(d) MobileNet V2, stride 2", "MobileNetV2, block3"]
    assert adding.join == "Add"
    assert striding.join == ""
    assert striding.branches[0].steps[1] == "dwise 3x3, stride=2, ReLU6"
    assert adding.branches[0].steps[-1] == "conv 1x1, linear"


def test_figure_5_has_every_published_point_and_the_papers_21():
    points = figure_5()
    v2 = [point for point in points if point.network == "MobileNetV2"]
    assert len(v2) == len(SLIM_V2) == 22
    assert sum(point.in_paper for point in v2) == 21
    assert sum(point.network == "MobileNetV1" for point in points) == len(SLIM_V1)
    assert all(p.madds // 10**6 == s.millions for p, s in zip(v2, SLIM_V2, strict=True))


def test_v2_is_ahead_of_v1_at_every_cost():
    points = figure_5()
    best = front([point for point in points if point.network == "MobileNetV2"])
    assert [p.top1 for p in best] == sorted(p.top1 for p in best)
    assert gain(points)[0] > 3


def test_figure_7s_record_says_what_the_paper_says():
    data = figure_7()
    layers = [conv.name for conv in build(Spec()).convs if conv.activation == "relu6"]
    assert [one.layer for one in data.trained] == [one.layer for one in data.at_start] == layers
    assert all(0.4 < one.mean / one.channels < 0.6 for one in data.at_start)
    assert data.below_threshold(trained=False) == ()
    assert len(data.below_threshold(trained=True)) == 2


def test_counting_positive_channels(tiny_file: Path, shared: Path):
    checkpoint = load(tiny_file).checkpoint
    pictures = find_pictures(shared / "data" / "photos")[:2]
    data = measure_positives(checkpoint, "tiny", pictures, "photos")
    for one in (*data.at_start, *data.trained):
        assert 0 <= one.least <= one.mean <= one.most <= one.channels
    assert data.count == 2


def test_counting_needs_pictures(tiny_file: Path):
    with pytest.raises(DatasetError, match="at least one picture"):
        measure_positives(load(tiny_file).checkpoint, "tiny", [], "none")


def test_only_a_classifier_is_counted(tiny_detector_file: Path):
    with pytest.raises(CheckpointError, match="SSDLite head"):
        measure_positives(load(tiny_detector_file).checkpoint, "tiny", [], "none")


def test_first_weights_are_a_cut_normal():
    weights = first_weights(build(Spec()), 0)
    kernel = weights["last.weight"]
    assert np.abs(kernel).max() <= 2 * 0.09
    # The deviation of a normal cut at two of them is 0.880 of its own.
    assert kernel.std() == pytest.approx(0.880 * 0.09, rel=0.01)
