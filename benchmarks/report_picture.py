"""A report as a desk and a phone show it: python benchmarks/report_picture.py REPORT.html OUT.jpg

Needs chromium-headless-shell, or CHROMIUM names another Chromium.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

DESK, PHONE, HEIGHT = 1000, 400, 1500
"""Widths and the height of the windows, in pixels of CSS."""
SCALE = 0.62
GAP = 12

DARK, LIGHT = 0, 1
"""Chromium's numbers for a reader's color scheme."""


def shown(page: Path, width: int, scheme: int, folder: Path) -> Image.Image:
    """The upper part of a page in a window of that width."""
    target = folder / f"{width}.png"
    browser = os.environ.get("CHROMIUM", "chromium-headless-shell")
    subprocess.run(
        [
            browser, "--no-sandbox", "--hide-scrollbars",
            f"--window-size={width},{HEIGHT}", f"--blink-settings=preferredColorScheme={scheme}",
            f"--screenshot={target}", page.resolve().as_uri(),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    picture = Image.open(target).convert("RGB")
    size = round(picture.width * SCALE), round(picture.height * SCALE)
    return picture.resize(size, Image.Resampling.LANCZOS)


def main(page: Path, out: Path) -> None:
    """Both beside each other."""
    with TemporaryDirectory() as folder:
        left = shown(page, DESK, LIGHT, Path(folder))
        right = shown(page, PHONE, DARK, Path(folder))
    whole = Image.new("RGB", (left.width + GAP + right.width, left.height), "grey")
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    whole.save(out, quality=75, optimize=True)
    print(f"wrote {out}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
