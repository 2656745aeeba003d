"""Files that might have been annotations, and why they are none: a word that helps to mend them."""

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from mobilenetv2.datasets.plain_json import read_json
from mobilenetv2.datasets.plain_xml import read_xml
from mobilenetv2.datasets.plain_yaml import read_plain_yaml
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text

MAX_BYTES = 16_000_000
"""Of a file that is read for the sake of an error message."""

_SHOWN = 8
"""Keys or columns that are repeated."""


def why_none(files: Iterable[Path]) -> str:
    """What the likeliest file holds in place of annotations, in a sentence; "" without any."""
    found = list(files)
    for suffixes in ((".json",), (".yaml", ".yml"), (".xml",), (".csv",)):
        file = next(islice((path for path in found if path.suffix.lower() in suffixes), 1), None)
        if file is not None:
            return _in_words(file)
    return ""


def _in_words(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            return ""
        match file.suffix.lower():
            case ".json":
                return _keys(file, read_json(file), "images, annotations and categories")
            case ".xml":
                return f"{file} begins with <{read_xml(file).tag[:60]}>, not with <annotation>"
            case ".csv":
                return _columns(file)
            case _:
                return _keys(file, read_plain_yaml(file), "names")
    except DatasetError as error:
        return str(error)
    except (OSError, ValueError) as error:
        return f"{file}: {error}"


def _keys(file: Path, content: object, wanted: str) -> str:
    if isinstance(content, dict):
        return f"{file} must have {wanted}, it has {_listed(list(content))}"
    return f"{file} must hold an object with {wanted}, it holds a {type(content).__name__}"


def _columns(file: Path) -> str:
    with file.open("rb") as content:
        begin = as_text(content.read(4096), "replace")
    first = next(csv.reader(begin.splitlines()[:1]), [])
    return f"{file} has the columns {_listed(first)}"


def _listed(names: Sequence[object]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(str(name)[:40] for name in names[:_SHOWN]) or "nothing") + more
