"""What a head is for."""

from typing import Literal, assert_never

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.errors import OptionError
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Head, SSDLite

Kind = Literal[Task, "embedding"]
"""What a model is for: one of the tasks, or features alone."""


NO_ANSWERS = (
    "answers come from a model with classes, and this one is a feature extractor: "
    "`mobilenetv2 embed` writes its features, and `mobilenetv2 train classify`, `detect` and "
    "`segment` begin from it with --model"
)


def multi_label(head: Head) -> bool:
    """Whether a picture may have none of a classifier's labels, one or several."""
    return isinstance(head, Classifier) and head.multi_label


def answering_task(kind: Kind) -> Task:
    """The task of a model that is asked for answers.

    Raises:
        OptionError: it has none, with what can be done with it.
    """
    if kind == "embedding":
        raise OptionError(NO_ANSWERS)
    return kind


def task_of(head: Head) -> Kind:
    """What a network with this head is for."""
    match head:
        case Classifier():
            return "classification"
        case Embedding():
            return "embedding"
        case SSD() | SSDLite():
            return "detection"
        case DeepLab():
            return "segmentation"
        case _ as never:
            assert_never(never)
