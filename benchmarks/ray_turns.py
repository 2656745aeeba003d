"""Whole jobs in turns, and how many times faster than the better of some one of them is."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Answers = dict[str, int]
"""The best class of each picture, by its path."""


@dataclass
class Turns:
    """What one job took."""

    start: float
    """Seconds of the first, of a few pictures."""
    seconds: list[float] = field(default_factory=list)
    answers: Answers = field(default_factory=dict)


def take_turns(
    jobs: dict[str, Callable[[list[str]], Answers]],
    paths: list[str],
    rounds: int,
    minutes: float | None,
    start: int,
) -> dict[str, Turns]:
    """Rounds of all jobs, one at least; one of `start` pictures before them warms caches."""
    measured = {}
    began = time.perf_counter()

    def timed(name: str, some: list[str]) -> tuple[float, Answers]:
        begin = time.perf_counter()
        answers = jobs[name](some)
        seconds = time.perf_counter() - begin
        print(f"{name}: {len(some)} in {seconds:.1f} s", file=sys.stderr)
        return seconds, answers

    for name in jobs:
        timed(name, paths[: start // 2])
        measured[name] = Turns(timed(name, paths[:start])[0])
    for _ in range(rounds):
        for name, turns in measured.items():
            seconds, answers = timed(name, paths)
            turns.seconds.append(seconds)
            turns.answers.update(answers)
        if minutes is not None and time.perf_counter() - began > 60 * minutes:
            break
    return measured


def times_the_better(peers: Sequence[Turns], own: Turns, *, started: bool) -> float | None:
    """The median over rounds; `started`: of what came after a first job, if that is measurable."""

    def taken(turns: Turns, place: int) -> float:
        return turns.seconds[place] - (turns.start if started else 0)

    ratios = []
    for place in range(len(own.seconds)):
        best, ours = min(taken(peer, place) for peer in peers), taken(own, place)
        if min(best, ours) <= 0:
            return None
        ratios.append(best / ours)
    return round(statistics.median(ratios), 2)
