"""Pictures and videos through one model, with an answer for each: a result, or why there is none.

What runs where is decided in `sources/side_by_side`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from mobilenetv2.errors import ImageError, SourceError
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice
from mobilenetv2.sources.input import Input, Moment, input_at
from mobilenetv2.sources.side_by_side import Answers, answered
from mobilenetv2.sources.streaming import Tell, frames_of, warn
from mobilenetv2.sources.video import Video
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Result
from mobilenetv2.tasks.task_of import Kind, answering_task

if TYPE_CHECKING:
    from PIL import Image

    from mobilenetv2.tasks.image import Picture

T = TypeVar("T")


class Predictor(Answers[T], Protocol[T]):
    """What pictures are asked of: a model of any kind."""

    @property
    def task(self) -> Kind:
        """What it says of pictures."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One name a class."""
        ...

    @property
    def multi_label(self) -> bool:
        """Whether a picture may have none of these, one or several."""
        ...

    def check(self, options: Options) -> None:
        """Raise a ValueError about an option that it does not look at."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One picture's result, or why there is none."""

    source: Input
    prediction: Result | None
    error: str | None

    @property
    def path(self) -> PictureFile:
        """The file, where the picture came from one."""
        picture = self.source.picture
        return picture if isinstance(picture, Member) else Path(self.source.name)

    def drawn(self) -> Image.Image | None:
        """The result on its picture, or None where there is none."""
        if self.prediction is None:
            return None
        return self.prediction.draw(self.source.picture)

    def to_json(self) -> dict[str, object]:
        """`{"path", "task", "predictions"}`, or `{"path", "error"}`; a frame has its time too."""
        if self.prediction is None:
            return self.source.to_json() | {"error": self.error}
        return self.source.to_json() | self.prediction.to_json()


def predict_sources(
    model: Predictor[T],
    sources: Iterable[Input | Video],
    options: Options = DEFAULTS,
    choice: FrameChoice = EVERY_FRAME,
    tell: Tell = warn,
) -> Generator[Answer, None, None]:
    """Answers for pictures and for the frames of videos, in order.

    A picture or a video that cannot be read becomes an answer with an error, and so does one that
    breaks off, after its frames.

    Args:
        model: what answers.
        sources: pictures and videos, as `sources.words` finds them.
        options: for all.
        choice: which frames of a video are looked at.
        tell: told in a sentence where a video is not as stated.

    Raises:
        ValueError: an option that is not for the model's task.
        MissingDependencyError: PyAV is not installed, and there is a video.
    """
    options.check(answering_task(model.task))
    for is_video, several in groupby(sources, lambda source: isinstance(source, Video)):
        if not is_video:
            model.check(options)
            yield from _answers(model, cast("Iterator[Input]", several), options, light=True)
            continue
        for video in cast("Iterator[Video]", several):
            try:
                with closing(frames_of(model, video, options, choice, tell)) as frames:
                    for frame in frames:
                        moment = Moment(frame.index, frame.time_seconds)
                        yield Answer(Input(video.name, frame.pixels, moment), frame.result, None)
            except SourceError as error:
                yield Answer(Input(video.name, video.name), None, str(error))


def predict_many(
    model: Predictor[T], pictures: Iterable[Picture | Input], options: Options = DEFAULTS
) -> Iterator[Answer]:
    """Answers in the order of `pictures`; a bad one becomes an answer with an error.

    Raises:
        ValueError: an option that the model does not look at.
    """
    model.check(options)
    inputs = (
        item if isinstance(item, Input) else input_at(place, item)
        for place, item in enumerate(pictures)
    )
    return _answers(model, inputs, options, light=isinstance(pictures, list | tuple))


def _answers(
    model: Predictor[T], inputs: Iterable[Input], options: Options, *, light: bool
) -> Iterator[Answer]:
    for source, result in answered(model, inputs, options, light=light):
        if isinstance(result, ImageError):
            yield Answer(source, None, str(result))
        else:
            yield Answer(source, result, None)
