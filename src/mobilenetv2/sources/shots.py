"""The frames of a video as pixels with their times, and a word where something is not as stated."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from mobilenetv2.errors import SourceError
from mobilenetv2.sources.choice import EVERY_FRAME, Choice
from mobilenetv2.sources.input import Moment
from mobilenetv2.sources.video import PATIENCE, Video, opened, reason_of, require_frame_room
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.transfer.patience import Patience

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame."""

    moment: Moment
    pixels: Pixels
    """RGB, uint8 [height, width, 3], the right way up."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for whoever watches."""

    text: str


def shots(
    video: Video, choice: Choice = EVERY_FRAME, patience: Patience = PATIENCE
) -> Iterator[Shot | Notice]:
    """Frames in order, with notices between them.

    A stream or camera that breaks off or falls silent is opened again, `patience.attempts` times
    at most without a frame in between. One that ends, ends.

    Raises:
        SourceError: it cannot be opened, has no frame, or broke off for good.
        MissingDependencyError: PyAV is not installed.
    """
    import av

    clock = _Clock()
    try:
        yield from _one_opening(video, choice, patience, clock)
    except av.error.FFmpegError as error:
        broken: Exception = error
    else:
        return
    while video.kind != "file" and clock.frames:
        yield Notice(f"{_told(video, clock)}: {reason_of(broken)}; it is opened again")
        before = clock.frames
        for _ in patience.tries():
            try:
                yield from _one_opening(video, choice, patience, clock)
            except (SourceError, av.error.FFmpegError) as error:
                broken = error
                if clock.frames > before:
                    break
            else:
                return
        if clock.frames == before:
            raise SourceError(
                f"{_told(video, clock)}, and {patience.attempts} attempts to open it again "
                f"failed: {reason_of(broken)}"
            ) from broken
    raise SourceError(f"{_told(video, clock)}: {reason_of(broken)}") from broken


@dataclass(slots=True)
class _Clock:
    """What is remembered from frame to frame, over all openings."""

    frames: int = 0
    """Seen so far."""
    seconds: float = 0.0
    """Of the last frame."""
    taken: float | None = None
    """Of the last frame that was chosen."""
    size: tuple[int, int] | None = None
    """(height, width) of the last frame."""
    began: float | None = None
    """When the first frame came, by the machine's clock."""

    def opening(self) -> float:
        """The time of the first frame of this opening: by the machine's clock, as any was lost."""
        if self.began is None:
            self.began = time.monotonic()
            return 0.0
        return max(self.seconds, time.monotonic() - self.began)


def _one_opening(
    video: Video, choice: Choice, patience: Patience, clock: _Clock
) -> Iterator[Shot | Notice]:
    with opened(video, patience) as (container, stream):
        damage = _Damage()
        start: float | None = None
        rate = float(stream.average_rate or stream.base_rate or 25)
        before = clock.frames
        for frame in _decoded(container, stream, damage):
            stated = frame.time if frame.time is not None else (clock.frames - before) / rate
            if start is None:
                start = stated - clock.opening()
            seconds = stated - start
            if seconds < clock.seconds:  # put together from several recordings
                start -= clock.seconds + 1 / rate - seconds
                seconds = clock.seconds + 1 / rate
            yield from _seen(video, choice, clock, frame, seconds)
        if clock.frames == 0:
            raise SourceError(f"{video.name} has no frame that can be decoded")
        yield from damage.notices(video, stream, clock.frames)


def _seen(
    video: Video, choice: Choice, clock: _Clock, frame: VideoFrame, seconds: float
) -> Iterator[Shot | Notice]:
    index, size = clock.frames, (frame.height, frame.width)
    require_frame_room(video, *size)
    if clock.size not in (None, size):
        old = clock.size or size
        yield Notice(
            f"{video.name}: from frame {index} ({seconds:.1f} s) on it has {size[1]} x {size[0]} "
            f"pixels, before that {old[1]} x {old[0]}"
        )
    chosen = choice.takes(index, seconds, clock.taken)
    clock.frames, clock.seconds, clock.size = index + 1, seconds, size
    if chosen:
        clock.taken = seconds
        yield Shot(Moment(index, seconds), _upright(frame))


@dataclass(slots=True)
class _Damage:
    """Packets that could not be decoded."""

    packets: int = 0

    def notices(self, video: Video, stream: VideoStream, frames: int) -> Iterator[Notice]:
        """One sentence at the end, if a file has fewer frames than it states."""
        if self.packets:
            yield Notice(f"{video.name}: {self.packets} damaged parts could not be decoded")
        elif video.kind == "file" and frames < stream.frames:
            yield Notice(
                f"{video.name} states {stream.frames} frames and has {frames}; it may be cut short"
            )


def _decoded(
    container: InputContainer, stream: VideoStream, damage: _Damage
) -> Iterator[VideoFrame]:
    import av

    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        # One damaged part ends no video: players go on as well.
        except av.error.InvalidDataError:
            damage.packets += 1
            continue
        yield from frames


def _upright(frame: VideoFrame) -> Pixels:
    """RGB pixels, turned as the camera that was held sideways says."""
    pixels = cast("Pixels", frame.to_ndarray(format="rgb24"))
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _told(video: Video, clock: _Clock) -> str:
    return f"{video.name} broke off after {clock.frames} frames ({clock.seconds:.1f} s)"
