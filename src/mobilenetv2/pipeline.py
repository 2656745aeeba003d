"""Many pictures through one model: decoding on other threads while the network runs."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from PIL import Image

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.picture import is_large
from mobilenetv2.tasks.results import Result

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

    def prepare(self, picture: Path | Image.Image, scales: Sequence[float]) -> T:
        """Decode and resize."""
        ...

    def answer(self, prepared: T, options: Options) -> Result:
        """Run the network."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One picture's result, or why there is none."""

    path: Path
    prediction: Result | None
    error: str | None

    def to_json(self) -> dict[str, object]:
        """`{"path", "task", "predictions"}`, or `{"path", "error"}`."""
        if self.prediction is None:
            return {"path": str(self.path), "error": self.error}
        return {"path": str(self.path)} | self.prediction.to_json()


def predict_many(
    model: Predictor[T], paths: Iterable[Path], options: Options = DEFAULTS
) -> Iterator[Answer]:
    """Answers in the order of `paths`; a bad picture becomes an answer with an error.

    Raises:
        ValueError: an option that is not for the model's task.
    """
    options.check(model.task)
    return _answers(model, paths, options)


def _answers(model: Predictor[T], paths: Iterable[Path], options: Options) -> Iterator[Answer]:
    for path, prepared in _decoded(partial(_prepare, model, options), paths):
        if isinstance(prepared, ImageError):
            yield Answer(path, None, str(prepared))
        else:
            yield Answer(path, model.answer(prepared, options), None)


def _prepare(model: Predictor[T], options: Options, path: Path) -> T:
    if not options.stretch:
        return model.prepare(path, options.scales)
    from mobilenetv2.tasks.stretch import stretched

    return model.prepare(stretched(path), options.scales)


def _decoded(
    prepare: Callable[[Path], T], paths: Iterable[Path]
) -> Iterator[tuple[Path, T | ImageError]]:
    remaining = iter(paths)
    with ThreadPoolExecutor(DECODERS, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[Path, Future[T] | None]] = deque()
        try:
            while True:
                for path in islice(remaining, AHEAD - len(waiting)):
                    # A large picture waits for its turn on this thread: two at once, or what the
                    # allocator keeps of one for each thread (480 MB), would take all memory.
                    later = is_large(path)
                    waiting.append((path, None if later else pool.submit(prepare, path)))
                if not waiting:
                    return
                path, future = waiting.popleft()
                try:
                    yield path, prepare(path) if future is None else future.result()
                except ImageError as error:
                    yield path, error
        finally:
            # An abandoned or interrupted run must not decode what nobody will look at.
            pool.shutdown(wait=False, cancel_futures=True)
