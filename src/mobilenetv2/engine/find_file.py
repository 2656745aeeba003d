"""Where the weights behind a name or a path lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.engine.opened_file import OpenedFile
from mobilenetv2.errors import UnknownModelError

if TYPE_CHECKING:
    from mobilenetv2.weights.public.download import Progress


def find_file(name_or_path: str | Path, progress: Progress | None = None) -> OpenedFile:
    """A file by its path, or by its name in the catalogue; public ones are downloaded.

    Raises:
        UnknownModelError: neither a file nor a known name.
        DownloadError: public weights could not be fetched.
    """
    path = Path(name_or_path)
    return OpenedFile(path) if path.is_file() else find_by_name(str(name_or_path), progress)


def find_by_name(name: str, progress: Progress | None = None) -> OpenedFile:
    """The catalogue's file of a name, wherever this process works.

    Raises:
        UnknownModelError: not a known name.
        DownloadError: public weights could not be fetched.
    """
    from mobilenetv2.zoo import CATALOG, EmbeddedWeights, find

    entry = find(name)
    if entry is None:
        known = ", ".join(item.name for item in CATALOG)
        raise UnknownModelError(
            f"{name!r} is neither a file nor a model of the catalogue ({known})"
        )
    if isinstance(entry, EmbeddedWeights):
        from importlib.resources import files

        return OpenedFile(str(files("mobilenetv2").joinpath("data", entry.file)), entry.name)
    from mobilenetv2.weights.public.fetch import fetch

    return OpenedFile(fetch(entry, progress), entry.name)
