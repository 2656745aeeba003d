"""Pictures as other libraries have them: OpenCV's colors, batches, torch's tensors, open files.

Told by what they can do, so that neither torch nor numpy is imported for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, TypeVar, cast

from mobilenetv2.errors import ImageError, OptionError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mobilenetv2.tasks.image import Picture

T = TypeVar("T")

Channels = Literal["rgb", "bgr"]
"""The order of an array's colors; OpenCV's is "bgr"."""


def as_pictures(
    value: Picture | Iterable[Picture], channels: Channels = "rgb"
) -> Picture | Iterable[Picture]:
    """The same as pictures in RGB: a batch becomes a list, a tensor an array, a file its bytes.

    Args:
        value: what `predict` was given: one picture or several. An array [N, height, width, 3],
            and a torch tensor [N, 3, height, width], are N of them; a torch tensor
            [3, height, width] is one, and so is a file opened for bytes, or a buffer.
        channels: the order of colors of all arrays; other pictures know theirs.

    Raises:
        ImageError: a tensor of another shape, or "bgr" for a picture that is no array.
        OptionError: no such order.
    """
    if channels not in ("rgb", "bgr"):
        raise OptionError(f"channels must be 'rgb' or 'bgr', got {channels!r}")
    value = _read(value)
    if _is_tensor(value):
        return _turned(_channels_last(value), channels)
    if is_array(value):
        return _turned(value, channels)
    if _is_one(value):
        if channels == "bgr":
            raise ImageError(
                "channels='bgr' is for arrays, as OpenCV has them; a "
                f"{type(value).__name__} knows the order of its own colors"
            )
        return value
    if isinstance(value, list | tuple):
        return [_single(item, channels) for item in cast("Sequence[Picture]", value)]
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise ImageError(
            "a picture must be a path, bytes, a PIL image or an array, or several of them, "
            f"got {type(value).__name__}"
        )
    return (_single(item, channels) for item in cast("Iterable[Picture]", value))


def is_array(value: object) -> TypeGuard[npt.NDArray[np.generic]]:
    """Whether a value is a numpy array: PIL images have the same interface, but no dimensions."""
    return hasattr(type(value), "__array_interface__") and hasattr(type(value), "ndim")


def _single(item: Picture, channels: Channels) -> Picture:
    """One of several; a batch among them stays as it is, and decoding says what it must be."""
    item = _read(item)
    if not (is_array(item) or _is_tensor(item)):
        return item if channels == "rgb" else as_pictures(item, channels)  # type: ignore[return-value]
    array = _channels_last(item) if _is_tensor(item) else item
    return array if array.ndim == 4 else _turned(array, channels)  # type: ignore[return-value]


def _read(value: T) -> T | bytes:
    """The bytes of an open file or a buffer; without this it would pass for several pictures."""
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    read = getattr(value, "read", None)
    if not callable(read):
        return value
    data = read()
    if not isinstance(data, bytes):
        raise ImageError("a picture's file must be opened for bytes, as in open(path, 'rb')")
    return data


def _is_one(value: object) -> bool:
    return isinstance(value, str | bytes | os.PathLike) or hasattr(
        type(value), "__array_interface__"
    )


def _turned(array: npt.NDArray[np.generic], channels: Channels) -> Picture | list[Picture]:
    if channels == "bgr":
        if array.ndim not in (3, 4) or array.shape[-1] not in (3, 4):
            raise ImageError(
                "channels='bgr' needs arrays [height, width, 3 or 4], or a batch of them, got "
                f"{list(array.shape)}"
            )
        array = array[..., [2, 1, 0, 3][: array.shape[-1]]]
    return list(array) if array.ndim == 4 else array


def _is_tensor(value: object) -> TypeGuard[Any]:
    """Whether a value is torch's, whose pixels have their colors first."""
    return type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "detach")


def _channels_last(tensor: Any) -> npt.NDArray[np.generic]:  # noqa: ANN401 - torch is not imported
    shape = list(tensor.shape)
    if len(shape) not in (3, 4) or shape[-3] not in (1, 3, 4):
        raise ImageError(
            "a torch tensor must be [3, height, width] or [N, 3, height, width], uint8 or float in "
            f"0..1, got {shape}; give tensor.numpy() where the colors come last"
        )
    tensor = tensor.detach().cpu()
    if str(tensor.dtype) == "torch.bfloat16":  # numpy has none
        tensor = tensor.float()
    array: npt.NDArray[np.generic] = tensor.numpy()
    return array.swapaxes(-3, -2).swapaxes(-2, -1)
