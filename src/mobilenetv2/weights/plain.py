"""Frozen dataclasses to plain JSON values and back, strictly: nothing unknown is let in."""

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.rules import UNSAID_BY_DEFAULT
from mobilenetv2.weights.json_text import quoted

T = TypeVar("T")


def to_plain(value: object) -> object:
    """A dataclass as a dict with its class name under "kind", tuples as lists.

    What is None by default and in fact is left out, and so is the default of a field marked
    `UNSAID_BY_DEFAULT`: so a field can be added, and a file that does not use it is still read by
    releases that do not know it.
    """
    if is_dataclass(value) and not isinstance(value, type):
        items = {
            item.name: to_plain(getattr(value, item.name))
            for item in fields(value)
            if not _unsaid(item, getattr(value, item.name))
        }
        return {"kind": type(value).__name__} | items
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    return value


def _unsaid(item: Field[Any], value: object) -> bool:
    if item.default is None:
        return value is None
    return bool(item.metadata == UNSAID_BY_DEFAULT and value == item.default)


def from_plain(kind: type[T], value: object, where: str) -> T:
    """The dataclass `kind` from what `to_plain` made; `where` names the place in messages.

    Raises:
        CheckpointError: a value of another type, a missing or an unknown field.
    """
    result: T = _decode(kind, value, where)
    return result


def _decode(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - types are the data here
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(arguments, value, where)
    if origin is Literal:
        return _checked(value in arguments, value, f"one of {arguments}", where)
    if origin is tuple:
        return _decode_tuple(arguments, value, where)
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, where)
    if kind is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(_checked(number, value, "a number", where))
    return _checked(type(value) is kind, value, f"of type {kind.__name__}", where)


def _decode_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:  # noqa: ANN401
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if len(kinds) == 1:
        return _decode(kinds[0], value, where)
    name = value.get("kind") if isinstance(value, dict) else None
    for kind in kinds:
        if kind.__name__ == name:
            return _decode(kind, value, where)
    names = " or ".join(kind.__name__ for kind in kinds)
    return _checked(False, name, f"of kind {names}", where)


def _decode_tuple(items: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    _checked(isinstance(value, list), value, "a list", where)
    if items[-1] is Ellipsis:
        if all(type(part) is items[0] for part in value):  # a thousand labels, in one go
            return tuple(value)
        items = (items[0],) * len(value)
    _checked(len(value) == len(items), value, f"a list of {len(items)}", where)
    return tuple(
        _decode(item, part, f"{where}[{i}]")
        for i, (item, part) in enumerate(zip(items, value, strict=True))
    )


def _decode_dataclass(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    _checked(isinstance(value, dict), value, f"a {kind.__name__} object", where)
    given = {name: item for name, item in value.items() if name != "kind"}
    _checked(value.get("kind") == kind.__name__, value.get("kind"), f"a {kind.__name__}", where)
    known = {item.name for item in fields(kind)}
    required = {
        item.name
        for item in fields(kind)
        if item.default is MISSING and item.default_factory is MISSING
    }
    _checked(set(given) <= known, sorted(set(given) - known), "free of unknown fields", where)
    _checked(required <= set(given), sorted(required - set(given)), "complete", where)
    hints = get_type_hints(kind)
    return kind(
        **{name: _decode(hints[name], part, f"{where}.{name}") for name, part in given.items()}
    )


def _checked(condition: bool, value: Any, rule: str, where: str) -> Any:  # noqa: ANN401
    if not condition:
        raise CheckpointError(f"{where} must be {rule}, got {quoted(value)}")
    return value
