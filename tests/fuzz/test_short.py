"""A few damaged inputs for every reader, the same each time; `run.py` tries millions."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("h5py")
pytest.importorskip("resource")

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import reading
from tests.fuzz.campaign import campaign, damaged_input
from tests.fuzz.mutations import damaged
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_in_is_read_or_refused_by_a_rule(name: str, tmp_path: Path):
    target = TARGETS[name]
    *_, tally = campaign(name, target, iter(range(target.short)), tmp_path)
    assert tally.inputs == target.short
    assert tally.findings == {}, "python -m tests.fuzz.run NAME --show NUMBER writes the input"
    assert tally.accepted < tally.inputs, "nothing was damaged"


def failing(data: bytes, _: Path) -> None:
    match data[:1]:
        case b"k":
            raise KeyError("kernel")
        case b"n":
            with reading("a.onnx"):
                raise TypeError("tuple indices must be integers")
        case b"r":
            raise CheckpointError("a rule")
        case b"m":
            bytearray(1 << 31)
        case b"h":
            while True:
                pass


@pytest.mark.parametrize(
    ("letter", "finding"),
    [("k", "KeyError at"), ("n", "TypeError at"), ("m", "MemoryError at"), ("h", "more than"),
     ("r", None), ("a", None)],
)  # fmt: skip
def test_the_fuzzer_tells_a_rule_from_an_accident(letter, finding, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fuzz.campaign.SECONDS", 0.2)
    target = Target(lambda: [b"a"], lambda *_: letter.encode(), failing)
    (tally,) = campaign("failing", target, iter([7]), tmp_path)
    assert [kind.startswith(str(finding)) for kind in tally.findings] == [True] * bool(finding)
    assert list(tally.findings.values()) == [7] * bool(finding)


def test_an_input_is_the_same_wherever_it_is_made():
    target = Target(lambda: [bytes(range(100)), b"other" * 9], damaged, failing)
    seeds = list(target.seeds())
    first, again = (damaged_input("name", target, 5, seeds) for _ in range(2))
    assert first == again
    assert len({damaged_input("name", target, number, seeds) for number in range(50)}) > 45
