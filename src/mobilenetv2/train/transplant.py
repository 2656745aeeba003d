"""First weights for another head: what two networks share is kept, the rest begins anew."""

from dataclasses import replace

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.checkpoint import Array, Checkpoint, describe

PREDICTOR_DEVIATION = 0.01
"""Of a new predictor's weights: small, so that the first steps do not shake the backbone."""

BACKBONE = ("stem", "block", "last")
CLASS_LAYERS = ("class", "logits")


def fresh_parameters(first: Checkpoint, spec: Spec, labels: tuple[str, ...]) -> frozenset[str]:
    """Which parameters of `spec` begin anew: those that `first` has not, or of another shape.

    Predictors of classes are kept only where the labels are the same, in the same order. Whether
    `first` is folded does not matter.

    Raises:
        CheckpointError: the backbones differ, so that nothing learnt would be left.
    """
    unfolded = replace(first.spec, batch_norm_epsilon=spec.batch_norm_epsilon)
    there = build(unfolded).parameter_shapes
    expected = build(spec).parameter_shapes
    same_classes = first.labels == labels
    fresh = frozenset(
        name
        for name, shape in expected.items()
        if there.get(name) != shape or (name.startswith(CLASS_LAYERS) and not same_classes)
    )
    changed = sorted(name for name in fresh if name.startswith(BACKBONE))
    if changed:
        raise CheckpointError(
            f"first weights must have the same backbone: {describe(first.spec)} and "
            f"{describe(spec)} differ in {len(changed)} arrays, first {changed[0]}; train with "
            "the first weights' own width"
        )
    return fresh


def transplant(first: Checkpoint, spec: Spec, fresh: frozenset[str], seed: int) -> dict[str, Array]:
    """Weights for `spec`: those of `first`, and made up ones where `fresh` says so.

    New convolutions are normal with He's deviation, predictors with `PREDICTOR_DEVIATION`; new
    batch norms change nothing. Either both networks are folded or neither.
    """
    graph = build(spec)
    shapes = graph.parameter_shapes
    random = np.random.default_rng(seed)
    predictors = {f"{name}.weight" for name in graph.outputs}
    made = {
        name: _made_up(name, shapes[name], name in predictors, random) for name in sorted(fresh)
    }
    return {name: made[name] if name in fresh else np.array(first.weights[name]) for name in shapes}


def _made_up(
    name: str, shape: tuple[int, ...], predictor: bool, random: np.random.Generator
) -> Array:
    part = name.rpartition(".")[2]
    if part in ("gamma", "variance"):
        return np.ones(shape, np.float32)
    if part != "weight":
        return np.zeros(shape, np.float32)
    fan_in = int(np.prod(shape[1:]))
    deviation = PREDICTOR_DEVIATION if predictor else float(np.sqrt(2 / fan_in))
    return random.normal(0, deviation, shape).astype(np.float32)
