"""Which of a model's classes a caller wants to hear of."""

import re
from collections.abc import Sequence

Classes = frozenset[int] | None
"""Indices of the classes wanted; None: all."""

NEAR = 3
"""So many labels are told where a name is none."""


def chosen_classes(labels: Sequence[str], wanted: Sequence[str]) -> Classes:
    """Indices of the classes that these names mean; None, every class, for no names.

    A name is a label, in whatever case, or several with commas between them: some labels hold
    commas themselves. Labels that occur twice are all meant.

    Args:
        labels: the model's, one a class.
        wanted: as in `Options.labels`.

    Raises:
        ValueError: a name that is no label, with those that are nearly it.
    """
    if not wanted:
        return None
    known: dict[str, set[int]] = {}
    for index, label in enumerate(labels):
        known.setdefault(_plain(label), set()).add(index)
    chosen: set[int] = set()
    for text in wanted:
        whole = _plain(text) in known
        for name in (text,) if whole else text.split(","):
            if _plain(name) not in known:
                raise ValueError(_unknown(name.strip(), labels))
            chosen |= known[_plain(name)]
    return frozenset(chosen)


def _plain(name: str) -> str:
    return name.strip().casefold()


def _unknown(name: str, labels: Sequence[str]) -> str:
    from difflib import get_close_matches

    by_plain, plain = {_plain(label): label for label in labels}, _plain(name)
    # "cat" means "tiger cat" rather than "crate".
    inside = [one for one in by_plain if plain and plain in re.split(r"[\W_]+", one)]
    alike = get_close_matches(plain, by_plain, NEAR)
    near = [by_plain[one] for one in dict.fromkeys((*inside, *alike))][:NEAR]
    like = f"; near it are {', '.join(map(repr, near))}" if near else ""
    return f"labels must be among the model's {len(labels)}, got {name!r}{like}"
