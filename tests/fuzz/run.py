"""The long fuzzer: python -m tests.fuzz.run --inputs 1000000 --log FOLDER [READER ...].

Goes on where it stopped: `FOLDER/READER.json` says how many inputs are done, in how many seconds,
and what was found; what made a reader fail lies beside it. A hang within C code, which no signal
reaches, ends the process: run it again, and the input counts as a finding.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.fuzz.campaign import campaign, damaged_input
from tests.fuzz.targets import TARGETS

SAVE_EVERY = 5.0
"""Seconds between two notes of how far it is."""
TOTAL = ("inputs", "accepted", "seconds")


def main() -> None:
    """Read the options and go through the readers one by one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER", help=f"of {', '.join(TARGETS)}")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each reader in all")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for each reader now")
    parser.add_argument("--log", type=Path, required=True, help="a folder for counts and findings")
    parser.add_argument("--show", type=int, help="write the input of this number to stdout")
    options = parser.parse_args()
    names = options.readers or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no readers: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if options.show is not None:
        sys.stdout.buffer.write(_input(names[0], options.show))
        return
    options.log.mkdir(parents=True, exist_ok=True)
    for name in names:
        run(name, options.inputs, options.seconds, options.log)


def run(name: str, inputs: int, seconds: float, folder: Path) -> None:
    """Bring one reader to so many inputs, or as far as it comes in so many seconds."""
    path = folder / f"{name}.json"
    before = json.loads(path.read_text("ascii")) if path.exists() else {}
    target = TARGETS[name]
    begin = saved = time.monotonic()
    done = before.get("inputs", 0)
    with tempfile.TemporaryDirectory(dir=_memory_disk()) as scratch:
        numbers = itertools.count(done)
        for tally in campaign(name, target, numbers, Path(scratch)):
            now = time.monotonic()
            end = done + tally.inputs >= inputs or now - begin > seconds
            if end or now - saved > SAVE_EVERY:
                note = asdict(tally) | {
                    key: before.get(key, 0) + getattr(tally, key) for key in TOTAL
                }
                note["slowest"] = max(before.get("slowest", 0), tally.slowest)
                note["findings"] = tally.findings | before.get("findings", {})
                path.write_text(json.dumps(note) + "\n", "ascii")
                saved = now
            if end:
                break
    for kind, number in note["findings"].items():
        (folder / f"{name}-{number}.bin").write_bytes(_input(name, number))
        print(f"{name}: {kind}, input {number}")
    print(f"{name}: {note['inputs']:,} inputs in {note['seconds']:,.0f} s, ", end="")
    print(f"{note['accepted']:,} accepted, slowest {note['slowest']:.2f} s, ", end="")
    print(f"{len(note['findings'])} kinds of findings", flush=True)


def _input(name: str, number: int) -> bytes:
    target = TARGETS[name]
    return damaged_input(name, target, number, list(target.seeds()))


def _memory_disk() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    main()
