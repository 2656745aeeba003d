"""What a head is for."""

from typing import assert_never

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Head, SSDLite


def multi_label(head: Head) -> bool:
    """Whether a picture may have none of a classifier's labels, one or several."""
    return isinstance(head, Classifier) and head.multi_label


def task_of(head: Head) -> Task:
    """The task of a network with this head."""
    match head:
        case Classifier():
            return "classification"
        case SSD() | SSDLite():
            return "detection"
        case DeepLab():
            return "segmentation"
        case _ as never:
            assert_never(never)
