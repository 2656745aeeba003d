"""Where every tensor lies: a static memory plan for a list of steps."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mobilenetv2.engine.program import Arithmetic, Step, Tensor


class Life(NamedTuple):
    """The steps between which a tensor has to be kept, both included; the input is there at -1."""

    first: int
    last: int

    def meets(self, other: "Life") -> bool:
        """Whether both exist at some moment."""
        return self.first <= other.last and other.first <= self.last


class Plan(NamedTuple):
    """Byte offsets by tensor, and the size of the arena that holds them all."""

    offsets: Mapping[str, int]
    arena_bytes: int
    lives: Mapping[str, Life]


def lives_of(steps: Sequence[Step], given: str, outputs: Sequence[str]) -> dict[str, Life]:
    """From the step that writes a tensor to the last one that reads it; outputs stay to the end."""
    first = {given: -1} | {step.target: number for number, step in enumerate(steps)}
    last = dict(first)
    for number, step in enumerate(steps):
        for source in step.sources:
            last[source] = number
    for name in outputs:
        last[name] = len(steps)
    return {name: Life(first[name], last[name]) for name in first}


def plan_memory(
    tensors: Sequence[Tensor], lives: Mapping[str, Life], arithmetic: Arithmetic
) -> Plan:
    """Place the largest first, each at the lowest offset that is free for all of its life.

    For a chain of steps this reaches the least that is possible: the largest sum of tensors that
    exist at once (section 5.1's bound).
    """
    placed: list[tuple[int, int, Life]] = []
    offsets: dict[str, int] = {}
    for tensor in sorted(tensors, key=lambda tensor: -tensor.bytes(arithmetic)):
        size, life = tensor.bytes(arithmetic), lives[tensor.name]
        offset = 0
        for begin, end, other in sorted(placed, key=lambda item: item[0]):
            if other.meets(life) and begin < offset + size and offset < end:
                offset = end
        placed.append((offset, offset + size, life))
        offsets[tensor.name] = offset
    return Plan(offsets, max((end for _, end, _ in placed), default=0), lives)


def largest_at_once(
    tensors: Sequence[Tensor], lives: Mapping[str, Life], arithmetic: Arithmetic, steps: int
) -> tuple[int, int]:
    """(bytes, step) of the moment with the largest sum of tensors: no plan can need less."""
    sums = [
        sum(
            tensor.bytes(arithmetic)
            for tensor in tensors
            if lives[tensor.name].meets(Life(step, step))
        )
        for step in range(steps)
    ]
    most = max(sums)
    return most, sums.index(most)
