"""Where the weights behind a name or a path lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.errors import UnknownModelError
from mobilenetv2.reading import never_ends
from mobilenetv2.weights.folder import is_folder, model_file, no_model_inside
from mobilenetv2.weights.opened_file import OpenedFile

if TYPE_CHECKING:
    from mobilenetv2.transfer.patience import Progress


def find_file(name_or_path: str | Path, progress: Progress | None = None) -> OpenedFile:
    """A file by its path, a run by its folder, or a name of the catalogue; public ones are fetched.

    Raises:
        UnknownModelError: neither a file, nor a run's folder, nor a known name.
        DownloadError: public weights could not be fetched.
    """
    if not isinstance(name_or_path, str | os.PathLike) or not os.fspath(name_or_path):
        raise UnknownModelError(
            "a model is a file, a run's folder or a name of the catalogue, got "
            f"{name_or_path!r:.80}"
        )
    path = model_file(Path(name_or_path))
    if os.path.isfile(path) or never_ends(path):  # noqa: PTH113 - raises for no name at all
        return OpenedFile(path)
    return find_by_name(str(name_or_path), progress)


def _meant(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 3, 0.7)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def find_by_name(name: str, progress: Progress | None = None) -> OpenedFile:
    """The catalogue's file of a name, wherever this process works.

    Raises:
        UnknownModelError: not a known name.
        DownloadError: public weights could not be fetched.
    """
    from mobilenetv2.catalog.embedded import EmbeddedWeights
    from mobilenetv2.catalog.entries import CATALOG, find

    entry = find(name)
    if entry is None and is_folder(Path(name)):
        raise UnknownModelError(no_model_inside(Path(name)))
    if entry is None:
        known = [item.name for item in CATALOG]
        raise UnknownModelError(
            f"{name!r} is neither a file nor a model of the catalogue{_meant(name, known)} "
            f"({', '.join(known)})"
        )
    if isinstance(entry, EmbeddedWeights):
        # Not importlib.resources, which takes longer than to open the file.
        package = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
        return OpenedFile(os.path.join(package, "data", entry.file), entry.name)  # noqa: PTH118
    from mobilenetv2.weights.public.fetch import fetch

    return OpenedFile(fetch(entry, progress), entry.name)
