"""The file that a model was made of, and whether it still is that file: what pickles go by."""

import os

from mobilenetv2.errors import CheckpointError


class OpenedFile:
    """A file as it is when something is about to be read from it; later changes are noticed.

    Args:
        path: the file; one that is not there is noticed by whoever reads it.
        name: what another process finds it by, where that is not its path: one of the catalogue's.
    """

    def __init__(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        self.path = os.path.abspath(path)  # noqa: PTH100 - see `library`
        self.name = name or self.path
        self._stamp = _stamp(self.path)
        self._sha256: str | None = None

    def __fspath__(self) -> str:
        return self.path

    def sha256(self) -> str | None:
        """Of the content, read when first asked for; None once the file is gone or another one."""
        if self._stamp is None or _stamp(self.path) != self._stamp:
            return None
        if self._sha256 is None:
            import hashlib

            try:
                with open(self.path, "rb") as file:  # noqa: PTH123
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                return None
            self._sha256 = found if _stamp(self.path) == self._stamp else None
        return self._sha256

    def require(self, sha256: str) -> None:
        """See that the file is the one a pickled model was made of.

        Raises:
            CheckpointError: it is gone, or its content is another.
        """
        if _stamp(self.path) is None:
            raise CheckpointError(
                f"a pickled model is loaded from its file, and {self.path} is not there (or this "
                "process may not read it). Put it back, or send the model's file along"
            )
        # Another file of the same content will do.
        found = self.sha256() or OpenedFile(self.path).sha256()
        if found != sha256:
            raise CheckpointError(
                f"a pickled model is loaded from its file, and {self.path} has changed since: its "
                f"sha256 must be {sha256}, got {found or 'nothing that can be read'}. Load the "
                "model from the file as it is now, or bring the old one back"
            )


def _stamp(path: str) -> tuple[int, ...] | None:
    """What nobody can write to a file without changing; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    # Tools that copy a file set its own time of change, never the time of that.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
