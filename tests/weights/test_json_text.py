"""JSON from strangers: no number that cannot be computed with, and no text that cannot be shown."""

import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.json_text import parse_json, quoted


def test_honest_json_is_read():
    text = '{"a": [1, -2, 0.5, "ü"], "b": 9223372036854775807, "c": -9223372036854775807}'
    assert parse_json(text, "it") == {"a": [1, -2, 0.5, "ü"], "b": 2**63 - 1, "c": 1 - 2**63}


@pytest.mark.parametrize("digits", ["9223372036854775808", "-" + "9" * 400, "1" * 5000])
def test_whole_numbers_fit_into_64_bits(digits: str):
    with pytest.raises(CheckpointError, match=r"it is not valid JSON: .* 64 bits, got -?\d{1,24}"):
        parse_json(f'{{"a": {digits}}}', "it")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5000, "[1,", b"\xff\xfe\xff", "", "nul"])
def test_what_is_no_json_is_named(text: str | bytes):
    with pytest.raises(CheckpointError, match="it is not valid JSON"):
        parse_json(text, "it")


def test_quotations_are_short_however_deep_and_large_a_value_is():
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    for value in (deep, list(range(10**6)), "x" * 10**6, {"a": deep}, 2**63):
        assert len(quoted(value)) <= 82
    assert quoted("crop") == "'crop'"
    assert quoted([1, 2]) == "'[1, 2]'"
