"""Ours in Chromium beside other runtimes, in turns in one page: docs/browser.md.

python -m benchmarks.web.run MODEL [--peers FOLDER] [--rounds 12] [--json FILE]

MODEL is a classifier in integers, such as tf2_mobilenet_v2_1.0_224_ptq.tflite; it is measured in
integers and as floats, and the detector and the segmenter of the box beside it. Needs Chromium and
npm, which installs the others into FOLDER. Run it from the root of a checkout, on a machine that
does nothing else.
"""

import argparse
import json
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.web.cases import checkpoint_of, write_case
from benchmarks.web.first import Counting, first_answers
from benchmarks.web.rounds import RUNS, Engine, measure
from tests.web.chromium import find_chromium

import mobilenetv2
from mobilenetv2.engine.wasm import wasm_modules
from mobilenetv2.web.site import write_site

HERE = Path(__file__).parent
CAT = Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg"
PACKAGE = Path(mobilenetv2.__file__).parent / "web" / "package"

INTEGERS, FLOATS, DETECTOR, SEGMENTER = "int8", "float32", "ssdlite-480x640", "deeplab-513"

ENGINES = (
    *(Engine("ours", INTEGERS, threads, "relaxed") for threads in (1, 2)),
    Engine("ours", INTEGERS, 1, "simd128"),
    *(Engine("litert", INTEGERS, threads) for threads in (1, 2)),
    Engine("litert", INTEGERS, 1, "compat"),
    Engine("onnxruntime", INTEGERS, 1),
    Engine("mediapipe", INTEGERS, 1),
    *(Engine("ours", FLOATS, threads, "relaxed") for threads in (1, 2)),
    Engine("ours", FLOATS, 1, "simd128"),
    *(Engine("litert", FLOATS, threads) for threads in (1, 2)),
    Engine("onnxruntime", FLOATS, 1),
    Engine("tensorflow", FLOATS, 1),
    *(Engine("ours", case, 1, "relaxed") for case in (DETECTOR, SEGMENTER)),
    *(Engine("litert", case, 1) for case in (DETECTOR, SEGMENTER)),
    *(Engine("onnxruntime", case, 1) for case in (DETECTOR, SEGMENTER)),
)

TOLERANCE = 0.15
"""Of the outputs' range, as for other engines: beyond it an engine's times prove nothing."""

FIRST = (
    Engine("ours", INTEGERS, 1, "relaxed"),
    Engine("litert", INTEGERS, 1),
    Engine("onnxruntime", INTEGERS, 1),
    Engine("mediapipe", INTEGERS, 1),
    Engine("tensorflow", FLOATS, 1),
)


def _named(word: str) -> str:
    """A word of the command without the folders of this machine."""
    return Path(word).name if "/" in word else word


