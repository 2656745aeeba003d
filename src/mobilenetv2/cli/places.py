"""Whether what a command makes can be written, asked before its work."""

from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.weights.place_to_write import check_folder, check_place


def require_place(what: str, path: Path) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        DatasetError: the folder is missing, or takes no such file.
    """
    if not path.parent.is_dir():
        raise DatasetError(f"{what} must go to a file in a folder that exists, got {path}")
    try:
        check_place(path)
    except OSError as error:
        raise DatasetError(
            f"{what} cannot be written to {path}: {error.strerror or error}; choose another file"
        ) from error


def require_folder(what: str, folder: Path) -> None:
    """Refuse before the work a folder that could not be written into after it.

    Raises:
        DatasetError: it takes no files, or cannot be made.
    """
    try:
        check_folder(folder)
    except OSError as error:
        raise DatasetError(
            f"{what} {folder} takes no files: {error.strerror or error}; choose another folder"
        ) from error
