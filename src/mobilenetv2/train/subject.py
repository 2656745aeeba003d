"""The model that a run makes: a checkpoint without weights, told before the first step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Fit, Preprocessing
from mobilenetv2.train.grey import seeing_grey
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance, Weights
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec
from mobilenetv2.weights.quantized import DequantizedWeights, Quantization

FLOAT = "float_"
"""Before the name of what the floats reached that a checkpoint's integers are rounded from."""
IN_INTEGERS = "trained in integers of 8 bits, as the engine rounds"
"""What a checkpoint's history says of its last epochs."""
EPSILON = 1e-3
"""Of batch norms brought back: the paper's own training used it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What comes out of a run, apart from weights."""

    spec: Spec
    """Of the finished network: what it receives may differ from what it trains on."""
    training_spec: Spec
    """The same weights at the size and output stride at which they are trained."""
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    provenance: Provenance
    license: str
    grey: bool = False
    """Whether it is shown pictures without their colors."""

    def after(self, deed: str) -> "Subject":
        """The same with one more sentence in its history."""
        history = (*self.provenance.history, deed)
        return replace(self, provenance=replace(self.provenance, history=history))


@dataclass(frozen=True, slots=True)
class Judged:
    """On which pictures a run is judged, for its metrics."""

    dataset: str
    split: str
    metrics: tuple[str, ...]
    """Names of what a checkpoint keeps of an evaluation."""


def taught(
    first: Checkpoint,
    spec: Spec,
    training_spec: Spec,
    *,
    preprocessing: Preprocessing,
    labels: tuple[str, ...],
    deed: str,
    license: str,  # noqa: A002 - the word of every checkpoint
) -> Subject:
    """What `first` becomes.

    Args:
        first: where the run begins.
        spec: of the finished network.
        training_spec: of the network that learns.
        preprocessing: of the finished network.
        labels: of the classes that are taught.
        deed: what was done, in a sentence for the history.
        license: of the pictures, added to that of the first weights.
    """
    source = first.provenance
    return Subject(
        spec=spec,
        training_spec=training_spec,
        preprocessing=preprocessing,
        labels=labels,
        provenance=replace(source, history=(*source.history, deed)),
        license=f"{first.license}; pictures: {license}" if license else first.license,
    )


def preparing(
    first: Checkpoint, recipe: LoopRecipe, size: tuple[int, int], fit: Fit
) -> Preprocessing:
    """What pictures go through: as the first weights have it, but for these choices."""
    before = first.preprocessing
    stretch = recipe.stretch or before.stretch or None
    return replace(before, size=size, fit=fit, stretch=stretch)


def trainable(spec: Spec, recipe: LoopRecipe) -> Spec:
    """The spec with or without batch norm, as the recipe says."""
    if recipe.batch_norm_rule == "folded":
        return folded_spec(spec)
    return replace(spec, batch_norm_epsilon=EPSILON) if spec.folded else spec


def in_words(processes: Sequence[int]) -> str:
    """Numbers of processes, one after another: "1 process", "1, then 2 processes"."""
    unit = "process" if processes[-1] == 1 else "processes"
    return f"{', then '.join(map(str, processes))} {unit}"


def made_by(checkpoint: Checkpoint, processes: Sequence[int]) -> Checkpoint:
    """The checkpoint whose history tells that several processes taught it, if they did."""
    if list(processes) == [1]:
        return checkpoint
    source = checkpoint.provenance
    history = (*source.history, f"taught by {in_words(processes)}")
    return replace(checkpoint, provenance=replace(source, history=history))


def finished(
    subject: Subject, numbers: Weights | Quantization, metrics: Mapping[str, float], judged: Judged
) -> Checkpoint:
    """Weights as something that `predict` can use: folded, with what they reached and on what.

    Args:
        subject: what they belong to.
        numbers: weights of the network in training, or its integers.
        metrics: of an evaluation, with the number of `pictures`; those of the floats behind
            integers as `float_...`.
        judged: on which pictures.
    """
    measured = tuple(
        Metric(name, value, judged.dataset, judged.split, int(metrics["pictures"]))
        for name, value in metrics.items()
        if name.removeprefix(FLOAT) in judged.metrics
    )
    spec, provenance = subject.spec, subject.provenance
    weights: Weights
    quantization: Quantization | None = None
    if isinstance(numbers, Quantization):
        spec = folded_spec(spec)
        weights, quantization = DequantizedWeights(build(spec), numbers), numbers
        provenance = replace(provenance, history=(*provenance.history, IN_INTEGERS))
    else:
        weights = seeing_grey(numbers) if subject.grey else numbers
    return fold_checkpoint(
        Checkpoint(
            spec=spec,
            weights=weights,
            quantization=quantization,
            preprocessing=subject.preprocessing,
            labels=subject.labels,
            provenance=provenance,
            license=subject.license,
            metrics=measured,
        )
    )
