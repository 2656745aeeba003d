"""Pictures to calibrate on, wherever they lie."""

from pathlib import Path

from mobilenetv2.quantization.pictures import all_pictures, seen, without
from tests.shards.tars import png, tar


def test_pictures_in_shards_are_known_by_their_bytes_too(tmp_path: Path):
    tar(tmp_path / "shards/a-0.tar", [("1.png", png(1)), ("2.png", png(2))])
    found = all_pictures(tmp_path / "shards")
    assert [picture.read_bytes() for picture in found] == [png(1), png(2)]
    (tmp_path / "judged.png").write_bytes(png(1))
    assert without(found, seen([tmp_path / "judged.png"])) == [found[1]]
