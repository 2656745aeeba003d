"""Our raw maps against the same maps from another runtime, picture by picture."""

from collections.abc import Mapping
from typing import assert_never

from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Head, SSDLite
from mobilenetv2.parity.compare import Item, Parity, Quantity, Tally
from mobilenetv2.weights.checkpoint import Array


class MapComparison:
    """Adds up how far the outputs of two runners of one graph are apart.

    Box offsets and class scores have their own ranges; the worse counts.
    """

    def __init__(self, head: Head) -> None:
        self._head = head
        self._boxes = Tally()
        self._classes = Tally()
        self._pictures = 0

    def add(self, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> None:
        """One picture's outputs, float32 [1, height, width, channels] each, by name.

        Raises:
            ParityError: maps of different shape.
        """
        for name, our in ours.items():
            if name.startswith("box"):
                self._boxes.add(our, theirs[name])
            else:
                scores = _scores(self._head, our)
                self._classes.add(our.reshape(-1, scores), theirs[name].reshape(-1, scores))
        self._pictures += 1

    def result(self, runtime: str, version: str) -> Parity:
        """What was found.

        Args:
            runtime: who gave `theirs`.
            version: of the runtime.
        """
        used = [tally for tally in (self._boxes, self._classes) if tally.count]
        quantity, item = _words(self._head)
        return Parity(
            runtime=runtime,
            version=version,
            pictures=self._pictures,
            max_error=max(tally.largest for tally in used),
            mean_error=sum(tally.total for tally in used) / sum(tally.count for tally in used),
            agreement=self._classes.agreeing / max(1, self._classes.classified),
            quantity=quantity,
            relative_error=max(tally.relative for tally in used),
            agreement_of=item,
        )


def _words(head: Head) -> tuple[Quantity, Item]:
    match head:
        case Classifier():
            return "logits", "pictures"
        case Embedding():
            return "features", "pictures"
        case DeepLab():
            return "logits", "pixels"
        case SSD() | SSDLite():
            return "boxes and logits", "anchors"
        case _:
            assert_never(head)


def _scores(head: Head, made: Array) -> int:
    """How many numbers compete for an answer; a detector's begin with the background."""
    match head:
        case Classifier() | DeepLab():
            return head.classes
        case SSD() | SSDLite():
            return head.classes + 1
        case Embedding():
            return int(made.shape[-1])
        case _:
            assert_never(head)
