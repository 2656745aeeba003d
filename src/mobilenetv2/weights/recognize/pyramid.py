"""Names detectors with a feature pyramid, which are none of ours."""

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.recognize.layers import (
    Layer,
    Padding,
    Resize,
    Sum,
    Unknown,
    ancestry,
    sources,
)
from mobilenetv2.weights.recognize.network import ForeignNetwork

_ENLARGING = ("resize", "upsample", "pack", "stack", "broadcast", "tile", "expand", "mul")
"""How exporters double a map: an operation of its own, or numbers stacked beside themselves."""
_ADDING = ("add", "addition")


def refuse_pyramid(network: ForeignNetwork) -> None:
    """See that no map is enlarged and added to a finer one.

    Raises:
        CheckpointError: one is.
    """
    for layer in ancestry(network.layers):
        if _adds(layer) and any(_enlarges(source) for source in sources(layer)):
            raise CheckpointError(
                "the file is a detector with a feature pyramid (FPN-SSD, as "
                "ssd_mobilenet_v2_fpnlite_*): deeper maps are enlarged and added to finer ones, "
                "which SSD and SSDLite do not do. Take an ssd_mobilenet_v2 without fpnlite, or "
                "train a detector on the same pictures: mobilenetv2 train detect"
            )


def _adds(layer: Layer) -> bool:
    if isinstance(layer, Unknown):
        return any(word in layer.operation.lower() for word in _ADDING) and len(layer.sources) == 2
    return isinstance(layer, Sum)


def _enlarges(layer: Layer) -> bool:
    if isinstance(layer, Resize):
        return True
    if isinstance(layer, Unknown):
        return any(word in layer.operation.lower() for word in _ENLARGING)
    return isinstance(layer, Padding) and _enlarges(layer.source)
