"""timm's own `mobilenetv2_*`, filled from the same file."""

from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.parity.compare import Parity
from mobilenetv2.parity.logits import (
    NAMELESS,
    Images,
    compare_logits,
    load_arrays,
    network_inputs,
    torch_head,
    torch_logits,
)
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.dense_head import read_head
from mobilenetv2.weights.states.timm import network_parts
from mobilenetv2.weights.states.torch_file import read_torch_file

if TYPE_CHECKING:
    import torch


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of timm's network and of ours.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: timm has no network that the file fits.
        MissingDependencyError: timm is not installed.
    """
    try:
        import timm
    except ImportError as error:
        raise MissingDependencyError("timm", "parity", "a parity proof") from error
    parts = network_parts(read_torch_file(path).arrays)
    model = _model(parts.network)
    load_arrays(model, parts.network)
    channels = len(parts.network["conv_head.weight"])
    head = read_head(parts.rest, channels, parts.prefix, Path(path))
    model.classifier = torch_head(head.steps)
    inputs = network_inputs(foreign.checkpoint, images)
    theirs = torch_logits(model, inputs)
    return compare_logits(foreign, inputs, theirs, timm.__version__, NAMELESS)


def _model(arrays: dict[str, Array]) -> "torch.nn.Module":
    """The one of timm's networks whose arrays have the file's shapes."""
    import timm

    names: list[str] = timm.list_models("mobilenetv2_*")
    for name in names:
        model: torch.nn.Module = timm.create_model(name, num_classes=0)
        shapes = {key: tuple(value.shape) for key, value in model.state_dict().items()}
        if all(shapes.get(key) == array.shape for key, array in arrays.items()):
            return model
    raise ParityError(f"timm has no network with the file's shapes among {', '.join(names)}")
