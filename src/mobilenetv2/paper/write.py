"""Writes items to disk: Markdown, JSON, pictures, and the whole tour."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mobilenetv2.errors import DatasetError
from mobilenetv2.paper.cells import Comparison
from mobilenetv2.paper.draw.style import picture_bytes
from mobilenetv2.paper.explorer.page import explorer_page
from mobilenetv2.paper.items import ITEMS, Item, Shown
from mobilenetv2.paper.page import FOLDER, paper_page
from mobilenetv2.paper.tour.markdown import section_markdown
from mobilenetv2.weights.plain import to_plain
from mobilenetv2.weights.whole_file import write_whole

PictureFormat = Literal["svg", "png"]


def item_json(item: Item[Any], shown: Shown[Any]) -> dict[str, object]:
    """An item's name, title, section and data as JSON values; arrays as lists to four digits."""
    return {
        "item": item.name,
        "title": item.title,
        "section": item.where,
        "data": _listed(to_plain(shown.data)),
    }


def write_item(
    item: Item[Any], shown: Shown[Any], out: Path, picture: PictureFormat
) -> tuple[Path, ...]:
    """NAME.md, NAME.json, and NAME.svg or NAME.png where there is a picture.

    Returns:
        What was written.

    Raises:
        DatasetError: the folder cannot be written.
        MissingDependencyError: matplotlib is not installed.
    """
    figure = shown.figure()
    body = section_markdown(shown.section, item.name, "", f".{picture}")
    written = [
        _write(out / f"{item.name}.md", f"# {item.title}\n\n{body}\n"),
        _write(out / f"{item.name}.json", _dump(item_json(item, shown))),
    ]
    if figure is not None:
        written.append(_write(out / f"{item.name}.{picture}", picture_bytes(figure, f".{picture}")))
    return tuple(written)


def write_tour(out: Path, advance: Callable[[], None]) -> tuple[Path, ...]:
    """paper.md, and beside it paper/ with pictures, verdicts.json and explorer.html.

    Args:
        out: a folder; `docs` makes this project's own.
        advance: called after each item.

    Raises:
        DatasetError: the folder cannot be written.
        MissingDependencyError: matplotlib is not installed.
    """
    shown: dict[str, Shown[Any]] = {}
    written = []
    for item in ITEMS:
        one = shown[item.name] = item.show()
        figure = one.figure()
        if figure is not None:
            written.append(_write(out / FOLDER / f"{item.name}.svg", picture_bytes(figure, ".svg")))
        advance()
    page = _write(out / "paper.md", paper_page(shown))
    verdicts = _write(out / FOLDER / "verdicts.json", verdicts_json(shown))
    return (page, *written, verdicts, _write(out / FOLDER / "explorer.html", explorer_page()))


def verdicts_json(shown: dict[str, Shown[Any]]) -> str:
    """Every figure of every table with its verdict, a line each."""
    lines = [
        json.dumps(
            {"item": name} | {k: v for k, v in _fields(cell).items() if k != "kind"},
            ensure_ascii=False,
        )
        for name, one in shown.items()
        if isinstance(one.data, Comparison)
        for cell in one.data.cells
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _fields(value: object) -> dict[str, object]:
    plain = to_plain(value)
    if not isinstance(plain, dict):
        raise TypeError(f"must be a dataclass, got {type(value).__name__}")
    return plain


def _listed(value: object) -> object:
    if isinstance(value, np.ndarray):
        return np.round(value, 4).tolist()
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_listed(part) for part in value]
    return value


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _write(path: Path, content: str | bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror or error}") from error
    return path
