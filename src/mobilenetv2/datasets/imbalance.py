"""Classes that are so rare beside the largest that a network may never say them."""

from collections.abc import Sequence

RARE = 0.1
"""Of the largest class's examples. With fewer, ten answers for the one cost less than one for the
ten, and a network that never names the class is right nearly always."""

NAMES_SHOWN = 8


def rare_classes(counts: Sequence[int]) -> tuple[int, ...]:
    """Which have fewer than a tenth of the largest one's examples, but not none; rarest first."""
    largest = max(counts, default=0)
    rare = [index for index, count in enumerate(counts) if 0 < count < RARE * largest]
    return tuple(sorted(rare, key=lambda index: (counts[index], index)))


def imbalance_note(labels: Sequence[str], counts: Sequence[int], what: str) -> str:
    """A sentence on them, or "" where there are none.

    Args:
        labels: of the classes.
        counts: examples of each.
        what: they are, in the plural: "pictures", "boxes".
    """
    rare = rare_classes(counts)
    if not rare:
        return ""
    largest = max(range(len(counts)), key=lambda index: counts[index])
    named = ", ".join(f"{labels[index]} {counts[index]}" for index in rare[:NAMES_SHOWN])
    more = f" and {len(rare) - NAMES_SHOWN} more" if len(rare) > NAMES_SHOWN else ""
    have = "class has" if len(rare) == 1 else "classes have"
    return (
        f"{len(rare)} {have} fewer than a tenth of the {what} of {labels[largest]!r}, "
        f"{counts[largest]} ({named}{more}): a network may never name them"
    )
