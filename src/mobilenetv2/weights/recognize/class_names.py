"""One label a class, from whoever knows them."""

from typing import assert_never

from mobilenetv2.catalog.labels import default_labels, detector_labels, fit_labels, segmenter_labels
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Head, SSDLite
from mobilenetv2.weights.assemble import labels_for
from mobilenetv2.weights.recognize.network import ForeignNetwork

Labels = tuple[str, ...]


def class_names(given: Labels | None, network: ForeignNetwork, head: Head) -> tuple[Labels, str]:
    """The labels, and a note where they come from.

    Raises:
        CheckpointError: another number of labels was given than the head has classes.
    """
    classes = head.classes
    if isinstance(head, Embedding):
        return labels_for(given, head), "labels: none, as there are no classes"
    if given is not None:
        return fit_labels(given, classes), "labels: as given"
    if network.labels is None:
        labels = _well_known(head)
        return labels, f"labels: none in the file, taken as {labels[0]!r} to {labels[-1]!r}"
    try:
        return fit_labels(network.labels, classes), "labels: packed in the file"
    except CheckpointError:
        return _well_known(head), (
            f"labels: the {len(network.labels)} packed in the file do not fit {classes} classes"
        )


def _well_known(head: Head) -> Labels:
    match head:
        case Classifier():
            return default_labels(head.classes)
        case SSD() | SSDLite():
            return detector_labels(head.classes)
        case DeepLab():
            return segmenter_labels(head.classes)
        case Embedding():
            return ()
        case _:
            assert_never(head)
