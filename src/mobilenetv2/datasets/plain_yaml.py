"""YAML as text, lists and mappings: no tags, no key twice, few aliases, bounded size and depth."""

from pathlib import Path

import yaml

from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text

MAX_YAML_BYTES = 1_000_000
"""PyYAML reads this in some seconds; a description with 10,000 classes has a third of it."""

MAX_ALIASES = 100
MAX_DEPTH = 50

Value = str | list["Value"] | dict[str, "Value"]


class _Loader(yaml.BaseLoader):  # type: ignore[misc]  # PyYAML is untyped
    """`BaseLoader` makes text of every scalar: a class called "no" is not False."""

    aliases = 0
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """One node; counts aliases, which are small to write and large to walk, and depth."""
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MAX_ALIASES:
                raise ValueError(f"a description may have {MAX_ALIASES} aliases (*name), not more")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"lists and mappings may be {MAX_DEPTH} deep, not more")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_plain_yaml(file: Path) -> dict[str, Value]:
    """The outermost mapping of a YAML file.

    Raises:
        DatasetError: unreadable, too large or too deep, no mapping, a tag, or a key twice.
    """
    try:
        with file.open("rb") as content:
            raw = content.read(MAX_YAML_BYTES + 1)
        if len(raw) > MAX_YAML_BYTES:
            raise ValueError(f"a description may have {MAX_YAML_BYTES:,} bytes, not more")
        loader = _Loader(as_text(raw))
        node = loader.get_single_node()
        value = _plain(node, {}) if node is not None else {}
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise DatasetError(f"{file} cannot be read as YAML: {error}") from error
    if not isinstance(value, dict):
        raise DatasetError(
            f"{file}: a description must be a mapping (key: value), got {value!r:.60}"
        )
    return value


def _plain(node: yaml.Node, known: dict[int, Value]) -> Value:
    """Aliases lead to one and the same value, however often they stand there."""
    if id(node) in known:
        return known[id(node)]
    if node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
        raise ValueError(f"{_place(node)}: a value must be plain, got the tag {node.tag!r:.60}")
    match node:
        case yaml.ScalarNode():
            text: Value = node.value
            return text
        case yaml.SequenceNode():
            items: list[Value] = []
            known[id(node)] = items
            items += [_plain(item, known) for item in node.value]
            return items
        case _:
            return _mapping(node, known)


def _mapping(node: yaml.Node, known: dict[int, Value]) -> Value:
    result: dict[str, Value] = {}
    known[id(node)] = result
    for key_node, value_node in node.value:
        key = _plain(key_node, known)
        if not isinstance(key, str):
            raise ValueError(f"{_place(key_node)}: a key must be plain text")
        if key in result:
            raise ValueError(f"{_place(key_node)}: the key {key!r:.60} stands there twice")
        result[key] = _plain(value_node, known)
    return result


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"
