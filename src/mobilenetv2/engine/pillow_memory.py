"""Where Pillow has a picture's pixels, without a copy of them."""

import ctypes

from PIL import Image

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


class _ArrowArray(ctypes.Structure):
    """Arrow's C data interface, as far as it is read."""


_ArrowArray._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
)


def address(image: Image.Image) -> int | None:
    """Of the first pixel of a decoded picture in mode RGB or RGBX, 4 bytes each, row after row.

    Returns:
        Good as long as the picture is there and nothing is done to it. None where Pillow does not
        have them in one piece: older releases do not show theirs, and pictures of more than 16 MB
        are in several.
    """
    show = getattr(image, "__arrow_c_array__", None)
    if show is None:
        return None
    try:
        _, pixels = show()
    except ValueError:
        return None
    array = _ArrowArray.from_address(_pointer(pixels, b"arrow_array"))
    found: int | None = array.children[0].contents.buffers[1]
    return found


def copy_rgbx(image: Image.Image, target: memoryview) -> None:
    """Write a picture in mode RGB to memory as mode RGBX has it, uint8 [height * width * 4]."""
    start = address(image)
    if start is None:
        target[:] = image.tobytes("raw", "RGBX")
    else:
        # Pillow's own packing takes ten times as long.
        target[:] = memoryview((ctypes.c_ubyte * len(target)).from_address(start)).cast("B")
