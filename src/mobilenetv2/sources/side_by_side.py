"""Many pictures through one model: each on a thread of its own, as many as there are cores.

One picture alone gets all threads instead: it is answered soonest, though threads that wait for
one another take more time together. Both ways give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial, reduce
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from mobilenetv2.errors import ImageError
from mobilenetv2.sources.in_order import TOGETHER, Step, in_steps
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.arrays import is_array
from mobilenetv2.transfer.address import is_web_address, without_password

# Pillow and numpy are imported with the first picture.
if TYPE_CHECKING:
    from mobilenetv2.tasks.image import Picture
    from mobilenetv2.tasks.options import Decoding, Options
    from mobilenetv2.tasks.picture_kinds import Opened
    from mobilenetv2.tasks.results import Result

DECODERS = 2
"""Threads that decode where the network runs elsewhere. Pillow leaves the interpreter lock, and two
keep up with any runner here."""

P = TypeVar("P")
T = TypeVar("T")


class Answers(Protocol[P]):
    """What has pictures prepared, and answers one on all its threads or several on one each."""

    @property
    def at_once(self) -> int:
        """Pictures to be answered at once where there are many; 1: one after another."""
        ...

    def prepare(self, picture: Picture, scales: Sequence[float], decode: Decoding = "exact") -> P:
        """Decode and resize."""
        ...

    def answer(self, prepared: P, options: Options, threads: int | None = None) -> Result:
        """Run the network, on so many threads; None: on its own number."""
        ...


def results_of(
    model: Answers[P], pictures: Iterable[Picture], options: Options
) -> Iterator[Result]:
    """Results in the order of pictures in any form.

    Raises:
        ImageError: of the first one that cannot be read, once those before it have been given.
    """
    # Whoever makes pictures one by one has them read as little ahead as is told.
    light = isinstance(pictures, list | tuple)
    for _, result in answered(model, _as_inputs(pictures), options, light=light):
        if isinstance(result, ImageError):
            raise result
        yield result


def made_of(work: Callable[[Picture], T], pictures: Iterable[Picture], workers: int) -> Iterator[T]:
    """What `work` makes of pictures in any form, in order; called on other threads.

    Raises:
        ImageError: as `results_of`.
    """
    for _, made in worked(lambda one: work(one.picture), _as_inputs(pictures), workers):
        if isinstance(made, ImageError):
            raise made
        yield made


def _as_inputs(pictures: Iterable[Picture]) -> Iterator[Input]:
    for picture in pictures:
        yield Input(without_password(picture) if is_web_address(picture) else "", picture)


def answered(
    model: Answers[P], inputs: Iterable[Input], options: Options, *, light: bool = False
) -> Iterator[tuple[Input, Result | ImageError]]:
    """Pictures in order, with their results or with the reason why there is none.

    Args:
        model: what answers.
        inputs: the pictures.
        options: for all.
        light: whether inputs are names, or there already, so that more may be taken ahead.
    """
    several, inputs = _are_several(inputs)
    prepare = partial(_prepare, model, options)
    if several and model.at_once > 1:

        def answer(prepared: P) -> Result:
            return model.answer(prepared, options, 1)

        steps = (prepare, answer)
        yield from worked_on(steps, inputs, model.at_once, options.decode, light=light)
        return
    for source, prepared in worked(prepare, inputs, decode=options.decode):
        if isinstance(prepared, ImageError):
            yield source, prepared
        else:
            yield source, model.answer(prepared, options)


def worked(
    work: Callable[[Input], T],
    inputs: Iterable[Input],
    workers: int = DECODERS,
    decode: Decoding = "exact",
) -> Iterator[tuple[Input, T | ImageError]]:
    """Work with each picture on other threads, while the caller uses what came of those before.

    Args:
        work: from a picture to what the caller needs of it; called on several threads.
        inputs: pictures; those with an address are fetched.
        workers: threads.
        decode: as `work` does it.

    Returns:
        Each picture, in order, with what came of it, or with the reason why nothing did.
    """
    return worked_on((work,), inputs, workers, decode, together=1)


def worked_on(
    steps: Sequence[Step],
    inputs: Iterable[Input],
    workers: int,
    decode: Decoding = "exact",
    together: int = TOGETHER,
    *,
    light: bool = False,
) -> Iterator[tuple[Input, Any]]:
    """As `worked`, of work that has several steps.

    Args:
        steps: called on several threads, each with what the one before made; the first with a
            picture, of which the others need nothing more.
        inputs: as for `worked`.
        workers: threads.
        decode: as the first step does it.
        together: with how many pictures a step may be done before the next with any of them.
        light: whether with more where what the first step makes is small, see `in_steps`.
    """
    from mobilenetv2.tasks.picture import begun
    from mobilenetv2.tasks.picture_room import takes_much_room

    first, *others = steps

    def begin(given: Input) -> tuple[Input, bool, Any]:
        source = given.fetched()
        if is_array(source.picture):  # it is decoded already
            return source, True, first(source)
        with begun(cast("Opened", source.picture), _address(given)) as picture:
            # A large picture waits for its turn on the other thread: two at once, or what the
            # allocator keeps of one for each thread (480 MB), would take all memory.
            if takes_much_room(picture.image, decode):
                return source, False, None
            return source, True, first(Input(given.name, picture, given.moment))

    def go_on(step: Step, half: tuple[Input, bool, Any]) -> tuple[Input, bool, Any]:
        source, begins, made = half
        return (source, True, step(made)) if begins else half

    def here(source: Input, given: Input) -> object:
        with begun(cast("Opened", source.picture), _address(given)) as picture:
            return reduce(lambda made, step: step(made), steps, replace(source, picture=picture))

    parts: list[Step] = [begin, *(partial(go_on, step) for step in others)]
    weigh = _bytes_of if light else None
    with closing(in_steps(parts, inputs, workers, together, weigh)) as finished:
        for given, future in finished:
            try:
                source, is_done, made = future.result()
                yield source, made if is_done else here(source, given)
            except ImageError as error:
                yield given, error


def _bytes_of(half: tuple[Input, bool, Any]) -> int:
    """Of a prepared picture; nothing of one whose turn has not come."""
    from mobilenetv2.tasks.pixels import Prepared

    made = half[2]
    return sum(one.nbytes for one in made.inputs) if isinstance(made, Prepared) else 0


def prepare_as_chosen(model: Answers[P], picture: Picture, options: Options) -> P:
    """A picture as `model.answer` takes it, at the sizes and of the range that are asked for.

    Raises:
        ImageError: it cannot be read.
    """
    if options.stretch:
        from mobilenetv2.tasks.stretch import stretched

        picture = stretched(picture)
    return model.prepare(picture, options.scales, options.decode)


def _are_several(inputs: Iterable[Input]) -> tuple[bool, Iterator[Input]]:
    """Whether there are two or more, and all of them again; what they raise comes in its place."""
    remaining = iter(inputs)
    known = list(islice(remaining, 1))
    try:
        known += islice(remaining, 1)
    except Exception as error:  # noqa: BLE001 - raised when its turn comes
        return False, _then_raise(known, error)
    return len(known) > 1, chain(known, remaining)


def _then_raise(known: Sequence[Input], error: Exception) -> Iterator[Input]:
    yield from known
    raise error


def _prepare(model: Answers[P], options: Options, source: Input) -> P:
    return prepare_as_chosen(model, source.picture, options)


def _address(source: Input) -> str:
    """What errors call a picture that was fetched, of which there are but bytes."""
    return source.name if is_web_address(source.picture) else ""
