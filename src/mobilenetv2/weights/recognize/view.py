"""A layer as a file lays it out: which of the tensor's axes is which.

Layers are height, width, channels. Files hold [N, H, W, C], [N, C, H, W], [N, C] and transpose
between them; a view keeps the letters, so a transposition moves letters and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.recognize.layers import Doubles, Layer, Rows
from mobilenetv2.weights.recognize.simplify import affine

Axis = Literal["n", "h", "w", "c"]
Arithmetic = Literal["add", "sub", "mul", "div"]
NHWC: tuple[Axis, ...] = ("n", "h", "w", "c")
NCHW: tuple[Axis, ...] = ("n", "c", "h", "w")


@dataclass(frozen=True, slots=True)
class View:
    """A layer and its axes in the order of the file's tensor."""

    layer: Layer
    axes: tuple[Axis, ...]

    @property
    def dims(self) -> tuple[int, ...]:
        """The tensor's shape, the batch counted as one."""
        height, width, channels = self.layer.shape
        sizes: dict[Axis, int] = {"n": 1, "h": height, "w": width, "c": channels}
        return tuple(sizes[axis] for axis in self.axes)

    @property
    def flat(self) -> bool:
        """Whether the map has one pixel, so that only the channels' place matters."""
        return self.layer.shape[:2] == (1, 1)

    def as_nhwc(self, values: Array) -> Array:
        """The first picture of a tensor's numbers, as [1, height, width, channels].

        Args:
            values: float32 of the shape `dims`, with a batch of any size.
        """
        first = values[:1] if "n" in self.axes else values[None]
        axes = self.axes if "n" in self.axes else ("n", *self.axes)
        present = [axis for axis in NHWC if axis in axes]
        height, width, channels = self.layer.shape
        ordered = first.transpose([axes.index(axis) for axis in present])
        return ordered.reshape(1, height, width, channels)

    def of(self, layer: Layer) -> "View":
        """Another layer with the same axes."""
        return replace(self, layer=layer)


def transpose(view: View, order: Sequence[int]) -> View | None:
    """The axes in another order, or None where `order` is no permutation of them."""
    if sorted(order) != list(range(len(view.axes))):
        return None
    return View(view.layer, tuple(view.axes[i] for i in order))


def drop(view: View, positions: Sequence[int]) -> View | None:
    """Without these axes, which must be of size one and not the channels; None otherwise."""
    rank = len(view.axes)
    gone = {position % rank for position in positions if -rank <= position < rank}
    if len(gone) != len(positions) or any(view.axes[i] == "c" or view.dims[i] != 1 for i in gone):
        return None
    return View(view.layer, tuple(axis for i, axis in enumerate(view.axes) if i not in gone))


def insert(view: View, positions: Sequence[int]) -> View | None:
    """With new axes of size one, given by their place in the result; None where impossible."""
    rank = len(view.axes) + len(positions)
    places = {position % rank for position in positions if -rank <= position < rank}
    missing = [axis for axis in NHWC if axis not in view.axes]
    if len(places) != len(positions) or len(positions) > len(missing) or not view.flat:
        return None
    old, new = iter(view.axes), iter(missing)
    return View(view.layer, tuple(next(new) if i in places else next(old) for i in range(rank)))


def reshape(view: View, dims: Sequence[int]) -> View | None:
    """The same numbers under another shape; None where pixels and channels would mix.

    Args:
        view: what is reshaped.
        dims: the new shape; -1 and 0 and the batch are taken as they are meant. Cutting the
            channels of a map into rows is the one way in which pixels and channels may mix.
    """
    if len(dims) == len(view.axes) and all(
        new in (old, -1, 0) or axis == "n"
        for new, old, axis in zip(dims, view.dims, view.axes, strict=True)
    ):
        return view
    if view.flat and (found := _reshape_pixel(view, dims)):
        return found
    return _cut_into_rows(view, dims)


def _reshape_pixel(view: View, dims: Sequence[int]) -> View | None:
    channels = view.layer.shape.channels
    if not 1 <= len(dims) <= 4:
        return None
    places = [i for i, size in enumerate(dims) if size == channels]
    if not places and list(dims).count(-1) == 1:
        places = [list(dims).index(-1)]
    # A batch of any size may stand first; everything else has to be one.
    if not places or any(
        size not in (1, -1, 0) for i, size in enumerate(dims) if i not in (places[-1], 0)
    ):
        return None
    return View(view.layer, _axes_with_channels_at(places[-1], len(dims)))


