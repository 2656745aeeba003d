"""A classifier compiled ahead of time: it answers without numpy, and so in a third of the time."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from mobilenetv2.engine.compiled_program import Compiled, is_array
from mobilenetv2.engine.library import PIXELS
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import CheckpointError
from mobilenetv2.tasks.chosen_labels import chosen_classes
from mobilenetv2.tasks.classify import classify
from mobilenetv2.tasks.options import DEFAULTS, Decoding, Options
from mobilenetv2.tasks.results import Prediction

# Pillow is imported with the first picture.
if TYPE_CHECKING:
    from PIL import Image

    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.picture_kinds import Openable


class CompiledClassifier(Compiled[bytes, Prediction]):
    """A classifier's program, run without numpy: opened, and refused, as `Compiled` says.

    Raises:
        CheckpointError: also where the file is for another task.
    """

    def _read(self, file: ProgramFile) -> None:
        if file.task != "classification":
            raise CheckpointError(
                f"{file.path} holds a program for {file.task}; open it with "
                "mobilenetv2.CompiledModel"
            )
        self._engine = file.open()
        needed = ((*self.preprocessing.size, 3), ((1, 1, len(self.labels)),))
        found = file.shapes()
        if found != needed:
            raise CheckpointError(
                f"{file.path} contradicts itself: its pictures and labels ask for a program from "
                f"{needed[0]} to {needed[1]}, it holds one from {found[0]} to {found[1]}"
            )

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
        if self.preprocessing.stretch:
            from mobilenetv2.tasks.stretch import stretched

            picture = stretched(picture)
        return fit(_open(picture, small_for), self.preprocessing).tobytes()

    def answer(
        self, prepared: bytes, options: Options = DEFAULTS, threads: int | None = None
    ) -> Prediction:
        """The result for a picture that `prepare` made, on `threads` threads; None: its own."""
        answers = classify(
            self.logits(prepared, threads),
            self.labels,
            options.most_answers(self.multi_label),
            threshold=options.least_score("classification", self.multi_label),
            among=chosen_classes(self.labels, options.labels),
            multi_label=self.multi_label,
        )
        return Prediction(answers, multi_label=self.multi_label)

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


def _open(picture: Picture, small_for: Preprocessing | None) -> Image.Image:
    from PIL import Image

    from mobilenetv2.tasks.picture import open_rgb

    if isinstance(picture, Image.Image) or not is_array(picture):
        return open_rgb(cast("Openable", picture), small_for)
    # Whoever has an array has numpy.
    from mobilenetv2.tasks.image import decode

    return Image.fromarray(decode(picture))