def main() -> None:
    """Measure, print a table, and write everything as JSON where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--peers", type=Path, help="where npm installs; default: a new folder")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--starts", type=int, default=5, help="cold profiles for each engine")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is not installed (Debian: apt install chromium-headless-shell)")
    random.seed(0)
    with tempfile.TemporaryDirectory(prefix="mobilenetv2-web-") as folder:
        root = Path(folder)
        versions = install(asked.peers or root / "peers", root)
        write_root(root, asked.model)
        with Counting(root, 0) as server:
            server.run_aside()
            times, outputs, browser = measure(program, server, ENGINES, asked.rounds)
            first = first_answers(program, server, FIRST, asked.starts)
        result = {
            "command": " ".join(["python -m benchmarks.web.run", *map(_named, sys.argv[1:])]),
            "model": Path(asked.model).name,
            "machine": machine(),
            "browser": browser,
            "versions": versions | {"mobilenetv2": mobilenetv2.__version__},
            "runs_each_turn": RUNS,
            "engines": summary(root, times, outputs),
            "first": first,
        }
    print_tables(result)
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n")


def install(peers: Path, root: Path) -> dict[str, str]:
    """The other runtimes from npm, and their versions."""
    peers.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", peers)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=peers, check=True, stdout=subprocess.DEVNULL)
    (root / "node_modules").symlink_to((peers / "node_modules").resolve())
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    return {
        name: json.loads((peers / "node_modules" / name / "package.json").read_text())["version"]
        for name in wanted
    }


def write_root(root: Path, model: str) -> None:
    """What the server serves: our package, the pages of the benchmark, and the networks."""
    write_site(root, [], offline=False)
    shutil.copytree(HERE / "page", root / "bench")
    # For rounds of the engine alone: a site has the package's scripts in one file each.
    shutil.copytree(PACKAGE, root / "bench" / "package")
    for name, source in (
        (INTEGERS, model),
        (FLOATS, f"float:{model}"),
        (DETECTOR, "cells"),
        (SEGMENTER, "outline"),
    ):
        write_case(root / "cases", name, checkpoint_of(source), CAT)


def machine() -> dict[str, str]:
    """What it ran on."""
    described = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(": ")[2] for line in described.splitlines() if "model name" in line]
    load = Path("/proc/loadavg")
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": str(len(names)),
        "system": platform.platform(),
        "load": load.read_text().strip() if load.exists() else "",
        "modules": json.dumps({path.name: path.stat().st_size for path in modules()}),
    }


def modules() -> tuple[Path, Path]:
    """Ours."""
    built = wasm_modules()
    return built.relaxed, built.simd128


def summary(
    root: Path, times: dict[Engine, list[float]], outputs: dict[Engine, list[list[float]]]
) -> list[dict[str, object]]:
    """For each engine its median, ours over it on as many threads and with the same instructions,
    and how far its answer is.
    """
    rows = []
    for engine, medians in times.items():
        kernels = "simd128" if engine.form in ("compat", "simd128") else "relaxed"
        ours = times[Engine("ours", engine.case, engine.threads, kernels)]
        facts = json.loads((root / "cases" / engine.case / "case.json").read_text())
        ratios = [own / other for own, other in zip(ours, medians, strict=True)]
        rows.append(
            engine.describe()
            | {
                "milliseconds": round(median(medians), 3),
                "ours_over_it": round(median(ratios), 3),
                "difference": difference(list(facts["outputs"].values()), outputs[engine]),
                "rounds": [round(value, 3) for value in medians],
            }
        )
    return rows


def difference(expected: list[list[float]], found: list[list[float]]) -> float | None:
    """The largest one over the outputs' range; each is compared with the nearest of its size. None:
    it gives other outputs, such as shares of classes.
    """
    largest = 0.0
    for values in expected:
        same = [others for others in found if len(others) == len(values)]
        if not same:
            return None
        apart = min(max(abs(a - b) for a, b in zip(values, one, strict=True)) for one in same)
        largest = max(largest, apart / ((max(values) - min(values)) or 1))
    return round(largest, 6)


def print_tables(result: dict[str, object]) -> None:
    """As docs/browser.md has them."""
    print("\n| network | engine | threads | ms | ours / it | difference |")
    print("|---|---|---|---|---|---|")
    for row in result["engines"]:
        name = f"{row['engine']} {row['form'] or ''}".strip()
        print(
            f"| {row['case']} | {name} | {row['threads']} | {row['milliseconds']:.2f} | "
            f"{row['ours_over_it']:.2f} | {_apart(row['difference'])} |"
        )
    print("\n| engine | first answer, ms | code, MB | brotli, kB |")
    print("|---|---|---|---|")
    for row in result["first"]:
        print(
            f"| {row['engine']} | {row['milliseconds']:.0f} | {row['bytes'] / 1e6:.2f} | "
            f"{row['brotli'] / 1e3:.0f} |"
        )


def _apart(difference: float | None) -> str:
    if difference is None:
        return "other outputs"
    return f"{difference:.1g}" + (" (another answer)" if difference > TOLERANCE else "")


if __name__ == "__main__":
    main()
