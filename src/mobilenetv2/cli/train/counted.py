"""What a dry run counts where training would want more pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.train.options import Run
from mobilenetv2.datasets.held_out import NothingToHoldOutError
from mobilenetv2.errors import DatasetError

T = TypeVar("T")


def read_or_count(run: Run, data: Path, read: Callable[[Path | None], T], val: Path | None) -> T:
    """Read the data; too few to hold any out are their own validation pictures in a dry run.

    Args:
        run: whether it is one.
        data: where the pictures are.
        read: the data, given the validation pictures' place.
        val: that place; None: some of the data are held out.

    Raises:
        DatasetError: as `read`.
    """
    try:
        return read(val)
    except NothingToHoldOutError as error:
        if not run.dry_run:
            raise
        try:
            found = read(data)
        except DatasetError:
            raise error from None
        tell_warnings([f"{error}. Training refuses this; here they count as both parts"])
        return found
