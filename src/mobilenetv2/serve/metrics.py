"""What a server tells Prometheus of itself, in its text format 0.0.4."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

BOUNDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds at which requests are counted apart."""


class Metrics:
    """Counts of one process; changed by the event loop alone."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def count(self, route: str, status: int, seconds: float) -> None:
        """Note a request that was answered.

        Args:
            route: the path's pattern, of which there are few.
            status: the answer's.
            seconds: from the request's head to the answer.
        """
        self._requests[route, status] += 1
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def text(self, waiting: int) -> str:
        """All counts.

        Args:
            waiting: pictures that wait or are worked on now.
        """
        return "\n".join(self._lines(waiting)) + "\n"

    def _lines(self, waiting: int) -> Iterator[str]:
        yield "# HELP mobilenetv2_requests_total Requests answered."
        yield "# TYPE mobilenetv2_requests_total counter"
        for (route, status), number in sorted(self._requests.items()):
            yield f'mobilenetv2_requests_total{{route="{route}",status="{status}"}} {number}'
        yield "# HELP mobilenetv2_request_seconds From a request's head to its answer."
        yield "# TYPE mobilenetv2_request_seconds histogram"
        total = 0
        for bound, number in zip((*BOUNDS, "+Inf"), self._buckets, strict=True):
            total += number
            yield f'mobilenetv2_request_seconds_bucket{{le="{bound}"}} {total}'
        yield f"mobilenetv2_request_seconds_sum {self._seconds:.6f}"
        yield f"mobilenetv2_request_seconds_count {total}"
        yield "# HELP mobilenetv2_pictures_waiting Pictures that wait or are worked on."
        yield "# TYPE mobilenetv2_pictures_waiting gauge"
        yield f"mobilenetv2_pictures_waiting {waiting}"
