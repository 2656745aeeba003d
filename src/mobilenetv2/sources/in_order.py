"""Work on several threads at once, results in the order of what was given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

AHEAD = 8
"""Items taken before the first result is wanted, at least: enough to hide a slow one, few enough
for memory."""

AHEAD_EACH = 2
"""For each thread: what it works on, and what it takes up next."""


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
    remaining = iter(items)
    most = max(AHEAD, AHEAD_EACH * workers)
    failure: BaseException | None = None
    waiting: deque[tuple[A, Future[B]]] = deque()
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
                        waiting.append((item, pool.submit(work, item)))
                if not waiting:
                    break
                yield waiting.popleft()
        except BaseException:
            # An abandoned or interrupted run must not work on what nobody will look at.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failure is not None:
        raise failure