def _cut_into_rows(view: View, dims: Sequence[int]) -> View | None:
    """A detector's map [1, h, w, anchors x numbers] as [1, rows, numbers] or [1, rows, 1, numbers].

    A table of rows may lose or gain its axis of size one in the same way.
    """
    height, width, channels = view.layer.shape
    # The place of an axis of size one says nothing.
    unordered = ("n", "w") if width == 1 else ("n",)
    order = [axis for axis in view.axes if axis not in unordered]
    pixels_first = order == (["h", "c"] if width == 1 else ["h", "w", "c"])
    if len(dims) not in (3, 4) or not pixels_first or dims[0] not in (1, 0, -1):
        return None
    numbers, between = dims[-1], list(dims[1:-1])
    if numbers < 1 or channels % numbers:
        return None
    rows = height * width * channels // numbers
    places = [i for i, size in enumerate(between) if size in (rows, -1)]
    if not places or any(size != 1 for i, size in enumerate(between) if i != places[0]):
        return None
    axes: list[Axis] = ["w"] * len(between)
    axes[places[0]] = "h"
    layer = view.layer
    if (width, channels) != (1, numbers):
        layer = Rows(layer.tensor, Shape(rows, 1, numbers), (layer,))
    return View(layer, ("n", *axes, "c"))


def per_channel(view: View, constant: npt.NDArray[Any]) -> Doubles | None:
    """A constant that broadcasts against the tensor, as float64 [channels].

    None where it differs from pixel to pixel, or does not broadcast at all.
    """
    shape = (1,) * (len(view.axes) - constant.ndim) + constant.shape
    if len(shape) != len(view.axes):
        return None
    for axis, size in zip(view.axes, shape, strict=True):
        if size != 1 and (axis != "c" or size != view.layer.shape.channels):
            return None
    values = constant.astype(np.float64).reshape(-1)
    return np.broadcast_to(values, (view.layer.shape.channels,)).copy()


def combine(
    view: View, operation: Arithmetic, constant: Doubles, tensor: str, *, constant_first: bool
) -> View | None:
    """`view <operation> constant`, or the other way round; None for a division by it.

    Args:
        view: one operand.
        operation: what is done with it.
        constant: the other operand, float64 [channels].
        tensor: the result's name in the file.
        constant_first: whether the constant is the left operand.
    """
    one, zero = np.ones_like(constant), np.zeros_like(constant)
    match operation:
        case "add":
            gain, offset = one, constant
        case "sub":
            gain, offset = (-one, constant) if constant_first else (one, -constant)
        case "mul":
            gain, offset = constant, zero
        case "div":
            if constant_first or not constant.all():
                return None
            gain, offset = one / constant, zero
        case _:
            assert_never(operation)
    return view.of(affine(view.layer, gain, offset, tensor))


def covers_map(view: View, positions: Sequence[int]) -> bool:
    """Whether these axes are height and width; axes of size one may be left out or added."""
    rank = len(view.axes)
    if not all(-rank <= position < rank for position in positions):
        return False
    named = {view.axes[position % rank] for position in positions}
    sizes = dict(zip(view.axes, view.dims, strict=True))
    needed = {axis for axis in ("h", "w") if sizes.get(axis, 1) > 1}
    return needed <= named <= {"h", "w"}


def without(view: View, positions: Sequence[int], keep: bool) -> View:
    """After a reduction over `positions`: these axes stay with size one, or go."""
    if keep:
        return view
    gone = {position % len(view.axes) for position in positions}
    return View(view.layer, tuple(axis for i, axis in enumerate(view.axes) if i not in gone))


def drop_channels(view: View) -> View:
    """Without the axis of channels, for a layer that has one number a pixel."""
    return View(view.layer, tuple(axis for axis in view.axes if axis != "c"))


def _axes_with_channels_at(place: int, rank: int) -> tuple[Axis, ...]:
    others: list[Axis] = ["n", "h", "w"] if place else ["h", "w", "n"]
    axes = others[: rank - 1]
    axes.insert(place, "c")
    return tuple(axes)
