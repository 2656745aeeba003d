"""The last steps every framework's importer shares: head, spec, labels, checkpoint."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mobilenetv2.catalog.labels import IMAGENET_CLASSES, fit_labels
from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.network.spec import Embedding, Head, HiddenActivation, Padding, Scores, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Provenance, describe
from mobilenetv2.weights.foreign import Foreign, Runtime
from mobilenetv2.weights.infer import Conventions, infer_classifier, infer_extractor

TF_CLASSES = 1001
"""ImageNet as TensorFlow's models count it: class 0 is a background that never occurs."""

ALWAYS_ONE = (
    "the classifier ends in a softmax of one output, which is 1 whatever a picture shows: nothing "
    "can have been learnt by it. Train anew with a sigmoid (Dense(1, 'sigmoid')) or two outputs "
    "(Dense(2, 'softmax'))"
)
TWO_CLASSES = "one output z, a sigmoid's: two classes, of logits 0 and z"
"""softmax([0, z])[1] = sigmoid(z); as one class it would be certain whatever the picture."""

FEATURES = (
    "a feature extractor: it has no classification layer, and what it gives here is its last map, "
    "averaged over the picture"
)

BACKGROUND = ("background", "dummy", "???")


@dataclass(frozen=True, slots=True)
class Source:
    """What an importer knows beside the arrays."""

    path: Path
    format: str
    runtime: Runtime
    preprocessing: Preprocessing
    padding: Padding
    batch_norm_epsilon: float
    output_stride: int = 32
    notes: tuple[str, ...] = ()
    activation: HiddenActivation = "relu"
    """Of a hidden layer, where the arrays have one."""
    scores: Scores = "softmax"
    """How logits become scores."""


def assemble(
    weights: Mapping[str, Array], labels: tuple[str, ...] | None, source: Source
) -> Foreign:
    """A checkpoint from arrays under our own names; `logits.weight` may be [classes, inputs].

    Without `logits.weight` they are a feature extractor's.

    Of 1001 classes the first, TensorFlow's background, is dropped, unless 1001 labels say that
    it is a class like any other.

    Raises:
        CheckpointError: shapes of no MobileNetV2, numbers that are not finite,
            or the wrong number of labels.
    """
    weights, grey = _with_color_stem(dict(weights))
    notes: tuple[str, ...] = (FEATURES,)
    if "logits.weight" in weights:
        weights, labels, notes = _with_head(weights, labels, source)
    source = replace(source, notes=(*source.notes, *grey))
    check_finite(weights, source.path)
    conventions = Conventions(source.preprocessing.size, source.padding, source.batch_norm_epsilon)
    try:
        shapes = {name: array.shape for name, array in weights.items()}
        if "logits.weight" in weights:
            spec = infer_classifier(shapes, conventions, source.activation, source.scores)
        else:
            spec = infer_extractor(shapes, conventions)
        spec = replace(spec, output_stride=source.output_stride)
        checkpoint = Checkpoint(
            spec=spec,
            weights=weights,
            preprocessing=source.preprocessing,
            labels=labels_for(labels, spec.head),
            provenance=Provenance(
                source=f"{source.path.name}, a {source.format}",
                sha256=sha256(source.path),
                history=(*source.notes, *notes),
            ),
            license="unknown",
        )
    except (CheckpointError, SpecError) as error:
        raise CheckpointError(f"{source.path}: {error}") from error
    unnamed = labels is None and spec.head.classes not in (0, IMAGENET_CLASSES)
    named = f"labels: none in the file, taken as {checkpoint.labels[0]!r} ..." if unnamed else ""
    said = (in_words(spec), *source.notes, *notes, *filter(None, [named]))
    return Foreign(checkpoint, source.format, said, source.runtime)


def labels_for(labels: tuple[str, ...] | None, head: Head) -> tuple[str, ...]:
    """As `fit_labels`; a feature extractor has none.

    Raises:
        CheckpointError: another number of labels than classes.
    """
    if not isinstance(head, Embedding):
        return fit_labels(labels, head.classes)
    if labels is not None:
        raise CheckpointError(
            f"labels are of classes, and a feature extractor has none, got {len(labels)}: leave "
            "--labels out, or begin from it with mobilenetv2 train classify --model"
        )
    return ()


