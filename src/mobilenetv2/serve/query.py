"""Options of a prediction as they stand behind the question mark of an address."""

from collections.abc import Iterable

from mobilenetv2.serve.refusals import RefusalError
from mobilenetv2.tasks.options import DEFAULTS, RULES, Options

MOST_SCALES = 6
"""Each is a run of the network, and at 4 one of sixteen times the work."""

_YES = frozenset({"1", "true", "yes", "on", ""})
_NO = frozenset({"0", "false", "no", "off"})


def read_options(query: Iterable[tuple[str, str]]) -> Options:
    """The options that a query names: `?top=3&labels=cat&flip=1`.

    Raises:
        RefusalError: an unknown name, or a value that is none of the option's.
    """
    given: dict[str, list[str]] = {}
    for name, value in query:
        if name not in RULES:
            raise RefusalError(f"options are {', '.join(RULES)}, got {name!r}")
        given.setdefault(name, []).append(value)
    try:
        return Options(**{name: _value(name, values) for name, values in given.items()})  # type: ignore[arg-type]
    except ValueError as error:
        raise RefusalError(str(error)) from error


def _value(name: str, values: list[str]) -> object:
    default = getattr(DEFAULTS, name)
    match RULES[name].kind:
        case "names":
            return values
        case "numbers":
            numbers = [_number(name, part) for value in values for part in value.split(",")]
            if len(numbers) > MOST_SCALES:
                raise RefusalError(f"{name} may be {MOST_SCALES} here, got {len(numbers)}")
            return numbers
        case "word":
            return values[-1]
        case "count":
            return _count(name, values[-1])
        case "number":
            pass
    text = values[-1]
    if isinstance(default, bool):
        return _switch(name, text)
    return _count(name, text) if isinstance(default, int) else _number(name, text)


def _count(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise RefusalError(f"{name} must be a whole number, got {text[:60]!r}") from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RefusalError(f"{name} must be a number, got {text[:60]!r}") from None


def _switch(name: str, text: str) -> bool:
    plain = text.lower()
    if plain not in _YES | _NO:
        raise RefusalError(f"{name} is 1 or 0, got {text!r}")
    return plain in _YES
