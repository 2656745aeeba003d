"""A classifier compiled ahead of time: it answers without numpy, and so in a third of the time."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Unpack, cast, overload

from mobilenetv2.engine.library import PIXELS, checked_threads, pictures_at_once
from mobilenetv2.engine.pickled import Copyable, Reduced, by_file, sha256_then
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import CheckpointError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.reading import reading
from mobilenetv2.sources.streams import Streams
from mobilenetv2.tasks.chosen_labels import chosen_classes
from mobilenetv2.tasks.classify import classify
from mobilenetv2.tasks.options import DEFAULTS, Choices, Decoding, Options
from mobilenetv2.tasks.results import Prediction
from mobilenetv2.weights.opened_file import OpenedFile
from mobilenetv2.weights.plain import from_plain

# Pillow is imported with the first picture.
if TYPE_CHECKING:
    from PIL import Image

    from mobilenetv2.tasks.arrays import Channels
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.picture_kinds import Openable


class CompiledClassifier(Copyable, Streams):
    """A program file ready to run; threads and processes may share it.

    Args:
        path: what `mobilenetv2 export MODEL NAME.program` wrote.
        threads: as for `Model`.

    Raises:
        CheckpointError: the file is missing, damaged, for another version of the engine, or
            contradicts itself.
        EngineError: the native engine is missing, or refuses the program.
    """

    def __init__(self, path: str | os.PathLike[str], threads: int | None = None) -> None:
        self._opened = OpenedFile(path)
        file = ProgramFile(os.fspath(path))
        self._threads_asked = threads
        self._threads = checked_threads(threads)
        with reading(file.path):
            self._read(file)

    def _read(self, file: ProgramFile) -> None:
        self.task: Literal["classification"] = "classification"
        self.labels: tuple[str, ...] = from_plain(tuple[str, ...], file.plain("labels"), "labels")
        """One name a class."""
        self.preprocessing = from_plain(Preprocessing, file.plain("preprocessing"), "preprocessing")
        self.source = file.text("source")
        """Where the weights come from, in a sentence."""
        self.license = file.text("license")
        self._engine = file.open()
        needed = ((*self.preprocessing.size, 3), ((1, 1, len(self.labels)),))
        found = file.shapes()
        if found != needed:
            raise CheckpointError(
                f"{file.path} contradicts itself: its pictures and labels ask for a program from "
                f"{needed[0]} to {needed[1]}, it holds one from {found[0]} to {found[1]}"
            )

    @overload
    def predict(  # type: ignore[overload-overlap]
        self, pictures: Picture, *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> Prediction: ...

    @overload
    def predict(  # type: ignore[overload-overlap]
        self,
        pictures: list[Picture] | tuple[Picture, ...],
        *,
        channels: Channels = ...,
        **choices: Unpack[Choices],
    ) -> list[Prediction]: ...

    @overload
    def predict(
        self, pictures: Iterable[Picture], *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> Iterator[Prediction]: ...

    def predict(
        self,
        pictures: Picture | Iterable[Picture],
        *,
        channels: Channels = "rgb",
        **choices: Unpack[Choices],
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """Label pictures, as `Model.predict` does.

        Args:
            pictures: one picture (path, http(s) address, bytes, PIL image, RGB array [H, W, 3])
                gives one result; a list, a tuple or a batch [N, H, W, 3] gives a list; any other
                iterable gives results lazily, and is read some pictures ahead.
            channels: "bgr" for arrays as OpenCV has them.
            choices: `top`, `threshold` and `labels`, as in `Options`.

        Raises:
            ImageError: a picture cannot be read.
            ValueError: an option out of range, one that a program does not look at, or a label
                that is none.
        """
        options = Options(**choices)
        self.check(options)
        from mobilenetv2.tasks.arrays import as_pictures

        pictures = as_pictures(pictures, channels)
        if isinstance(pictures, str | bytes | os.PathLike) or _is_array(pictures):
            return self.answer(self.prepare(cast("Picture", pictures)), options)
        from mobilenetv2.sources.side_by_side import results_of

        several = cast("Iterable[Picture]", pictures)
        results = cast("Iterator[Prediction]", results_of(self, several, options))
        return list(results) if isinstance(several, list | tuple) else results

    @property
    def at_once(self) -> int:
        """Of many pictures so many are answered at once, each on one thread."""
        return pictures_at_once(self._threads_asked)

    def prepare(
        self,
        picture: Picture,
        scales: Sequence[float] = DEFAULTS.scales,  # noqa: ARG002 - segmenters'
        decode: Decoding = DEFAULTS.decode,
    ) -> bytes:
        """A picture at the network's size, uint8 [height, width, 3]; what a decoder thread does.

        Raises:
            ImageError: the picture cannot be read.
        """
        from mobilenetv2.tasks.picture import fit

        small_for = self.preprocessing if decode == "fast" else None
        return fit(_open(picture, small_for), self.preprocessing).tobytes()

    def answer(
        self, prepared: bytes, options: Options = DEFAULTS, threads: int | None = None
    ) -> Prediction:
        """The result for a picture that `prepare` made, on `threads` threads; None: its own."""
        answers = classify(
            self.logits(prepared, threads),
            self.labels,
            options.top,
            threshold=options.least_score("classification"),
            among=chosen_classes(self.labels, options.labels),
        )
        return Prediction(answers)

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

    def logits(self, pixels: bytes, threads: int | None = None) -> list[float]:
        """One number a class for pixels at the network's size, uint8 [height, width, 3].

        Args:
            pixels: the picture.
            threads: how many to use for it; None for as many as one answer may.

        Raises:
            ValueError: another number of bytes.
            EngineError: memory ran out.
        """
        height, width = self.preprocessing.size
        if len(pixels) != height * width * 3:
            raise ValueError(
                f"pixels must be the {height} x {width} x 3 bytes of a picture, got {len(pixels)}"
            )
        found = (ctypes.c_float * len(self.labels))()
        used = threads or self._threads
        self._engine.run(pixels, PIXELS, 1, used, [ctypes.addressof(found)])
        return list(found)

    def sha256(self) -> str:
        """Of the program's file.

        Raises:
            CheckpointError: it is gone, or has changed since it was opened.
        """
        return sha256_then(self._opened)

    def with_threads(self, threads: int) -> CompiledClassifier:
        """The same program, opened anew, of which one answer may use so many threads."""
        return CompiledClassifier(self._opened, threads)

    def __reduce__(self) -> Reduced:
        return by_file(CompiledClassifier, self._opened, self._threads_asked)

    def __repr__(self) -> str:
        height, width = self.preprocessing.size
        return f"CompiledClassifier({len(self.labels)} classes, {height}x{width}, {self.source!r})"


def _is_array(value: object) -> bool:
    """Whether a value is a numpy array or a PIL image, without importing either."""
    # Of the type: asked of a PIL image itself, it would copy all pixels.
    return hasattr(type(value), "__array_interface__")


def _open(picture: Picture, small_for: Preprocessing | None) -> Image.Image:
    from PIL import Image

    from mobilenetv2.tasks.picture import open_rgb

    if isinstance(picture, Image.Image) or not _is_array(picture):
        return open_rgb(cast("Openable", picture), small_for)
    # Whoever has an array has numpy.
    from mobilenetv2.tasks.image import decode

    return Image.fromarray(decode(picture))
