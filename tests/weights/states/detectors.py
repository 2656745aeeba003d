"""Random detectors in the public layouts, their files, and how far an import is from them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes, decode_offsets_to_ltrb, flatten_outputs
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.weights.lively import lively_torch
from tests.weights.states import layouts_mmdetection, layouts_qfgaohao, layouts_torchvision


@dataclass(frozen=True)
class Family:
    """A public layout: networks by (classes without background, width), and its boxes."""

    name: str
    make: Callable[[int, float], nn.Module]
    boxes_of: Callable[[Tensor], Tensor]
    background_last: bool = False


QFGAOHAO = Family(
    "qfgaohao",
    lambda classes, width: layouts_qfgaohao.Mb2SsdLite(classes + 1, width),
    layouts_qfgaohao.boxes_of,
)
TORCHVISION = Family(
    "torchvision",
    lambda classes, width: layouts_torchvision.Ssdlite(classes + 1, width),
    layouts_torchvision.boxes_of,
)
MMDETECTION = Family(
    "mmdetection",
    layouts_mmdetection.SsdliteMobileNetV2,
    layouts_mmdetection.boxes_of,
    background_last=True,
)
FAMILIES = (QFGAOHAO, TORCHVISION, MMDETECTION)


@cache
def network(family: Family, classes: int = 3, width: float = 0.5) -> nn.Module:
    """Random weights and batch norms; the predictors' biases differ from row to row."""
    model = lively_torch(family.make(classes, width))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            # On maps of one cell three photographs give statistics that magnify rounding.
            module.running_var.add_(module.running_var.mean())
    return model


def saved(family: Family, folder: Path, classes: int = 3, width: float = 0.5) -> Path:
    path = folder / f"{family.name}.pth"
    torch.save(network(family, classes, width).state_dict(), path)
    return path


@dataclass(frozen=True)
class Differences:
    """The largest of every number of every anchor."""

    logits: float
    """Over the range of the original's."""
    offsets: float
    """The same."""
    boxes: float
    """In shares of the picture."""
    scores: float


def differences(family: Family, model: nn.Module, checkpoint: Checkpoint) -> Differences:
    """An import against the network it was made from, on a photograph."""
    head = checkpoint.spec.head
    assert isinstance(head, SSDLite)
    picture = prepare(decode(example_pictures()[0]), checkpoint.preprocessing)[None]
    run = reference_runner(build(checkpoint.spec), checkpoint.weights)
    offsets, logits = flatten_outputs(run(picture), head)
    boxes = decode_offsets_to_ltrb(offsets, anchor_boxes(checkpoint.spec), head.box_scales)
    with torch.inference_mode():
        their_logits, their_offsets = model(torch.from_numpy(picture.transpose(0, 3, 1, 2).copy()))
        their_boxes = family.boxes_of(their_offsets).numpy()
    if family.background_last:
        their_logits = torch.cat([their_logits[..., -1:], their_logits[..., :-1]], -1)
    x, y, width, height = their_offsets.unbind(-1)
    return Differences(
        relative(logits, their_logits.numpy()),
        relative(offsets, torch.stack([y, x, height, width], -1).numpy()),
        float(np.abs(boxes - their_boxes).max()),
        float(np.abs(softmax(logits) - their_logits.softmax(-1).numpy()).max()),
    )


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.ptp(theirs))
