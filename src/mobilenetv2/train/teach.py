"""The one way to teach: settle what was not said, run the loop, tell what was left out."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import TypedDict, TypeVar

from mobilenetv2.errors import RecipeError
from mobilenetv2.train.batches import TaskBatch
from mobilenetv2.train.callbacks import Callback, Listening, RunStart
from mobilenetv2.train.compute import Compute, Device, choose_compute, default_workers, own_cores
from mobilenetv2.train.conflicts import check_conflicts
from mobilenetv2.train.decoders import Decoders
from mobilenetv2.train.endings import Limit, nothing_kept_told
from mobilenetv2.train.grey import colorless, sees_grey
from mobilenetv2.train.identity import Identity
from mobilenetv2.train.launched import launched
from mobilenetv2.train.loop import Loop
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.panel import seat
from mobilenetv2.train.processes import Processes, join, peers_told
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.reporter import Reporter, Silent
from mobilenetv2.train.scratch import at_rest
from mobilenetv2.train.start import digest
from mobilenetv2.train.state import STATE
from mobilenetv2.train.subject import Subject
from mobilenetv2.train.task import Lesson, Task
from mobilenetv2.train.teacher import Teacher, find_teachers
from mobilenetv2.train.to_integers import integers_to_go_on_from
from mobilenetv2.train.workers import telling_of_deaths
from mobilenetv2.weights.checkpoint import Checkpoint, Weights

NAMED = 10
"""Unreadable pictures that are named; of more, the number says enough."""

B = TypeVar("B", bound=TaskBatch)
R = TypeVar("R", bound=LoopRecipe)


class RunOptions(TypedDict, total=False):
    """What every `fine_tune_...` may be told, whatever it teaches."""

    device: Device
    """"cpu" or "cuda"; "auto", the default, takes a GPU if there is one."""
    workers: int | None
    """Processes that decode pictures, for each that trains; with 0 that one does. None, the
    default: one for a CPU, up to eight for a GPU."""
    license: str
    """Of the pictures, added to that of the first weights."""
    reporter: Reporter | None
    """Hears how it goes."""
    callbacks: Sequence[Callback]
    """Code that is called before the first step, after every epoch and at the end."""
    minutes: float | None
    """After which the run ends, its schedule with it; another call with more goes on."""
    longer: bool
    """Go on with a run up to more epochs than it was told when it began."""
    teachers: Sequence[Checkpoint]
    """Networks of the same task whose averaged answers are learnt beside the right ones."""


def settle(
    subject: Subject, recipe: R, given: Checkpoint, fresh: frozenset[str], options: RunOptions
) -> Lesson[R]:
    """A lesson, with device, precision and processes decided, and teachers at their places.

    Args:
        subject: what comes out.
        recipe: how.
        given: the first weights, in integers if they are.
        fresh: parameters that begin without first weights.
        options: those of the run.

    Raises:
        RecipeError: a device or a precision that is not there, more processes than pictures in a
            batch, no epoch in floats for layers that are new, or what `check_conflicts` refuses.
        CheckpointError: a teacher that does not fit.
        PeerLostError: the other processes do not come.
    """
    device = options.get("device", "auto")
    compute = choose_compute(device, recipe.precision, subject.training_spec.size)
    workers = options.get("workers")
    decoders = Decoders(measured=workers is None, cores=own_cores())
    teachers = find_teachers(options.get("teachers", ()), subject.training_spec, subject.labels)
    for teacher in teachers:
        listener(options).say(f"taught by {teacher.in_words}")
    check_conflicts(recipe, at_rest=at_rest(given), minutes=options.get("minutes"))
    integers = integers_to_go_on_from(given, subject, recipe, fresh)
    if recipe.channels == "grey":
        subject = without_colors(subject)
    elif sees_grey(given.weights):
        listener(options).say(
            "the first weights see grey, and this run shows them colors, which they may learn; "
            "--set channels=grey leaves them as they are"
        )
    return Lesson(
        with_teachers(subject, teachers), recipe, compute,
        default_workers(compute) if workers is None else workers, fresh, seat(teachers, compute),
        integers=integers, processes=meet(compute, recipe), decoders=decoders,
    )  # fmt: skip


def without_colors(subject: Subject) -> Subject:
    """The subject that sees grey."""
    preprocessing = colorless(subject.preprocessing)
    grey = replace(subject, preprocessing=preprocessing, grey=True)
    return grey.after("sees grey: its first layer weighs red, green and blue as luma does")


def meet(compute: Compute, recipe: LoopRecipe) -> Processes:
    """The processes that share a recipe's batches; one alone as a rule.

    Raises:
        RecipeError: there are more of them than pictures in a batch.
        PeerLostError: they do not come.
    """
    number = launched().share.number
    if number > recipe.batch_size:
        raise RecipeError(
            f"batch_size must be at least the number of processes, which share a batch, got "
            f"{recipe.batch_size} for {number}. Give a larger --batch-size, or start fewer"
        )
    return join(compute.device)


def listener(options: RunOptions) -> Reporter:
    """Who hears how it goes; of several processes the first alone has something to say."""
    return (options.get("reporter") if launched().first else None) or Silent()


def with_teachers(subject: Subject, teachers: Sequence[Teacher]) -> Subject:
    """The subject whose history and licence name its teachers."""
    history, terms = subject.provenance.history, subject.license
    for teacher in teachers:
        history = (*history, f"taught by {teacher.in_words}, {teacher_digest(teacher)}")
        theirs = teacher.checkpoint.license
        if theirs not in re.split("[;:,] ", terms):
            terms = f"{terms}; teacher: {theirs}"
    provenance = replace(subject.provenance, history=history)
    return replace(subject, provenance=provenance, license=terms)


def teacher_digest(teacher: Teacher) -> str:
    """16 hex digits over all that decides what a teacher says."""
    checkpoint = teacher.checkpoint
    integers = checkpoint.quantization
    maps = sorted(integers.activations.items()) if integers else ()
    said = (digest(checkpoint), checkpoint.preprocessing, teacher.rows, teacher.size, maps)
    hashed = hashlib.sha256(repr(said).encode())
    return hashed.hexdigest()[:16]


def teach(
    task: Task[B],
    out: Path,
    *,
    first: Checkpoint,
    module: GraphModule,
    first_weights: Callable[[], Weights],
    reporter: Reporter,
    options: RunOptions,
) -> Checkpoint:
    """Run the whole recipe, or go on with it where it was stopped.

    Args:
        task: what is learnt.
        out: gets state, logs, best.safetensors and model.safetensors.
        first: the weights that the run is told to begin from.
        module: in which to train; whatever it holds is replaced.
        first_weights: what becomes of `first` for this task; called where a run begins.
        reporter: hears how it goes.
        options: those of the run.

    Returns:
        The averaged weights of the last epoch, folded, with their metrics: model.safetensors.

    Raises:
        TrainingError: `out` holds another run, the disk is full, the loss is not finite, a
            process that decodes was killed, another process of the run has ended, or a callback
            raised.
        TrainingInterrupted: by Ctrl-C or SIGTERM, after saving.
    """
    lesson, processes = task.lesson, task.lesson.processes
    if processes.number > 1:
        reporter.say(
            f"{processes.number} processes share each batch of {lesson.recipe.batch_size} pictures"
        )
    minutes = options.get("minutes")
    start = RunStart(out, lesson.recipe, lesson.subject.labels, (out / STATE).is_file())
    # What a user does after an epoch is done once, not once a process.
    callbacks = options.get("callbacks", ()) if processes.first else ()
    listening = Listening(reporter, callbacks, start)
    listening.begin()
    if options.get("longer") and not start.resumed:
        reporter.say(nothing_kept_told(out))
    loop = Loop(
        task, out, identify(task, first), listening,
        longer=options.get("longer", False), limit=Limit(inf if minutes is None else 60 * minutes),
    )  # fmt: skip
    result, left_out = telling_of_deaths(lambda: _taught(loop, module, first_weights))
    if left_out:
        reporter.say(
            f"{len(left_out)} pictures could not be used and were left out: "
            + "; ".join(left_out[:NAMED])
        )
    listening.end(result)
    return result


def _taught(
    loop: Loop[B], module: GraphModule, first_weights: Callable[[], Weights]
) -> tuple[Checkpoint, list[str]]:
    """The result, and the pictures that no process could use."""
    lesson = loop.task.lesson
    with peers_told():
        result = loop.train(module, first_weights)
        return result, sorted(set(lesson.processes.gathered(sorted(lesson.unreadable))))


def identify(task: Task[B], first: Checkpoint) -> Identity:
    """What must be the same for a run to be gone on with."""
    return {
        "recipe": task.lesson.recipe.to_json(),
        **task.identity,
        "first weights": digest(first),
        "precision": str(task.lesson.compute.dtype),
        "teachers": ", ".join(map(teacher_digest, task.lesson.panel.teachers)) or "none",
    }
