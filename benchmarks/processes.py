"""How fast several processes train beside one, on the same cores, in turns.

python benchmarks/processes.py DATA [--first MODEL] [--rounds 3] [--size 224] [--batch 32]

DATA is a folder with one folder a class. Each way trains two epochs in a folder of its own; the
pictures a second are the second epoch's, by the run's own log, evaluation aside. Writes
benchmarks/results/processes.json.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "processes.json"
WAYS = {
    "1 process, 1 core": (1, 1),
    "2 processes, 2 cores": (2, 2),
    "1 process, 2 cores": (1, 2),
}
"""Processes, and cores that all of them may use."""


def main() -> None:
    """Measure in turns and write the medians."""
    arguments = read_arguments()
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(arguments.rounds):
        for way, (processes, cores) in WAYS.items():
            rates[way].append(train(arguments, processes, cores))
            print(f"{way}: {rates[way][-1]:.2f} pictures/s", flush=True)
    medians = {way: statistics.median(found) for way, found in rates.items()}
    both, alone, wide = (
        medians[way] for way in ("2 processes, 2 cores", "1 process, 1 core", "1 process, 2 cores")
    )
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "size": arguments.size,
        "batch": arguments.batch,
        "rounds": arguments.rounds,
        "pictures_per_second": medians,
        "all": rates,
        "two_over_one_process_on_one_core": both / alone,
        "two_over_one_process_on_two_cores": both / wide,
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def read_arguments() -> argparse.Namespace:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--first", default="none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    return parser.parse_args()


def train(arguments: argparse.Namespace, processes: int, cores: int) -> float:
    """Training pictures a second, of so many processes on so many cores together."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "mobilenetv2", "train", "classify", "--data", arguments.data,
            "--model", arguments.first, "--out", folder, "--epochs", 2, "--size", arguments.size,
            "--batch-size", arguments.batch, "--device", "cpu", "--workers", 0,
            "--processes", processes, "--json",
        ]  # fmt: skip
        subprocess.run(
            [str(word) for word in command],
            env=os.environ | {"OMP_NUM_THREADS": str(cores // processes)},
            preexec_fn=lambda: os.sched_setaffinity(0, range(cores)),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        log = (Path(folder) / "log.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in log]
    steps = rows[1]["step"] - rows[0]["step"]
    return float(steps * arguments.batch / rows[1]["training_seconds"])


if __name__ == "__main__":
    main()
