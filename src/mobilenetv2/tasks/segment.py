"""From a segmenter's small map of logits to a class for every pixel of the original picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.chosen_labels import Classes
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.framing import seen_region

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]

IGNORED = 255
"""The id of pixels without a class: unlabeled in annotations, unseen (cropped) in predictions."""

BACKGROUND = frozenset({"background", "_background_", "unlabeled", "void"})
"""Labels of a first class that is nothing in particular."""

MAX_CLASSES = IGNORED
"""As many ids fit into a mask beside `IGNORED`."""

ROWS_AT_ONCE = 64
"""Rows of logits at full size in memory: 3 MB for 21 classes at 513 pixels. 32 to 128 are alike
(9 ms a picture); a whole map at once takes three times as long."""


@dataclass(frozen=True, slots=True)
class View:
    """A network's answer to one way of looking at a picture."""

    logits: Floats = field(repr=False)
    """float32 [rows, columns, classes], at the size of the last map."""
    preprocessing: Preprocessing
    """What the picture went through; its size is the network's input."""


def segment_arrays(logits: Floats, *, size: tuple[int, int], preprocessing: Preprocessing) -> Mask:
    """The most probable class of every pixel, uint8 [height, width].

    As the public networks do it (section 6.3): logits are interpolated to the network's input
    (corners aligned), the best class is taken there, padding is cut off, and the ids are resized
    to the picture, nearest neighbor. Pixels that a "crop" left out are `IGNORED`.

    Args:
        logits: float32 [rows, columns, classes], at the size of the last map.
        size: (height, width) of the original picture in pixels.
        preprocessing: what was done to it.
    """
    return segment_views([View(logits, preprocessing)], size=size, preprocessing=preprocessing)


def segment_views(
    views: Sequence[View], *, size: tuple[int, int], preprocessing: Preprocessing
) -> Mask:
    """The class with the highest mean probability over several views; else `segment_arrays`.

    Args:
        views: one or more; mirrored ones mirrored back.
        size: (height, width) of the original picture in pixels.
        preprocessing: that at the network's own size, at which views are compared.
    """
    left, top, right, bottom = seen_region(size, preprocessing)
    rows, row_of = _compared(size[0], (top, bottom), preprocessing.size[0])
    columns, column_of = _compared(size[1], (left, right), preprocessing.size[1])
    small = np.empty((len(rows), len(columns)), np.uint8)
    stretched = [_Stretched.of(view, size, rows, columns) for view in views]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        if len(stretched) == 1:
            small[block] = stretched[0].rows(block).argmax(axis=2)
        else:
            # A list at once would hold every view's block in memory.
            total = softmax(stretched[0].rows(block))
            for other in stretched[1:]:
                total += softmax(other.rows(block))
            small[block] = total.argmax(axis=2)
    mask: Mask = small[row_of][:, column_of]
    mask[row_of < 0] = IGNORED
    mask[:, column_of < 0] = IGNORED
    return mask


def has_background(labels: Sequence[str]) -> bool:
    """Whether class 0 stands for whatever is none of the others."""
    return labels[0].casefold() in BACKGROUND


def restrict(mask: Mask, labels: Sequence[str], among: Classes) -> Mask:
    """A mask in which only the wanted classes are left; None: all.

    The other pixels become background where the labels begin with it, else `IGNORED`.
    """
    if among is None:
        return mask
    rest = 0 if has_background(labels) else IGNORED
    table = np.full(256, rest, np.uint8)
    for index in among | {IGNORED}:
        table[index] = index
    result: Mask = table[mask]
    return result


def _compared(
    length: int, seen: tuple[float, float], input_length: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Where along one side of a picture classes are compared: at the input's pixels.

    Returns:
        Picture coordinates of the input pixels that are anybody's nearest, and for each of the
        picture's `length` pixels which of these is its own, -1 where it was not seen.
    """
    low, high = seen
    step = (high - low) / input_length
    # A center on the line between two pixels belongs to the later one, whatever the last bit of
    # the division says.
    nearest = np.floor((np.arange(length) + 0.5 - low) / step + 1e-9).astype(np.int64)
    visible = (nearest >= 0) & (nearest < input_length)
    used, own = np.unique(np.where(visible, nearest, 0), return_inverse=True)
    return low + (used + 0.5) * step, np.where(visible, own, -1)


@dataclass(frozen=True, slots=True)
class _Stretched:
    """A view's logits, interpolated along the rows; along the columns when asked."""

    wide: Floats
    """[map rows, columns, classes]"""
    row_weights: Floats
    """[rows, map rows]"""

    @classmethod
    def of(
        cls,
        view: View,
        size: tuple[int, int],
        rows: npt.NDArray[np.float64],
        columns: npt.NDArray[np.float64],
    ) -> "_Stretched":
        left, top, right, bottom = seen_region(size, view.preprocessing)
        height, width = view.preprocessing.size
        map_height, map_width, _ = view.logits.shape
        return cls(
            _weights(columns, (left, right), width, map_width) @ view.logits,
            _weights(rows, (top, bottom), height, map_height),
        )

    def rows(self, block: slice) -> Floats:
        """[rows of the block, columns, classes]"""
        _, columns, classes = self.wide.shape
        weights = self.row_weights[block]
        result: Floats = (weights @ self.wide.reshape(len(self.wide), -1)).reshape(
            len(weights), columns, classes
        )
        return result


def _weights(
    places: npt.NDArray[np.float64], seen: tuple[float, float], input_length: int, length: int
) -> Floats:
    """Linear interpolation of a map of `length` at picture coordinates, [places, length].

    The map's first and last values lie in the middle of the input's first and last pixels. Two
    numbers a row are not zero; as a matrix product it is still the fastest way in numpy.
    """
    low, high = seen
    pixels = (places - low) / (high - low) * input_length - 0.5
    spots = np.clip(pixels * ((length - 1) / max(1, input_length - 1)), 0, length - 1)
    first = np.minimum(spots.astype(np.int64), max(0, length - 2))
    fraction = spots - first
    weights = np.zeros((len(places), length), np.float32)
    every = np.arange(len(places))
    weights[every, first] = 1 - fraction
    weights[every, np.minimum(first + 1, length - 1)] += fraction
    return weights
