"""A job on this machine: part after part, each kept as soon as it is whole."""

from collections.abc import Callable
from dataclasses import dataclass

from mobilenetv2.jobs.answer_part import Work, answer_part
from mobilenetv2.jobs.job import Finished, Job
from mobilenetv2.pipeline import Predictor, T
from mobilenetv2.sources.streaming import Tell

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

    def add(self, part: Finished) -> None:
        """Count a part."""
        self.parts += 1
        self.lines += part.lines
        self.errors += part.errors


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
    work = Work(job.choice.options, job.choice.frames, job.choice.format)
    for part in job.parts():
        finished = answer_part(model, part, work, tell, advance)
        job.keep(finished)
        tally.add(finished)
