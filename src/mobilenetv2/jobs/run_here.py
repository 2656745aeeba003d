"""A job on this machine: part after part, each kept as soon as it is whole."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from mobilenetv2.jobs.encode import Line
from mobilenetv2.jobs.job import Job
from mobilenetv2.jobs.listing import Source
from mobilenetv2.pipeline import Predictor, T, predict_sources
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.sources.streaming import Tell
from mobilenetv2.tasks.options import Options

Advance = Callable[[], None]
"""Called once a picture or a video."""


@dataclass(slots=True)
class Tally:
    """How far a run has come."""

    parts: int = 0
    lines: int = 0
    """Pictures and frames."""
    errors: int = 0
    """Of them without an answer."""

    def add(self, lines: Sequence[Line]) -> None:
        """Count a part."""
        self.parts += 1
        self.lines += len(lines)
        self.errors += sum("error" in line for line in lines)


def run_here(job: Job, model: Predictor[T], tally: Tally, tell: Tell, advance: Advance) -> None:
    """Answer what is left of a job.

    Args:
        job: open.
        model: the one that the job was opened with.
        tally: is kept up to date, so that whoever interrupts knows how far it came.
        tell: told in a sentence where a video is not as stated.
        advance: called once a picture or a video.

    Raises:
        JobError: a part cannot be written; those before it are there.
    """
    choice = job.choice
    for part in job.parts():
        lines = answer_part(model, part.sources, choice.options, choice.frames, tell, advance)
        job.keep(part.number, lines)
        tally.add(lines)


def answer_part(
    model: Predictor[T],
    sources: Sequence[Source],
    options: Options,
    frames: FrameChoice,
    tell: Tell,
    advance: Advance,
) -> list[Line]:
    """Lines for a part's pictures and frames, in their order."""
    lines: list[Line] = []
    told = 0
    with closing(predict_sources(model, sources, options, frames, tell)) as answers:
        for answer in answers:
            lines.append(answer.to_json())
            if answer.source.moment is None:
                told += 1
                advance()
    # A video that was read to its end has no line of its own.
    for _ in range(len(sources) - told):
        advance()
    return lines
