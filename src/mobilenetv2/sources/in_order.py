"""Work on several threads at once, results in the order of what was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")
H = TypeVar("H")

AHEAD = 8
"""Items taken before the first result is wanted, at least: enough to hide a slow one, few enough
for memory."""

AHEAD_EACH = 4
"""For each thread: what it works on, and what it takes up next."""

TOGETHER = 4
"""Items of which a thread does the first step before the second of any. Each step finds caches and
the processor's memory of branches full of the other's: four in a row take a tenth less time."""


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
    return in_two_steps(work, lambda made: made, items, workers, together=1)


def in_two_steps(
    first: Callable[[A], H],
    second: Callable[[H], B],
    items: Iterable[A],
    workers: int,
    together: int = TOGETHER,
) -> Generator[tuple[A, Future[B]], None, None]:
    """As `in_order`, of work that has two steps.

    Args:
        first: called on other threads.
        second: on the same thread, with what the first step made.
        items: as for `in_order`.
        workers: threads.
        together: of how many items a thread may do the first step before the second of any, if
            enough are left for the other threads.
    """
    remaining = iter(items)
    most = max(AHEAD, AHEAD_EACH * workers)
    failure: BaseException | None = None
    waiting: deque[tuple[A, Future[B]]] = deque()
    steps = _Steps(first, second, workers, together)
    with ThreadPoolExecutor(workers, thread_name_prefix="picture") as pool:
        try:
            more = True
            while True:
                while more and len(waiting) < most:
                    try:
                        item = next(remaining)
                    except StopIteration:
                        more = False
                    except Exception as error:  # noqa: BLE001 - raised below, in its place
                        more, failure = False, error
                    else:
                        waiting.append((item, steps.add(item)))
                        pool.submit(steps.do_some)
                if not waiting:
                    break
                yield waiting.popleft()
        except BaseException:
            # An abandoned or interrupted run must not work on what nobody will look at.
            steps.left.clear()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failure is not None:
        raise failure


@dataclass(slots=True)
class _Steps(Generic[A, H, B]):
    """What is to be done, and what threads do of it."""

    first: Callable[[A], H]
    second: Callable[[H], B]
    workers: int
    together: int
    left: deque[tuple[A, Future[B]]] = field(default_factory=deque)

    def add(self, item: A) -> Future[B]:
        """One more, and where its result will be."""
        future: Future[B] = Future()
        self.left.append((item, future))
        return future

    def do_some(self) -> None:
        """Both steps of a thread's share of what is left; of nothing, where others have done it."""
        begun: list[tuple[Future[B], H]] = []
        done: list[tuple[Future[B], B]] = []
        share = min(self.together, -(-len(self.left) // self.workers))
        while len(begun) < share:
            try:
                item, future = self.left.popleft()
            except IndexError:
                break
            try:
                begun.append((future, self.first(item)))
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(error)
        for future, made in begun:
            try:
                done.append((future, self.second(made)))
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                future.set_exception(error)
        # The first one last: who waits for it is woken once, and finds the others.
        for future, result in reversed(done):
            future.set_result(result)
