"""What people call the parts of a data set: train, "Validation", "training_set", "seg_test"."""

import re
from collections.abc import Mapping
from typing import Literal

Part = Literal["train", "val", "test"]

WORDS: Mapping[str, Part] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
"""What people call the parts of a data set, in any case."""

_FILLERS = ("set", "data", "dataset", "split", "images")
"""Words that may stand beside, or behind without a gap: "training_set", "Test Images", "valset"."""


def part_called(name: str) -> Part | None:
    """The part that a name stands for, whatever its case, a year behind it or "set"; else None."""
    words = _words(name)
    return WORDS.get(words[0]) if len(words) == 1 else None


def stem_and_part(name: str) -> tuple[tuple[str, ...], Part] | None:
    """A name's other words and its part, "seg" and "train" of "seg_train"; None without both."""
    words = _words(name)
    stem = tuple(word for word in words if word not in WORDS)
    parts = [WORDS[word] for word in words if word in WORDS]
    return (stem, parts[0]) if stem and len(parts) == 1 else None


def has_words(name: str, stem: tuple[str, ...]) -> bool:
    """Whether a name has all of these words: "seg_pred" has "seg"."""
    return set(stem) <= set(_words(name))


def _words(name: str) -> list[str]:
    words = filter(None, re.split(r"[\W\d_]+", name.casefold()))
    return [_without_filler(word) for word in words if word not in _FILLERS]


def _without_filler(word: str) -> str:
    shorter = (word.removesuffix(filler) for filler in _FILLERS)
    return next((rest for rest in shorter if rest in WORDS), word)
