"""Rare classes are helped, so that a frequent one does not drown them.

In training a rare class's logit bears a handicap, which its pictures must overcome and which is
gone when the network is used (logit adjustment, arXiv 2007.07314, by the root instead of the
whole). Bees and dragonflies, 300 to 6, width 1 at 96 pixels, 3 epochs, judged on 50 and 50: 64
right without help, 70 so; 50 with the whole logarithm, which calls everything rare; 54 where the
rare pictures came seven times an epoch and were learnt by heart. That is what `sampling` does, to
the full, and so it is to be asked for.
"""

from collections import Counter
from collections.abc import Sequence
from math import log

from mobilenetv2.datasets.imbalance import imbalance_note
from mobilenetv2.train.classify.recipe import Sampling

TOLD_FROM = 3.0
"""Times as many pictures in the most frequent class as in the rarest: less needs no word."""


def handicaps(targets: Sequence[int], classes: int, balance: float) -> tuple[float, ...]:
    """What each class's logit bears in training: 0 for the most frequent, below it for others.

    Args:
        targets: class indices of the training pictures.
        classes: how many there are.
        balance: the share of the logarithm of how rare a class is; 0: no help.
    """
    counts = Counter(targets)
    most = max(counts.values())
    return tuple(balance * log(counts.get(index, most) / most) for index in range(classes))


def balance_told(
    targets: Sequence[int],
    labels: Sequence[str],
    balance: float,
    sampling: Sampling = "natural",
) -> str:
    """All that is to be said of uneven classes: how rare ones are helped, and which are so rare
    that it may not be enough. Nothing where they are even.
    """
    counts = Counter(targets)
    (frequent, most), *_, (rare, fewest) = counts.most_common() * 2
    note = imbalance_note(labels, [counts[index] for index in range(len(labels))], "pictures")
    even = sampling == "balanced"
    if not (balance or even) or most < TOLD_FROM * fewest:
        return note
    helped = (
        f"classes are uneven, from {most} pictures of {labels[frequent]} to {fewest} of "
        f"{labels[rare]}: "
    )
    if even:
        times = len(targets) / len(counts) / fewest
        helped += (
            f"all are shown equally often, a picture of {labels[rare]} {times:.3g} times an epoch "
            "(sampling balanced in the recipe)"
        )
    else:
        helped += f"rare ones are helped (balance {balance:g} in the recipe; 0: they are not)"
    return "; ".join(filter(None, (helped, note)))


def positive_weights(counts: Sequence[int], pictures: int, balance: float) -> tuple[float, ...]:
    """What a label's pictures weigh beside those without it, where labels stand by themselves.

    Args:
        counts: pictures of each label, at least one.
        pictures: how many there are.
        balance: the share of the logarithm of how much rarer they are; 0: they weigh the same.
    """
    return tuple(max(1.0, (pictures - count) / count) ** balance for count in counts)


def labels_told(counts: Sequence[int], labels: Sequence[str], balance: float) -> str:
    """All that is to be said of uneven labels, or nothing."""
    note = imbalance_note(labels, counts, "pictures")
    helped = (
        f"pictures of a label weigh more the rarer it is (balance {balance:g} in the recipe): its "
        "scores rise above its chance"
    )
    return "; ".join(filter(None, (helped if balance else "", note)))
