"""Tables of a FlatBuffer from plain values, for schemas that no installed package has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mobilenetv2.errors import MissingDependencyError


@dataclass(frozen=True, slots=True)
class Byte:
    """A field of one byte: an enumeration, or the kind of a union."""

    value: int


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A field of 32 bits."""

    value: int


@dataclass(frozen=True, slots=True)
class Floats:
    """A vector of float32."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A vector of unsigned 32-bit integers."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table's fields by their place in the schema."""

    fields: "Mapping[int, Field]"


Field = str | Byte | Unsigned | float | Floats | Numbers | Table | Sequence[str] | Sequence[Table]


def pack(root: Table, identifier: bytes) -> bytes:
    """A whole buffer.

    Raises:
        MissingDependencyError: flatbuffers is not installed.
    """
    try:
        import flatbuffers
    except ImportError as error:
        raise MissingDependencyError("flatbuffers", "litert", "writing TFLite") from error
    builder: Any = flatbuffers.Builder(1024)
    builder.Finish(_table(builder, root), identifier)
    return bytes(builder.Output())


def _table(builder: Any, table: Table) -> int:  # noqa: ANN401 - flatbuffers has no types
    # Children first: a table may not be begun within another.
    places = {slot: _child(builder, value) for slot, value in table.fields.items()}
    builder.StartObject(max(table.fields, default=-1) + 1)
    for slot, value in table.fields.items():
        match value:
            case Byte():
                builder.PrependUint8Slot(slot, value.value, 0)
            case Unsigned():
                builder.PrependUint32Slot(slot, value.value, 0)
            case float():
                builder.PrependFloat32Slot(slot, value, 0.0)
            case _:
                builder.PrependUOffsetTRelativeSlot(slot, places[slot], 0)
    return int(builder.EndObject())


def _child(builder: Any, value: Field) -> int:  # noqa: ANN401
    """Where what a field points at was put; 0 for a field that holds its value itself."""
    match value:
        case str():
            return int(builder.CreateString(value))
        case Floats():
            return _vector(builder, value.values, builder.PrependFloat32)
        case Numbers():
            return _vector(builder, value.values, builder.PrependUint32)
        case Table():
            return _table(builder, value)
        case Byte() | Unsigned() | float():
            return 0
        case _:
            places = [_child(builder, item) for item in value]
            return _vector(builder, places, builder.PrependUOffsetTRelative)


def _vector(builder: Any, values: Sequence[Any], prepend: Any) -> int:  # noqa: ANN401
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        prepend(value)
    return int(builder.EndVector())
