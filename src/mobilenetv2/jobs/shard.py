"""A share of a job: 3/16 is the third of sixteen machines."""

import re
from dataclasses import dataclass

from mobilenetv2.errors import OptionError


@dataclass(frozen=True, slots=True)
class Shard:
    """Every `of`th part of a job, beginning with the `number`th.

    Raises:
        OptionError: there is no such share.
    """

    number: int = 1
    """From 1."""
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise OptionError(
                f"a shard is 1/{max(self.of, 1)} to {max(self.of, 1)}/{max(self.of, 1)}, got {self}"
            )

    def has(self, part: int) -> bool:
        """Whether a part, counted from 0, belongs to it."""
        return part % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


ALL = Shard()
"""One machine does it all."""


def read_shard(text: str) -> Shard:
    """The shard that "3/16" names.

    Raises:
        OptionError: it names none.
    """
    found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip(), re.ASCII)
    if found is None:
        raise OptionError(f"a shard is written K/N, such as 3/16, got {text!r}")
    return Shard(int(found[1]), int(found[2]))
