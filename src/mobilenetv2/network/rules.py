"""What a spec may say: rules that name themselves and the value received."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mobilenetv2.errors import SpecError

UNSAID_BY_DEFAULT: Mapping[str, bool] = MappingProxyType({"unsaid_by_default": True})
"""Metadata of a field that is written where it is not at its default alone: one that came later, so
that files without a use for it are what they were."""

MOST_PARTS = 16
"""Numbers in one field: more than any network of this family has."""


def require(condition: bool, rule: str, value: object) -> None:
    """Refuse a value that breaks a rule.

    Raises:
        SpecError: the rule, and the value received.
    """
    if not condition:
        raise SpecError(f"{rule}, got {value!r}")


def one_of(value: str, allowed: Sequence[str], name: str) -> None:
    """Refuse a word that is none of those.

    Raises:
        SpecError: names them.
    """
    require(value in allowed, f"{name} must be one of {', '.join(map(repr, allowed))}", value)


def within(values: tuple[int, ...], most: int, name: str) -> None:
    """Refuse numbers outside of 1 to `most`, or too many of them.

    Raises:
        SpecError: names the rule.
    """
    require(len(values) <= MOST_PARTS, f"{name} must be {MOST_PARTS} at most", len(values))
    inside = all(1 <= value <= most for value in values)
    require(inside, f"{name} must be from 1 to {most}", values)
