"""An .mp4 that grows frame by frame, each shown at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mobilenetv2.errors import ImageError
from mobilenetv2.sources.video import require_pyav
from mobilenetv2.tasks.pixels import Pixels

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

TICKS = 60_000
"""A second. All usual rates are whole numbers of them, and MPEG-4 allows for 65,535."""

ENCODERS = ("libx264", "mpeg4")
"""H.264, or MPEG-4 part 2 where a build of FFmpeg lacks it."""

_RATE = 30
"""Frames a second that the encoder plans for; each frame has its own time."""

_PIECE = 2
"""Seconds that are written at once."""

_BT709 = 1
"""FFmpeg's number for the colors of HD, its primaries, its curve and its matrix."""


class VideoFile:
    """Frames of one size, H.264 or MPEG-4 part 2 in an .mp4.

    A file that was not closed, since the machine or the process was killed, can be played but for
    its last seconds; a closed one is an ordinary .mp4.
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        """Begin the file.

        Args:
            path: where; an older file is replaced.
            size: (height, width) of the frames, both even.

        Raises:
            ImageError: it cannot be written.
            MissingDependencyError: PyAV is not installed.
        """
        require_pyav("writing videos")
        import av

        self._path = path
        self._size = size
        self._last = -1
        self._gap = 0
        self._broken = False
        self.frames = 0
        """Written so far."""
        name = next(name for name in ENCODERS if name in av.codecs_available)
        with self._writing():
            # Opened with the first frame. In pieces while it grows: its index would have to be
            # held in memory until the end.
            self._container = av.open(
                f"file:{path}",
                "w",
                format="mp4",
                container_options={
                    "movflags": "hybrid_fragmented",
                    "frag_duration": f"{_PIECE * 1_000_000}",
                },
            )
            # Without frames that refer to later ones: those begin a file with a pause.
            pieces = {"g": f"{_PIECE * _RATE}"}
            h264 = pieces | {"preset": "veryfast", "crf": "21", "bf": "0"}
            options = h264 if name == "libx264" else pieces | {"b": "8000000"}
            stream = self._container.add_stream(name, rate=_RATE, options=options)
            self._stream = cast("VideoStream", stream)
            _describe(self._stream.codec_context, size)

    def add(self, pixels: Pixels, seconds: float) -> None:
        """Append a frame.

        Args:
            pixels: RGB, uint8 [height, width, 3] of the file's size.
            seconds: its time, after that of the frame before.

        Raises:
            ImageError: the disk refuses.
        """
        import av

        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=_BT709)
        ticks = max(round(seconds * TICKS), self._last + 1)
        self._gap = ticks - self._last if self.frames else TICKS // _RATE
        self._last = frame.pts = ticks
        frame.time_base = Fraction(1, TICKS)
        with self._writing():
            self._mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Write what the encoder still holds, and the index.

        Raises:
            ImageError: the disk refuses.
        """
        if self._broken:
            return
        with self._writing():
            if self.frames:
                self._mux(self._stream.encode(None))
            self._container.close()

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            # Counts for the last frame alone, which is shown as long as the one before it.
            packet.duration = self._gap
            self._container.mux(packet)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        # PyAV's errors are those of the system, with the encoder's among them.
        except (OSError, ValueError) as error:
            self._broken = True
            # It would write the file's end, which fails for the same reason.
            with suppress(OSError, ValueError):
                self._container.close()
            reason = getattr(error, "strerror", None) or error
            raise ImageError(f"cannot write {self._path}: {reason}") from error


def _describe(context: VideoCodecContext, size: tuple[int, int]) -> None:
    context.height, context.width = size
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, TICKS)
    # Said, not left to each player's guess by the size of the frames.
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = 1
