"""How many frames of a camera a page can answer: docs/browser.md.

python -m benchmarks.web.camera [--models objects everyday outline] [--threads 1] [--frames 200]

A page of its own asks for one answer after the other about the picture that Chromium's own camera
shows, 640x480. Needs Chromium. Run it from the root of a checkout, on a machine that does nothing
else.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from tests.web.chromium import CAMERA, Chromium, find_chromium

from mobilenetv2.model import load_checkpoint
from mobilenetv2.web.server import PageServer
from mobilenetv2.web.site import Offer, write_site

SIZE = (480, 640)

SCRIPT = """(async () => {{
    const {{ load }} = await import("./mobilenetv2/index.js");
    const size = {{ width: {width}, height: {height} }};
    const video = document.createElement("video");
    video.srcObject = await navigator.mediaDevices.getUserMedia({{ video: size }});
    await video.play();
    const model = await load("models/{name}.program", {{ threads: {threads} }});
    const times = [];
    for (let frame = 0; frame < {frames}; frame++) {{
        const begin = performance.now();
        const {{ milliseconds }} = await model.predict(video);
        times.push({{ ...milliseconds, frame: performance.now() - begin }});
    }}
    model.dispose();
    video.srcObject.getTracks().forEach((track) => track.stop());
    return {{ seen: [video.videoHeight, video.videoWidth], kernels: model.kernels, times }};
}})()"""


def main() -> None:
    """Measure and print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["objects", "everyday", "outline"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--frames", type=int, default=200)
    asked = parser.parse_args()
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is not installed (Debian: apt install chromium-headless-shell)")
    print("| model | kernels | network, ms | frames/s of network | whole frame, ms | frames/s |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="mobilenetv2-camera-") as folder:
        root = Path(folder)
        offers = [Offer(name, load_checkpoint(name)) for name in asked.models]
        write_site(root, offers, offline=False)
        (root / "blank.html").write_text("<!doctype html><title>Frames</title>")
        with PageServer(root, 0) as server, Chromium(program, *CAMERA) as browser:
            Thread(target=server.serve_forever, daemon=True).start()
            for name in asked.models:
                browser.open(f"{server.address}blank.html")
                print(row(name, measure(browser, name, asked.threads, asked.frames)), flush=True)
            server.shutdown()


def measure(browser: Chromium, name: str, threads: int, frames: int) -> dict[str, Any]:
    """Milliseconds of every frame and of its parts, and what camera and engine are."""
    height, width = SIZE
    script = SCRIPT.format(name=name, threads=threads, frames=frames, height=height, width=width)
    found: dict[str, Any] = browser.run(script, seconds=300)
    if found["seen"] != list(SIZE):
        sys.exit(f"the camera must show {width} x {height}, got {json.dumps(found['seen'])}")
    return found


def row(name: str, found: dict[str, Any]) -> str:
    """Medians over the second half of the frames: in the first, compilers are at work."""
    times = found["times"][len(found["times"]) // 2 :]
    network, frame = (median(one[part] for one in times) for part in ("network", "frame"))
    return (
        f"| {name} | {found['kernels']} | {network:.2f} | {1000 / network:.0f} | {frame:.2f} | "
        f"{1000 / frame:.0f} |"
    )


if __name__ == "__main__":
    main()
