"""Where what can be had again is kept for this user."""

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "MOBILENETV2_CACHE"


def cache_folder() -> Path:
    """`$MOBILENETV2_CACHE`, or the user's cache folder as the operating system has it."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("mobilenetv2")
