"""What --teacher and --unlabeled mean to every `mobilenetv2 train` command."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from mobilenetv2.cli.console import output
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.options import Run
from mobilenetv2.datasets.bare_pictures import masks_told
from mobilenetv2.train.subject import Subject
from mobilenetv2.train.teacher import Teacher, find_teachers
from mobilenetv2.train.unlabeled import is_unlabeled
from mobilenetv2.weights.checkpoint import Checkpoint

NO_LABEL = "no label of the data is looked at: the teachers say what its pictures show"

NOTHING: Mapping[str, object] = {}


def open_teachers(run: Run) -> tuple[Checkpoint, ...]:
    """The networks that --teacher names.

    Raises:
        UsageError: --unlabeled without one.
    """
    if run.unlabeled and not run.teacher:
        raise click.UsageError(
            "--unlabeled needs a --teacher, whose answers are learnt; got none. Choose one with "
            "`mobilenetv2 models`"
        )
    return tuple(open_checkpoint(name) for name in run.teacher)


def without_labels(
    run: Run, data: Path, val: Path | None, told: Mapping[str, object] = NOTHING
) -> bool:
    """Whether no label of the data is looked at: told so, or there is none beside a teacher.

    Masks among such pictures are left out, which is said.

    Args:
        run: with --unlabeled and --teacher.
        data: a folder, perhaps of pictures alone.
        val: a folder to judge on, if there is one.
        told: options that say something of labels, by name; None where they were not given.

    Raises:
        UsageError: --unlabeled beside one of these.
    """
    given = [name for name, value in told.items() if value]
    if run.unlabeled and given:
        raise click.UsageError(
            f"--unlabeled looks at no label, got {', '.join(given)} as well; leave out either"
        )
    if not (run.teacher and (run.unlabeled or (not given and is_unlabeled(data)))):
        return False
    bare = [data] if val is None or not is_unlabeled(val) else [data, val]
    tell_warnings([note for folder in bare for note in masks_told(folder)])
    return True


def who_teach(
    teachers: Sequence[Checkpoint], describe: Callable[[], Subject]
) -> tuple[Teacher, ...]:
    """Who would teach what, seen without a step.

    Args:
        teachers: those of --teacher.
        describe: what would come out; not asked where nobody teaches.
    """
    if not teachers:
        return ()
    subject = describe()
    return find_teachers(teachers, subject.training_spec, subject.labels)


def tell_teachers(teachers: Sequence[Teacher]) -> None:
    """A line a teacher, on stdout."""
    for teacher in teachers:
        output().print(f"Taught by {teacher.in_words}", markup=False, soft_wrap=True)


def tell_unlabeled(name: str, training: int, validation: int, split: str) -> None:
    """What takes the place of a report on labels, on stdout."""
    output().print(
        f"{name}: {training} pictures to train on by the teachers' answers, {validation} to "
        f"validate ({split})",
        markup=False,
        soft_wrap=True,
    )


def teachers_to_json(teachers: Sequence[Teacher]) -> dict[str, object]:
    """A part of a dry run's report; empty without a teacher."""
    return {"teachers": [teacher.in_words for teacher in teachers]} if teachers else {}
