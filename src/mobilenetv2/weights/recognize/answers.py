"""Which of a file's outputs is a classifier's scores, where there are others or but the best class.

Files made for phones and servers end in ArgMax or TopK, or give scores beside logits and the
features beside both. Whatever is made on the way to the scores, or of them, says nothing more.
"""

from collections.abc import Iterator
from dataclasses import replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.recognize.dense import reads_pooled
from mobilenetv2.weights.recognize.layers import (
    ArgMax,
    Convolution,
    Layer,
    Sigmoid,
    Softmax,
    Unknown,
    ancestry,
)
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.view import View
from mobilenetv2.weights.recognize.words import kind

CHOOSING = ("TopK", "TOPK_V2", "ReduceMax", "REDUCE_MAX")
"""Operations that keep the best of the classes."""
BEST_ALONE = "the file gives its best class and no scores, which is too little to compare"


def with_one_answer(network: ForeignNetwork) -> tuple[ForeignNetwork, tuple[str, ...]]:
    """The network with its scores as the only output, and what was left in sentences.

    One whose outputs are those of a detector or a segmenter comes back as it is.

    Raises:
        CheckpointError: several classifiers on one backbone.
    """
    outputs = network.layers
    ends = [_scores(layer) for layer in outputs]
    heads = {id(head): head for _, head in filter(None, ends)}
    last = [head for head in heads.values() if not _leads_on(head, heads)]
    # A segmenter's image branch reads an average too, but no output is made of it alone.
    if not last or _made_elsewhere(outputs, last):
        return network, ()
    if len(last) > 1:
        sizes = " and ".join(f"{head.tensor!r} of {head.shape.channels}" for head in last[:4])
        raise CheckpointError(
            f"a classifier has one list of classes, this file has {len(last)}: {sizes}. Export "
            "each with the backbone as a file of its own"
        )
    whole = [place for place, end in enumerate(ends) if end and end == (outputs[place], last[0])]
    if not whole:
        end, _ = next(found for found in ends if found and found[1] is last[0])
        alone = replace(
            network, outputs=(View(end, ("n", "c")),), output_quantization=(), runtime=None,
            unproved=BEST_ALONE,
        )  # fmt: skip
        said = "it answers with its best classes: read up to the scores that they are chosen by"
        return alone, (said,)
    if len(outputs) == 1:
        return network, ()
    # A softmax or a sigmoid says how its logits are meant.
    place = next((p for p in whole if not isinstance(outputs[p], Convolution)), whole[0])
    others = ", ".join(
        f"{layer.tensor!r} ({kind(layer)})" for p, layer in enumerate(outputs) if p != place
    )
    said = (
        f"of {len(outputs)} outputs {outputs[place].tensor!r} is read; the others are made of it "
        f"or on the way to it: {others}"
    )
    kept = network.output_quantization[place : place + 1]
    one = replace(
        network, outputs=(network.outputs[place],), output_quantization=kept, kept=(place,)
    )
    return one, (said,)


def _scores(layer: Layer) -> tuple[Layer, Convolution] | None:
    """(scores or logits, logits) that an output is or is chosen by; None for any other output."""
    while isinstance(layer, ArgMax) or (
        isinstance(layer, Unknown) and layer.operation in CHOOSING and len(layer.sources) == 1
    ):
        layer = layer.source if isinstance(layer, ArgMax) else layer.sources[0]
    logits = layer.source if isinstance(layer, Softmax | Sigmoid) else layer
    return (layer, logits) if isinstance(logits, Convolution) and reads_pooled(logits) else None


def _leads_on(head: Layer, heads: dict[int, Convolution]) -> bool:
    """Whether another head reads this one, as logits read a hidden layer."""
    return any(head in ancestry((other,))[:-1] for other in heads.values())


def _made_elsewhere(outputs: tuple[Layer, ...], heads: list[Convolution]) -> bool:
    """Whether an output has layers with weights of its own, as a detector's boxes have."""
    known = {id(layer) for layer in ancestry(heads)}
    return any(id(layer) not in known for layer in _convolutions(outputs))


def _convolutions(outputs: tuple[Layer, ...]) -> Iterator[Convolution]:
    return (layer for layer in ancestry(outputs) if isinstance(layer, Convolution))
