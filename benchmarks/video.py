"""How fast `predict` goes through a video, and whether its memory stays flat: `docs/sources.md`.

python benchmarks/video.py PICTURES [--model objects] [--seconds 60] [-- OPTIONS OF PREDICT]

Makes a clip of 1280 x 720 at 30 frames a second, panning over the pictures of a folder, and runs
`mobilenetv2 predict` on it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from mobilenetv2.sources.video_file import VideoFile
from mobilenetv2.tasks.find_pictures import find_pictures

HEIGHT, WIDTH, RATE = 720, 1280, 30


def make_clip(path: Path, pictures: list[Path], seconds: int) -> None:
    """One picture a second, moving by three pixels a frame."""
    file = VideoFile(path, (HEIGHT, WIDTH))
    for second in range(seconds):
        with Image.open(pictures[second % len(pictures)]) as image:
            wide = np.asarray(image.convert("RGB").resize((WIDTH + 3 * RATE, HEIGHT)))
        for frame in range(RATE):
            view = np.ascontiguousarray(wide[:, 3 * frame : 3 * frame + WIDTH])
            file.add(view, second + frame / RATE)
    file.close()


def resident(process: int) -> float:
    """MB that a process holds now."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--model", default="objects")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("options", nargs="*")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        make_clip(clip, find_pictures(given.pictures), given.seconds)
        command = [sys.executable, "-m", "mobilenetv2", "predict", "--model", given.model, "--json"]
        saved = ["--save", folder] if "--save" in given.options else []
        options = [option for option in given.options if option != "--save"]
        before, begin = os.times(), time.monotonic()
        with subprocess.Popen([*command, *saved, *options, clip], stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            held = [resident(run.pid) for number, _ in enumerate(run.stdout) if number % 100 == 50]
        wall, after = time.monotonic() - begin, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    print(
        f"{given.seconds} s of video in {wall:.1f} s: {given.seconds / wall:.1f} x real time, "
        f"{used:.1f} s of processor time ({given.seconds / used:.1f} x); "
        f"memory {held[0]:.0f} MB after 50 frames, {max(held):.0f} at most, {held[-1]:.0f} at last"
    )


if __name__ == "__main__":
    main()
