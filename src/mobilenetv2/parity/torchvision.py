"""torchvision's own `MobileNetV2`, filled from the same file."""

from pathlib import Path

from mobilenetv2.errors import MissingDependencyError, ParityError
from mobilenetv2.network.spec import MobileNetV2, Spec, SSDLite
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
from mobilenetv2.parity.torchvision_ssdlite import measure_ssdlite
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.states.dense_head import read_head
from mobilenetv2.weights.states.torch_file import read_torch_file
from mobilenetv2.weights.states.torchvision import network_parts

PLACES = ("features", "conv")
PARTS = ("weight", "bias", "running_mean", "running_var")


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare logits of torchvision's network and of ours; of a detector its boxes and scores.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: torchvision has no network that the file fits.
        MissingDependencyError: torchvision is not installed.
    """
    try:
        import torch
        import torchvision
    except ImportError as error:
        raise MissingDependencyError("torchvision", "train", "a parity proof") from error
    spec = foreign.checkpoint.spec
    if isinstance(spec.head, SSDLite):
        return measure_ssdlite(path, foreign, images, spec.head)
    parts = network_parts(read_torch_file(path).arrays)
    arrays = _in_order(parts.network)
    model = torchvision.models.MobileNetV2(
        num_classes=1, width_mult=spec.width, inverted_residual_setting=_stages(spec)
    )
    model.classifier = torch.nn.Identity()
    names = [name for name in model.state_dict() if not name.endswith("num_batches_tracked")]
    if set(names) != set(arrays):
        arrays = _rename_in_order(arrays, names)
    load_arrays(model, arrays)
    head = read_head(parts.rest, model.last_channel, parts.prefix, Path(path))
    model.classifier = torch_head(head.steps)
    inputs = network_inputs(foreign.checkpoint, images)
    theirs = torch_logits(model, inputs)
    return compare_logits(foreign, inputs, theirs, torchvision.__version__, NAMELESS)


def _stages(spec: Spec) -> list[list[int]]:
    """Rows t, c, n, s."""
    if not isinstance(spec.backbone, MobileNetV2):
        raise ParityError(f"torchvision has no {type(spec.backbone).__name__}")
    return [[s.expansion, s.channels, s.repeats, s.stride] for s in spec.backbone.stages]


def _in_order(arrays: dict[str, Array]) -> dict[str, Array]:
    """As torch counts modules; a safetensors file is sorted by name instead."""

    def place(name: str) -> tuple[int, list[int], int]:
        first, *middle, part = name.split(".")
        numbers = [int(item) for item in middle if item.isdigit()]
        return PLACES.index(first), numbers, PARTS.index(part)

    return {name: arrays[name] for name in sorted(arrays, key=place)}


def _rename_in_order(arrays: dict[str, Array], names: list[str]) -> dict[str, Array]:
    """The older layouts nest the same modules differently; their order is torchvision's."""
    values = list(arrays.values())
    if len(values) != len(names):
        raise ParityError(
            f"torchvision's network has {len(names)} arrays, the file has {len(values)}"
        )
    return dict(zip(names, values, strict=True))
