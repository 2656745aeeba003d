"""A program file of any task: detectors and segmenters, whose answers are made with numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.engine.compiled_program import Compiled
from mobilenetv2.engine.library import PIXELS
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import DeepLab, Spec
from mobilenetv2.tasks.finite import require_finite
from mobilenetv2.tasks.options import DEFAULTS, Decoding, Options
from mobilenetv2.tasks.pixels import Pixels, Prepared
from mobilenetv2.tasks.read_outputs import Look, OutputReader
from mobilenetv2.tasks.results import Result
from mobilenetv2.tasks.segment import MAX_CLASSES
from mobilenetv2.tasks.task_of import multi_label, task_of
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.plain import from_plain

if TYPE_CHECKING:
    from mobilenetv2.tasks.image import Picture


class CompiledModel(Compiled[Prepared, Result]):
    """A program of any task: opened, and refused, as `Compiled` says; its head decides the task.

    Raises:
        CheckpointError: also where an earlier release wrote the file, for classifiers alone.
    """

    def _read(self, file: ProgramFile) -> None:
        self.spec = _spec(file)
        """The network in the paper's words, batch norms folded."""
        graph = build(self.spec)
        names = from_plain(tuple[str, ...], file.plain("outputs"), "outputs")
        self._engine = file.open()
        self._shapes = {name: graph.by_name[name].shape for name in graph.outputs}
        needed = (*self.spec.size, 3), tuple(tuple(shape) for shape in self._shapes.values())
        found = file.shapes()
        good = found == needed and names == graph.outputs and self.task == task_of(self.spec.head)
        good = good and self.preprocessing.size == self.spec.size
        good = good and self.multi_label == multi_label(self.spec.head)
        if not good or len(self.labels) != self.spec.head.classes:
            raise CheckpointError(
                f"{file.path} contradicts itself: its network of {self.spec.head.classes} classes "
                f"asks for a program from {needed[0]} to {needed[1]}; it has "
                f"{len(self.labels)} labels, pictures of {self.preprocessing.size} and a program "
                f"for {self.task} from {found[0]} to {found[1]}"
            )
        self._reader = OutputReader(self.spec, self.labels, self.preprocessing)

    def prepare(
        self,
        picture: Picture,
        scales: Sequence[float] = DEFAULTS.scales,  # noqa: ARG002 - models'
        decode: Decoding = DEFAULTS.decode,
    ) -> Prepared:
        """A picture at the network's size; what a decoder thread does.

        Raises:
            ImageError: the picture cannot be read.
        """
        from mobilenetv2.engine.resample import natively_fitted
        from mobilenetv2.tasks.image import prepared

        return prepared(picture, [self.preprocessing], decode, natively_fitted)

    def answer(
        self, prepared: Prepared, options: Options = DEFAULTS, threads: int | None = None
    ) -> Result:
        """The result for a picture that `prepare` made, on `threads` threads; None: its own."""
        outputs = require_finite(self.outputs(prepared.inputs[0], threads))
        return self._reader.read([Look(outputs, self.spec.size)], prepared.size, options)

    def outputs(self, pixels: Pixels, threads: int | None = None) -> Mapping[str, Array]:
        """The network's own, float32 [1, height, width, channels], for pixels at its size.

        Args:
            pixels: uint8 [height, width, 3].
            threads: how many to use for it; None for as many as one answer may.

        Raises:
            ValueError: another shape or type.
            EngineError: memory ran out.
        """
        if pixels.dtype != np.uint8 or pixels.shape != (*self.spec.size, 3):
            height, width = self.spec.size
            raise ValueError(
                f"pixels must be uint8 [{height}, {width}, 3], got {pixels.dtype} {pixels.shape}"
            )
        found = {name: np.empty((1, *shape), np.float32) for name, shape in self._shapes.items()}
        addresses = [array.ctypes.data for array in found.values()]
        used = threads or self._threads
        self._engine.run(pixels.tobytes(), PIXELS, 1, used, addresses)
        return found


def _spec(file: ProgramFile) -> Spec:
    if "spec" not in file.metadata:
        raise CheckpointError(
            f"{file.path} was written by an earlier release, for classifiers alone: open it with "
            "mobilenetv2.CompiledClassifier, or export it again"
        )
    try:
        spec = from_plain(Spec, file.plain("spec"), "spec")
    except (SpecError, GraphError) as error:
        raise CheckpointError(f"{file.path} is damaged: {error}") from error
    if isinstance(spec.head, DeepLab) and spec.head.classes > MAX_CLASSES:
        raise CheckpointError(
            f"a segmenter has at most {MAX_CLASSES} classes, got {spec.head.classes}"
        )
    return spec
