"""Shares of a job: every part is somebody's, and nobody's twice."""

import pytest

from mobilenetv2.errors import OptionError
from mobilenetv2.jobs.shard import ALL, Shard, read_shard


@pytest.mark.parametrize("of", [1, 2, 7])
def test_every_part_belongs_to_one_share(of: int):
    shards = [Shard(number, of) for number in range(1, of + 1)]
    assert all(sum(shard.has(part) for shard in shards) == 1 for part in range(20))


def test_it_is_written_as_it_is_read():
    assert read_shard(" 3/16 ") == Shard(3, 16)
    assert str(Shard(3, 16)) == "3/16"
    assert read_shard("1/1") == ALL


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0/16", "1/16 to 16/16"),
        ("17/16", "1/16 to 16/16"),
        ("1/0", "1/1 to 1/1"),
        ("3", "K/N"),
        ("-1/2", "K/N"),
        ("a/b", "K/N"),
        ("", "K/N"),
        ("٣/١٦", "K/N"),
    ],
)
def test_what_is_no_share_is_refused_with_the_rule(text: str, rule: str):
    with pytest.raises(OptionError, match=rule):
        read_shard(text)
