"""Tiny videos whose frames say what they are: frame N has the grey 8 * N, but a red corner."""

import struct
from pathlib import Path

import numpy as np
import pytest

RED = (220, 30, 30)


def need_av() -> None:
    """Skip where the extra [video] is not installed."""
    pytest.importorskip("av", reason="videos need the extra [video]")


def picture(number: int, size: tuple[int, int]) -> np.ndarray:
    """What frame `number` shows, RGB of (height, width) `size`."""
    pixels = np.full((*size, 3), 8 * (number % 32), np.uint8)
    pixels[: size[0] // 2, : size[1] // 2] = RED
    return pixels


def number_of(pixels: np.ndarray) -> int:
    """Which frame a decoded picture is, by its lower right corner."""
    return round(float(pixels[-8:, -8:].mean()) / 8)


def write_clip(
    path: Path, frames: int = 20, size: tuple[int, int] = (48, 64), rate: int = 10, **options: str
) -> Path:
    """A clip of H.264, or of what `path` is called for."""
    import av

    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = 5
        stream.bit_rate = 1_000_000
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number, size), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn_sideways(path: Path) -> None:
    """Have a file say that its camera was held upright: it is shown a quarter clockwise."""
    data = bytearray(path.read_bytes())
    one = 1 << 16
    plain = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    place = data.index(plain, data.index(b"tkhd"))
    data[place : place + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
