"""JSON beside a weight file (`config.json` ...): read within bounds, believed only when checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import NO_FILE, never_ends
from mobilenetv2.weights.json_text import parse_json, quoted

MAX_BYTES = 4_000_000
"""A configuration with 21,000 class names has about 1.5 MB."""

Json = Mapping[str, object]
T = TypeVar("T")


def read_json(path: Path) -> Json:
    """The object in a JSON file; empty where there is no file.

    Raises:
        CheckpointError: too large, not JSON, or not an object.
    """
    if never_ends(path):
        raise CheckpointError(f"{path} {NO_FILE}")
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if len(text) > MAX_BYTES:
        raise CheckpointError(f"{path} may have {MAX_BYTES} bytes at most; it has more")
    return parse_object(text, str(path))


def parse_object(text: bytes | str, where: str) -> Json:
    """A JSON object from text.

    Raises:
        CheckpointError: not JSON, or not an object.
    """
    value = parse_json(text, where)
    if not isinstance(value, dict):
        raise CheckpointError(f"{where} must be a JSON object, got a {type(value).__name__}")
    return value


def entry(values: Json, name: str, default: T) -> T:
    """The value of that name, of the default's own type; the default where it is absent or null.

    Raises:
        CheckpointError: a value of another type.
    """
    value = values.get(name)
    if value is None:
        return default
    if isinstance(default, float) and type(value) is int:
        return type(default)(value)
    if type(value) is not type(default):
        raise CheckpointError(
            f"{name} must be a {type(default).__name__}, got {quoted(value)}; mend the "
            "configuration beside the weights, or move it away"
        )
    return value


def three(
    values: Json, name: str, default: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Three numbers, one a color channel.

    Raises:
        CheckpointError: not a list of three numbers.
    """
    listed = entry(values, name, list(default))
    if len(listed) != 3 or any(type(item) not in (int, float) for item in listed):
        raise CheckpointError(f"{name} must be three numbers, got {quoted(listed)}")
    red, green, blue = (float(item) for item in listed)
    return red, green, blue
