"""Fixtures shared by all tests."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MOBILENETV2_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real pictures and public weights, beside the checkout; tests that need them skip without."""
    if not SHARED.is_dir():
        pytest.skip(f"real data is not at {SHARED}; set MOBILENETV2_SHARED to where it is")
    return SHARED
