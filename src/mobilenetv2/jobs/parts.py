"""The files of a job's results: how a part is called, and which are there."""

import os
import re
from pathlib import Path

from mobilenetv2.jobs.encode import Format


def part_name(number: int, kind: Format) -> str:
    """Of a part, counted from 0: in the order of their names, parts are in that of the input."""
    return f"part-{number:06}.{kind}"


def parts_there(folder: Path, kind: Format) -> set[int]:
    """Numbers of the parts that a folder has; each is whole."""
    pattern = re.compile(rf"part-(\d{{6,}})\.{kind}", re.ASCII)
    found = (pattern.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208 - a million names
    return {int(match[1]) for match in found if match}
