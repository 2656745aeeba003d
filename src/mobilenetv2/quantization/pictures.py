"""Unlabeled pictures: those to calibrate on, and those kept apart to prove the result with."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mobilenetv2.calibration.headroom import SETTLED
from mobilenetv2.calibration.observe import in_parallel
from mobilenetv2.datasets.bare_pictures import bare_pictures
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.model import Model
from mobilenetv2.quantization.given import (
    Given,
    Shown,
    digest_of,
    given_pictures,
    picture_of,
    pixels_digest,
)
from mobilenetv2.shards.look_through import open_index
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.image import Picture
from mobilenetv2.tasks.pixels import Pixels

MOST = 300
"""Calibrated on: ranges and means do not move any more."""
ENOUGH = SETTLED
"""Fewer are told of."""
KEPT_APART = 0.2
"""The share that proves, where no labeled pictures do."""
MOST_KEPT = 200
_SEED = 20180113


@dataclass(frozen=True, slots=True)
class Seen:
    """Some pictures, known by their bytes."""

    hashes: frozenset[str] = field(repr=False)

    def has(self, path: Shown) -> bool:
        """Whether a file is one of them."""
        return digest_of(path) in self.hashes

    @property
    def fingerprint(self) -> str:
        """16 hex digits: two runs with the same saw the same pictures."""
        return hashlib.sha256("\n".join(sorted(self.hashes)).encode()).hexdigest()[:16]


def all_pictures(pictures: str | Path | Iterable[Picture]) -> list[Shown]:
    """Every picture but for masks below a folder or in tar shards, or those given.

    Raises:
        DatasetError: there is none, or one picture alone.
        ImageError: something that is no picture.
    """
    if isinstance(pictures, Path | str):
        folder = Path(pictures)
        if is_shards(folder):
            return list(open_index(folder).pictures())
        found: list[Shown] = [*bare_pictures(folder).paths] if folder.is_dir() else []
    else:
        found = given_pictures(pictures)
    if not found:
        raise DatasetError(
            f"calibration needs a folder with pictures, {ENOUGH} to {MOST} of the kind that the "
            f"model is for; got none{f' in {pictures}' if isinstance(pictures, Path | str) else ''}"
        )
    return found


def without(found: Sequence[Shown], judged: Iterable[PictureFile]) -> list[Shown]:
    """Those that are not to judge by, whatever they are called; decoded ones by what they show.

    Raises:
        DatasetError: none is left.
    """
    judged = list(judged)
    files = seen(judged)
    left = [path for path in found if not files.has(path)]
    if any(isinstance(path, Given) and path.decoded for path in left):
        shown = {pixels_digest(path) for path in judged} - {""}
        left = [
            path for path in left
            if not (isinstance(path, Given) and path.decoded and pixels_digest(path) in shown)
        ]  # fmt: skip
    if not left:
        raise DatasetError(
            f"pictures to calibrate on must not be those to judge by, and all {len(found)} are; "
            "name another folder of one or the other"
        )
    return left


def divide(found: Sequence[Shown], *, keep: bool) -> tuple[list[Shown], list[Shown]]:
    """(to calibrate on, to prove with), drawn at random, the same at every call.

    Args:
        found: in a stable order.
        keep: whether any have to be kept apart.

    Raises:
        DatasetError: one picture cannot do both.
    """
    order = [found[index] for index in np.random.default_rng(_SEED).permutation(len(found))]
    if not keep:
        return order[:MOST], []
    if len(order) < 2:
        raise DatasetError(
            "without labeled pictures some of --pictures prove the result and the others "
            f"calibrate: at least 2 are needed, got {len(order)}"
        )
    kept = min(max(1, round(len(order) * KEPT_APART)), MOST_KEPT)
    return order[kept : kept + MOST], order[:kept]


def prepare_all(
    model: Model, paths: Sequence[Shown], advance: Callable[[], None]
) -> tuple[list[Pixels], list[tuple[Shown, str]]]:
    """(pictures at the network's size, those that cannot be read and why)."""

    def one(path: Shown) -> Pixels | str:
        try:
            return model.prepare(picture_of(path)).inputs[0]
        except ImageError as error:
            return f"{path}: {error}" if isinstance(path, Given) else str(error)

    prepared: list[Pixels] = []
    unreadable: list[tuple[Shown, str]] = []
    for path, found in zip(paths, in_parallel(one, paths), strict=True):
        if isinstance(found, str):
            unreadable.append((path, found))
        else:
            prepared.append(found)
        advance()
    if not prepared:
        raise DatasetError(f"no picture to calibrate on can be read; the first: {unreadable[0][1]}")
    return prepared, unreadable


def seen(paths: Iterable[Shown]) -> Seen:
    """What `Seen` remembers of files; those that cannot be read are nobody's."""
    return Seen(frozenset(digest_of(path) for path in paths) - {""})
