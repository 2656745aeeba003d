"""A job that is open: which parts are left, what is in each, and where their answers go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, Self, TypeVar

from mobilenetv2.errors import OptionError
from mobilenetv2.jobs.encode import Format, counted, require_format
from mobilenetv2.jobs.listing import Listing, Source, batched
from mobilenetv2.jobs.parts import part_name, parts_there
from mobilenetv2.jobs.plan import Plan, claim, default_part_size
from mobilenetv2.jobs.shard import ALL, Shard
from mobilenetv2.jobs.whole_file import clear_torn, remove, replace_whole
from mobilenetv2.pipeline import Predictor
from mobilenetv2.sources.choice import EVERY_FRAME, FrameChoice
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.task_of import answering_task

DONE = "done.json"
"""How many parts, lines and errors there are; there once all are."""

T = TypeVar("T")


class Identified(Predictor[T], Protocol[T]):
    """A model of any kind that can be told from others."""

    def sha256(self) -> str:
        """Of its file."""
        ...

    def with_threads(self, threads: int) -> Self:
        """The same, with another number of threads for one answer."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a job's pictures and videos, in their order."""

    number: int
    """From 0."""
    sources: Sequence[Source]
    given: Mapping[str, str] = field(default_factory=dict)
    """Videos' names as they were given, by the addresses that they have here."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A part's file, and what is in it."""

    number: int
    content: bytes = field(repr=False)
    lines: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a job is told beside its model, its input and its folder."""

    options: Options = DEFAULTS
    frames: FrameChoice = EVERY_FRAME
    format: Format = "jsonl"
    part_size: int | None = None
    """None: by the number of pictures."""
    shard: Shard = ALL

    def __post_init__(self) -> None:
        if self.part_size is not None and self.part_size < 1:
            raise OptionError(f"a part holds at least 1 picture, got {self.part_size}")


class Job:
    """One machine's share of a job, and its folder.

    Args:
        folder: of the results; made, and this job's from then on.
        model: what answers.
        listing: what is asked about.
        choice: how.

    Raises:
        JobError: the folder is another job's, or cannot be written.
        ValueError: an option that the model does not look at.
        MissingDependencyError: Parquet, without pyarrow.
    """

    def __init__(
        self, folder: Path, model: Identified[T], listing: Listing, choice: Choice
    ) -> None:
        model.check(choice.options)
        require_format(choice.format)
        self.folder = folder
        self.choice = choice
        self._sources = listing.sources
        options = choice.options
        self.plan = Plan(
            model=model.sha256(),
            task=answering_task(model.task),
            options=replace(options, top=options.most_answers(model.multi_label)),
            choice=choice.frames,
            inputs=listing.count,
            fingerprint=listing.fingerprint,
            part_size=choice.part_size or default_part_size(listing.count),
            format=choice.format,
        )
        self.begun_with = claim(folder, self.plan)
        """The release that began the job, where it is another one."""
        clear_torn(folder)
        there = parts_there(folder, choice.format)
        self.earlier = sorted(part for part in self._mine() if part in there)
        """Parts of this share that were there before."""
        self.left = [part for part in self._mine() if part not in there]
        if len(there) < self.plan.parts:  # somebody took a part away
            remove(folder / DONE)

    @property
    def pictures_left(self) -> int:
        """How many pictures and videos are to be answered."""
        whole = len(self.left) * self.plan.part_size
        last = self.plan.parts - 1
        missing = self.plan.parts * self.plan.part_size - self.plan.inputs
        return whole - missing if self.left and self.left[-1] == last else whole

    def parts(self) -> Iterator[Part]:
        """Those that are left, with what is in them.

        Raises:
            JobError: the input is not what it was when it was listed.
        """
        left = set(self.left)
        for number, sources in enumerate(batched(self._sources, self.plan.part_size)):
            if number in left:
                yield Part(number, sources)

    def keep(self, part: Finished) -> None:
        """Write a part; from now on it is done.

        Raises:
            JobError: the disk refuses.
        """
        replace_whole(self.path(part.number), part.content)

    def path(self, number: int) -> Path:
        """Of a part."""
        return self.folder / part_name(number, self.plan.format)

    def counted_earlier(self) -> tuple[int, int]:
        """Lines of the parts that were there before, and how many of them have an error."""
        return self._counted(self.earlier)

    def finish(self) -> int:
        """How many parts are not there yet, all of them other machines'.

        Where none is, `DONE` says so, for those who wait for the whole: written by each machine
        that finds it so, and always the same.

        Raises:
            JobError: a part cannot be read, or the disk refuses.
        """
        missing = self.plan.parts - len(parts_there(self.folder, self.plan.format))
        done = self.folder / DONE
        if not missing and not done.exists():
            lines, errors = self._counted(range(self.plan.parts))
            said = {"parts": self.plan.parts, "lines": lines, "errors": errors}
            replace_whole(done, (json.dumps(said) + "\n").encode())
        return missing

    def _counted(self, parts: Iterable[int]) -> tuple[int, int]:
        found = [counted(self.path(part), self.plan.format) for part in parts]
        return sum(lines for lines, _ in found), sum(errors for _, errors in found)

    def _mine(self) -> Iterator[int]:
        return (part for part in range(self.plan.parts) if self.choice.shard.has(part))
