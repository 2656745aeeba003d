"""Where requests wait for the model: a bounded queue before a few threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from mobilenetv2.serve.limits import Limits
from mobilenetv2.serve.refusals import BusyError, LateError

T = TypeVar("T")


class Desk:
    """Threads that work on pictures, and no more of them waiting than `limits.queue`.

    The engine leaves the interpreter's lock, so that as many pictures advance as there are
    threads; the event loop itself only reads and writes.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="serve")
        self.taken = 0
        """Pictures that wait or are worked on."""

    async def do(self, work: Callable[[], T]) -> T:
        """Have a thread do it, and wait for what comes of it.

        Raises:
            BusyError: too many are waiting.
            LateError: it took too long. What a thread has begun it ends; the place is free then.
        """
        if self.taken >= self._limits.threads + self._limits.queue:
            raise BusyError(
                f"{self.taken} pictures are waiting, as many as there may be; try again later"
            )
        self.taken += 1
        loop = asyncio.get_running_loop()

        def leave(_: Future[T]) -> None:
            loop.call_soon_threadsafe(self._leave)

        future = self._pool.submit(work)
        future.add_done_callback(leave)
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise LateError(f"no answer within {self._limits.seconds:g} s; try again") from error

    def close(self) -> None:
        """Let threads end what they have begun; nothing else is begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _leave(self) -> None:
        self.taken -= 1
