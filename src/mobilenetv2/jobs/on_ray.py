"""A job on a Ray cluster: parts go to its workers, and their files come back.

Only this process writes into the folder of results, which no worker need see; pictures have to be
where the workers can open them. Ray starts a worker anew that died, and gives its part to another.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from mobilenetv2.errors import JobError, MissingDependencyError
from mobilenetv2.jobs.answer_part import Work, answer_part
from mobilenetv2.jobs.given_threads import given_threads
from mobilenetv2.jobs.job import Finished, Identified, Job
from mobilenetv2.jobs.run_here import Advance, Tally
from mobilenetv2.jobs.wire import part_from_text, part_to_text
from mobilenetv2.model import Model
from mobilenetv2.reading import first_line
from mobilenetv2.sources.streaming import warn

CONNECT_SECONDS = 10.0

AHEAD = 2
"""Parts a worker: what it answers, and what it takes up next."""


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Within, Ray is there: as it is already in this process, else by its address.

    Args:
        address: as `ray.init` takes it; None: what $RAY_ADDRESS says, or the cluster that runs on
            this machine, or one made for the job, of all its cores.

    Raises:
        MissingDependencyError: Ray or what Ray Data needs is not installed.
        JobError: no cluster answers.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingDependencyError("Ray Data", "ray", "--on ray") from error
    if ray.is_initialized():
        yield
        return
    require_listener(address)
    try:
        ray.init(address=address)
    # Ray raises ConnectionError, RuntimeError, ValueError and its own, by what is wrong where.
    except Exception as error:
        raise _no_cluster(address, error) from error
    try:
        yield
    finally:
        ray.shutdown()


def require_listener(address: str | None) -> None:
    """See that somebody listens at HOST:PORT: Ray itself would try for some minutes, and say less.

    Raises:
        JobError: nobody does.
    """
    host, colon, port = (address or "").rpartition(":")
    host = host.removeprefix("ray://").strip("[]")
    if not colon or not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


def _no_cluster(address: str | None, error: BaseException) -> JobError:
    return JobError(
        f"no Ray cluster answers at {address or 'the address that Ray chose'}: "
        f"{first_line(error)}. Start one (ray start --head), or name it: --on ray:HOST:6379"
    )


def run_on_ray(
    job: Job, model: Identified[Any], tally: Tally, advance: Advance = lambda: None
) -> None:
    """Answer what is left of a job, with a worker for each CPU of the cluster.

    Args:
        job: open.
        model: the one that the job was opened with.
        tally: is kept up to date.
        advance: called once a picture or a frame, when its part is kept.

    Raises:
        JobError: a part cannot be written, or the workers cannot work; what came before is there.
    """
    if not job.left:
        return
    from ray.exceptions import RayError

    try:
        with closing(_answers(job, model)) as answers:
            for finished in answers:
                job.keep(finished)
                tally.add(finished)
                for _ in range(finished.lines):
                    advance()
    except RayError as error:
        raise JobError(
            f"Ray gave up: {_reason(error)}. The parts that are in {job.folder} are whole, and the "
            "same command goes on"
        ) from error


def _answers(job: Job, model: Identified[Any]) -> Generator[Finished, None, None]:
    """Parts as workers finish them; of what is left, `AHEAD` a worker are listed and sent."""
    import ray

    cores = int(ray.cluster_resources().get("CPU", 1))
    work = Work(job.choice.options, job.choice.frames, job.choice.format)
    # A worker that dies is started anew, and asked again what it was asked.
    made = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)(PartAnswers)
    carried = ray.put(_carried(model))
    workers = [made.remote(carried, work) for _ in range(max(1, min(cores, len(job.left))))]
    # Some may wait for a CPU for long: who has not begun is asked nothing.
    begins = {worker.begin.remote(): worker for worker in workers}
    asked: dict[Any, Any] = {}
    parts, left = job.parts(), True
    try:
        while asked or left:
            (done,), _ = ray.wait([*asked, *begins], num_returns=1)
            finished = ray.get(done)
            begun = done in begins
            worker = begins.pop(done) if begun else asked.pop(done)
            for _ in range(AHEAD if begun else 1):
                part = next(parts, None)
                if part is None:
                    left = False
                    break
                asked[worker.answer.remote(part_to_text(part))] = worker
            if not begun:
                yield finished
    finally:
        for worker in workers:
            ray.kill(worker)


class PartAnswers:
    """What a worker does: the model is opened once, then part after part is answered."""

    def __init__(self, model: Identified[Any], work: Work) -> None:
        self._model = model.with_threads(given_threads() or 1)
        self._work = work

    def begin(self) -> None:
        """Answered once the model is open."""

    def answer(self, part: str) -> Finished:
        """One part."""
        return answer_part(self._model, part_from_text(part), self._work, warn, lambda: None)


def _carried(model: Identified[Any]) -> Identified[Any]:
    """One that is pickled with its weights: workers need not have the file."""
    return Model(model.checkpoint) if isinstance(model, Model) else model


def _reason(error: BaseException) -> str:
    """The last line of what a worker raised, which names it."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
