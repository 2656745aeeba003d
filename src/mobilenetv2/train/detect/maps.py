"""A detector's maps as one row an anchor."""

from collections.abc import Mapping

import torch
from torch import Tensor

from mobilenetv2.network.spec import SSD, SSDLite


def flatten_maps(outputs: Mapping[str, Tensor], head: SSD | SSDLite) -> tuple[Tensor, Tensor]:
    """`tasks.boxes.flatten_outputs` for torch maps, [N, channels, rows, columns], with gradients.

    Returns:
        Offsets [N, anchors, 4] and logits [N, anchors, 1 + K], anchors in the same order.
    """
    maps = range(len(head.anchors.shapes))

    def joined(kind: str, numbers: int) -> Tensor:
        parts = [outputs[f"{kind}{index}"].permute(0, 2, 3, 1) for index in maps]
        return torch.cat([_by_anchor(part, numbers) for part in parts], 1)

    return joined("box", 4), joined("class", head.classes + 1)


def _by_anchor(part: Tensor, numbers: int) -> Tensor:
    count, height, width, channels = part.shape
    # Of no pictures nothing can be guessed, as -1 would.
    return part.reshape(count, height * width * (channels // numbers), numbers)
