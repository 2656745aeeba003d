"""torchvision's own SSDLite parts around its MobileNetV2, filled from the same file."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.errors import ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import MobileNetV2, Spec, SSDLite
from mobilenetv2.parity.compare import Parity, Tally
from mobilenetv2.parity.logits import Images, load_arrays, network_inputs
from mobilenetv2.tasks.boxes import anchor_boxes, decode_offsets_to_ltrb, flatten_outputs
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.rename import strip_prefix
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.torchvision_ssdlite import ANCHOR, MAX_SCALE, MIN_SCALE

if TYPE_CHECKING:
    import torch


def measure_ssdlite(path: str | Path, foreign: Foreign, images: Images, head: SSDLite) -> Parity:
    """Compare every anchor's box, in shares of the input, and its classes' scores.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.
        head: of the checkpoint's spec.

    Raises:
        ParityError: torchvision's parts do not make a network that the file fits.
        ImportError: torchvision is not installed.
    """
    import torchvision

    checkpoint = foreign.checkpoint
    model = _network(checkpoint.spec, head)
    load_arrays(model, strip_prefix(read_torch_file(path).arrays, ANCHOR))
    run = reference_runner(build(checkpoint.spec), checkpoint.weights)
    anchors = anchor_boxes(checkpoint.spec)
    boxes, scores = Tally(), Tally()
    for picture in network_inputs(checkpoint, images):
        offsets, logits = flatten_outputs(run(picture[None]), head)
        their_boxes, their_scores = _theirs(model.eval(), picture)
        boxes.add(decode_offsets_to_ltrb(offsets[0], anchors, head.box_scales), their_boxes)
        scores.add(softmax(logits[0]), their_scores)
    return Parity(
        runtime=str(foreign.runtime),
        version=torchvision.__version__,
        pictures=len(images),
        max_error=max(boxes.largest, scores.largest),
        mean_error=(boxes.total + scores.total) / (boxes.count + scores.count),
        agreement=scores.agreeing / scores.classified,
        quantity="boxes and scores",
        relative_error=max(boxes.relative, scores.relative),
        agreement_of="anchors",
    )


def _network(spec: Spec, head: SSDLite) -> "torch.nn.ModuleDict":
    """Backbone and head as torchvision's detector names them."""
    from torch import nn
    from torchvision.models import MobileNetV2 as TorchvisionMobileNetV2
    from torchvision.models.detection import ssdlite
    from torchvision.models.detection._utils import retrieve_out_channels

    if not isinstance(spec.backbone, MobileNetV2) or spec.batch_norm_epsilon is None:
        raise ParityError(
            "torchvision's SSDLite needs a MobileNetV2 with batch norms, got "
            f"{type(spec.backbone).__name__}, epsilon {spec.batch_norm_epsilon}"
        )
    norm = partial(nn.BatchNorm2d, eps=spec.batch_norm_epsilon)
    features = TorchvisionMobileNetV2(
        width_mult=spec.width,
        inverted_residual_setting=[
            [stage.expansion, stage.channels, stage.repeats, stage.stride]
            for stage in spec.backbone.stages
        ],
        round_nearest=spec.backbone.divisor,
        norm_layer=norm,
    ).features
    tap = max(index for index, block in enumerate(features) if getattr(block, "stride", 1) > 1)
    # The extractor asks for `block`, MobileNetV3's name for what is `conv` in MobileNetV2.
    features[tap].block = features[tap].conv
    backbone = ssdlite.SSDLiteFeatureExtractorMobileNet(
        features, tap, norm, width_mult=head.extra_channels[0] / 512
    )
    channels = retrieve_out_channels(backbone, spec.size)
    per_cell = [head.anchors.per_cell(index) for index in range(len(channels))]
    predictors = ssdlite.SSDLiteHead(channels, per_cell, head.classes + 1, norm)
    return nn.ModuleDict({"backbone": backbone, "head": predictors})


def _theirs(model: "torch.nn.ModuleDict", picture: Array) -> tuple[Array, Array]:
    """(boxes [anchors, 4] in shares, scores [anchors, 1 + classes]) of one picture."""
    import torch
    from torchvision.models.detection._utils import BoxCoder
    from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
    from torchvision.models.detection.image_list import ImageList

    height, width, _ = picture.shape
    inputs = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None]))
    with torch.inference_mode():
        maps = list(model["backbone"](inputs).values())
        outputs = model["head"](maps)
        generator = DefaultBoxGenerator(
            [[2, 3]] * len(maps), min_ratio=MIN_SCALE, max_ratio=MAX_SCALE
        )
        (anchors,) = generator(ImageList(inputs, [(height, width)]), maps)
        coder = BoxCoder(weights=(10.0, 10.0, 5.0, 5.0))
        boxes = coder.decode_single(outputs["bbox_regression"][0], anchors)
        scores = outputs["cls_logits"][0].softmax(-1)
    shares: Array = boxes.numpy() / np.array([width, height, width, height], np.float32)
    probabilities: Array = scores.numpy()
    return shares, probabilities
