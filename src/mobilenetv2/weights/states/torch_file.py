"""Arrays out of a torch or safetensors file, without executing or over-allocating anything."""

import argparse
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mobilenetv2.errors import CheckpointError, MissingDependencyError
from mobilenetv2.reading import reading, require_file
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.states.pickle_scan import WAY_OUT, scan_pickle
from mobilenetv2.weights.states.rename import AVERAGED
from mobilenetv2.weights.states.safetensors_file import read_safetensors

if TYPE_CHECKING:
    import torch

MAX_ENTRIES = 20_000
"""Files in a torch archive: one a tensor. A training checkpoint of MobileNetV2 has about 1000."""

COUNTER = "num_batches_tracked"
"""Of a batch norm: no weight, though who halves or averages every tensor of a file makes a float
of it.
"""
LEGACY_PICKLES = 5
"""Magic number, protocol, system, objects, storage keys; the raw numbers follow."""


@dataclass(frozen=True, slots=True)
class StateDict:
    """Named arrays as a file holds them, in its order, float32; integers are left out."""

    path: Path
    container: str
    """For people: "safetensors", "torch file"."""
    arrays: Mapping[str, Array] = field(repr=False)
    notes: tuple[str, ...] = ()
    """What was chosen where a file holds more than one set of weights."""


def read_torch_file(path: str | Path) -> StateDict:
    """Read `.safetensors`, or `.pth`/`.pt`/`.bin` by `torch.load(weights_only=True)`.

    The format is recognised by content. Wrappers such as {"state_dict": ...} or
    {"model": ..., "model_ema": ...} are opened; averaged (EMA) weights are preferred.

    Raises:
        CheckpointError: unreadable, truncated, hostile, or without float tensors.
        MissingDependencyError: a torch file, and torch is not installed.
    """
    path = Path(path)
    require_file(path)
    size = path.stat().st_size
    with reading(path):
        if _head(path)[8:9] == b"{":
            arrays = read_safetensors(path)
            counted = {name: a for name, a in arrays.items() if not name.endswith(COUNTER)}
            return StateDict(path, "safetensors", counted)
        check_torch_file(path)
    where, tensors, left = _choose(_load(path), path)
    notes: tuple[str, ...] = (f"weights taken from {where!r} inside the file",) if where else ()
    if left:
        notes += (f"weights beside them are not used: {', '.join(map(repr, left[:5]))}",)
    return StateDict(path, "torch file", _convert(tensors, path, size), notes)


def check_torch_file(path: Path) -> None:
    """Look through what `torch.load` would read, without running or allocating any of it.

    Raises:
        CheckpointError: no torch file, damaged, or one that names or claims what weights never do.
        OSError: it cannot be read.
    """
    head, size = _head(path), path.stat().st_size
    with path.open("rb") as file:
        _check_before_loading(file, head, size)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _check_before_loading(file: BinaryIO, head: bytes, size: int) -> None:
    if head.startswith(b"PK\x03\x04"):
        _check_archive(file, size)
    elif head.startswith(b"\x80"):
        # A real file would try to allocate what a pickle's string says it is long; this does not.
        content = io.BytesIO(file.read())
        for _ in range(LEGACY_PICKLES):
            scan_pickle(content, size)
    else:
        raise CheckpointError(
            "a torch file is a zip archive or a pickle, a safetensors file begins with a JSON "
            f"header; this one begins with {head!r}"
        )


