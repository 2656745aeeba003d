"""The drawing of a report."""

import pytest

from mobilenetv2.benchmark.machine import describe_machine
from mobilenetv2.benchmark.plot import plot
from mobilenetv2.benchmark.report import (
    Agreement,
    EngineReport,
    Latency,
    Ratio,
    Report,
    Settings,
)
from mobilenetv2.errors import BenchmarkError

pytest.importorskip("matplotlib")


def report() -> Report:
    settings = Settings("m", "a network", "int8", 2, (), None, 3, 0.1, "mobilenetv2 benchmark")
    ours = EngineReport("mobilenetv2", "1", latency(3.0), 40, None, None, None, "")
    agreement = Agreement(0.5, 0.0, "pictures", within_tolerance=False)
    peer = EngineReport("Rival", "2", latency(6.0), 50, None, Ratio(2, 1.9, 2.1), agreement, "")
    return Report(settings, (ours, peer), (), describe_machine())


def latency(median: float) -> Latency:
    return Latency(median, 0.9 * median, 1.2 * median, 9, 1000 / median)


def test_every_engine_has_its_bar_and_figures(tmp_path, monkeypatch):
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")  # words as words
    plot(report(), tmp_path / "speed.svg")
    text = (tmp_path / "speed.svg").read_text()
    for words in ("mobilenetv2", "Rival", "3.00 ms", "2.00x (1.90-2.10)", "other outputs"):
        assert words in text


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(BenchmarkError, match=r"cannot draw .*speed\.abc"):
        plot(report(), tmp_path / "speed.abc")
