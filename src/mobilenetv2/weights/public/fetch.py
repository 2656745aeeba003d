"""A public file of the catalogue, checked, from the cache, a mirror or the network."""

import os
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from mobilenetv2.catalog.entries import PublicWeights
from mobilenetv2.errors import DownloadError
from mobilenetv2.transfer.patience import Patience, Progress
from mobilenetv2.weights.public.cache import (
    CacheError,
    Slot,
    cache_folder,
    clear_old,
    is_own,
    sha256_of,
    storing,
)
from mobilenetv2.weights.public.download import Wanted, download

MIRROR_VARIABLE = "MOBILENETV2_MIRROR"
OFFLINE_VARIABLE = "MOBILENETV2_OFFLINE"


def fetch(
    entry: PublicWeights,
    progress: Progress | None = None,
    *,
    offline: bool | None = None,
    patience: Patience | None = None,
) -> Path:
    """The path of an entry's file in the cache, downloaded if it is not there yet.

    The whole file's sha256 is compared before it gets its name, and again at each call: with the
    catalogue's hash (for torchvision's files the 8 digits published). Some hub files have none in
    the catalogue. Theirs is compared with the one the hub states (`X-Linked-ETag`) and remembered
    beside the file; later downloads must equal it. That finds broken transfers and files changed
    later, but cannot tell whether the first download was genuine.

    Several processes may ask at once: one downloads, the others wait and find the file. A stopped
    or killed download goes on where it ended.

    Args:
        entry: what to fetch.
        progress: told of bytes received and expected; not called for a cached file.
        offline: never use the network, only the cache and a mirror that is a folder; None asks
            `$MOBILENETV2_OFFLINE` (set and not "0").
        patience: timeout, attempts and pauses; None takes the defaults.

    Environment: `MOBILENETV2_CACHE` is the folder to keep files in. `MOBILENETV2_MIRROR` is a
    folder, or a http(s) address, that has the catalogue's files under their names; it is asked
    instead of the publishers.

    Raises:
        DownloadError: it could not be had, or is not what was promised; says what to do.
    """
    slot = Slot(cache_folder() / entry.file)
    found, problem = _look(entry, slot)
    if found:
        return slot.target
    urls = _addresses(entry, os.environ.get(MIRROR_VARIABLE, ""))
    if offline if offline is not None else offline_by_environment():
        urls = tuple(url for url in urls if url.startswith("file:"))
    if not urls:
        raise DownloadError(
            f"{entry.name} is not in the cache ({problem}), and the offline switch "
            f"({OFFLINE_VARIABLE} or offline=True) forbids the network. {_ways_out(entry, slot)}"
        )
    with storing(slot):
        slot.target.parent.mkdir(parents=True, exist_ok=True)
        clear_old(slot.target.parent)
        if not is_own(slot.lock):  # the lock's library would empty what a link leads to
            slot.lock.unlink(missing_ok=True)
        lock = FileLock(slot.lock)
        lock.acquire()
    try:
        if not _look(entry, slot)[0]:
            _try_all(urls, entry, slot, progress or _silent, patience or Patience())
    finally:
        lock.release()
    return slot.target


def cached(entry: PublicWeights) -> Path | None:
    """Where the file lies if it is in the cache; by name and size, without reading it."""
    target = cache_folder() / entry.file
    if not target.is_file() or entry.bytes not in (None, target.stat().st_size):
        return None
    return target


def offline_by_environment() -> bool:
    """Whether `$MOBILENETV2_OFFLINE` is set to anything but "" and "0"."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in ("", "0")


def _look(entry: PublicWeights, slot: Slot) -> tuple[bool, str]:
    """Whether the cache has the right file, and if not, why."""
    if not slot.target.is_file():
        return False, f"no file {slot.target}"
    problem = _mismatch(entry, slot, slot.target, None)
    return not problem, f"{slot.target}: {problem}"


def _try_all(
    urls: tuple[str, ...],
    entry: PublicWeights,
    slot: Slot,
    progress: Progress,
    patience: Patience,
) -> None:
    reasons = []
    for url in urls:
        try:
            _get(url, entry, slot, progress, patience)
        except CacheError:
            raise
        except DownloadError as error:
            reasons.append(f"{url}: {error}")
        else:
            return
    kept = f"{slot.part_size():,} bytes are kept and will be resumed. " if slot.part_size() else ""
    raise DownloadError(
        f"cannot download {entry.name}. Tried {'; '.join(reasons)}. {kept}{_ways_out(entry, slot)}"
    )


def _get(
    url: str, entry: PublicWeights, slot: Slot, progress: Progress, patience: Patience
) -> None:
    checked = (entry.sha256 or slot.remembered()) is not None
    wanted = Wanted(url, slot, entry.bytes, checked)
    arrival = download(wanted, progress, patience)
    problem = _mismatch(entry, slot, slot.part, arrival.announced)
    if problem and arrival.stitched:
        # The pieces may be of two versions of the file; one whole response decides.
        with storing(slot):
            slot.discard_part()
        arrival = download(wanted, progress, patience)
        problem = _mismatch(entry, slot, slot.part, arrival.announced)
    with storing(slot):
        if problem:
            slot.discard_part()
            raise DownloadError(f"{problem}; what came was deleted")
        _sync(slot.part)
        os.replace(slot.part, slot.target)
        slot.discard_part()


def _mismatch(entry: PublicWeights, slot: Slot, path: Path, announced: str | None) -> str:
    """What is wrong with a file's hash, or nothing. Remembers a hash that nobody knew before."""
    with storing(slot):
        actual = sha256_of(path)
    remembered = slot.remembered()
    if entry.sha256 is not None:
        if not actual.startswith(entry.sha256):
            return f"wrong sha256: the catalogue has {entry.sha256}, the file {actual}"
    elif announced not in (None, actual):
        return f"wrong sha256: the server states {announced}, the file has {actual}"
    elif remembered not in (None, actual):
        return (
            f"wrong sha256: the first download had {remembered}, this file has {actual}; if the "
            f"publisher replaced it and you trust that, delete {slot.memory}"
        )
    elif remembered is None:
        slot.remember(actual)
    return ""


def _addresses(entry: PublicWeights, mirror: str) -> tuple[str, ...]:
    if not mirror:
        return entry.urls
    if mirror.startswith(("http://", "https://")):
        return (f"{mirror.rstrip('/')}/{quote(entry.file)}",)
    folder = Path(mirror).expanduser()
    if not folder.is_dir():
        raise DownloadError(
            f"{MIRROR_VARIABLE} must be a folder or begin with http:// or https://, got "
            f"{mirror!r}. Correct it, or unset it to use the publishers' servers"
        )
    return ((folder.absolute() / entry.file).as_uri(),)


def _ways_out(entry: PublicWeights, slot: Slot) -> str:
    return (
        f"Ways out: with a network, run the same command again; fetch {entry.urls[0]} by hand and "
        f"save it as {slot.target}; set {MIRROR_VARIABLE} to a folder or address that has "
        f"{entry.file}; or use the model 'objects', which comes with the package"
    )


def _sync(path: Path) -> None:
    # Without it a power cut after the rename can leave an empty file under the final name.
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _silent(received: int, total: int | None) -> None:
    pass
