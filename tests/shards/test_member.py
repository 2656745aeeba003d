"""A file in a shard is read as one of its own."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.errors import ImageError
from mobilenetv2.shards.archive import members_of
from mobilenetv2.tasks.image import decode
from tests.shards.tars import png, tar


def test_a_picture_in_a_shard_is_decoded_like_a_file(tmp_path: Path):
    shard = tar(tmp_path / "a.tar", [("cat/1.png", png(3)), ("cat/2.png", png(4)[:40])])
    good, broken = members_of(str(shard))
    assert np.array_equal(decode(good), decode(png(3)))
    with pytest.raises(ImageError, match=r"a\.tar/cat/2\.png"):
        decode(broken)
    shard.unlink()
    with pytest.raises(ImageError, match=r"a\.tar/cat/1\.png: no such file"):
        decode(good)
