"""A checkpoint in memory: weights and everything needed to use and judge them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Embedding, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.quantized import DequantizedWeights, Quantization

LONGEST_LABEL = 1000
"""ImageNet's longest name has 30 letters, with all its synonyms 121."""

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]
"""float32 arrays under their nodes' names, e.g. `block3.expand.weight`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured figure that cannot be quoted without what it was measured on."""

    name: str
    """"top1", "top5", "mean_class_accuracy": fractions in 0..1."""
    value: float
    dataset: str
    split: str
    count: int
    """How many pictures."""

    @property
    def data(self) -> str:
        """The data set, without the split that some names say as well."""
        return self.dataset.removesuffix(f", {self.split}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where weights come from: one sentence, the source file's hash, and what was done to it."""

    source: str
    sha256: str = ""
    """Of the file imported or fine-tuned from; empty for weights trained from scratch."""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a weight file says, whatever format it came in.

    Raises:
        CheckpointError: weights or integers that do not fit the spec, weights that are not those
            of the integers, or a wrong number of labels.
    """

    spec: Spec
    weights: Weights = field(repr=False)
    preprocessing: Preprocessing
    labels: tuple[str, ...] = field(repr=False)
    """One a class; for detectors without the background."""
    provenance: Provenance
    license: str
    """An SPDX identifier or a short sentence; "unknown" where the source says nothing."""
    metrics: tuple[Metric, ...] = ()
    recipe: str = ""
    """The training recipe as JSON, or empty."""
    quantization: Quantization | None = field(default=None, repr=False)
    """The integers of a quantised network; `weights` are then the floats that they stand for,
    computed when asked for (`DequantizedWeights`)."""

    def __post_init__(self) -> None:
        check_fit(self.spec, self._shapes())
        if len(self.labels) != self.spec.head.classes:
            raise CheckpointError(
                f"a checkpoint has one label a class: {self.spec.head.classes} classes, "
                f"got {len(self.labels)} labels"
            )
        require_short(self.labels)

    @property
    def numbers(self) -> Weights | Quantization:
        """What a runner computes with: the integers where there are some, else the weights."""
        return self.quantization or self.weights

    def _shapes(self) -> Mapping[str, tuple[int, ...]]:
        weights = self.weights
        if self.quantization is not None:
            if (
                not isinstance(weights, DequantizedWeights)
                or weights.quantization is not self.quantization
            ):
                raise CheckpointError(
                    "the weights of a quantised checkpoint must be those that its integers stand "
                    "for, got others; where they were changed, set quantization to None"
                )
            self.quantization.check(build(self.spec))
        if isinstance(weights, DequantizedWeights):
            return weights.shapes
        return {name: array.shape for name, array in weights.items()}


def require_short(labels: Iterable[str]) -> None:
    """Refuse labels that no table, picture or terminal has room for.

    Raises:
        CheckpointError: one has more than `LONGEST_LABEL` letters.
    """
    long = next((label for label in labels if len(label) > LONGEST_LABEL), None)
    if long is not None:
        raise CheckpointError(
            f"a label may have {LONGEST_LABEL} letters, got one of {len(long)}: {long[:40]!r}..."
        )


def check_fit(spec: Spec, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the arrays found with those the network needs.

    Raises:
        CheckpointError: names the first three tensors that differ.
    """
    expected = build(spec).parameter_shapes
    differences = [
        f"{name}: needs {expected.get(name, 'nothing')}, file has {shapes.get(name, 'nothing')}"
        for name in (*expected, *(name for name in shapes if name not in expected))
        if expected.get(name) != shapes.get(name)
    ]
    if differences:
        raise CheckpointError(
            f"weights do not fit {describe(spec)}: {len(differences)} tensors differ, first "
            + "; ".join(differences[:3])
        )


def describe(spec: Spec) -> str:
    """A spec in one line, for messages: backbone, width, head, classes, size."""
    height, width = spec.size
    if isinstance(spec.head, Embedding):
        backbone = f"{type(spec.backbone).__name__} {spec.width:g}"
        return f"{backbone} at {height}x{width} that gives its features (no classes)"
    return (
        f"{type(spec.backbone).__name__} {spec.width:g} at {height}x{width} with "
        f"{type(spec.head).__name__} of {spec.head.classes} classes{_end_in_words(spec)}"
    )


def _end_in_words(spec: Spec) -> str:
    head = spec.head
    if not isinstance(head, Classifier):
        return ""
    hidden = head.hidden
    behind = "" if hidden is None else f" behind {hidden.channels} hidden ({hidden.activation})"
    return behind + (", several a picture" if head.multi_label else "")
