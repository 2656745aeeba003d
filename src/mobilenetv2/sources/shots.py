"""The frames of a video as pixels with their times, and a word where something is not as stated."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from mobilenetv2.errors import SourceError
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice
from mobilenetv2.sources.input import Moment
from mobilenetv2.sources.video import (
    PATIENCE,
    Video,
    opened,
    reason_of,
    require_frame_room,
    require_pyav,
)
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.transfer.patience import Patience

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


_SLACK = 0.1
"""Seconds, and a share: a last frame is shown for a while, and stated lengths are rounded."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame."""

    moment: Moment
    pixels: Pixels
    """RGB, uint8 [height, width, 3], the right way up."""
    live: bool
    """Whether it is from something that goes on meanwhile, and cannot be kept waiting."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for whoever watches."""

    text: str


def shots(
    video: Video, choice: FrameChoice = EVERY_FRAME, patience: Patience = PATIENCE
) -> Iterator[Shot | Notice]:
    """Frames in order, with notices between them.

    A stream or camera that breaks off or falls silent is opened again, `patience.attempts` times
    at most without a frame in between. One that ends, ends.

    Raises:
        SourceError: it cannot be opened, has no frame, or broke off for good.
        MissingDependencyError: PyAV is not installed.
    """
    require_pyav("reading videos")
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
        again = yield from _opened_again(video, choice, patience, clock)
        if again is None:
            return
        broken = again
    raise SourceError(f"{_told(video, clock)}: {reason_of(broken)}{_way_out(video)}") from broken


def _way_out(video: Video) -> str:
    """What to do about a film that was opened and gave no frame."""
    if video.kind != "web":
        return ""
    # An MP4 with its index at the end is read from two places.
    return (
        "; where a server sends files whole alone (no Range requests), download it first, or "
        "have its index at the beginning: ffmpeg -i IN -c copy -movflags faststart OUT"
    )


def _opened_again(
    video: Video, choice: FrameChoice, patience: Patience, clock: _Clock
) -> Generator[Shot | Notice, None, Exception | None]:
    """Goes on with a stream that broke off.

    Returns:
        None once it has ended, or why it broke off after more frames.

    Raises:
        SourceError: no attempt gave a frame.
    """
    import av

    before = clock.frames
    broken: Exception = SourceError(f"{video.name} may not be opened again")
    for _ in patience.tries():
        try:
            yield from _one_opening(video, choice, patience, clock)
        except (SourceError, av.error.FFmpegError) as error:
            broken = error
            if clock.frames > before:
                return broken
        else:
            return None
    reason = reason_of(broken).removeprefix(f"{video.name} ")
    raise SourceError(
        f"{_told(video, clock)}, and {patience.attempts} attempts to open it again failed: "
        f"it {reason.removeprefix('it ')}"
    ) from broken


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
    video: Video, choice: FrameChoice, patience: Patience, clock: _Clock
) -> Iterator[Shot | Notice]:
    with opened(video, patience) as (container, stream):
        live = video.kind != "file" and container.duration is None
        # A film that broke off begins anew; what has been seen of it is passed over.
        known = 0 if live else clock.frames
        damage = _Damage()
        times = _Times(container, stream, clock.opening() if live else 0.0)
        for number, frame in enumerate(_decoded(container, stream, damage)):
            seconds = times.of(frame, number)
            if number >= known:
                yield from _seen(video, choice, clock, frame, seconds, live)
        if clock.frames == 0:
            raise SourceError(f"{video.name} has no frame that can be decoded")
        yield from damage.notices(video, _stated_seconds(container, stream), clock)


class _Times:
    """The times of one opening's frames, which never go back."""

    def __init__(self, container: InputContainer, stream: VideoStream, begin: float) -> None:
        self._rate = float(stream.average_rate or stream.base_rate or 25)
        # Pictures one after another over HTTP: a rate is made up for them.
        self._by_clock = container.format.name == "mpjpeg"
        self._begin = begin
        self._start: float | None = None
        self._last = 0.0

    def of(self, frame: VideoFrame, number: int) -> float:
        """Seconds since the first frame of all."""
        if self._by_clock:
            stated = time.monotonic()
        else:
            stated = frame.time if frame.time is not None else number / self._rate
        if self._start is None:
            self._start = stated - self._begin
        elif stated - self._start < self._last:  # put together from several recordings
            self._start = stated - self._last - 1 / self._rate
        self._last = stated - self._start
        return self._last


def _seen(
    video: Video, choice: FrameChoice, clock: _Clock, frame: VideoFrame, seconds: float, live: bool
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
        yield Shot(Moment(index, seconds), _upright(frame), live)


def _stated_seconds(container: InputContainer, stream: VideoStream) -> float:
    """How long a file says that it is; 0 where it does not."""
    if stream.duration is not None:
        return float(stream.duration * (stream.time_base or 0))
    # Matroska and its like state one length for all, and sound may go on behind the pictures.
    return (container.duration or 0) / 1e6 if len(container.streams) == 1 else 0.0


@dataclass(slots=True)
class _Damage:
    """Packets that could not be decoded."""

    packets: int = 0

    def notices(self, video: Video, stated: float, clock: _Clock) -> Iterator[Notice]:
        """One sentence at the end, if there is less than was stated, in seconds."""
        if self.packets:
            yield Notice(f"{video.name}: {self.packets} damaged parts could not be decoded")
        elif clock.seconds + _SLACK < stated * (1 - _SLACK):
            yield Notice(
                f"{video.name} states {stated:.1f} s and ends after {clock.seconds:.1f} s; it may "
                "be cut short"
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
