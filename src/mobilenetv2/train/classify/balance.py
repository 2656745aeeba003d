"""Rare classes' pictures come more often, so that a frequent class does not drown them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mobilenetv2.tasks.labeled import LabeledPictures

MOST_TIMES = 10
"""A picture comes in an epoch: with more, the few of a class are learnt by heart."""


def times_each(targets: Sequence[int], balance: float) -> dict[int, int]:
    """How often each class's pictures come in an epoch.

    A class with an n-th of the most frequent one's pictures comes n ** `balance` times, rounded,
    `MOST_TIMES` at most: at 0 all come once, at 1 all classes count the same.
    """
    counts = Counter(targets)
    most = max(counts.values())
    return {
        index: min(MOST_TIMES, round((most / count) ** balance)) for index, count in counts.items()
    }


def balanced(pictures: LabeledPictures, balance: float) -> LabeledPictures:
    """The same pictures, some of them several times; where classes are about equal, as they are."""
    times = times_each(pictures.targets, balance)
    pairs = [
        pair
        for pair in zip(pictures.paths, pictures.targets, strict=True)
        for _ in range(times[pair[1]])
    ]
    if len(pairs) == len(pictures.paths):
        return pictures
    paths, targets = zip(*pairs, strict=True)
    return replace(pictures, paths=paths, targets=targets)


def balance_told(pictures: LabeledPictures, labels: Sequence[str], balance: float) -> str:
    """A sentence on what comes more often; empty where nothing does."""
    times = times_each(pictures.targets, balance)
    often = {labels[index]: count for index, count in sorted(times.items()) if count > 1}
    if not often:
        return ""
    first = ", ".join(f"{label} {count} times" for label, count in list(often.items())[:8])
    more = f" and {len(often) - 8} more classes" if len(often) > 8 else ""
    return (
        f"classes are uneven: in each epoch pictures come more often of {first}{more} "
        f"(balance {balance:g}; 0 leaves them as they are)"
    )