def in_words(spec: Spec) -> str:
    """The first note of an import: network, padding, epsilon."""
    return (
        f"{describe(spec)}, {spec.padding} padding, batch norm epsilon {spec.batch_norm_epsilon:g}"
    )


def sha256(path: Path) -> str:
    """The file's hash in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _with_head(
    weights: dict[str, Array], labels: tuple[str, ...] | None, source: Source
) -> tuple[dict[str, Array], tuple[str, ...] | None, tuple[str, ...]]:
    """A classifier's layers as our network has them, with its labels and what was done."""
    weights = _with_convolution_head(weights, source.path)
    notes: tuple[str, ...] = ()
    if source.scores == "softmax":
        weights, labels, notes = _without_background(weights, labels)
    if len(weights["logits.weight"]) == 1:
        weights, notes = with_zero_row(weights), (TWO_CLASSES,)
    return weights, labels, notes


def _with_convolution_head(weights: Mapping[str, Array], path: Path) -> dict[str, Array]:
    """Linear layers are 1x1 convolutions of the pooled map; without a bias, it is zero."""
    head = weights["logits.weight"]
    if head.ndim not in (2, 4):
        raise CheckpointError(
            f"{path}: a classifier's last layer must be a matrix, it has the shape {head.shape}"
        )
    ours = dict(weights)
    for name in ("hidden.weight", "logits.weight"):
        if name in ours and ours[name].ndim == 2:
            ours[name] = ours[name][:, :, None, None]
    ours.setdefault("logits.bias", np.zeros(len(head), np.float32))
    return ours


def _with_color_stem(weights: dict[str, Array]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """A stem that reads grey pictures reads the grey of colored ones, which is a sum of colors."""
    stem = weights.get("stem.weight")
    if stem is None or stem.ndim != 4 or stem.shape[1] != 1:
        return weights, ()
    colors = np.array(LUMA, np.float64)[None, :, None, None]
    spread = np.ascontiguousarray(stem * colors, np.float32)
    note = f"the network reads grey pictures: here it makes them of colors, by {LUMA}"
    return {**weights, "stem.weight": spread}, (note,)


LUMA = (0.299, 0.587, 0.114)
"""How much red, green and blue count in Pillow's, OpenCV's and torchvision's grey."""


def _without_background(
    weights: dict[str, Array], labels: tuple[str, ...] | None
) -> tuple[dict[str, Array], tuple[str, ...] | None, tuple[str, ...]]:
    if len(weights["logits.weight"]) != TF_CLASSES:
        return weights, labels, ()
    if labels is not None and len(labels) == TF_CLASSES:
        if labels[0].lower() not in BACKGROUND:
            return weights, labels, ()
        labels = labels[1:]
    kept = {name: np.ascontiguousarray(weights[name][1:]) for name in HEAD}
    return weights | kept, labels, ("1001 outputs: class 0, the background, dropped",)


HEAD = ("logits.weight", "logits.bias")


def with_zero_row(weights: Mapping[str, Array]) -> dict[str, Array]:
    """The layer `logits` with a class in front whose weights and bias are 0."""
    ours = dict(weights)
    for name in HEAD:
        ours[name] = np.concatenate([np.zeros_like(ours[name]), ours[name]])
    return ours


def check_finite(weights: Mapping[str, Array], path: Path) -> None:
    """Refuse NaN, infinity, and variances below 0.

    Raises:
        CheckpointError: names the first array that has one.
    """
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"{path}: {name} must hold finite numbers, it has NaN or infinity; the training "
                "it comes from diverged, or the file is damaged"
            )
        if name.endswith(".variance") and array.min(initial=0) < 0:
            raise CheckpointError(
                f"{path}: {name} must hold no negative number, as a variance has none, got "
                f"{array.min():g}; the file is damaged"
            )
