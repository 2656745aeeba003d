"""Where what can be had again is kept for this user."""

import os
from pathlib import Path

CACHE_VARIABLE = "MOBILENETV2_CACHE"


def cache_folder() -> Path:
    """`$MOBILENETV2_CACHE`, or the user's cache folder as the operating system has it."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("mobilenetv2")
