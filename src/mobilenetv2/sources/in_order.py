"""Work on several threads at once, results in the order of what was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

# A process that answers one picture does without a pool, and what comes with it.
if TYPE_CHECKING:
    from concurrent.futures import Future

A = TypeVar("A")
B = TypeVar("B")

Step = Callable[[Any], Any]
"""From what the step before made to what the next one needs."""

AHEAD = 8
"""Items taken before the first result is wanted, at least: enough to hide a slow one, few enough
for memory."""

AHEAD_EACH = 4
"""For each thread: what it works on, and what it takes up next."""

TOGETHER = 4
"""Items with which a thread does a step before the next with any. Each step finds caches and the
processor's memory of branches full of the others': four in a row take a tenth less time."""

MOST_TOGETHER = 16
"""Where they are told to be light: another sixteenth less."""

ROOM = 2_300_000
"""Bytes in which more than `TOGETHER` of a thread's items may wait: 15 pictures of 224 x 224."""

AT_ONCE = 0.001
"""Seconds within which an item comes that may be taken further ahead: a name, no picture that its
owner has just made."""


def in_order(
    work: Callable[[A], B], items: Iterable[A], workers: int
) -> Generator[tuple[A, Future[B]], None, None]:
    """Each item with what becomes of it, in order.

    Items are taken in the thread that asks for results, `AHEAD` of them or `AHEAD_EACH` a worker,
    and no further: results that nobody asks for do not gather. Once the generator is closed nothing
    more is begun.

    Args:
        work: called on other threads.
        items: what they raise comes when all before it has been given.
        workers: threads.
    """
    return in_steps((work,), items, workers, together=1)


def in_steps(
    steps: Sequence[Step],
    items: Iterable[A],
    workers: int,
    together: int = TOGETHER,
    weigh: Callable[[Any], int] | None = None,
) -> Generator[tuple[A, Future[Any]], None, None]:
    """As `in_order`, of work that has several steps.

    Args:
        steps: called on one thread, each with what the one before made; the first with an item.
        items: as for `in_order`.
        workers: threads.
        together: with how many items a thread may do a step before the next with any of them, if
            enough are left for the other threads.
        weigh: bytes of what the first step made. With it threads do that step with up to
            `MOST_TOGETHER` items, and of those that come `AT_ONCE` so many a thread are taken.
    """
    from concurrent.futures import ThreadPoolExecutor

    remaining = iter(items)
    most = max(AHEAD, AHEAD_EACH * workers)
    far = most if weigh is None else max(most, MOST_TOGETHER * workers)
    come_at_once = True
    failure: BaseException | None = None
    waiting: deque[tuple[A, Future[Any]]] = deque()
    work = _Work(steps, workers, together, weigh)
    with ThreadPoolExecutor(workers, thread_name_prefix="picture") as pool:
        try:
            more = True
            while True:
                while more and len(waiting) < (far if come_at_once else most):
                    begun = perf_counter()
                    try:
                        item = next(remaining)
                    except StopIteration:
                        more = False
                    except Exception as error:  # noqa: BLE001 - raised below, in its place
                        more, failure = False, error
                    else:
                        come_at_once = perf_counter() - begun < AT_ONCE
                        waiting.append((item, work.add(item)))
                        pool.submit(work.do_some)
                if not waiting:
                    break
                yield waiting.popleft()
        except BaseException:
            # An abandoned or interrupted run must not work on what nobody will look at.
            work.left.clear()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failure is not None:
        raise failure


@dataclass(slots=True)
class _Work:
    """What is to be done, and what threads do of it."""

    steps: Sequence[Step]
    workers: int
    together: int
    weigh: Callable[[Any], int] | None = None
    left: deque[tuple[object, Future[Any]]] = field(default_factory=deque)

    def add(self, item: object) -> Future[Any]:
        """One more, and where its result will be."""
        from concurrent.futures import Future

        future: Future[Any] = Future()
        self.left.append((item, future))
        return future

    def do_some(self) -> None:
        """All steps of a thread's share of what is left; of nothing, where others have done it."""
        first, *others = self.steps
        made: list[tuple[object, Future[Any]]] = []
        most = self.together if self.weigh is None else MOST_TOGETHER
        share, held = min(most, -(-len(self.left) // self.workers)), 0
        for place in range(share):
            if place >= self.together and held > ROOM:
                break
            try:
                one = self.left.popleft()
            except IndexError:
                break
            made += _done(first, [one])
            held += self.weigh(made[-1][0]) if self.weigh and made else 0
        for step in others:
            made = list(_done(step, made))
        # The first one last: who waits for it is woken once, and finds the others.
        for result, future in reversed(made):
            future.set_result(result)


def _done(
    step: Step, values: Sequence[tuple[object, Future[Any]]]
) -> Iterator[tuple[object, Future[Any]]]:
    """What a step makes of values; those that it fails with are at their end."""
    for value, future in values:
        try:
            result = step(value)
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            future.set_exception(error)
        else:
            yield result, future
