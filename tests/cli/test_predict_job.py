"""`predict --out`: kills, signals and full disks cost a part at most, nothing is there twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mobilenetv2.cli import main
from mobilenetv2.deploy.export import deploy
from mobilenetv2.model import load_checkpoint
from tests.jobs.pictures import BAD, make_pictures
from tests.shards.tars import classes
from tests.sources.clips import need_av, write_clip

KILLABLE = Path(__file__).parents[1] / "jobs" / "killable.py"
COUNT = 60


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pictures(tmp_path_factory.mktemp("job") / "pictures", COUNT)


@pytest.fixture(scope="module")
def printed(pictures: Path, tiny_file: Path) -> str:
    """What one undisturbed `predict --json` says of the pictures."""
    return predict("--model", tiny_file, "--json", pictures).stdout


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mobilenetv2", "predict", *map(str, arguments)]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True,
        # A shell's background jobs ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def union(folder: Path) -> str:
    """As `cat folder/*.jsonl`: a shell leaves hidden files out."""
    return "".join(path.read_text("utf-8") for path in sorted(folder.glob("[!.]*.jsonl")))


def test_the_union_of_the_parts_is_what_predict_prints(
    tmp_path: Path, pictures: Path, tiny_file: Path, printed: str
):
    asked = ("--model", tiny_file, pictures, "--out", tmp_path / "out", "--part-size", 16)
    first = predict(*asked)
    assert first.exit_code == 1, first.stderr  # as predict: a picture cannot be read
    assert f"1 of {COUNT} pictures could not be read" in first.stderr
    assert first.stdout == ""
    assert union(tmp_path / "out") == printed
    done = json.loads((tmp_path / "out" / "done.json").read_text())
    assert done == {"parts": 4, "lines": COUNT, "errors": 1}
    again = predict(*asked, "--resume")
    assert again.exit_code == 1
    assert "all 4 parts were done already; nothing is left to do" in again.stderr
    assert f"1 of {COUNT} pictures could not be read" in again.stderr


def test_twenty_kills_at_random_lines_of_the_job_lose_nothing_and_double_nothing(
    tmp_path: Path, pictures: Path, tiny_file: Path, printed: str
):
    asked = ("--model", tiny_file, "--part-size", 4, pictures)
    command = [sys.executable, KILLABLE, 18, 20, 2500, tmp_path, *asked]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    last = int(done.stdout)
    assert last >= 1  # some jobs came to their end between the kills
    assert predict(*asked, "--out", tmp_path / str(last)).exit_code == 1
    for number in range(last + 1):
        assert union(tmp_path / str(number)) == printed


def test_two_machines_killed_at_random_times_share_one_folder(
    tmp_path: Path, pictures: Path, tiny_file: Path, printed: str
):
    moments = random.Random(19)
    asked = ("--model", tiny_file, "--part-size", 2, pictures, "--out", tmp_path, "--shard")
    for _ in range(2):
        machines = [start(*asked, share) for share in ("1/2", "2/2")]
        for machine in machines:
            time.sleep(moments.uniform(0.1, 0.6))
            machine.kill()
            machine.communicate()
    for machine in [start(*asked, share) for share in ("1/2", "2/2")]:
        said = machine.communicate(timeout=60)[1]
        assert "parts of shard" in said
        # The bad picture is in the share of the second.
        assert machine.returncode == int("2/2" in said), said
    assert union(tmp_path) == printed


@pytest.mark.parametrize(
    ("kind", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_signals_end_it_with_a_word_and_the_same_command_goes_on(
    tmp_path: Path, pictures: Path, tiny_file: Path, printed: str, kind: signal.Signals, status: int
):
    asked = ("--model", tiny_file, "--scales", "4", "--part-size", 1, pictures)
    out = tmp_path / "out"
    child = start(*asked, "--out", out)
    while not out.exists() or not list(out.glob("part-*")):
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(kind)
    said = child.communicate(timeout=60)[1]
    assert child.returncode == status, said
    assert f"of {COUNT} parts are in {out}; the same command goes on" in said
    assert "Traceback" not in said
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []
    went_on = predict(*asked, "--out", out)
    assert "parts are done" in went_on.stderr
    assert union(out) == predict(*asked[:-3], "--json", pictures).stdout


def test_a_full_disk_is_one_error_and_what_is_there_is_whole(
    small_disk: Path, pictures: Path, tiny_detector_file: Path
):
    asked = ("--model", tiny_detector_file, "--threshold", 0.1, pictures)
    result = predict(*asked, "--part-size", 3, "--out", small_disk / "out")
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if "Error" in line]
    assert "part-" in line
    assert "No space left on device" in line
    assert "run the same command again" in line
    expected = predict(*asked, "--json").stdout
    found = union(small_disk / "out")
    assert found
    assert expected.startswith(found)
    assert [path.name for path in (small_disk / "out").iterdir() if path.name[0] == "."] == []


def test_a_folder_that_cannot_be_written_is_one_error(
    tmp_path: Path, pictures: Path, tiny_file: Path
):
    (tmp_path / "file").write_text("")
    result = predict("--model", tiny_file, pictures, "--out", tmp_path / "file" / "out")
    assert result.exit_code == 1
    assert "cannot" in result.stderr
    assert "Traceback" not in result.stderr


def test_another_model_in_the_folder_is_refused(
    tmp_path: Path, pictures: Path, tiny_file: Path, tiny_segmenter_file: Path
):
    predict("--model", tiny_file, pictures, "--out", tmp_path)
    result = predict("--model", tiny_segmenter_file, pictures, "--out", tmp_path)
    assert result.exit_code == 1
    assert "another job, which differs in model.sha256" in result.stderr
    assert "model.task ('classification' there, 'segmentation' here)" in result.stderr


def test_a_list_and_a_video_are_jobs_too(tmp_path: Path, pictures: Path, tiny_file: Path):
    need_av()
    clip = write_clip(tmp_path / "clip.mp4", 9, (70, 100))
    listed = tmp_path / "list.txt"
    listed.write_text(f"{pictures / 'p0001.png'}\n{clip}\n{pictures / 'p0002.png'}\n")
    asked = ("--model", tiny_file, listed, "--every", 4)
    result = predict(*asked, "--out", tmp_path / "out", "--part-size", 2)
    assert result.exit_code == 0, result.stderr
    lines = union(tmp_path / "out")
    parts = sorted((tmp_path / "out").glob("*.jsonl"))
    assert [len(part.read_text().splitlines()) for part in parts] == [4, 1]
    assert lines == predict(*asked, "--json").stdout


def test_a_compiled_program_is_a_model_too(tmp_path: Path, pictures: Path, tiny_file: Path):
    program = tmp_path / "tiny.program"
    deploy(load_checkpoint(tiny_file), program)
    asked = ("--model", program, pictures)
    assert predict(*asked, "--out", tmp_path / "out").exit_code == 1
    assert union(tmp_path / "out") == predict(*asked, "--json").stdout
    result = predict("--model", tiny_file, pictures, "--out", tmp_path / "out")
    assert "model.sha256" in result.stderr


def test_shards_are_a_job_whose_machines_read_by_place(tmp_path: Path, tiny_file: Path):
    classes(tmp_path / "in-0.tar", [(f"a{number}", "x") for number in range(5)])
    classes(tmp_path / "in-1.tar", [(f"b{number}", "x") for number in range(3)], 5)
    asked = ("--model", tiny_file, tmp_path / "in-{0..1}.tar")
    for share in ("2/2", "1/2"):
        result = predict(*asked, "--out", tmp_path / "out", "--part-size", 3, "--shard", share)
        assert result.exit_code == 0, result.stderr
    lines = union(tmp_path / "out")
    assert lines == predict(*asked, "--json").stdout
    names = [json.loads(line)["path"].removeprefix(f"{tmp_path}/") for line in lines.splitlines()]
    assert names[4:6] == ["in-0.tar/a4.png", "in-1.tar/b0.png"]
    assert len(names) == 8


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["--shard", "1/2"], "--shard goes with --out"),
        (["--resume"], "--resume goes with --out"),
        (["--out", "x", "--json"], "--json is not for --out"),
        (["--out", "x", "--csv", "y"], "--csv is not for --out"),
        (["--out", "x", "--shard", "3"], "a shard is written K/N"),
    ],
)
def test_what_does_not_go_together_is_refused(
    pictures: Path, tiny_file: Path, arguments: list[str], rule: str
):
    result = predict("--model", tiny_file, pictures, *arguments)
    assert result.exit_code == 2
    assert rule in result.stderr


def test_the_bad_picture_has_a_line(tmp_path: Path, pictures: Path, tiny_file: Path):
    predict("--model", tiny_file, pictures, "--out", tmp_path)
    (bad,) = [line for line in map(json.loads, union(tmp_path).splitlines()) if "error" in line]
    assert bad["path"] == os.fspath(pictures / BAD)
