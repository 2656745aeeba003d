"""Training from nothing: a checkpoint of random weights, and what a recipe needs beside these."""

from dataclasses import replace
from math import prod, sqrt
from typing import TypeVar

import numpy as np

from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Provenance

HEAD_DEVIATION = 0.01

EPOCHS_TIMES = 3
"""As many epochs as fine-tuning takes: there is everything to learn."""

MOST_EPOCHS = 300

LEAST_RATE = 2e-3
"""Of AdamW at a batch of `REFERENCE_BATCH`; it goes with the root of the batch."""

REFERENCE_BATCH = 32

R = TypeVar("R", bound=LoopRecipe)


def untrained(spec: Spec, labels: tuple[str, ...], seed: int = 0) -> Checkpoint:
    """A checkpoint of random weights, to begin from: He's normal, batch norm at rest.

    The paper does not say how its weights began; He's rule (arXiv 1502.01852) keeps the maps of a
    network of this depth within bounds, and the last layer is small.

    Args:
        spec: of the network; folded or not, batch norm is there.
        labels: one a class of its head.
        seed: of the weights; a layer's do not depend on the layers before it.
    """
    if spec.folded:
        spec = replace(spec, batch_norm_epsilon=Spec().batch_norm_epsilon)
    return Checkpoint(
        spec=spec,
        weights=initial_weights(build(spec), seed),
        preprocessing=Preprocessing(size=spec.size, fit="squash"),
        labels=labels,
        provenance=Provenance(f"random weights, seed {seed}"),
        license="unknown",
    )


def untrained_classifier(
    width: float, size: tuple[int, int], labels: tuple[str, ...], seed: int = 0
) -> Checkpoint:
    """Random weights of the paper's network, from which all three tasks can begin.

    Raises:
        SpecError: a width or a size that no network has.
    """
    spec = Spec(head=Classifier(len(labels)), width=width, size=size)
    return untrained(spec, labels, seed)


def from_scratch(recipe: R) -> R:
    """The recipe for random first weights: more epochs, one rate for all layers, and a higher one.

    The batch's own statistics normalize, however small the batch: there are no stored ones yet.
    """
    rate = LEAST_RATE * sqrt(recipe.batch_size / REFERENCE_BATCH)
    return replace(
        recipe,
        epochs=max(recipe.epochs, min(MOST_EPOCHS, EPOCHS_TIMES * recipe.epochs)),
        learning_rate=max(recipe.learning_rate, rate),
        backbone_rate=1.0,
        keep_first=0.0,
        batch_norm="batch",
    )


def initial_weights(graph: Graph, seed: int) -> dict[str, Array]:
    """float32 arrays by name; a layer's do not depend on the layers before it."""
    weights: dict[str, Array] = {}
    for conv in graph.convs:
        for name, shape in conv.parameter_shapes.items():
            if name.endswith(".weight"):
                random = np.random.default_rng((seed, *name.encode()))
                values = random.normal(0, _deviation(conv), shape)
            else:
                values = np.full(shape, float(name.endswith((".gamma", ".variance"))))
            weights[name] = values.astype(np.float32)
    return weights


def at_rest(checkpoint: Checkpoint) -> bool:
    """Whether its batch norms have never seen a picture."""
    weights = checkpoint.weights
    return not checkpoint.spec.folded and all(
        (weights[name] == value).all()
        for name in weights
        for part, value in ((".mean", 0.0), (".variance", 1.0))
        if name.endswith(part)
    )


def _deviation(conv: Conv) -> float:
    if conv.name == "logits":
        return HEAD_DEVIATION
    return float((2 / prod(conv.weight_shape[1:])) ** 0.5)
