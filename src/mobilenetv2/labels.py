"""Class names that everybody knows, for files that carry none."""

from functools import lru_cache
from importlib.resources import files

from mobilenetv2.errors import CheckpointError

IMAGENET_CLASSES = 1000


@lru_cache(maxsize=1)
def imagenet_labels() -> tuple[str, ...]:
    """The 1000 classes of ILSVRC-2012 in the order of their WordNet ids; no background."""
    text = files("mobilenetv2").joinpath("data/imagenet_labels.txt").read_text("utf-8")
    return tuple(text.splitlines())


def default_labels(classes: int) -> tuple[str, ...]:
    """ImageNet's names for 1000 classes, "class 0", "class 1" ... for any other number."""
    if classes == IMAGENET_CLASSES:
        return imagenet_labels()
    return tuple(f"class {index}" for index in range(classes))


def fit_labels(labels: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The labels given, without a background in front of them, or the default ones.

    Raises:
        CheckpointError: another number of labels than classes.
    """
    if labels is None:
        return default_labels(classes)
    if len(labels) == classes + 1 and labels[0].lower() in ("background", "???", "unlabeled"):
        return labels[1:]
    if len(labels) != classes:
        raise CheckpointError(
            f"the network has {classes} classes, so it needs {classes} labels (or one more, with "
            f"'background' first), got {len(labels)}, beginning {list(labels[:3])}"
        )
    return labels
