"""What a name that is no label of a model may mean: for a message, never for figures."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from mobilenetv2.catalog.labels import loosely

ALIKE = 0.75
"""From here on difflib's ratio is worth a word: "blues" and "blue" have 0.89, "cat" and "dog" 0."""
NAMED = 3
"""Examples in a message."""
MOST_NAMES = 200
"""Of more only the first are looked at: a message names few."""


def likely_labels(names: Iterable[str], labels: Sequence[str]) -> Mapping[str, str]:
    """Of each name that may be a label in other words that label.

    That is: with a word or a number before or behind it ("class_cat", "001.cat"), the other way
    round, or nearly spelled so. No two names have the same one.

    Args:
        names: none of which is a label.
        labels: a model's.
    """
    words = {label: _words(label) for label in labels}
    keys = {loosely(label): label for label in labels}
    found: dict[str, str] = {}
    for name in list(names)[:MOST_NAMES]:
        own = _words(name)
        within = [label for label, other in words.items() if _part_of(own, other)]
        close = get_close_matches(loosely(name), keys, 1, ALIKE) if not within else []
        if len(within) == 1 or close:
            found[name] = within[0] if within else keys[close[0]]
    meant = list(found.values())
    return {name: label for name, label in found.items() if meant.count(label) == 1}


def told(likely: Mapping[str, str]) -> str:
    """A sentence that says so, with the way out; "" where nothing is likely."""
    if not likely:
        return ""
    pairs = [f"{name[:60]!r} is {label[:60]!r}" for name, label in list(likely.items())[:NAMED]]
    return f"perhaps {', '.join(pairs)}: rename them so"


def _words(name: str) -> str:
    """In small letters, with spaces around every word and nothing else between."""
    plain = unicodedata.normalize("NFC", name.casefold())
    return " ".join(["", *re.findall(r"[^\W_]+", plain), ""])


def _part_of(one: str, other: str) -> bool:
    """Whether either's words stand in the other's, one behind the other."""
    return bool(one.strip() and other.strip()) and (one in other or other in one)
