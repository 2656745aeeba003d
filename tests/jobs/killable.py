"""`mobilenetv2 predict --out`, killed again and again: killable.py SEED KILLS LINES FOLDER ...

Each time, a process kills itself after at most LINES lines of `mobilenetv2/jobs/`: between two
pictures, between the bytes of a part and its name, while it claims the folder. The next one goes on
in the same folder, FOLDER/0; where one comes to its end, in FOLDER/1, and so on. Prints the number
of the folder that was last.
"""

import os
import random
import signal
import sys
from collections.abc import Callable
from types import FrameType

from PIL import Image

# What the children would import each for itself, at half a second a child.
import mobilenetv2.cli.predict
import mobilenetv2.cli.predict_job
import mobilenetv2.weights.open  # noqa: F401
from mobilenetv2.cli import main


def work(lines: int, arguments: list[str]) -> None:
    """Run the command; ends the process."""
    left = lines

    def watched(frame: FrameType, event: str, _argument: object) -> Callable[..., object] | None:
        nonlocal left
        if f"{os.sep}jobs{os.sep}" not in frame.f_code.co_filename:
            return None
        left -= event == "line"
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return watched

    sys.settrace(watched)
    main(arguments)


def kill_again_and_again(
    seed: int, kills: int, most: int, folder: str, arguments: list[str]
) -> int:
    """The number of the last folder."""
    moments, number = random.Random(seed), 0
    Image.init()
    while kills:
        lines = moments.randrange(most)
        child = os.fork()
        if not child:
            work(lines, ["predict", *arguments, "--out", f"{folder}/{number}"])
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status)
        kills, number = kills - killed, number + (not killed)
    return number


if __name__ == "__main__":
    seed, kills, most, folder, *arguments = sys.argv[1:]
    last = kill_again_and_again(int(seed), int(kills), int(most), folder, arguments)
    sys.stdout.write(str(last))
