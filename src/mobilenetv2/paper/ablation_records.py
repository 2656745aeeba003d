"""The records behind figure 6: what is kept of a trained run, and where."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from mobilenetv2.errors import CheckpointError, DatasetError
from mobilenetv2.paper.records import decode

RECORDS = "ablations"


@dataclass(frozen=True, slots=True)
class AblationEpoch:
    """A point of a run's curve."""

    epoch: int
    training_loss: float
    validation_loss: float
    top1: float
    """0..1, of the averaged weights."""


@dataclass(frozen=True, slots=True)
class AblationRun:
    """One variant trained once: a record as it is kept."""

    variant: str
    """`Variant.name`."""
    seed: int
    size: tuple[int, int]
    """(height, width) in pixels."""
    base_width: float
    """`Setting.width`; the variant's own follows from it."""
    classes: int
    width: float
    madds: int
    parameters: int
    """All that trains."""
    recipe: str
    """As JSON."""
    training_pictures: str
    """Name, count and fingerprint."""
    validation_pictures: str
    count: int
    """Of validation pictures."""
    curve: tuple[AblationEpoch, ...]
    machine: str
    """Processor, threads, torch's version."""
    hours: float

    @property
    def epochs(self) -> int:
        """All that were trained."""
        return self.curve[-1].epoch

    @property
    def top1(self) -> float:
        """Of the last epoch, 0..1: no epoch is chosen."""
        return self.curve[-1].top1


def read_runs(folders: Sequence[Path] = ()) -> tuple[AblationRun, ...]:
    """All records of some folders, by folder and file name.

    Args:
        folders: each with a JSON file a run; none for the records of the release, a folder a scale.

    Raises:
        DatasetError: a file that is no record.
    """
    places = folders or _folders(files("mobilenetv2.paper").joinpath("records", RECORDS))
    return tuple(
        read_run(entry)
        for place in places
        if place.is_dir()
        for entry in sorted(place.iterdir(), key=_name)
        if entry.name.endswith(".json")
    )


def read_run(entry: Traversable) -> AblationRun:
    """One record.

    Raises:
        DatasetError: a file that is no record.
    """
    try:
        return decode(AblationRun, json.loads(entry.read_text("utf-8")))
    except (CheckpointError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DatasetError(f"{entry.name} must be the record of a run: {error}") from error


def _folders(place: Traversable) -> list[Traversable]:
    if not place.is_dir():
        return []
    return sorted((entry for entry in place.iterdir() if entry.is_dir()), key=_name)


def _name(entry: Traversable) -> str:
    return entry.name
