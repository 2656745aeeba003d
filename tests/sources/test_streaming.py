"""`Model.stream`: the frames of a video with what a model says of each."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine import library
from mobilenetv2.errors import MissingDependencyError, OptionError, SourceError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.sources import video as video_room
from tests.sources.clips import need_av, number_of, write_clip

need_av()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "a.mp4", 12)


@pytest.mark.parametrize("task", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_a_result_is_that_of_the_pixels(clip: Path, task: str, request: pytest.FixtureRequest):
    model = mobilenetv2.load(request.getfixturevalue(task))
    frames = list(model.stream(clip))
    assert [frame.index for frame in frames] == list(range(12))
    assert frames[7].time_seconds == pytest.approx(0.7)
    for frame in frames:
        assert number_of(frame.pixels) == frame.index
        assert frame.result.to_json() == model.predict(frame.pixels).to_json()
        assert frame.result.draw(frame.pixels).width >= 64


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (np.zeros((40, 50, 3), np.uint8), r"got an array \[40, 50, 3\]; for pictures"),
        ([np.zeros((40, 50, 3))] * 2, r"got 2 in a list, the first an array \[40, 50, 3\]; for"),
        (Image.new("RGB", (8, 8)), r"got Image; for pictures.*model\.predict"),
        (0, r"got int; .*"),
    ],
    ids=["array", "list", "picture", "number"],
)
def test_what_is_no_videos_name_is_told_by_its_shape(source: object, told: str, tiny_file: Path):
    with pytest.raises(SourceError, match=told) as error:
        mobilenetv2.load(tiny_file).stream(source)  # type: ignore[arg-type]
    assert len(str(error.value)) < 250


def test_frames_and_options_are_chosen(clip: Path, tiny_file: Path):
    model = mobilenetv2.load(tiny_file)
    assert [frame.index for frame in model.stream(str(clip), every=4)] == [0, 4, 8]
    found = list(model.stream(clip, fps=2.5, top=1))
    assert [frame.index for frame in found] == [0, 4, 8]
    assert len(found[0].result.predictions) == 1


@pytest.mark.skipif(not library.available(), reason="the engine was not built")
def test_a_compiled_classifier_streams_as_its_model_does(
    clip: Path, tiny_file: Path, tmp_path: Path
):
    deploy(load_checkpoint(tiny_file), tmp_path / "a.program", verify=False)
    compiled = mobilenetv2.CompiledClassifier(tmp_path / "a.program")
    model = mobilenetv2.load(tiny_file)
    labels = [[f.result.label for f in one.stream(clip)] for one in (compiled, model)]
    assert labels[0] == labels[1]


def test_mistakes_are_told_at_once(clip: Path, tiny_file: Path):
    model = mobilenetv2.load(tiny_file)
    with pytest.raises(ValueError, match="nms is not for classification"):
        model.stream(clip, nms=0.9)
    with pytest.raises(OptionError, match="every must be at least 1"):
        model.stream(clip, every=0)
    with pytest.raises(SourceError, match="No such file"):
        next(model.stream("missing.mp4"))


def test_what_is_wrong_with_a_video_is_told_or_warned_of(tmp_path: Path, tiny_file: Path):
    model = mobilenetv2.load(tiny_file)
    path = write_clip(tmp_path / "a.mp4", movflags="faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    said: list[str] = []
    assert list(model.stream(path, tell=said.append))
    assert "cut short" in said[0]
    with pytest.warns(RuntimeWarning, match="cut short"):
        assert list(model.stream(path))


def test_an_abandoned_stream_ends_its_thread(clip: Path, tiny_file: Path):
    frames = mobilenetv2.load(tiny_file).stream(clip)
    next(frames)
    frames.close()
    assert "decode-video" not in {thread.name for thread in threading.enumerate()}


def test_without_pyav_the_extra_is_named(tiny_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(video_room, "find_spec", lambda _name: None)
    with pytest.raises(MissingDependencyError, match=r"mobilenetv2\[video\]"):
        next(mobilenetv2.load(tiny_file).stream("a.mp4"))
