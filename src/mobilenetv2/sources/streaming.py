"""A video through a model: frames are decoded and resized on a thread while the network runs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from mobilenetv2.sources.ahead import Ahead
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice
from mobilenetv2.sources.video import PATIENCE, Video
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.transfer.patience import Patience

if TYPE_CHECKING:
    from mobilenetv2.sources.shots import Notice, Shot
    from mobilenetv2.tasks.pixels import Pixels
    from mobilenetv2.tasks.results import Result
    from mobilenetv2.tasks.task_of import Kind

T = TypeVar("T")

Tell = Callable[[str], None]
"""Told in a sentence where a video is not as stated: it broke off, changed its size, was late."""


class Answering(Protocol[T]):
    """What has a frame prepared on one thread and answers on another."""

    @property
    def task(self) -> Kind:
        """What it says of pictures."""
        ...

    def check(self, options: Options) -> None:
        """Raise a ValueError about an option that it does not look at."""
        ...

    def prepare(self, picture: Pixels, scales: Sequence[float]) -> T:
        """Resize."""
        ...

    def answer(self, prepared: T, options: Options) -> Result:
        """Run the network."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a video, and what a model says of it."""

    index: int
    """From 0, counting the frames that were left out as well."""
    time_seconds: float
    """Since the video's first frame."""
    pixels: Pixels = field(repr=False)
    """RGB, uint8 [height, width, 3]: what `result.draw` takes."""
    result: Result
    """The same, to the bit, as `Model.predict(pixels)` gives."""


def warn(text: str) -> None:
    """What is told where nobody has said how."""
    # Of the line that asks for the next frame.
    warnings.warn(text, RuntimeWarning, stacklevel=3)


def frames_of(
    model: Answering[T],
    video: Video,
    options: Options = DEFAULTS,
    choice: FrameChoice = EVERY_FRAME,
    tell: Tell = warn,
    patience: Patience = PATIENCE,
) -> Generator[Frame, None, None]:
    """Frames with their results; the thread ends with the iterator.

    Raises:
        SourceError: as `shots`.
    """
    from mobilenetv2.sources.shots import Notice, shots

    def prepared() -> Iterator[tuple[Shot, T] | Notice]:
        for item in shots(video, choice, patience):
            if isinstance(item, Notice):
                yield item
            else:
                yield item, model.prepare(item.pixels, options.scales)

    with closing(Ahead(prepared(), _weight, _is_live)) as waiting:
        try:
            for item in waiting:
                if isinstance(item, tuple):
                    shot, ready = item
                    moment, result = shot.moment, model.answer(ready, options)
                    yield Frame(moment.index, moment.seconds, shot.pixels, result)
                else:
                    tell(item.text)
        finally:
            if waiting.left_out:
                tell(
                    f"{video.name}: {waiting.left_out} frames were left out, as they came faster "
                    "than they could be answered"
                )


def _weight(item: tuple[Shot, object] | Notice) -> int:
    return item[0].pixels.nbytes if isinstance(item, tuple) else 0


def _is_live(item: tuple[Shot, object] | Notice) -> bool:
    return isinstance(item, tuple) and item[0].live
