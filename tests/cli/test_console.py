"""Progress where nobody watches a terminal: a line now and then."""

from collections.abc import Iterator

import pytest

from mobilenetv2.cli import console
from mobilenetv2.cli.console import counting, in_minutes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    now = [1000.0]
    monkeypatch.setattr(console, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_every_half_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with counting("Calibrating", 40) as advance:
        for _ in range(10):
            clock[0] += 10
            advance()
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.splitlines() == [
        "Calibrating: 4 of 40, 6:00 left",
        "Calibrating: 8 of 40, 5:20 left",
    ]


def test_what_is_quick_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with counting("Evaluating", 3) as advance:
        clock[0] += 29
        advance()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("seconds", "text"), [(5.4, "0:05"), (65, "1:05"), (7265, "2:01:05")])
def test_minutes(seconds: float, text: str) -> None:
    assert in_minutes(seconds) == text
