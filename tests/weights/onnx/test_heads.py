"""Detectors and segmenters as torch exports them, in the forms that people give their outputs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from mobilenetv2.catalog.labels import voc_labels
from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, DeepLab, Head, Spec, SSDLite
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.onnx.exports import export

ANCHORS = tensorflow_anchors(4)
DETECTOR = SSD(3, (64, 32), (1, 3, 1, 3), ANCHORS)
LITE = SSDLite(3, (64, 32), (3, 3, 1, 3), ANCHORS, tap="output")
RESIDUAL = SSDLite(3, (64, 32), (3,) * 4, ANCHORS, extra_expansions=(0.2, 0.25))
ATROUS = DeepLab(5, (2, 3, 4), 16)
PICTURES = example_pictures()[:2]


def spec_of(head: Head, **other) -> Spec:
    stride = 16 if isinstance(head, DeepLab) else 32
    return Spec(
        **{"head": head, "width": 0.35, "size": (96, 96), "padding": "torch",
           "output_stride": stride, "batch_norm_epsilon": None} | other
    )  # fmt: skip


class Ending(nn.Module):
    """Our network, and what its owner does behind it."""

    def __init__(self, spec: Spec, how: str) -> None:
        super().__init__()
        self.head, self.how, self.size = spec.head, how, spec.size
        self.network = GraphModule(build(spec), random_weights(build(spec), 5)).eval()

    def forward(self, picture: torch.Tensor) -> tuple[torch.Tensor, ...] | torch.Tensor:
        maps = self.network(picture)
        if isinstance(self.head, DeepLab):
            return self.mask(maps["logits"])
        if self.how == "maps":
            return tuple(maps.values())
        if self.how == "maps, classes first":
            return tuple(sorted(maps.values(), key=lambda m: (-int(m.shape[2]), -int(m.shape[1]))))
        boxes, classes = self.rows(maps, "box", 4), self.rows(maps, "class", self.head.classes + 1)
        match self.how:
            case "softmax":
                return boxes, classes.softmax(-1)
            case "sigmoid":
                return classes.sigmoid(), boxes
            case "decoded":
                return boxes.exp(), classes
            case "joined":
                return torch.cat([boxes, classes], 2)
            case _:
                return boxes, classes

    def rows(self, maps: dict[str, torch.Tensor], kind: str, numbers: int) -> torch.Tensor:
        parts = [maps[name] for name in maps if name.startswith(kind)]
        flat = [part.permute(0, 2, 3, 1).reshape(part.shape[0], -1, numbers) for part in parts]
        return torch.cat(flat, 1)

    def mask(self, logits: torch.Tensor) -> torch.Tensor:
        if self.how == "logits":
            return logits
        corners = self.how != "half pixel"
        full = nn.functional.interpolate(logits, self.size, mode="bilinear", align_corners=corners)
        if self.how == "probabilities":
            return full.softmax(1)
        return full.argmax(1, keepdim="keep" in self.how) if "mask" in self.how else full


def exported(path: Path, spec: Spec, how: str, **options) -> Path:
    return export(path / "model.onnx", Ending(spec, how), spec.size[0], **options)


@pytest.mark.parametrize("head", [DETECTOR, LITE, RESIDUAL], ids=["SSD", "SSDLite", "residual"])
@pytest.mark.parametrize("how", ["maps", "maps, classes first", "rows", "softmax", "sigmoid"])
def test_detectors_come_back_whatever_their_outputs(tmp_path, head, how):
    spec = spec_of(head)
    path = exported(tmp_path, spec, how)
    foreign = read_onnx(path)
    scores = "sigmoid" if how == "sigmoid" else "softmax"
    assert foreign.checkpoint.spec == replace(spec, head=replace(head, scores=scores))
    assert foreign.checkpoint.preprocessing.fit == "squash"
    for name, array in random_weights(build(spec), 5).items():
        np.testing.assert_array_equal(foreign.checkpoint.weights[name], array, err_msg=name)
    parity = prove(path, foreign, PICTURES)
    scored = how in ("softmax", "sigmoid")
    assert parity.quantity == ("boxes and scores" if scored else "boxes and logits")
    assert parity.relative_error < 1e-4
    assert parity.agreement_of == "anchors"


@pytest.mark.parametrize(
    ("how", "quantity"),
    [
        ("logits", "logits"),
        ("upsampled", "logits"),
        ("half pixel", "logits"),
        ("probabilities", "probabilities"),
        ("mask", "mask"),
        ("mask, keep", "mask"),
    ],
)
@pytest.mark.parametrize("head", [DeepLab(4), ATROUS], ids=["plain", "atrous"])
def test_segmenters_come_back_whatever_their_output(tmp_path, head, how, quantity):
    spec = spec_of(head, output_stride=16 if head.aspp_rates else 8)
    foreign = read_onnx(exported(tmp_path, spec, how))
    expected = replace(spec, head=replace(head, batch_norm_epsilon=1e-5))
    assert foreign.checkpoint.spec == expected
    assert foreign.checkpoint.preprocessing.fit == "pad"
    for name, array in random_weights(build(spec), 5).items():
        np.testing.assert_array_equal(foreign.checkpoint.weights[name], array, err_msg=name)
    parity = prove(tmp_path / "model.onnx", foreign, PICTURES)
    assert (parity.quantity, parity.agreement_of) == (quantity, "pixels")
    assert parity.agreement > 0.999
    assert quantity == "mask" or parity.relative_error < 1e-4
    differs = [note for note in foreign.notes if "half pixel alignment" in note]
    assert bool(differs) == (how == "half pixel")


def test_an_image_branch_spread_by_a_tile_is_a_resize(tmp_path):
    """As Keras and tf2onnx write DeepLab: a single pixel repeated over the map."""
    spec = spec_of(DeepLab(4), output_stride=16)
    path = exported(tmp_path, spec, "logits")
    expected = read_onnx(path).checkpoint
    model = onnx.load(path)
    (spread,) = [node for node in model.graph.node if node.op_type in ("Resize", "Expand")]
    height, width, _ = build(spec).by_name["aspp.resize"].shape
    repeats = onnx.numpy_helper.from_array(np.array([1, 1, height, width]), "repeats")
    model.graph.initializer.append(repeats)
    tile = onnx.helper.make_node("Tile", [spread.input[0], "repeats"], list(spread.output))
    spread.CopyFrom(tile)
    onnx.save(model, path)
    foreign = read_onnx(path)
    assert foreign.checkpoint.spec == expected.spec
    assert prove(path, foreign, PICTURES).relative_error < 1e-4


def test_twenty_one_classes_get_the_names_of_voc(tmp_path):
    labels = read_onnx(exported(tmp_path, spec_of(DeepLab(21)), "logits")).checkpoint.labels
    assert labels == ("background", *voc_labels())


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("decoded", "uses Exp"),
        ("joined", "it looks like"),
    ],
)
def test_what_stands_behind_a_detector_is_named(tmp_path, how, reason):
    path = exported(tmp_path, spec_of(DETECTOR), how)
    with pytest.raises(CheckpointError, match=reason):
        read_onnx(path)


def test_suppression_inside_the_file_is_named(tmp_path):
    path = exported(tmp_path, spec_of(DETECTOR), "rows")
    model = onnx.load(path)
    boxes, classes = (output.name for output in model.graph.output)
    model.graph.node.extend(
        [
            helper.make_node("Transpose", [classes], ["scores"], perm=[0, 2, 1]),
            helper.make_node("NonMaxSuppression", [boxes, "scores"], ["kept"]),
        ]
    )
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("kept", TensorProto.INT64, [None, 3]))
    onnx.save(model, path)
    with pytest.raises(
        CheckpointError, match=r"uses NonMaxSuppression .* a detector .* with its post-processing"
    ):
        read_onnx(path)


@pytest.mark.parametrize("drop", [0, 1])
def test_a_missing_output_is_refused(tmp_path, drop):
    path = exported(tmp_path, spec_of(DETECTOR), "maps")
    model = onnx.load(path)
    del model.graph.output[drop]
    onnx.save(model, path)
    with pytest.raises(CheckpointError, match="two tables"):
        read_onnx(path)
