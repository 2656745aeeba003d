"""What a benchmark of a folder found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mobilenetv2.benchmark.machine import Machine
from mobilenetv2.benchmark.report import Precision, Ratio


@dataclass(frozen=True, slots=True)
class FolderEngine:
    """One row."""

    name: str
    version: str
    pictures_per_second: float
    """The median over the rounds."""
    p10: float
    p90: float
    processor_milliseconds: float
    """A picture, over all threads; the median."""
    peak_mebibytes: float
    same_best: float
    """The share of pictures with our best class."""
    ratio: Ratio | None
    """Its time over ours; None for ours."""
    note: str


@dataclass(frozen=True, slots=True)
class Least:
    """Processor milliseconds a picture that no pipeline gets below, on one thread."""

    decode: float
    network: float


@dataclass(frozen=True, slots=True)
class FolderReport:
    """A whole benchmark; the first row is ours."""

    model: str
    network: str
    precision: Precision
    folder: str
    pictures: int
    decode: str
    threads: int
    cpus: tuple[int, ...]
    rounds: int
    least: Least
    engines: tuple[FolderEngine, ...]
    machine: Machine
    command: str

    @property
    def over_least(self) -> float:
        """Our processor time over the least."""
        return self.engines[0].processor_milliseconds / (self.least.decode + self.least.network)

    def to_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return asdict(self) | {"over_least": self.over_least}


def rate(seconds: Sequence[float], pictures: int) -> tuple[float, float, float]:
    """Pictures a second: the median over the rounds, and the 10th and 90th percentile."""
    p10, median, p90 = np.percentile(pictures / np.array(seconds), [10, 50, 90])
    return float(median), float(p10), float(p90)
