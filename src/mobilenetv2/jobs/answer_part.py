"""One part, wherever it is worked on: the same file comes of it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from mobilenetv2.jobs.encode import Format, Line, encoded
from mobilenetv2.jobs.job import Finished, Part
from mobilenetv2.pipeline import Predictor, T, predict_sources
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.sources.streaming import Tell
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.task_of import answering_task


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with each part."""

    options: Options
    frames: FrameChoice
    format: Format


def answer_part(
    model: Predictor[T], part: Part, work: Work, tell: Tell, advance: Callable[[], None]
) -> Finished:
    """Answer a part's pictures and frames, in their order.

    Args:
        model: what answers.
        part: of a job.
        work: what is done with it.
        tell: told in a sentence where a video is not as stated.
        advance: called once a picture or a video.
    """
    lines: list[Line] = []
    told = errors = 0
    with closing(predict_sources(model, part.sources, work.options, work.frames, tell)) as answers:
        for answer in answers:
            line = answer.to_json()
            name = answer.source.name
            lines.append(line | {"path": part.given.get(name, name)})
            errors += answer.prediction is None
            if answer.source.moment is None:
                told += 1
                advance()
    # A video that was read to its end has no line of its own.
    for _ in range(len(part.sources) - told):
        advance()
    content = encoded(lines, work.format, answering_task(model.task), multi_label=model.multi_label)
    return Finished(part.number, content, len(lines), errors)
