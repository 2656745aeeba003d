"""What compiled programs have in common: the file, `predict`, and what they refuse to look at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Generic, Self, TypeVar, Unpack, cast, overload

from mobilenetv2.engine.library import checked_threads, pictures_at_once
from mobilenetv2.engine.pickled import Copyable, Reduced, by_file, sha256_then
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.reading import reading
from mobilenetv2.sources.streams import Streams
from mobilenetv2.tasks.chosen_labels import chosen_classes
from mobilenetv2.tasks.options import DEFAULTS, Choices, Decoding, Options
from mobilenetv2.tasks.results import Result
from mobilenetv2.weights.opened_file import OpenedFile
from mobilenetv2.weights.plain import from_plain

# Pillow is imported with the first picture.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mobilenetv2.tasks.arrays import Channels
    from mobilenetv2.tasks.image import Picture

P = TypeVar("P")
R = TypeVar("R", bound=Result)


class Compiled(Copyable, Streams, Generic[P, R]):
    """A program file ready to run: P is what a decoder makes of a picture, R the result.

    Threads and processes may share it.

    Args:
        path: what `mobilenetv2 export MODEL NAME.program` wrote.
        threads: as for `Model`.

    Raises:
        CheckpointError: the file is missing, damaged, for another version of the engine, of
            another task, or contradicts itself.
        EngineError: the native engine is missing, or refuses the program.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        self._opened = OpenedFile(path)
        file = ProgramFile(os.fspath(path))
        self._threads_asked = threads
        self._threads = checked_threads(threads)
        with reading(file.path):
            self.task = file.task
            self.multi_label = file.multi_label
            """Whether a picture may have none of a classifier's labels, one or several."""
            self.labels = from_plain(tuple[str, ...], file.plain("labels"), "labels")
            """One name a class."""
            self.preprocessing = from_plain(
                Preprocessing, file.plain("preprocessing"), "preprocessing"
            )
            self.source = file.text("source")
            """Where the weights come from, in a sentence."""
            self.license = file.text("license")
            self._read(file)

    def _read(self, file: ProgramFile) -> None:
        """Open the engine, and see that the file does not contradict itself."""
        raise NotImplementedError

    def prepare(
        self,
        picture: Picture,
        scales: Sequence[float] = DEFAULTS.scales,
        decode: Decoding = DEFAULTS.decode,
    ) -> P:
        """A picture at the network's size; what a decoder thread does."""
        raise NotImplementedError

    def answer(self, prepared: P, options: Options = DEFAULTS, threads: int | None = None) -> R:
        """The result for a picture that `prepare` made, on `threads` threads; None: its own."""
        raise NotImplementedError

    @property
    def at_once(self) -> int:
        """Of many pictures so many are answered at once, each on one thread."""
        return pictures_at_once(self._threads_asked)

    @overload
    def predict(  # type: ignore[overload-overlap]
        self, pictures: Picture, *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> R: ...

    @overload
    def predict(  # type: ignore[overload-overlap]
        self,
        pictures: list[Picture] | tuple[Picture, ...],
        *,
        channels: Channels = ...,
        **choices: Unpack[Choices],
    ) -> list[R]: ...

    @overload
    def predict(
        self, pictures: Iterable[Picture], *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> Iterator[R]: ...

    def predict(
        self,
        pictures: Picture | Iterable[Picture],
        *,
        channels: Channels = "rgb",
        **choices: Unpack[Choices],
    ) -> R | list[R] | Iterator[R]:
        """Say of pictures what `Model.predict` does.

        Args:
            pictures: one picture (path, http(s) address, bytes, PIL image, RGB array [H, W, 3])
                gives one result; a list, a tuple or a batch [N, H, W, 3] gives a list; any other
                iterable gives results lazily, and is read some pictures ahead.
            channels: "bgr" for arrays as OpenCV has them.
            choices: as in `Options`, but for `scales` and `flip`.

        Raises:
            ImageError: a picture cannot be read.
            ValueError: an option out of range, one that a program does not look at, or a label
                that is none.
        """
        options = Options(**choices)
        self.check(options)
        from mobilenetv2.tasks.arrays import as_pictures

        pictures = as_pictures(pictures, channels)
        from mobilenetv2.sources.side_by_side import prepare_as_chosen, results_of

        if isinstance(pictures, str | bytes | os.PathLike) or is_array(pictures):
            chosen = prepare_as_chosen(self, cast("Picture", pictures), options)
            return self.answer(chosen, options)
        several = cast("Iterable[Picture]", pictures)
        results = cast("Iterator[R]", results_of(self, several, options))
        return list(results) if isinstance(several, list | tuple) else results

    def check(self, options: Options) -> None:
        """Refuse what a program does not look at: its size is fixed, and it sees a picture once.

        Raises:
            ValueError: an option of another task or of a `Model`, or a label that is none.
        """
        options.check(self.task)
        chosen_classes(self.labels, options.labels)
        for name in ("scales", "flip"):
            if getattr(options, name) != getattr(DEFAULTS, name):
                raise ValueError(
                    f"{name} is not for a compiled program, which sees each picture once; use "
                    "the checkpoint that it was made of"
                )

    def sha256(self) -> str:
        """Of the program's file.

        Raises:
            CheckpointError: it is gone, or has changed since it was opened.
        """
        return sha256_then(self._opened)

    def with_threads(self, threads: int) -> Self:
        """The same program, opened anew, of which one answer may use so many threads."""
        return type(self)(self._opened, threads)

    def __reduce__(self) -> Reduced:
        return by_file(type(self), self._opened, self._threads_asked)

    def __repr__(self) -> str:
        height, width = self.preprocessing.size
        return (
            f"{type(self).__name__}({len(self.labels)} classes, {height}x{width}, {self.source!r})"
        )


def is_array(value: object) -> bool:
    """Whether a value is a numpy array or a PIL image, without importing either."""
    # Of the type: asked of a PIL image itself, it would copy all pixels.
    return hasattr(type(value), "__array_interface__")
