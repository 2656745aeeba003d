"""Ours against the outputs of a runtime that runs the file as it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

import numpy as np

from mobilenetv2.engine.oracle import oracle
from mobilenetv2.errors import ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, SSDLite
from mobilenetv2.parity.compare import Item, LayerParity, Parity, Quantity, Tally, compare
from mobilenetv2.parity.ending import compare_classes, like_the_file
from mobilenetv2.parity.logits import Images, network_inputs, our_logits
from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.recognize.importer import Imported
from mobilenetv2.weights.recognize.layers import ArgMax, Layer, Rows, Sigmoid, Softmax

RunFile = Callable[[Pixels], Sequence[Array]]
"""One picture at the input size to the file's outputs, [1, height, width, channels] each."""


def compare_outputs(
    foreign: Foreign,
    imported: Imported,
    images: Images,
    run: RunFile,
    version: str,
    layers: LayerParity | None = None,
) -> Parity:
    """Measure our reference against what the file's own runtime gives for the same pictures.

    Args:
        foreign: the import to be proved.
        imported: the same file with its layers, which say what stands behind our outputs.
        images: uint8 [height, width, 3] each, at the network's input size.
        run: the file in its own runtime.
        version: of the runtime.
        layers: the proof layer by layer, where there is one.

    Raises:
        ParityError: no pictures, or outputs of another form than ours.
    """
    if not images:
        raise ParityError("a parity proof needs at least one picture, got none")
    match foreign.checkpoint.spec.head:
        case Classifier():
            return _classifier(foreign, imported, images, run, version, layers)
        case Embedding():
            theirs = np.stack([run(image)[0].mean(axis=(0, 1, 2)) for image in images])
            ours = our_logits(foreign.checkpoint, network_inputs(foreign.checkpoint, images))
            return compare(ours, theirs, "features", str(foreign.runtime), version, layers)
        case SSD() | SSDLite() | DeepLab():
            return _maps(foreign, imported, images, run, version, layers)
        case _:
            assert_never(foreign.checkpoint.spec.head)


def _classifier(
    foreign: Foreign,
    imported: Imported,
    images: Images,
    run: RunFile,
    version: str,
    layers: LayerParity | None,
) -> Parity:
    checkpoint = foreign.checkpoint
    theirs = np.stack([run(image)[0].reshape(-1) for image in images])
    end = imported.network.layers[0]
    theirs = np.exp(theirs) if isinstance(end, Softmax) and end.logarithm else theirs
    logits = our_logits(checkpoint, network_inputs(checkpoint, images))
    probabilities = isinstance(end, Softmax | Sigmoid)
    return compare_classes(
        logits, theirs, probabilities, str(foreign.runtime), version, layers,
        each=isinstance(end, Sigmoid) and theirs.shape[1] > 1,
    )  # fmt: skip


def _maps(
    foreign: Foreign,
    imported: Imported,
    images: Images,
    run: RunFile,
    version: str,
    layers: LayerParity | None,
) -> Parity:
    """One picture after the other: the maps of a segmenter take 20 MB each."""
    checkpoint = foreign.checkpoint
    ours_of = oracle(build(checkpoint.spec), checkpoint.numbers)
    tallies = {"boxes": Tally(), "classes": Tally()}
    for image in images:
        made = ours_of(network_inputs(checkpoint, [image]))
        _add(tallies, imported, made, run(image), picture_size(image))
    used = [tally for tally in tallies.values() if tally.count]
    quantity, item = _quantity(imported)
    return Parity(
        runtime=str(foreign.runtime),
        version=version,
        pictures=len(images),
        max_error=max(tally.largest for tally in used),
        mean_error=sum(tally.total for tally in used) / sum(tally.count for tally in used),
        agreement=tallies["classes"].agreeing / max(1, tallies["classes"].classified),
        quantity=quantity,
        layers=layers,
        relative_error=max(tally.relative for tally in used),
        agreement_of=item,
    )


def _add(
    tallies: Mapping[str, Tally],
    imported: Imported,
    made: Mapping[str, Array],
    theirs: Sequence[Array],
    shown: tuple[int, int],
) -> None:
    height, width = shown
    head = imported.foreign.checkpoint.spec.head
    numbers = head.classes + isinstance(head, SSD | SSDLite)
    for layer, their in zip(imported.network.layers, theirs, strict=True):
        our = like_the_file(layer, imported.trace, made)
        if isinstance(layer, ArgMax):
            tallies["classes"].add_mask(our[:, :height, :width], their[:, :height, :width])
        elif _gives_boxes(layer, imported):
            tallies["boxes"].add(our, their)
        else:
            tallies["classes"].add(our.reshape(-1, numbers), their.reshape(-1, numbers))


def picture_size(image: Pixels) -> tuple[int, int]:
    """(height, width) of the picture inside the grey that pads it at the right and the bottom.

    Nobody sees a mask of the grey, and quantised networks follow their own rounding there.
    """
    told = (image != PAD_VALUE).any(axis=2)
    rows, columns = np.flatnonzero(told.any(axis=1)), np.flatnonzero(told.any(axis=0))
    return (int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else image.shape[:2]


def _gives_boxes(layer: Layer, imported: Imported) -> bool:
    first = layer.maps[0] if isinstance(layer, Rows) else layer
    return imported.trace.names.get(id(first), "").startswith("box")


def _quantity(imported: Imported) -> tuple[Quantity, Item]:
    layers = imported.network.layers
    if imported.trace.task == "detector":
        scored = any(isinstance(layer, Softmax | Sigmoid) for layer in layers)
        return ("boxes and scores" if scored else "boxes and logits"), "anchors"
    if isinstance(layers[0], ArgMax):
        return "mask", "pixels"
    return ("probabilities" if isinstance(layers[0], Softmax) else "logits"), "pixels"
