"""Which class of one network is which of another's: by label, whatever the order."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from mobilenetv2.catalog.labels import loosely

Key = tuple[str, int]
"""A label, and how many of the same name stand before it: ImageNet has two cranes."""


def class_rows(labels: Sequence[str], known: Sequence[str]) -> tuple[int | None, ...]:
    """Of each label its index in `known`; None where there is none.

    Labels are compared to the letter; where some are not found so, all but for case, spaces and
    underscores. Of labels of one name the first is the first, the second the second.
    """
    rows: tuple[int | None, ...] = ()
    for spelling in (str, loosely):
        places = {key: index for index, key in enumerate(_keys(known, spelling))}
        rows = tuple(places.get(key) for key in _keys(labels, spelling))
        if None not in rows:
            break
    return rows


def _keys(labels: Iterable[str], spelling: Callable[[str], str]) -> list[Key]:
    seen: Counter[str] = Counter()
    keys = []
    for label in map(spelling, labels):
        keys.append((label, seen[label]))
        seen[label] += 1
    return keys
