"""The process in which one engine runs: it is told what to do line by line, and tells times.

Started by its path with a JSON job, so that nothing of this package is loaded but what the job's
engine loads itself. Answers are JSON lines on what was the standard output; libraries that print
find the standard error stream there instead.
"""

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

Run = Callable[[Any], Mapping[str, Any]]


def main() -> None:
    """Open the engine, run one picture, then serve requests until the input ends."""
    job = json.loads(sys.argv[1])
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def tell(answer: Mapping[str, object]) -> None:
        channel.write(json.dumps(answer) + "\n")

    try:
        if job["cpus"]:
            os.sched_setaffinity(0, job["cpus"])
        module = _module(job["engine"])
        run: Run = module.open_file(job["file"], job["threads"])
        images = getattr(module, "read_input", _read_array)(job["input"])
        outputs = run(images)
    except ImportError as error:
        tell({"missing": str(error)})
        return
    # Whatever a runtime raises, the parent must learn of it.
    except Exception as error:  # noqa: BLE001
        tell({"error": f"{type(error).__name__}: {error}"})
        return
    tell({"peak_rss": peak_rss()})
    if job["once"]:
        return
    for line in sys.stdin:
        request = json.loads(line)
        if "once" in request:
            tell(_time_once(run, images))
        elif "run" in request:
            tell({"nanoseconds": _time(run, images, request["run"])})
        elif "save" in request:
            import numpy as np

            np.savez(request["save"], *outputs.values())
            tell({"names": list(outputs), "peak_rss": peak_rss()})


def _module(engine: str) -> ModuleType:
    """The Python file `engine`, which need not be part of any package."""
    spec = importlib.util.spec_from_file_location("engine", engine)
    if spec is None or spec.loader is None:
        raise OSError(f"{engine} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read_array(path: str) -> object:
    # Nothing of numpy before an engine asks for it: it would be part of every cold start.
    import numpy as np

    return np.load(path)


def _time(run: Run, images: object, count: int) -> list[int]:
    """Nanoseconds of each of `count` runs, after one that brings the caches back."""
    run(images)
    times = []
    for _ in range(count):
        begin = time.perf_counter_ns()
        run(images)
        times.append(time.perf_counter_ns() - begin)
    return times


def _time_once(run: Run, images: object) -> dict[str, int]:
    """Nanoseconds of one run, and of the processor on all threads."""
    began, processor = time.perf_counter_ns(), time.process_time_ns()
    run(images)
    return {
        "nanoseconds": time.perf_counter_ns() - began,
        "processor": time.process_time_ns() - processor,
    }


def peak_rss() -> int:
    """Bytes, the most that this process has had in memory.

    Linux's getrusage would report the parent's peak if that was higher when it forked.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - light imports
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
