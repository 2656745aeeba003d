"""A folder answered by us and by others with the same weights."""

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.benchmark.folder import own, peer
from mobilenetv2.benchmark.folder.report import rate
from mobilenetv2.benchmark.folder.run import FolderPeer, _file_for, benchmark_folder
from mobilenetv2.errors import BenchmarkError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.train.traced import write_traced
from mobilenetv2.weights.fold import fold_checkpoint


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for seed in range(5):
        noise = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
        Image.fromarray(noise).resize((90, 100)).save(folder / f"{seed}.png")
    return folder


def run(model: Path, folder: Path, **changes: object):
    told: list[int] = []
    settings = {
        "threads": 2, "against": (), "rounds": 2, "decode": "exact",
        "write_traced": write_traced, "advance": lambda: told.append(1),
    }  # fmt: skip
    report = benchmark_folder(str(model), folder, **(settings | changes))
    assert len(told) == report.rounds + 1
    return report


@pytest.mark.parametrize("name", get_args(FolderPeer))
def test_everybody_gives_our_answers(
    tiny_file: Path, pictures: Path, tmp_path: Path, name: FolderPeer
):
    pytest.importorskip(name, reason=f"{name} is a peer to measure")
    names = [str(path) for path in sorted(pictures.iterdir())]
    ours = own.open_file(json.dumps({"model": str(tiny_file), "decode": "exact"}), 2)
    checkpoint = fold_checkpoint(load_checkpoint(tiny_file))
    file = _file_for(name, checkpoint, tmp_path, write_traced)
    job = {"model": str(tiny_file), "peer": name, "file": str(file)}
    theirs = peer.open_file(json.dumps(job), 2)
    assert len(set(ours(names)["best"])) > 1
    for _ in range(2):
        np.testing.assert_array_equal(theirs(names)["best"], ours(names)["best"])


def test_they_take_turns_in_processes_of_their_own(tiny_file: Path, pictures: Path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is a peer to measure")
    report = run(tiny_file, pictures, against=("onnxruntime",), rounds=1)
    assert [one.name for one in report.engines] == ["mobilenetv2", "onnxruntime"]
    assert report.engines[1].same_best == 1
    assert report.engines[1].ratio.median > 0
    values = json.loads(json.dumps(report.to_json()))
    assert values["pictures"] == 5
    assert values["over_least"] > 0
    assert values["machine"]["cores"] >= 1


def test_ours_alone(tiny_file: Path, pictures: Path):
    report = run(tiny_file, pictures, decode="fast")
    (ours,) = report.engines
    assert ours.ratio is None
    assert ours.pictures_per_second > 0
    assert ours.processor_milliseconds > 0
    assert report.decode == "fast"
    assert report.least.decode > 0
    assert report.least.network > 0


def test_what_cannot_be_timed_is_told(tiny_detector_file: Path, tiny_file: Path, tmp_path: Path):
    with pytest.raises(BenchmarkError, match="folders are timed with classifiers"):
        run(tiny_detector_file, tmp_path)
    with pytest.raises(BenchmarkError, match="at least one picture"):
        run(tiny_file, tmp_path)
    with pytest.raises(BenchmarkError, match="nobody cannot be measured"):
        run(tiny_file, _with_picture(tmp_path), against=("nobody",))


def _with_picture(folder: Path) -> Path:
    Image.new("RGB", (9, 9)).save(folder / "a.png")
    return folder


def test_a_rate_is_the_median_over_the_rounds():
    assert rate([1.0, 2.0, 4.0], 8) == pytest.approx((4.0, 2.4, 7.2))