def _check_archive(file: BinaryIO, size: int) -> None:
    """Refuse zip bombs: torch stores every entry as it is, so nothing may unpack to more."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise CheckpointError(
                    f"a weight file has at most {MAX_ENTRIES} entries, this {len(entries)}"
                )
            packed = [entry.filename for entry in entries if entry.compress_type]
            total = sum(entry.file_size for entry in entries)
            if packed or total > size:
                raise CheckpointError(
                    "torch stores entries uncompressed and apart; this file has compressed "
                    f"{packed[:3]} and unpacks to {total} bytes from {size}. {WAY_OUT}"
                )
            pickles = [entry for entry in entries if entry.filename.endswith(".pkl")]
            if not any(entry.filename.split("/")[-1] == "data.pkl" for entry in pickles):
                raise CheckpointError(f"a torch archive has a data.pkl, this has none; {WAY_OUT}")
            for entry in pickles:
                scan_pickle(io.BytesIO(archive.read(entry)), size)
    except CheckpointError:
        raise
    # A directory of random bytes makes zipfile raise almost anything, UnicodeDecodeError included.
    except Exception as error:
        raise CheckpointError(f"damaged torch archive, download it again: {error}") from error


class Ignored:
    """Stands for a value beside the weights, a metric or a path, whatever it is made from."""

    def __init__(self, *_: object) -> None:
        """Nothing is kept."""

    def __setstate__(self, _: object) -> None:
        """Nothing is kept."""


IGNORED = (
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    *(
        f"{module}.{name}"
        for module in ("pathlib", "pathlib._local")
        for name in ("PosixPath", "WindowsPath", "Path", "PurePath", "PurePosixPath",
                     "PureWindowsPath")
    ),
)  # fmt: skip
"""What training scripts store there; torch itself loads none of it without being told."""


def _load(path: Path) -> object:
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError("torch", "torch", f"reading {path.name}") from error
    try:
        # Training scripts store their command line beside the weights; a Namespace is inert.
        ignored = [(Ignored, name) for name in IGNORED]
        with torch.serialization.safe_globals([argparse.Namespace, *ignored]):
            return torch.load(path, map_location="cpu", weights_only=True)
    # So does torch with a damaged pickle: KeyError, AttributeError, AssertionError, MemoryError ...
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise CheckpointError(
            f"{path} cannot be read as plain torch weights: {reason}. Download it again, or "
            f"{WAY_OUT}"
        ) from error


def _choose(
    loaded: object, path: Path
) -> tuple[str, "Mapping[str, torch.Tensor]", tuple[str, ...]]:
    """Where the state dict was, it, and where others were: averaged weights first."""
    found = list(_state_dicts(loaded, "", 0))
    if not found:
        raise CheckpointError(f"{path} holds no state dict, it holds {_summary(loaded)}; {WAY_OUT}")
    averaged = [item for item in found if AVERAGED.search(item[0].lower())]
    where, tensors = max(averaged or found, key=lambda item: len(item[1]))
    return where, tensors, tuple(name or "the file itself" for name, _ in found if name != where)


def _state_dicts(
    value: object, where: str, depth: int
) -> "Iterator[tuple[str, Mapping[str, torch.Tensor]]]":
    import torch

    if not isinstance(value, Mapping) or depth > 3 or "optim" in where.lower():
        return
    tensors = {
        key: item
        for key, item in value.items()
        if isinstance(key, str)
        and isinstance(item, torch.Tensor)
        and item.is_floating_point()
        and not key.endswith(COUNTER)
    }
    if tensors:
        yield where, tensors
    for key, item in value.items():
        if isinstance(key, str):
            yield from _state_dicts(item, f"{where}.{key}".lstrip("."), depth + 1)


def _summary(value: object) -> str:
    if isinstance(value, Mapping):
        return f"a dict with {[str(key)[:40] for key in list(value)[:5]]}"
    return f"a {type(value).__name__}"


def _convert(tensors: "Mapping[str, torch.Tensor]", path: Path, size: int) -> dict[str, Array]:
    """To numpy, after checking that the tensors do not claim more than the file holds."""
    import torch

    for name, tensor in tensors.items():
        held = tensor.untyped_storage().nbytes() if tensor.layout is torch.strided else 0
        if tensor.numel() * tensor.element_size() > held or tensor.device.type != "cpu":
            raise CheckpointError(
                f"{path}: {name} claims {list(tensor.shape)} {tensor.dtype}, its storage holds "
                f"{held} bytes; {WAY_OUT}"
            )
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if claimed > size:
        raise CheckpointError(
            f"{path}: its tensors claim {claimed} bytes together, the file has {size}; they "
            f"share storage. {WAY_OUT}"
        )
    return {
        name: np.ascontiguousarray(tensor.detach().to(torch.float32).numpy())
        for name, tensor in tensors.items()
    }
