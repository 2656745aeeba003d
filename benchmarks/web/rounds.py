"""Engines in turns: each in a frame of one page, in every round once, in another order."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from urllib.parse import urlencode

from benchmarks.web.first import Counting
from tests.web.chromium import BrowserError, Chromium

RUNS = 10

MOST = 1500
"""Milliseconds of a turn, but for an engine that takes longer for three runs."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine with a network."""

    engine: str
    case: str
    threads: int
    form: str | None = None
    """Ours: which kernels; LiteRT: "compat" for its module without relaxed SIMD."""

    @property
    def address(self) -> str:
        """Of its page."""
        given = {key: value for key, value in asdict(self).items() if value is not None}
        return f"bench/engine.html?{urlencode(given)}"

    def describe(self) -> dict[str, object]:
        """As plain values."""
        return asdict(self)


def measure(
    program: str, server: Counting, engines: Sequence[Engine], rounds: int
) -> tuple[dict[Engine, list[float]], dict[Engine, list[list[float]]], str]:
    """Medians of each round, the outputs, and the browser's version; engines that fail are told of.

    The first round is not counted, nor is the first run of every turn.
    """
    with Chromium(program) as browser:
        browser.open(f"{server.address}bench/rounds.html")
        outputs: dict[Engine, list[list[float]]] = {}
        for number, engine in enumerate(engines):
            try:
                outputs[engine] = _open(browser, number, engine)
            except BrowserError as error:
                print(f"left out: {engine}: {str(error).splitlines()[0]}")
        times: dict[Engine, list[float]] = {engine: [] for engine in outputs}
        for turn in range(rounds + 1):
            for engine in random.sample(list(outputs), len(outputs)):
                frame = f"frames['{engines.index(engine)}']"
                taken = browser.run(f"{frame}.time({RUNS + 1}, {MOST})", seconds=120)
                if turn:
                    times[engine].append(median(taken[1:]))
        version = browser.command("Browser.getVersion", session=None)["product"]
    return times, outputs, version


def _open(browser: Chromium, number: int, engine: Engine) -> list[list[float]]:
    """Put an engine into a frame of its own; its outputs."""
    script = f"""(async () => {{
        const frame = document.createElement("iframe");
        frame.name = "{number}";
        frame.src = "/{engine.address}";
        document.body.append(frame);
        await new Promise((done) => frame.addEventListener("load", done, {{ once: true }}));
        return frame.contentWindow.outputs();
    }})()"""
    found: list[list[float]] = browser.run(script, seconds=120)
    return found
