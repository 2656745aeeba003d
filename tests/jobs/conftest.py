"""A cluster of two workers on this machine, started once and stopped at the end."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """Ray with two CPUs; skips where Ray Data is not installed."""
    pytest.importorskip("ray.data", reason="Ray Data is not installed", exc_type=ImportError)
    import ray

    with pytest.MonkeyPatch.context() as patch:
        # Nothing is reported to anybody, and no token left in the user's home.
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        try:
            yield
        finally:
            ray.shutdown()
