"""A data set written as shards; a run that was killed is gone on with by the same call."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.progress import Advance
from mobilenetv2.datasets.shard_samples import File, Packing, Sample
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.archive import members_of
from mobilenetv2.shards.write import PART, write_shard
from mobilenetv2.tasks.shard_set import CLASS_FILES
from mobilenetv2.weights.leftovers import temporary_prefix
from mobilenetv2.weights.whole_file import write_whole

PLAN = "shards.json"
"""In the folder of shards: what they were made of, and how."""

_SAMPLES_AT_ONCE = 64
"""That are made ready beside each other; in memory they are some tens of MB."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes into which shard; decided before the first is written."""

    parts: Mapping[str, Sequence[Sample]]
    """By the word that begins the shards' names."""
    packing: Packing
    samples_per_shard: int

    @property
    def samples(self) -> int:
        """In all parts."""
        return sum(map(len, self.parts.values()))

    def shards(self) -> Iterator[tuple[str, Sequence[Sample]]]:
        """Every shard's name, "train-000000.tar", and what it holds."""
        for part, samples in self.parts.items():
            for number, start in enumerate(range(0, len(samples), self.samples_per_shard)):
                name = f"{part}-{number:06}.tar"
                yield name, samples[start : start + self.samples_per_shard]

    def describe(self) -> str:
        """The plan as JSON: another one does not go on with these shards."""
        digest = hashlib.sha256()
        for part, samples in self.parts.items():
            for sample in samples:
                digest.update(f"{part}/{sample.key} {_answer(sample)}\n".encode(errors="replace"))
        content = {
            "samples_per_shard": self.samples_per_shard,
            "size": self.packing.shorter_side,
            "parts": {part: len(samples) for part, samples in self.parts.items()},
            "samples": digest.hexdigest()[:16],
        }
        return json.dumps(content, indent=1) + "\n"


@dataclass(slots=True)
class Written:
    """What was done."""

    shards: int = 0
    pictures: int = 0
    size: int = 0
    """Bytes of all shards."""
    kept: int = 0
    """Shards that an earlier call had finished."""
    left_out: list[Finding] = field(default_factory=list)
    """Pictures that cannot be read; not of shards that were there already."""


def write_shards(plan: Plan, out: Path, advance: Advance) -> Written:
    """Write every shard that is not there yet, and the names of the classes beside them.

    Args:
        plan: what to write.
        out: a folder; new, or that of an earlier call with the same plan.
        advance: called for every picture.

    Raises:
        DatasetError: `out` holds something else, or the disk refuses.
    """
    _begin(plan, out)
    written = Written()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for name, samples in plan.shards():
            path = out / name
            if path.is_file():
                written.kept += 1
                written.pictures += _pictures(path)
                written.size += path.stat().st_size
                for _ in samples:
                    advance()
            else:
                files = _files(samples, plan.packing, pool, written, advance)
                written.size += write_shard(path, files)
            written.shards += 1
    return written


def _begin(plan: Plan, out: Path) -> None:
    described = plan.describe()
    file = out / PLAN
    try:
        out.mkdir(parents=True, exist_ok=True)
        if file.is_file():
            if file.read_text("utf-8", "replace") != described:
                raise DatasetError(
                    f"{out} holds shards of other pictures or with other options ({PLAN}); choose "
                    "another folder, or empty it"
                )
        elif any(not path.name.startswith(temporary_prefix(file)) for path in out.iterdir()):
            raise DatasetError(f"{out} must be empty or hold shards of the same data; it holds "
                               "something else. Choose another folder")  # fmt: skip
        for left in out.glob(f"*{PART}"):
            left.unlink()
        labels = "".join(f"{label}\n" for label in plan.packing.labels)
        write_whole(file, described)
        write_whole(out / CLASS_FILES[0], labels)
    except OSError as error:
        raise DatasetError(f"cannot write to {out}: {error.strerror or error}") from error


def _files(
    samples: Sequence[Sample],
    packing: Packing,
    pool: ThreadPoolExecutor,
    written: Written,
    advance: Advance,
) -> Iterator[File]:
    ready = partial(_ready, packing)
    for start in range(0, len(samples), _SAMPLES_AT_ONCE):
        for files in pool.map(ready, samples[start : start + _SAMPLES_AT_ONCE]):
            advance()
            if isinstance(files, Finding):
                written.left_out.append(files)
                continue
            written.pictures += 1
            yield from files


def _ready(packing: Packing, sample: Sample) -> list[File] | Finding:
    try:
        return packing.files(sample)
    except ImageError as error:
        return Finding("unreadable picture", sample.picture, str(error))
    except DatasetError as error:
        return Finding("mask unreadable", sample.picture, str(error))


def _pictures(path: Path) -> int:
    """In a shard of ours a sample is a picture and one file more; walking it proves it whole."""
    return sum(1 for _ in members_of(str(path))) // 2


def _answer(sample: Sample) -> str:
    if isinstance(sample.answer, int | tuple):
        return str(sample.answer)
    return type(sample.answer).__name__
