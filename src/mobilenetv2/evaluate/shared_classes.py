"""The classes that a model and a data set both know: what can be judged fairly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.catalog.likely_labels import likely_labels, told
from mobilenetv2.errors import DatasetError

Ints = npt.NDArray[np.int64]

NOT_SHARED = -1


@dataclass(frozen=True, slots=True)
class SharedClasses:
    """Classes matched by name: exactly, else but for case, spaces, hyphens and underscores."""

    labels: tuple[str, ...]
    """The shared ones, in the data set's spelling and order."""
    of_data: Ints
    """[the data set's classes]: positions in `labels`, -1 for one that the model lacks."""
    of_model: Ints
    """[the model's classes]: positions in `labels`, -1 for one that the data set lacks."""
    only_data: tuple[str, ...]
    """Labels that the model does not have."""
    only_model: tuple[str, ...]
    """Labels that the data set does not have."""
    respelled: Mapping[str, str]
    """The model's spelling to the data set's, where they are not the same."""


def share_classes(data: Sequence[str], model: Sequence[str]) -> SharedClasses:
    """Match the labels of a data set with those of a model.

    The model's own labels, in their order, are matched by position: two may be called alike.

    Raises:
        DatasetError: they have no class in common.
    """
    if tuple(data) == tuple(model):
        every = np.arange(len(data), dtype=np.int64)
        return SharedClasses(tuple(data), every, every, (), (), {})
    exact = {label: index for index, label in reversed(list(enumerate(data)))}
    loose = {loosely(label): index for label, index in exact.items()}
    matched = [exact.get(label, loose.get(loosely(label), NOT_SHARED)) for label in model]
    kept = sorted({index for index in matched if index != NOT_SHARED})
    if not kept:
        hint = told(likely_labels(data, model))
        raise DatasetError(
            "at least one class must be known to both: the model's begin "
            f"{list(model[:3])}, the data set's {list(data[:3])}{f'; {hint}' if hint else ''}. "
            "`mobilenetv2 convert --labels` gives a model other names"
        )
    of_data = np.full(len(data), NOT_SHARED, np.int64)
    of_data[kept] = np.arange(len(kept))
    return SharedClasses(
        labels=tuple(data[index] for index in kept),
        of_data=of_data,
        of_model=np.array([of_data[index] if index >= 0 else index for index in matched]),
        only_data=tuple(label for label, to in zip(data, of_data, strict=True) if to < 0),
        only_model=tuple(label for label, to in zip(model, matched, strict=True) if to < 0),
        respelled={
            label: data[index]
            for label, index in zip(model, matched, strict=True)
            if index >= 0 and label != data[index]
        },
    )
