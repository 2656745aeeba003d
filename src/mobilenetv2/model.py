"""A model: weights, labels and preprocessing as one thing that answers questions of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
from PIL import Image

from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.engine.runner import Runner
from mobilenetv2.errors import CheckpointError, UnknownModelError
from mobilenetv2.network import build
from mobilenetv2.spec import Classifier
from mobilenetv2.tasks.classify import Classification, classify
from mobilenetv2.tasks.draw import draw_classification
from mobilenetv2.tasks.image import Picture, Pixels, decode, normalize, resize
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.zoo import CATALOG, EmbeddedWeights, find

if TYPE_CHECKING:
    from mobilenetv2.weights.public.download import Progress

DEFAULT_MODEL = "objects"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one picture, best answer first."""

    predictions: tuple[Classification, ...]
    task: Literal["classification"] = "classification"

    @property
    def label(self) -> str:
        """The best answer's name."""
        return self.predictions[0].label

    @property
    def score(self) -> float:
        """The best answer's probability, 0..1."""
        return self.predictions[0].score

    def draw(self, picture: Picture) -> Image.Image:
        """The picture with the answers below it."""
        return draw_classification(decode(picture), self.predictions)

    def to_json(self) -> dict[str, object]:
        """Task and predictions as plain values."""
        return {"task": self.task, "predictions": [item.to_json() for item in self.predictions]}


class Model:
    """A checkpoint with a runner. Safe to share between threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Fold the batch norms and get ready.

        Raises:
            CheckpointError: the head's task cannot be run yet.
        """
        if not isinstance(checkpoint.spec.head, Classifier):
            raise CheckpointError(
                "this release predicts with classifiers only, got a "
                f"{type(checkpoint.spec.head).__name__} head"
            )
        self.checkpoint = checkpoint
        folded = fold_checkpoint(checkpoint)
        self._runner: Runner = reference_runner(build(folded.spec), folded.weights)

    @property
    def labels(self) -> tuple[str, ...]:
        """One name a class, in the order of the logits."""
        return self.checkpoint.labels

    # A str is itself an Iterable[str]: the first signature that fits is the one meant.
    @overload
    def predict(  # type: ignore[overload-overlap]
        self, pictures: Picture, *, top: int = 5
    ) -> Prediction: ...

    @overload
    def predict(  # type: ignore[overload-overlap]
        self, pictures: list[Picture] | tuple[Picture, ...], *, top: int = 5
    ) -> list[Prediction]: ...

    @overload
    def predict(self, pictures: Iterable[Picture], *, top: int = 5) -> Iterator[Prediction]: ...

    def predict(
        self, pictures: Picture | Iterable[Picture], *, top: int = 5
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """Label pictures.

        Args:
            pictures: one picture (path, bytes, PIL image, uint8 array [H, W, 3]) gives one
                result; a list or tuple gives a list; any other iterable gives results lazily,
                one by one, in order.
            top: how many answers a picture, at least 1.

        Raises:
            ImageError: a picture cannot be read.
            ValueError: `top` is below 1.
        """
        if top < 1:
            raise ValueError(f"top must be at least 1, got {top}")
        if isinstance(pictures, str | Path | bytes | Image.Image | np.ndarray):
            return self._predict_one(pictures, top)
        results = (self._predict_one(picture, top) for picture in pictures)
        return list(results) if isinstance(pictures, list | tuple) else results

    def prepare(self, picture: Picture) -> Pixels:
        """A picture at the network's size, uint8 [height, width, 3]; what a decoder thread does."""
        return resize(decode(picture), self.checkpoint.preprocessing)

    def logits(self, prepared: Pixels) -> Array:
        """Class logits, float32 [classes], of one picture that `prepare` made."""
        images = normalize(prepared, self.checkpoint.preprocessing)[None]
        return self._runner(images)["logits"].reshape(-1)

    def answer(self, prepared: Pixels, top: int = 5) -> Prediction:
        """The result for one picture that `prepare` made."""
        return Prediction(classify(self.logits(prepared), self.labels, top))

    def save(self, path: str | Path, precision: store.Precision = "float32") -> None:
        """Write the checkpoint as one safetensors file.

        Raises:
            CheckpointError: the disk refuses, or float16 cannot hold a value.
        """
        store.save(self.checkpoint, path, precision)

    def _predict_one(self, picture: Picture, top: int) -> Prediction:
        return self.answer(self.prepare(picture), top)

    def __repr__(self) -> str:
        spec = self.checkpoint.spec
        return (
            f"Model({type(spec.backbone).__name__} {spec.width:g}, {spec.head.classes} classes, "
            f"{spec.size[0]}x{spec.size[1]}, {self.checkpoint.provenance.source!r})"
        )


def load(name_or_path: str | Path = DEFAULT_MODEL, progress: Progress | None = None) -> Model:
    """A model from a file of any format the package reads, or from a name of the catalogue.

    Args:
        name_or_path: "objects" is the embedded model; `mobilenetv2 models` lists the names.
        progress: told of bytes received and expected while public weights are downloaded.

    Raises:
        UnknownModelError: neither a file nor a known name.
        CheckpointError: the file is broken or holds no MobileNetV2.
        DownloadError: public weights could not be fetched.
    """
    return Model(load_checkpoint(name_or_path, progress))


def load_checkpoint(name_or_path: str | Path, progress: Progress | None = None) -> Checkpoint:
    """The checkpoint behind a name or a path; see `load`."""
    path = Path(name_or_path)
    if path.is_file():
        return read_foreign(path).checkpoint
    entry = find(str(name_or_path))
    if entry is None:
        known = ", ".join(item.name for item in CATALOG)
        raise UnknownModelError(
            f"{str(name_or_path)!r} is neither a file nor a model of the catalogue ({known})"
        )
    if isinstance(entry, EmbeddedWeights):
        resource = files("mobilenetv2").joinpath("data", entry.file)
        return store.load(Path(str(resource)))
    from mobilenetv2.weights.public.fetch import fetch

    return read_foreign(fetch(entry, progress)).checkpoint
