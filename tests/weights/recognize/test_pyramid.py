"""A detector with a feature pyramid is called by its name, however its maps are enlarged."""

import numpy as np
import pytest
import torch
from torch import nn

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.onnx.importer import read_onnx
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.feed import Input
from mobilenetv2.weights.recognize.layers import Picture, Unknown
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.pyramid import refuse_pyramid
from mobilenetv2.weights.recognize.view import NHWC, View


class Pyramid(nn.Module):
    """Two maps, the deeper one enlarged and added to the finer one, predictors on both."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.fine, self.deep = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.box, self.kinds = nn.Conv2d(8, 12, 3, 1, 1), nn.Conv2d(8, 6, 3, 1, 1)
        self.larger = nn.Upsample(scale_factor=2, mode=mode)

    def forward(self, picture):
        fine = self.fine(picture)
        deep = self.deep(fine)
        maps = (fine + self.larger(deep), deep)
        return tuple(head(found) for head in (self.box, self.kinds) for found in maps)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_a_pyramid_is_named_with_the_way_out(tmp_path, mode):
    path = tmp_path / "fpn.onnx"
    picture = torch.zeros(1, 3, 32, 32)
    torch.onnx.export(Pyramid(mode), (picture,), str(path), dynamo=False, opset_version=17)
    with pytest.raises(CheckpointError, match=r"feature pyramid.*without fpnlite"):
        read_onnx(path)


@pytest.mark.parametrize("operation", ["PACK", "RESIZE_NEAREST_NEIGHBOR", "BROADCAST_TO"])
def test_tensorflow_stacks_numbers_beside_themselves(operation):
    picture = Picture("x", Shape(8, 8, 3), np.ones(3), np.zeros(3))
    larger = Unknown("larger", picture.shape, operation, (picture,))
    network = ForeignNetwork(
        format="TFLite", runtime=None, input=Input("float32", NHWC), operations=(operation,),
        outputs=(View(simplify.add(picture, larger, "sum"), NHWC),),
    )  # fmt: skip
    with pytest.raises(CheckpointError, match="feature pyramid"):
        refuse_pyramid(network)
