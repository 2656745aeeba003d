"""transformers' own `MobileNetV2ForImageClassification`, filled from the same file."""

from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.spec import Spec
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.logits import (
    Images,
    compare_logits,
    likely_widths,
    load_arrays,
    network_inputs,
    torch_head,
    torch_logits,
)
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.dense_head import read_head
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.transformers import network_parts

if TYPE_CHECKING:
    import torch


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of transformers' network and of ours.

    The configuration is built from the spec found, so that the original proves the padding,
    epsilon and width that the importer settled on.

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
    parts = network_parts(read_torch_file(path).arrays)
    own = "mobilenet_v2."
    arrays = {own + name.removeprefix(own): array for name, array in parts.network.items()}
    model = _model(foreign.checkpoint.spec, arrays)
    load_arrays(model, arrays)
    channels = len(arrays[f"{own}conv_1x1.convolution.weight"])
    head = read_head(parts.rest, channels, parts.prefix, Path(path))
    model.classifier = torch_head(head.steps)
    inputs = network_inputs(foreign.checkpoint, images)
    return compare_logits(foreign, inputs, torch_logits(model, inputs), transformers.__version__)


def _model(spec: Spec, arrays: dict[str, Array]) -> "torch.nn.Module":
    from transformers import MobileNetV2Config, MobileNetV2ForImageClassification

    for width in likely_widths(spec):
        for finegrained in (True, False):
            config = MobileNetV2Config(
                depth_multiplier=width,
                finegrained_output=finegrained,
                tf_padding=spec.padding == "tensorflow",
                layer_norm_eps=spec.batch_norm_epsilon or 0.001,
                output_stride=spec.output_stride,
            )
            config.num_labels = 0
            model: torch.nn.Module = MobileNetV2ForImageClassification(config)
            shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
            if all(shapes.get(key) == array.shape for key, array in arrays.items()):
                return model
    raise ParityError("transformers has no MobileNetV2 with the file's shapes")
