"""A model: weights, labels and preprocessing as one thing that answers questions of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast, overload

from mobilenetv2.engine.any_size import AnySize, Run
from mobilenetv2.engine.features import Embeds, FeatureRunner
from mobilenetv2.engine.library import checked_threads, pictures_at_once
from mobilenetv2.engine.pickled import Copyable, Reduced, by_file, sha256_of, with_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import DeepLab
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.sources.streams import Streams
from mobilenetv2.tasks.chosen_labels import chosen_classes
from mobilenetv2.tasks.finite import require_finite
from mobilenetv2.tasks.options import DEFAULTS, Choices, Decoding, Options
from mobilenetv2.tasks.pixels import Pixels, Prepared, pixel_values
from mobilenetv2.tasks.read_outputs import Look, OutputReader, Outputs, require_ids
from mobilenetv2.tasks.results import Result
from mobilenetv2.tasks.task_of import Kind, answering_task, multi_label, task_of
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.find_file import find_file
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.opened_file import OpenedFile
from mobilenetv2.weights.read_before import read_checkpoint

# Pillow is imported with the first picture: the network itself does without.
if TYPE_CHECKING:
    from mobilenetv2.tasks.arrays import Channels
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.transfer.patience import Progress

DEFAULT_MODEL = "objects"


class Model(Copyable, Streams, Embeds):
    """A checkpoint with a runner; its head decides the task. Threads and processes may share it."""

    def __init__(
        self, checkpoint: Checkpoint, threads: int | None = None, run: Run | None = None
    ) -> None:
        """Fold the batch norms and get ready.

        Args:
            checkpoint: the network with all that belongs to it.
            threads: how many the model may use: all on one picture, or one on each of many; None
                for as many as there are cores, and up to 4 on one picture.
            run: computes the network's outputs in the engine's place.

        Raises:
            CheckpointError: pictures would be prepared at another size than the network's, or a
                segmenter has more classes than a mask has ids.
            OptionError: a number of threads that makes no sense.
        """
        spec = checkpoint.spec
        if checkpoint.preprocessing.size != spec.size:
            raise CheckpointError(
                f"pictures must be prepared at the network's size, {spec.size}, got "
                f"{checkpoint.preprocessing.size}"
            )
        if isinstance(spec.head, DeepLab):
            require_ids(spec.head.classes)
        self.checkpoint = checkpoint
        self._threads = threads
        self._file: OpenedFile | None = None
        self._features: FeatureRunner | None = None
        folded = fold_checkpoint(checkpoint)
        values = pixel_values(checkpoint.preprocessing)
        self._sizes: AnySize | None = None
        if run is None:
            used = checked_threads(threads)
            run = self._sizes = AnySize(folded.spec, folded.numbers, values, used)
        self._run: Run = run
        self._reader = OutputReader(spec, checkpoint.labels, checkpoint.preprocessing)

    @property
    def task(self) -> Kind:
        """What the head is for: a task, or "embedding" of a model that has no answers."""
        return task_of(self.checkpoint.spec.head)

    @property
    def multi_label(self) -> bool:
        """Whether a picture may have none of a classifier's labels, one or several."""
        return multi_label(self.checkpoint.spec.head)

    @property
    def labels(self) -> tuple[str, ...]:
        """One name a class; a detector's are without the background, a segmenter's with it."""
        return self.checkpoint.labels

    # A str is itself an Iterable[str]: the first signature that fits is the one meant.
    @overload
    def predict(  # type: ignore[overload-overlap]
        self, pictures: Picture, *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> Result: ...

    @overload
    def predict(  # type: ignore[overload-overlap]
        self,
        pictures: list[Picture] | tuple[Picture, ...],
        *,
        channels: Channels = ...,
        **choices: Unpack[Choices],
    ) -> list[Result]: ...

    @overload
    def predict(
        self, pictures: Iterable[Picture], *, channels: Channels = ..., **choices: Unpack[Choices]
    ) -> Iterator[Result]: ...

    def predict(
        self,
        pictures: Picture | Iterable[Picture],
        *,
        channels: Channels = "rgb",
        **choices: Unpack[Choices],
    ) -> Result | list[Result] | Iterator[Result]:
        """Label pictures, find objects in them, or divide them into classes: see `task`.

        Args:
            pictures: one picture (path, http(s) address, bytes, open file, PIL image, RGB array
                [H, W, 3]) gives one result; a list, a tuple or a batch [N, H, W, 3] gives a list;
                any other iterable gives results lazily, one by one, in order, and is read some
                pictures ahead (8, or 4 a core): several are answered at once.
            channels: "bgr" for arrays as OpenCV has them.
            choices: `top` (classification), `threshold` (classification, detection),
                `max_detections`, `nms` and `class_agnostic` (detection), `scales` (classification,
                segmentation), `labels`, `flip`, `stretch` (arrays are not stretched) and `decode`
                (any), as in `Options`.

        Returns:
            `Prediction`, `Detections` or `Segmentation`, by the task.

        Raises:
            ImageError: a picture cannot be read.
            ValueError: an option out of range or of another task, or a label that is none.
            TypeError: no such option.
        """
        options = Options(**choices)
        self.check(options)
        from mobilenetv2.sources.side_by_side import prepare_as_chosen, results_of
        from mobilenetv2.tasks.arrays import as_pictures
        from mobilenetv2.tasks.image import is_picture

        pictures = as_pictures(pictures, channels)
        if is_picture(pictures):
            return self.answer(prepare_as_chosen(self, pictures, options), options)
        several = cast("Iterable[Picture]", pictures)
        results = results_of(self, several, options)
        return list(results) if isinstance(several, list | tuple) else results

    @property
    def at_once(self) -> int:
        """Of many pictures so many are answered at once, each on one thread."""
        return 1 if self._sizes is None else pictures_at_once(self._threads)

    @property
    def feature_runner(self) -> FeatureRunner:
        """The network up to its features; made when first asked for, as it packs weights anew."""
        if self._features is None:
            folded = fold_checkpoint(self.checkpoint)
            values = pixel_values(self.checkpoint.preprocessing)
            threads = checked_threads(self._threads)
            self._features = FeatureRunner(folded.spec, folded.numbers, values, threads)
        return self._features

    def prepare(
        self,
        picture: Picture,
        scales: Sequence[float] = DEFAULTS.scales,
        decode: Decoding = DEFAULTS.decode,
    ) -> Prepared:
        """A picture at the network's size, or scaled ones; `decode` is that of `Options`.

        Raises:
            ImageError: the picture cannot be read.
        """
        from mobilenetv2.engine.resample import natively_fitted
        from mobilenetv2.tasks.image import prepared

        return prepared(picture, list(map(self._preprocessing_at, scales)), decode, natively_fitted)

    def outputs(self, prepared: Prepared) -> Outputs:
        """The network's own outputs for a picture's first input, float32 [1, H, W, channels]."""
        return require_finite(self._run(prepared.inputs[0]))

    def answer(
        self, prepared: Prepared, options: Options = DEFAULTS, threads: int | None = None
    ) -> Result:
        """The result for one picture that `prepare` made.

        Args:
            prepared: the picture.
            options: of its task.
            threads: how many to use for it; None for as many as one answer may.
        """
        looks = list(self._looks(prepared, options.flip, threads))
        return self._reader.read(looks, prepared.size, options)

    def check(self, options: Options) -> None:
        """Refuse what this model does not look at.

        Raises:
            ValueError: an option of another task, a label that is none, or no answers to give.
        """
        options.check(answering_task(self.task))
        chosen_classes(self.labels, options.labels)

    def save(self, path: str | Path, precision: store.Precision | None = None) -> None:
        """Write the checkpoint as one safetensors file.

        Args:
            path: the file.
            precision: of the weights; None keeps the integers of a quantised model and stores
                any other in float32.

        Raises:
            CheckpointError: the disk refuses, or float16 cannot hold a value.
        """
        store.save(self.checkpoint, path, precision)

    def _looks(self, prepared: Prepared, flip: bool, threads: int | None) -> Iterator[Look]:
        """At each input and, with `flip`, at its mirror image."""
        for pixels in prepared.inputs:
            size = pixels.shape[:2]
            yield Look(self._outputs(pixels, threads), size)
            if flip:
                yield Look(self._outputs(pixels[:, ::-1], threads), size, mirrored=True)

    def _outputs(self, pixels: Pixels, threads: int | None) -> Outputs:
        outputs = self._sizes(pixels, threads) if self._sizes else self._run(pixels)
        # Integers on scales that are bounded are finite.
        return outputs if self._sizes and self.checkpoint.quantization else require_finite(outputs)

    def _preprocessing_at(self, scale: float) -> Preprocessing:
        if scale == 1:
            return self.checkpoint.preprocessing
        # 513 pixels become 257 or 1025: corners of maps and input keep meeting, as in DeepLab.
        height, width = (int((side - 1) * scale + 1) for side in self.checkpoint.spec.size)
        return replace(self.checkpoint.preprocessing, size=(height, width))

    def sha256(self) -> str:
        """Of the file that it was made of; where there is none, of the one `save` would write."""
        return (self._file and self._file.sha256()) or sha256_of(self.checkpoint)

    def with_threads(self, threads: int) -> Model:
        """The same model, of which one answer may use so many threads; weights are packed anew."""
        made = Model(self.checkpoint, threads)
        made._file = self._file
        return made

    def __reduce__(self) -> Reduced:
        if self._file and self._file.sha256():
            return by_file(_load, self._file, self._threads)
        return with_weights(Model, self.checkpoint, self._threads)

    def __repr__(self) -> str:
        spec = self.checkpoint.spec
        answers = f"{spec.head.classes} classes" if spec.head.classes else "features alone"
        return (
            f"Model({type(spec.backbone).__name__} {spec.width:g}, {answers}, "
            f"{spec.size[0]}x{spec.size[1]}, {self.checkpoint.provenance.source!r})"
        )


def load(
    name_or_path: str | Path = DEFAULT_MODEL,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Model:
    """A model from a file of any format the package reads, or from a name of the catalogue.

    Args:
        name_or_path: a file, a run's folder, or a name, which `mobilenetv2 models` lists.
        progress: told of bytes received and expected while public weights are downloaded.
        threads: how many the model may use; see `Model`.

    Raises:
        UnknownModelError: neither a file nor a known name.
        CheckpointError: the file is broken or holds no MobileNetV2.
        DownloadError: public weights could not be fetched.
    """
    return _load(find_file(name_or_path, progress), threads)


def load_checkpoint(name_or_path: str | Path, progress: Progress | None = None) -> Checkpoint:
    """The checkpoint behind a name or a path; see `load`."""
    return read_foreign(Path(find_file(name_or_path, progress))).checkpoint


def _load(file: OpenedFile, threads: int | None) -> Model:
    model = Model(read_checkpoint(file), threads)
    model._file = file
    return model
