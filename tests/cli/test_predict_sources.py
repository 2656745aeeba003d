"""`predict` on videos, lists, addresses and standard input: what is printed, written and told."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import mobilenetv2
from mobilenetv2.cli import main
from mobilenetv2.cli.frame_lines import clock_time
from mobilenetv2.cli.outputs.annotated_video import on_canvas
from mobilenetv2.sources.shots import Shot, shots
from mobilenetv2.sources.video import Video
from tests.sources.clips import need_av, write_clip
from tests.weights.faulty_server import running, whole

need_av()

CAT = Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg"


def predict(*arguments: object, data: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)], input=data)


def json_lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def frames(path: Path) -> list[Shot]:
    return [item for item in shots(Video(str(path))) if isinstance(item, Shot)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 9, (70, 100))


def test_json_has_a_line_a_frame_with_its_time(clip: Path, tiny_file: Path):
    result = predict("--model", tiny_file, "--json", "--every", 4, clip, CAT)
    assert result.exit_code == 0, result.stderr
    *of_clip, of_cat = json_lines(result)
    assert [(line["path"], line["frame"], line["time"]) for line in of_clip] == [
        (str(clip), 0, 0.0), (str(clip), 4, 0.4), (str(clip), 8, 0.8),
    ]  # fmt: skip
    model = mobilenetv2.load(tiny_file)
    expected = model.predict(frames(clip)[4].pixels).to_json()["predictions"]
    assert of_clip[1]["predictions"] == expected
    assert set(of_cat) == {"path", "task", "predictions"}


@pytest.mark.parametrize("model", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_people_get_a_line_a_frame(clip: Path, model: str, request: pytest.FixtureRequest):
    result = predict("--model", request.getfixturevalue(model), "--fps", 5, clip)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == 5
    assert lines[1].startswith(f"{clip}  0:00:00.200  ")
    assert "%" in lines[1]


@pytest.mark.parametrize("model", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_save_writes_a_video_that_keeps_the_times(
    clip: Path, tmp_path: Path, model: str, request: pytest.FixtureRequest
):
    file = request.getfixturevalue(model)
    result = predict("--model", file, "--save", tmp_path, "--every", 2, clip)
    assert result.exit_code == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["clip.predicted.mp4"]
    assert "clip.predicted.mp4: 5 frames" in result.stderr
    found = frames(tmp_path / "clip.predicted.mp4")
    times = [shot.moment.seconds for shot in found]
    assert times == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8], abs=1e-3)
    expected = mobilenetv2.load(file).predict(frames(clip)[4].pixels).draw(frames(clip)[4].pixels)
    drawn = np.asarray(expected, np.int16)
    height = min(len(drawn), len(found[2].pixels))
    difference = np.abs(found[2].pixels[:height, : drawn.shape[1]] - drawn[:height])
    assert np.median(difference) < 12


def test_two_videos_of_one_name_stay_apart(clip: Path, tmp_path: Path, tiny_file: Path):
    (tmp_path / "again").mkdir()
    other = write_clip(tmp_path / "again" / "clip.mp4", 2)
    out = tmp_path / "out"
    result = predict("--model", tiny_file, "--save", out, clip, other, CAT)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "cat.predicted.jpg", "clip-2.predicted.mp4", "clip.predicted.mp4",
    ]  # fmt: skip


def test_ctrl_c_finishes_the_video(tmp_path: Path, tiny_file: Path):
    film = write_clip(tmp_path / "film.mp4", 3000, rate=30)
    command = [sys.executable, "-m", "mobilenetv2", "predict", "--model", str(tiny_file), "--json"]
    running_command = subprocess.Popen(
        [*command, "--save", str(tmp_path / "out"), str(film)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert running_command.stdout is not None
    for _ in range(5):
        running_command.stdout.readline()
    running_command.send_signal(signal.SIGINT)
    rest, said = running_command.communicate(timeout=30)
    assert running_command.returncode == 130, said
    assert said.endswith("Interrupted.\n")
    assert "Traceback" not in said
    written = frames(tmp_path / "out" / "film.predicted.mp4")
    assert 5 <= len(written) < 3000
    assert abs(len(written) - 5 - len(rest.splitlines())) <= 1


def test_an_address_is_fetched_once_and_drawn(tmp_path: Path, tiny_file: Path):
    with running() as server:
        server.answers = [whole(CAT.read_bytes())]
        address = f"{server.url}/cats/kitten.jpg"
        result = predict("--model", tiny_file, "--json", "--save", tmp_path, address)
        assert result.exit_code == 0, result.stderr
        assert len(server.asked) == 1
        assert address in predict("--model", tiny_file, address).stdout
    (line,) = json_lines(result)
    assert line["path"] == address
    assert Image.open(tmp_path / "kitten.predicted.jpg").width == Image.open(CAT).width


def test_standard_input_is_a_picture_or_a_list(clip: Path, tiny_file: Path):
    of_picture = predict("--model", tiny_file, "--json", "-", data=CAT.read_bytes())
    of_list = predict("--model", tiny_file, "--json", "-", data=f"{CAT}\n{clip}\n".encode())
    assert [line["path"] for line in json_lines(of_picture)] == ["-"]
    lines = json_lines(of_list)
    assert [line["path"] for line in lines] == [str(CAT)] + [str(clip)] * 9
    assert lines[0]["predictions"] == json_lines(of_picture)[0]["predictions"]


def test_a_broken_source_is_told_and_the_others_go_on(clip: Path, tmp_path: Path, tiny_file: Path):
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    result = predict("--model", tiny_file, "--json", tmp_path / "no.mp4", "camera:99", CAT)
    assert result.exit_code == 1
    lines = json_lines(result)
    assert ["error" in line for line in lines] == [True, True, False]
    assert lines[1]["path"] == "camera:99"
    assert "camera:99 cannot be opened" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--every", "2"], "--every and --fps are for videos, and no source is one"),
        (["--every", "0"], "every must be at least 1, got 0"),
        (["--every", "2", "--fps", "2"], "chosen by every or by fps"),
        (["--csv", "-"], "--csv writes a file, got '-'; on standard output --json has"),
    ],
)
def test_mistakes_are_usage_errors(tiny_file: Path, arguments: list[str], message: str):
    result = predict("--model", tiny_file, *arguments, CAT)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_window_needs_a_screen(tiny_file: Path, monkeypatch: pytest.MonkeyPatch):
    if sys.platform != "linux":
        pytest.skip("there is a screen")
    monkeypatch.delenv("DISPLAY", raising=False)
    result = predict("--model", tiny_file, "--show", CAT)
    assert result.exit_code == 2
    assert "--show needs" in result.stderr
    assert "--save writes what it would show" in result.stderr


class TestCanvas:
    def drawing(self, height: int, width: int, plate: int) -> Image.Image:
        """Red, with a blue plate below."""
        image = Image.new("RGB", (width, height + plate), "red")
        image.paste("blue", (0, height, width, height + plate))
        return image

    def test_odd_sides_are_continued(self):
        found = np.asarray(on_canvas(self.drawing(9, 11, 0), 9, (10, 12)))
        assert (found == (255, 0, 0)).all()

    def test_a_plate_that_grew_covers_the_frame_and_is_whole(self):
        found = np.asarray(on_canvas(self.drawing(20, 10, 8), 20, (24, 10)))
        assert (found[:16] == (255, 0, 0)).all()
        assert (found[16:] == (0, 0, 255)).all()

    def test_a_frame_of_another_size_is_scaled(self):
        found = on_canvas(self.drawing(40, 40, 0), 40, (20, 30))
        assert found.size == (30, 20)
        assert found.getpixel((15, 10)) == (255, 0, 0)
        assert found.getpixel((1, 10)) != (255, 0, 0)


def test_a_clock():
    assert clock_time(0.0336) == "0:00:00.034"
    assert clock_time(59.9996) == "0:01:00.000"
    assert clock_time(3723.5) == "1:02:03.500"
