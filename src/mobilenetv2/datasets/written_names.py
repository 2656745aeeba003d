"""Names of pictures as other machines and tools write them: Windows paths, URLs, prefixes."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)", re.DOTALL)
"""Label Studio puts eight digits before the name of every file that it is given."""

_URL = re.compile(r"^[a-z][a-z0-9+.-]{1,9}://[^/]*", re.IGNORECASE)


def plain_name(name: str) -> str:
    """With slashes alone; no scheme, host and query, but Label Studio keeps the path in `?d=`."""
    plain = name.replace("\\", "/").strip()
    before, local, path = plain.partition("?d=")
    if local and before.endswith(("/", "local-files")):
        return path.split("&", 1)[0]
    if _URL.match(plain):
        return _URL.sub("", plain).split("?", 1)[0].split("#", 1)[0]
    return plain


def spellings(name: str) -> Iterator[str]:
    """What a file may be called that an annotation calls `name`; as it stands first."""
    plain = plain_name(name)
    yield plain
    unquoted = unquote(plain)
    if unquoted != plain:
        yield unquoted
    path = PurePosixPath(unquoted)
    uploaded = _UPLOADED.fullmatch(path.name)
    if uploaded:
        yield str(path.with_name(uploaded[1])) if uploaded[1] not in (".", "..") else plain
