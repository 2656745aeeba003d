"""What lies in a tar file, and where: headers are read, contents passed over.

Not the standard library's tarfile: it takes a file that was cut off between two members for a whole
one, believes any length that a header states, and needs 30 microseconds a member.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import Member
from mobilenetv2.shards.place import Opened, opened

BLOCK = 512
LONGEST_HEADER = 16_384
"""Bytes of what tells a long name; a path has 4096 letters at most."""

_WINDOW = 8192
"""Bytes that are read at once: a picture's small neighbors lie in them with their headers."""

_FILE = frozenset((0x00, 0x30, 0x37))
_PASSED_OVER = frozenset((0x35,))
"""Folders."""
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"\xfd7": "xz", b"\x28\xb5": "zstd"}
_KINDS = {
    0x31: "a hard link", 0x32: "a link", 0x33: "a device", 0x34: "a device", 0x36: "a pipe",
    0x53: "a sparse file",
}  # fmt: skip


def members_of(shard: str) -> Iterator[Member]:
    """Every file in a tar, in its order; folders and names of WebDataset's own (__x__) aside.

    Raises:
        DatasetError: no tar, compressed, cut off, links and the like in it, or headers that
            contradict the file; the message names shard and member.
    """
    return (member for member, _ in walk(shard, lambda _: False))


def walk(shard: str, wanted: Callable[[Member], bool]) -> Iterator[tuple[Member, bytes]]:
    """`members_of`, each with its content where it is `wanted`, else with none.

    Raises:
        DatasetError: as `members_of`.
    """
    with opened(shard) as file:
        found = _Walk(shard, file)
        for member in found.members():
            content = found.read(member.offset, member.size) if wanted(member) else b""
            yield member, content


class _Walk:
    """One pass over a shard."""

    def __init__(self, shard: str, file: Opened) -> None:
        self._shard = shard
        self._file = file
        self._start = 0
        self._window = b""
        self._last = ""

    def members(self) -> Iterator[Member]:
        offset = 0
        long_name: str | None = None
        long_size: int | None = None
        while True:
            header = self.read(offset, BLOCK)
            if not header and offset == 0:
                raise self._error("a shard must be a tar file, this one has 0 bytes")
            if not header.strip(b"\0") and len(header) == BLOCK:
                self._require_end(offset + BLOCK)
                return
            name, size, kind = self._parse(header, offset)
            offset += BLOCK
            if kind in b"xgLK":
                content = self.read(offset, self._bounded(size, LONGEST_HEADER, name))
                offset += _blocks(size)
                if kind == ord("L"):
                    long_name = _text(content.rstrip(b"\0"))
                elif kind == ord("x"):
                    long_name, long_size = self._pax(content, name, long_name)
                continue
            name = long_name if long_name is not None else name
            size = long_size if long_size is not None else size
            long_name = long_size = None
            self._require_content(name, offset, size)
            if kind in _FILE and not name.endswith("/"):
                if not _is_own(name):
                    yield Member(self._shard, offset, size, self._inside(name))
            elif kind not in _PASSED_OVER and kind not in _FILE:
                raise self._error(f"{name[:200]!r} is {_KINDS.get(kind, 'no plain file')}; a shard "
                                  "must hold plain files alone")  # fmt: skip
            self._last = name
            offset += _blocks(size)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes at a place, by way of the window."""
        inside = offset - self._start
        if inside < 0 or inside + size > len(self._window):
            self._start, inside = offset, 0
            self._window = self._file.read_at(offset, max(size, _WINDOW))
        return self._window[inside : inside + size]

    def _require_end(self, offset: int) -> None:
        """Behind tar's closing block there are zeros; anything else would be lost silently."""
        rest = self._file.read_at(offset, 1_048_576)
        if rest.strip(b"\0"):
            raise self._error(
                f"something follows tar's closing block at byte {offset:,}, perhaps another tar; "
                "write each as a shard of its own"
            )

    def _require_content(self, name: str, offset: int, size: int) -> None:
        if offset + size > self._file.size:
            raise self._error(
                f"{name[:200]!r} is to have {size:,} bytes at {offset:,}, the file has "
                f"{self._file.size:,}: it was cut off. Write or fetch it anew"
            )

    def _parse(self, header: bytes, offset: int) -> tuple[str, int, int]:
        """Name, size and kind."""
        plain = header[:148] + b" " * 8 + header[156:]
        if len(header) < BLOCK or _number(header[148:156]) != sum(plain):
            raise self._error(self._no_header(header, offset))
        size = _number(header[124:136])
        name = _text(header[:100].split(b"\0", 1)[0])
        prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
        if size is None or size < 0:
            raise self._error(f"{name!r} states no size that could be one")
        return f"{_text(prefix)}/{name}" if prefix else name, size, header[156]

    def _no_header(self, header: bytes, offset: int) -> str:
        """Why what stands in a header's place is none."""
        for magic, program in _COMPRESSED.items():
            if offset == 0 and header.startswith(magic):
                return (
                    f"it was compressed by {program}, and a shard is read by place. Unpack it first"
                )
        if len(header) == BLOCK:
            return f"byte {offset:,} is no header of a tar: its checksum is wrong"
        after = f"after {self._last[:200]!r}" if self._last else "before any member"
        return (
            f"a tar ends with a block of zeros, this one at byte {self._file.size:,} {after}: it "
            "was cut off. Write or fetch it anew"
        )

    def _pax(self, content: bytes, owner: str, name: str | None) -> tuple[str | None, int | None]:
        """Name and size as an extended header has them: lines of "LENGTH KEY=VALUE"."""
        size: int | None = None
        while content:
            length = content.split(b" ", 1)[0]
            count = int(length) if length.isdigit() and len(length) < 7 else 0
            line = content[len(length) + 1 : count]
            if count <= len(length) or not line.endswith(b"\n"):
                raise self._error(f"the extended header {owner[:200]!r} is damaged")
            key, _, value = line[:-1].partition(b"=")
            if key == b"path":
                name = _text(value)
            elif key == b"size":
                size = int(value) if value.isdigit() and len(value) < 20 else -1
            elif key.startswith(b"GNU.sparse"):
                raise self._error(f"{owner[:200]!r} is a sparse file; a shard must hold plain ones")
            content = content[count:]
        if size is not None and size < 0:
            raise self._error(f"{owner[:200]!r} states no size that could be one")
        return name, size

    def _inside(self, name: str) -> str:
        """A name as it may be told and compared; nothing is ever written under it."""
        plain = name.removeprefix("./")
        if not plain or plain.startswith("/") or ".." in plain.split("/") or "\0" in plain:
            raise self._error(
                f"{name[:200]!r}: a name in a shard must be a path within it, without '..'"
            )
        return plain

    def _bounded(self, size: int, most: int, name: str) -> int:
        if size > most:
            raise self._error(f"{name[:200]!r}: a name may take {most:,} bytes, got {size:,}")
        return size

    def _error(self, what: str) -> DatasetError:
        return DatasetError(f"{self._shard}: {what}")


def _number(field: bytes) -> int | None:
    """Octal digits, or from a first bit on two's complement, as large sizes are written."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    with suppress(ValueError):
        return int(field.strip(b" \0") or b"0", 8)
    return None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _blocks(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _is_own(name: str) -> bool:
    """What WebDataset keeps beside samples, and what systems leave behind."""
    last = name.rpartition("/")[2]
    return last.startswith(".") or (last.startswith("__") and last.endswith("__"))
