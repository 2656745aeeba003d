"""The state of a run on disk: either the old one or the whole new one, never a part."""

import os
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from mobilenetv2.errors import TrainingError
from mobilenetv2.reading import first_line, require_file
from mobilenetv2.train.workers import word_of_death
from mobilenetv2.weights.leftovers import clear_leftovers, temporary_prefix
from mobilenetv2.weights.states.torch_file import check_torch_file

STATE = "state.pt"
"""Its name in a run's folder."""
VERSION = 1
_TORN = "inline_container.cc"
"""Of torch, where its messages of a refused write come from."""
BEGIN_ANEW = "Remove it to begin anew, or choose another folder for --out"


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write tensors and plain values.

    Raises:
        TrainingError: the disk refuses; what was there before stays.
    """
    replace_file(path, lambda temporary: torch.save(state | {"version": VERSION}, temporary))


def load_state(path: Path, device: torch.device) -> dict[str, Any]:
    """Read what `save_state` wrote; nothing in the file is executed.

    Raises:
        TrainingError: corrupt, hostile, of another version, or the state of nothing.
    """
    require_file(path, TrainingError)
    try:
        # Looked through first: `weights_only` executes nothing, but allocates what is claimed.
        check_torch_file(path)
        state: object = torch.load(path, map_location=device, weights_only=True)
    # torch.load raises many types on broken files (RuntimeError, EOFError, UnpicklingError ...).
    except Exception as error:
        raise TrainingError(
            f"{path} cannot be read as the state of a run: {first_line(error)}. {BEGIN_ANEW}"
        ) from error
    if not isinstance(state, dict):
        raise TrainingError(
            f"{path} must hold the state of a run, it holds a {type(state).__name__}. {BEGIN_ANEW}"
        )
    if state.get("version") != VERSION:
        raise TrainingError(
            f"{path}: this release reads version {VERSION}, got {state.get('version')!r}. "
            "Go on with the release that wrote it, or choose another folder"
        )
    return state


def to_bytes(state: dict[str, Any]) -> bytes:
    """The same, for another process of the run."""
    packed = BytesIO()
    torch.save(state, packed)
    return packed.getvalue()


def from_bytes(packed: bytes, device: torch.device) -> dict[str, Any]:
    """What `to_bytes` made."""
    state: dict[str, Any] = torch.load(BytesIO(packed), map_location=device, weights_only=True)
    return state


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in its place.

    Raises:
        TrainingError: the disk refuses; what was there before stays.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=temporary_prefix(path))
        temporary = Path(name)
        os.close(handle)
        write(temporary)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        # mkstemp makes files for their owner alone; these are ordinary ones.
        temporary.chmod(0o644)
        temporary.replace(path)
    # torch reports a full disk as RuntimeError, and so it does a dead worker, wherever it is.
    except (OSError, RuntimeError) as error:
        if word_of_death(error):
            raise
        raise TrainingError(
            f"cannot write {path}: {_reason(error)}. What was saved before is intact: free some "
            "space and run the same command again"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _reason(error: OSError | RuntimeError) -> str:
    """In words: torch counts bytes where a disk took fewer than it was given."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "the disk took only a part of it" if _TORN in str(error) else str(error)


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not at all.

    Raises:
        TrainingError: the disk refuses.
    """

    def fill(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8", newline="")

    replace_file(path, fill)
