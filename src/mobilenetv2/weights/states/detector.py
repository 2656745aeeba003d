"""A public detector's arrays and conventions become a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mobilenetv2.catalog.labels import detector_labels, fit_labels
from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.spec import Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.assemble import check_finite, in_words, sha256
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Provenance, check_fit
from mobilenetv2.weights.foreign import Foreign, Runtime
from mobilenetv2.weights.infer import Conventions
from mobilenetv2.weights.infer_detector import infer_detector
from mobilenetv2.weights.states.modules import fold_biases
from mobilenetv2.weights.states.torch_file import StateDict

OFFSETS = [1, 0, 3, 2]
"""Where our (y, x, height, width) stand in torch's (x, y, width, height)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the code of a public detector decides and its state dict does not tell."""

    name: str
    """For people: "pytorch-ssd mb2-ssd-lite"."""
    anchors: Anchors
    preprocessing: Preprocessing
    batch_norm_epsilon: float
    background: Literal["first", "last"] = "first"
    runtime: Runtime | None = None
    unproved: str = ""
    """Why nothing can prove such files; empty where `runtime` can."""
    notes: tuple[str, ...] = ()


def assemble_detector(
    weights: Mapping[str, Array], layout: Layout, state: StateDict, labels: tuple[str, ...] | None
) -> Foreign:
    """A checkpoint from arrays under our own names, with rows in the layout's order.

    Args:
        weights: biases before a batch norm may be among them.
        layout: the family's conventions; box offsets are (x, y, width, height).
        state: the file.
        labels: one a class, or None for those of the data set with as many.

    Raises:
        CheckpointError: shapes of no such detector, numbers that are not finite, or the wrong
            number of labels.
    """
    check_finite(weights, state.path)
    weights = fold_biases(weights, state.path)
    shapes = {name: array.shape for name, array in weights.items()}
    preprocessing = layout.preprocessing
    conventions = Conventions(preprocessing.size, "torch", layout.batch_norm_epsilon)
    try:
        spec = infer_detector(shapes, conventions, layout.anchors)
        check_fit(spec, shapes)
        checkpoint = Checkpoint(
            spec=spec,
            weights=reorder(weights, spec, layout.background),
            preprocessing=preprocessing,
            labels=fit_labels(labels or detector_labels(spec.head.classes), spec.head.classes),
            provenance=Provenance(
                source=f"{state.path.name}, a {layout.name} state dict ({state.container})",
                sha256=sha256(state.path),
            ),
            license="unknown",
        )
    except (CheckpointError, SpecError, GraphError) as error:
        raise CheckpointError(f"{state.path}: {error}") from error
    return Foreign(
        checkpoint=checkpoint,
        format=f"{layout.name} state dict ({state.container})",
        notes=(in_words(spec), *layout.notes, *state.notes),
        runtime=layout.runtime,
        unproved=layout.unproved,
    )


def reorder(
    weights: Mapping[str, Array], spec: Spec, background: Literal["first", "last"]
) -> dict[str, Array]:
    """The predictors' rows in our order: (y, x, height, width), the background first.

    Args:
        weights: as `spec` needs them, but for the order of the rows.
        spec: of an SSDLite.
        background: where it stands among a box's classes.

    Raises:
        CheckpointError: the spec's head is no SSDLite.
    """
    head = spec.head
    if not isinstance(head, SSDLite):
        raise CheckpointError(
            "the predictors must be separable convolutions, as SSDLite's are, got "
            f"{type(head).__name__}"
        )
    ordered = dict(weights)
    classes = np.roll(np.arange(head.classes + 1), 0 if background == "first" else 1)
    for index in range(len(head.anchors.shapes)):
        for part in ("weight", "bias"):
            box, label = f"box{index}.{part}", f"class{index}.{part}"
            ordered[box] = _permute(weights[box], np.array(OFFSETS))
            ordered[label] = _permute(weights[label], classes)
    return ordered


def _permute(rows: Array, order: np.ndarray) -> Array:
    """`order` applied to every run of as many rows: those of one anchor."""
    grouped = rows.reshape(-1, len(order), *rows.shape[1:])
    return np.ascontiguousarray(grouped[:, order].reshape(rows.shape))
