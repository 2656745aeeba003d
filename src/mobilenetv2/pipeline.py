"""Many pictures through one model: decoding on other threads while the network runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.errors import ImageError, SourceError
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice
from mobilenetv2.sources.input import Input, Moment, file_input
from mobilenetv2.sources.streaming import Tell, frames_of, warn
from mobilenetv2.sources.video import Video
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.picture import is_large
from mobilenetv2.tasks.results import Result

if TYPE_CHECKING:
    from PIL import Image

    from mobilenetv2.tasks.image import Picture

DECODERS = 2
"""Threads that decode. Pillow leaves the interpreter lock, and two keep up with any runner here."""

AHEAD = 8
"""Pictures decoded ahead of the network: enough to hide a slow one, few enough for memory."""

T = TypeVar("T")


class Predictor(Protocol[T]):
    """What has a picture prepared on one thread and answers on another: a model of any kind."""

    @property
    def task(self) -> Task:
        """What it says of pictures."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """One name a class."""
        ...

    def check(self, options: Options) -> None:
        """Raise a ValueError about an option that it does not look at."""
        ...

    def prepare(self, picture: Picture, scales: Sequence[float]) -> T:
        """Decode and resize."""
        ...

    def answer(self, prepared: T, options: Options) -> Result:
        """Run the network."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One picture's result, or why there is none."""

    source: Input
    prediction: Result | None
    error: str | None

    @property
    def path(self) -> Path:
        """The file, where the picture came from one."""
        return Path(self.source.name)

    def drawn(self) -> Image.Image | None:
        """The result on its picture, or None where there is none."""
        if self.prediction is None:
            return None
        return self.prediction.draw(cast("Picture", self.source.picture))

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
    options.check(model.task)
    for is_video, several in groupby(sources, lambda source: isinstance(source, Video)):
        if not is_video:
            yield from predict_many(model, cast("Iterator[Input]", several), options)
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
    model: Predictor[T], pictures: Iterable[Path | Input], options: Options = DEFAULTS
) -> Iterator[Answer]:
    """Answers in the order of `pictures`; a bad one becomes an answer with an error.

    Raises:
        ValueError: an option that the model does not look at.
    """
    model.check(options)
    inputs = (item if isinstance(item, Input) else file_input(item) for item in pictures)
    return _answers(model, inputs, options)


def _answers(model: Predictor[T], inputs: Iterable[Input], options: Options) -> Iterator[Answer]:
    for source, prepared in decoded(partial(_prepare, model, options), inputs):
        if isinstance(prepared, ImageError):
            yield Answer(source, None, str(prepared))
        else:
            yield Answer(source, model.answer(prepared, options), None)


def prepare_as_chosen(model: Predictor[T], picture: Picture, options: Options) -> T:
    """A picture as `model.answer` takes it, at the sizes and of the range that are asked for.

    Raises:
        ImageError: it cannot be read.
    """
    if options.stretch:
        from mobilenetv2.tasks.stretch import stretched

        picture = stretched(picture)
    return model.prepare(picture, options.scales)


def _prepare(model: Predictor[T], options: Options, source: Input) -> T:
    return prepare_as_chosen(model, source.picture, options)


def decoded(
    prepare: Callable[[Input], T], inputs: Iterable[Input]
) -> Iterator[tuple[Input, T | ImageError]]:
    """Pictures made ready on other threads while the caller works on those before them.

    Args:
        prepare: from a picture to what the caller needs of it; called on several threads.
        inputs: pictures; those with an address are fetched.

    Returns:
        Each picture, in order, with what came of it, or with the reason why nothing did.
    """
    remaining = iter(inputs)

    def ahead(given: Input) -> tuple[Input, T | None]:
        source = given.fetched()
        # A large picture waits for its turn on the other thread: two at once, or what the
        # allocator keeps of one for each thread (480 MB), would take all memory.
        later = is_large(cast("Path | bytes", source.picture))
        return source, None if later else prepare(source)

    with ThreadPoolExecutor(DECODERS, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[Input, Future[tuple[Input, T | None]]]] = deque()
        try:
            while True:
                for given in islice(remaining, AHEAD - len(waiting)):
                    waiting.append((given, pool.submit(ahead, given)))
                if not waiting:
                    return
                given, future = waiting.popleft()
                try:
                    source, ready = future.result()
                    yield source, prepare(source) if ready is None else ready
                except ImageError as error:
                    yield given, error
        finally:
            # An abandoned or interrupted run must not decode what nobody will look at.
            pool.shutdown(wait=False, cancel_futures=True)
