"""What makes two runs the same job, and the manifest that says so in the folder of its results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.errors import CheckpointError, JobError
from mobilenetv2.jobs.encode import Format
from mobilenetv2.jobs.whole_file import create_whole
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.weights.json_text import parse_json, quoted

MANIFEST = "manifest.json"

LARGEST_PART = 1000
"""Pictures: some seconds' work for a classifier, and few enough lines to hold."""

SMALLEST_PART = 64
"""Fewer would wait for the disk as long as they take to answer."""

MANY_PARTS = 64
"""So many at least, where there are pictures enough: a dozen machines then end together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A job: every machine that works on it has the same one."""

    model: str
    """The sha256 of its file."""
    task: Task
    options: Options
    choice: FrameChoice
    """Of the frames of videos."""
    inputs: int
    """Pictures and videos."""
    fingerprint: str
    part_size: int
    """Of them in a part; the last part has what is left."""
    format: Format

    @property
    def parts(self) -> int:
        """How many there will be."""
        return -(-self.inputs // self.part_size)

    def to_json(self) -> dict[str, object]:
        """Plain values, as the manifest has them."""
        from importlib.metadata import version

        plain: dict[str, object] = {
            "mobilenetv2": version("mobilenetv2"),
            "model": {"sha256": self.model, "task": self.task},
            "options": asdict(self.options),
            "frames": asdict(self.choice),
            "input": {"count": self.inputs, "sha256": self.fingerprint},
            "parts": {"count": self.parts, "size": self.part_size, "format": self.format},
        }
        # As it comes back from the file: tuples are lists.
        again: dict[str, object] = json.loads(json.dumps(plain))
        return again


def default_part_size(inputs: int) -> int:
    """Pictures in a part, by the job's number of them alone: machines need not agree on more."""
    return min(LARGEST_PART, max(SMALLEST_PART, -(-inputs // MANY_PARTS)))


_DEFAULTS: dict[str, object] = json.loads(json.dumps(asdict(DEFAULTS)))


def claim(folder: Path, plan: Plan) -> str | None:
    """Make the folder a job's, or see that it is.

    Args:
        folder: of the results; made.
        plan: the job.

    Returns:
        The release that began it, where it is another one.

    Raises:
        JobError: it is another job's, holds results of nobody knows what, or cannot be written.
    """
    path = folder / MANIFEST
    ours = plan.to_json()
    if not path.exists():
        if next(folder.glob("part-*"), None):
            raise JobError(
                f"{folder} holds parts of results and no {MANIFEST} that says of what: choose "
                "another folder for --out, or remove them"
            )
        create_whole(path, (json.dumps(ours, indent=2) + "\n").encode())
    # Also after writing it: another machine may have been first.
    theirs = _read(path)
    differing = list(_differences(theirs, ours))
    if differing:
        raise JobError(
            f"{folder} holds the results of another job, which differs in "
            f"{'; '.join(differing)}. Choose another folder for --out, repeat the command that "
            "began it, or remove the folder to begin anew"
        )
    began = str(theirs.get("mobilenetv2"))
    return None if began == ours["mobilenetv2"] else began


def _read(path: Path) -> dict[str, object]:
    try:
        value = parse_json(path.read_bytes(), str(path))
    except OSError as error:
        raise JobError(f"cannot read {path}: {error.strerror or error}") from error
    except CheckpointError as error:
        raise JobError(f"{error}. Remove the folder to begin anew") from error
    if not isinstance(value, dict):
        raise JobError(f"{path} must hold an object, got {quoted(value)}")
    return value


def _differences(theirs: Mapping[str, object], ours: Mapping[str, object]) -> Iterator[str]:
    for name, own in ours.items():
        found = theirs.get(name)
        if name == "mobilenetv2" or found == own:
            continue
        if isinstance(own, dict) and isinstance(found, dict):
            if name == "options":  # a release may know more of them: then they were not chosen
                found = _DEFAULTS | found
            for key, value in own.items():
                if found.get(key) != value:
                    there, here = quoted(found.get(key)), quoted(value)
                    yield f"{name}.{key} ({there} there, {here} here)"
        else:
            yield f"{name} ({quoted(found)} there, {quoted(own)} here)"
