"""Pictures that would take more memory than one may."""

import re
import struct
import subprocess
import sys
import zlib

import pytest

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.picture_room import MAX_PIXELS

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from mobilenetv2.tasks.image import decode
decode(sys.argv[1])
"""


def png_of_claimed_size(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header says so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = zlib.compress(bytes(10**6))
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", content), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_the_picture_inside_of_an_icon_counts_by_its_own_size():
    """The icon's directory says 256 x 256; what it holds would take more than a GiB."""
    inner = png_of_claimed_size(11_000, 11_000)
    entry = struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(inner), 22)
    with pytest.raises(ImageError, match=f"at most {MAX_PIXELS:,} pixels"):
        decode(entry + inner)


def test_a_decoder_that_asks_for_too_much_memory_blames_file_or_machine(tmp_path):
    """A damaged length lets Pillow ask for 2 GiB at once; here a process may have one."""
    pytest.importorskip("resource")
    data = bytearray(png_of_claimed_size(12, 9))
    place = data.index(b"IDAT")
    data[place - 4 : place] = struct.pack(">I", 2**31 - 1)
    (tmp_path / "a.png").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "a.png")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert re.search(r"a\.png: .*more memory than there is; either it is damaged", done.stderr)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    bomb = png_of_claimed_size(60_000, 60_000)
    with pytest.raises(ImageError, match=f"at most {MAX_PIXELS:,} pixels"):
        decode(bomb)
