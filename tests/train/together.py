"""Several processes of one run, for tests: forked, so that nothing is imported twice."""

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

import pytest
import torch

from mobilenetv2.train.processes import Processes, join

T = TypeVar("T")


@dataclass(frozen=True)
class Child(Generic[T]):
    """One of them."""

    process: BaseProcess
    answer: Connection

    def heard(self, seconds: float) -> T | Exception | None:
        """What its work returned or raised; None if it died first."""
        if not self.answer.poll(seconds):
            pytest.fail(f"a process said nothing in {seconds} s")
        try:
            fine, said = self.answer.recv()
        except EOFError:
            return None
        return said if fine else said[0]


@contextmanager
def started(number: int, work: Callable[[Processes], T]) -> Iterator[list[Child[T]]]:
    """So many processes that can hear each other and do the work, ended by force at last.

    Skips where there is no fork.
    """
    if not hasattr(os, "fork"):
        pytest.skip("processes are not forked here")
    fork = multiprocessing.get_context("fork")
    port, children = free_port(), []
    for rank in range(number):
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_one, args=(rank, number, port, work, theirs), daemon=True)
        process.start()
        # Else the pipe of one that has died would stay open here.
        theirs.close()
        children.append(Child(process, ours))
    try:
        yield children
    finally:
        for child in children:
            child.process.kill()
            child.process.join()


def together(number: int, work: Callable[[Processes], T], seconds: float = 60) -> list[T]:
    """What the work returns in each of so many processes.

    Fails with what the first of them raised, or when the time is up.
    """
    with started(number, work) as children:
        return [_fine(child, seconds) for child in children]


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _fine(child: Child[T], seconds: float) -> T:
    if not child.answer.poll(seconds):
        pytest.fail(f"a process said nothing in {seconds} s")
    fine, said = child.answer.recv()
    if not fine:
        pytest.fail(said[1])
    return said


def _one(
    rank: int, number: int, port: int, work: Callable[[Processes], T], answer: Connection
) -> None:
    torch.set_num_threads(1)
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": str(number),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    try:
        answer.send((True, work(join(torch.device("cpu")))))
        # Whoever leaves first would take the connection from the others.
        answer.recv()
    except EOFError:
        pass
    except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to hear of it
        answer.send((False, (error, traceback.format_exc())))
