"""transformers' own MobileNetV2, classifier or segmenter, filled from the same file."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import DeepLab, Spec
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.logits import (
    NAMELESS,
    Images,
    compare_logits,
    likely_widths,
    load_arrays,
    network_inputs,
    torch_head,
    torch_logits,
)
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.dense_head import read_head
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.transformers import model_config, network_parts

if TYPE_CHECKING:
    import torch

ASSUMED = "padding, epsilon and output stride, assumed on both sides as there is no config.json"
"""What a proof does not tell where the original is built by what the importer took for granted."""


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of transformers' network and of ours, a segmenter's cell by cell.

    The configuration is built from the spec found, so that the original proves the width that the
    importer settled on, and padding and epsilon where a config.json says them; `unchecked` says
    what it does not prove.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: transformers has no network that the file fits.
        MissingDependencyError: transformers is not installed.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingDependencyError("transformers", "parity", "a parity proof") from error
    config = model_config(Path(path))
    assumed = "" if config else ASSUMED
    parts = network_parts(read_torch_file(path).arrays)
    own = "mobilenet_v2."
    arrays = {own + name.removeprefix(own): array for name, array in parts.network.items()}
    if isinstance(foreign.checkpoint.spec.head, DeepLab):
        head_arrays = {n.removeprefix(parts.prefix): a for n, a in parts.rest.items()}
        parity = _compare_maps(foreign, arrays | head_arrays, images, transformers.__version__)
        return replace(parity, unchecked=assumed)
    model = _model(foreign.checkpoint.spec, arrays)
    load_arrays(model, arrays)
    channels = len(arrays[f"{own}conv_1x1.convolution.weight"])
    head = read_head(parts.rest, channels, parts.prefix, Path(path))
    model.classifier = torch_head(head.steps)
    inputs = network_inputs(foreign.checkpoint, images)
    theirs = torch_logits(model, inputs)
    nameless = "" if config.get("problem_type") and len(head.steps) == 1 else NAMELESS
    parity = compare_logits(foreign, inputs, theirs, transformers.__version__, nameless)
    return replace(parity, unchecked="; ".join(filter(None, (assumed, parity.unchecked))))


def _compare_maps(
    foreign: Foreign, arrays: dict[str, Array], images: Images, version: str
) -> Parity:
    import torch

    checkpoint = foreign.checkpoint
    model = _model(checkpoint.spec, arrays)
    load_arrays(model, arrays)
    run = reference_runner(build(checkpoint.spec), checkpoint.weights)
    comparison = MapComparison(checkpoint.spec.head)
    for picture in network_inputs(checkpoint, images):
        channels_first = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
        with torch.inference_mode():
            logits = model.eval()(torch.from_numpy(channels_first)).logits.numpy()
        comparison.add(run(picture[None]), {"logits": logits.transpose(0, 2, 3, 1)})
    return comparison.result("transformers", version)


def _model(spec: Spec, arrays: dict[str, Array]) -> "torch.nn.Module":
    from transformers import (
        MobileNetV2Config,
        MobileNetV2ForImageClassification,
        MobileNetV2ForSemanticSegmentation,
    )

    segments = isinstance(spec.head, DeepLab)
    made = MobileNetV2ForSemanticSegmentation if segments else MobileNetV2ForImageClassification
    for width in likely_widths(spec):
        for finegrained in (True, False):
            config = MobileNetV2Config(
                depth_multiplier=width,
                finegrained_output=finegrained,
                tf_padding=spec.padding == "tensorflow",
                layer_norm_eps=spec.batch_norm_epsilon or 0.001,
                output_stride=spec.output_stride,
            )
            config.num_labels = spec.head.classes if segments else 0
            model: torch.nn.Module = made(config)
            shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
            if all(shapes.get(key) == array.shape for key, array in arrays.items()):
                return model
    raise ParityError("transformers has no MobileNetV2 with the file's shapes")
