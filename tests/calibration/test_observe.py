"""Looking at calibration pictures takes no more memory for more of them."""

import time

from mobilenetv2.calibration.observe import AHEAD, in_parallel
from mobilenetv2.engine.library import default_threads


def test_a_slow_reader_does_not_gather_results():
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        return number

    read = []
    for result in in_parallel(work, range(50)):
        time.sleep(0.002)
        read.append(result)
        assert len(begun) <= len(read) + AHEAD + default_threads()
    assert read == list(range(50))
