"""The net below every reader: whatever falls through a check becomes an error that names the file.

A reader of ours is to refuse a broken file itself, by a rule. This is for the day on which it does
not: the user gets one sentence and a way to report it, the cause stays attached, and the fuzzer
(tests/fuzz) counts each such sentence as a fault of the reader.
"""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISDIR, S_ISREG

from mobilenetv2.errors import CheckpointError, MissingDependencyError, MobileNetV2Error

DEBUG_VARIABLE = "MOBILENETV2_DEBUG"
"""Set to anything but "" and "0", the command line prints where an error was raised."""

UNEXPECTED = "which mobilenetv2 did not expect and should have told you about by a rule"
"""In every message of the net, and in no other."""

REPORT = (
    f"Please report it to the authors with the file and with what {DEBUG_VARIABLE}=1 prints; "
    "until then, use another file or write this one anew"
)
NO_FILE = "must be a regular file, it is a pipe or a device; copy its content into a file first"
_LONGEST = 300
"""Characters of a foreign message that are repeated."""


@contextmanager
def reading(
    path: str | os.PathLike[str], kind: type[MobileNetV2Error] = CheckpointError
) -> Iterator[None]:
    """Turn what a reader raises into errors of ours that name `path`.

    Errors of ours pass; where they do not name the file yet, they do afterwards. KeyboardInterrupt
    and MemoryError pass too: neither is the file's fault.

    Args:
        path: what is read.
        kind: what is raised instead of a foreign exception.

    Raises:
        MobileNetV2Error: of that kind, with the foreign exception as its cause.
    """
    name = os.fsdecode(path)
    try:
        yield
    except MissingDependencyError:
        raise
    except MobileNetV2Error as error:
        # The last part is enough: some readers name a file by it alone.
        if os.path.basename(name) in str(error):  # noqa: PTH119 - programs start without pathlib
            raise
        raise kind(f"{name}: {error}") from error
    except MemoryError:
        raise
    except OSError as error:
        raise kind(f"cannot read {name}: {error.strerror or first_line(error)}") from error
    except Exception as error:
        if (stop := stopped_by(error)) is not None:
            raise stop from None
        raise kind(
            f"{name} cannot be read: it led to {type(error).__name__} ({first_line(error)}), "
            f"{UNEXPECTED}. {REPORT}"
        ) from error


def stopped_by(error: BaseException) -> KeyboardInterrupt | SystemExit | None:
    """The Ctrl-C or signal that an exception stands for; None for one that is a fault.

    Until Python 3.12 what stops a class from being made is a RuntimeError, with the stop as its
    cause; libraries wrap what comes through their callbacks as well.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt | SystemExit):
            return cause
        cause = cause.__cause__
    return None


def never_ends(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a pipe or a device, for which a reader could wait for ever."""
    try:
        mode = os.stat(os.fsdecode(path)).st_mode  # noqa: PTH116 - programs start without pathlib
    except (OSError, ValueError):
        return False
    return not S_ISREG(mode) and not S_ISDIR(mode)


def require_file(
    path: str | os.PathLike[str], kind: type[MobileNetV2Error] = CheckpointError
) -> None:
    """Refuse what a reader would wait for without end: a pipe, a device, a folder.

    Raises:
        MobileNetV2Error: of that kind; there is no such file, or it is no regular one.
    """
    name = os.fsdecode(path)
    try:
        mode = os.stat(name).st_mode  # noqa: PTH116 - programs start without pathlib
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise kind(f"cannot read {name}: {reason}") from error
    if S_ISDIR(mode):
        raise kind(f"cannot read {name}: it must be a file, it is a folder")
    if not S_ISREG(mode):
        raise kind(f"{name} {NO_FILE}")


def as_text(data: bytes, errors: str = "strict") -> str:
    """What a list holds: UTF-8, or UTF-16 with its mark, which Windows' PowerShell writes with `>`.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig", errors)


def first_line(error: BaseException) -> str:
    """What a foreign exception says, at most one line of it; its type where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0][:_LONGEST] if lines else type(error).__name__
