"""Jobs and batches on a real cluster of two workers: also past a worker's death."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mobilenetv2
from mobilenetv2 import BatchPredictor
from mobilenetv2.cli import main
from mobilenetv2.errors import JobError
from mobilenetv2.jobs.answer_part import Work, answer_part
from mobilenetv2.jobs.given_threads import given_threads
from mobilenetv2.jobs.job import Choice, Finished, Job, Part
from mobilenetv2.jobs.listing import list_words
from mobilenetv2.jobs.on_ray import AHEAD, require_listener, run_on_ray
from mobilenetv2.jobs.run_here import Tally
from mobilenetv2.jobs.wire import part_from_text, part_to_text
from mobilenetv2.shards.member import Member
from mobilenetv2.sources.choice import EVERY_FRAME
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.streaming import warn
from mobilenetv2.sources.video import Video
from mobilenetv2.tasks.options import Options
from tests.jobs.pictures import make_pictures
from tests.sources.clips import need_av, write_clip

COUNT = 24


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pictures(tmp_path_factory.mktemp("ray") / "pictures", COUNT)


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


def union(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(folder.glob("part-*.jsonl")))


def workers() -> list[int]:
    """Processes of our own cluster that answer; other people's clusters are theirs."""
    ours, found = {os.getpid()}, []
    for process in sorted(int(path.name) for path in Path("/proc").glob("[0-9]*")):
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
            name = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) in ours:
            ours.add(process)
            if b"PartAnswers" in name:
                found.append(process)
    return found


def kill_a_worker_once(folder: Path, killed: list[int]) -> None:
    """As soon as the first part is there: others are in the making."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and not killed:
        if list(folder.glob("part-*")) and (there := workers()):
            os.kill(there[0], signal.SIGKILL)
            killed.append(there[0])
        time.sleep(0.005)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found in /proc")
@pytest.mark.usefixtures("ray_cluster")
def test_a_job_goes_on_when_a_worker_dies_and_its_parts_are_those_of_one_machine(
    tmp_path: Path, pictures: Path, tiny_file: Path
):
    asked = ("--model", tiny_file, "--scales", "3,4", pictures)
    out, killed = tmp_path / "out", []
    watcher = threading.Thread(target=kill_a_worker_once, args=(out, killed))
    watcher.start()
    result = predict(*asked, "--out", out, "--part-size", 1, "--on", "ray")
    watcher.join()
    assert len(killed) == 1
    assert result.exit_code == 1, result.stderr
    assert f"all {COUNT} parts are done" in result.stderr
    assert f"1 of {COUNT} pictures could not be read" in result.stderr
    assert union(out) == predict(*asked, "--json").stdout
    # The machine alone sees that everything is there.
    assert "nothing is left" in predict(*asked, "--out", out, "--part-size", 1).stderr


class Watched(Job):
    """Counts how many parts were listed, and how many of them are kept."""

    listed = kept = most = 0

    def parts(self) -> Iterator[Part]:
        for part in super().parts():
            self.listed += 1
            yield part

    def keep(self, part: Finished) -> None:
        self.most = max(self.most, self.listed - self.kept)
        self.kept += 1
        super().keep(part)


@pytest.mark.usefixtures("ray_cluster")
def test_names_are_sent_a_few_parts_ahead_of_the_answers(
    tmp_path: Path, pictures: Path, tiny_file: Path
):
    model, listing = mobilenetv2.load(tiny_file), list_words([str(pictures)], warn, lambda: None)
    job = Watched(tmp_path / "out", model, listing, Choice(part_size=1))
    run_on_ray(job, model, Tally())
    assert job.kept == COUNT
    assert job.most <= 2 * AHEAD + 1


@pytest.mark.usefixtures("ray_cluster")
def test_batches_of_a_dataset_are_answered_as_predict_does(pictures: Path, tiny_file: Path):
    import ray

    dataset = ray.data.read_binary_files(str(pictures), include_paths=True)
    predictor = dataset.map_batches(
        BatchPredictor,
        fn_constructor_args=(str(tiny_file),),
        fn_constructor_kwargs={"keep": False, "top": 2},
        compute=ray.data.ActorPoolStrategy(size=1),  # the other CPU reads
        num_cpus=1,
        batch_size=8,
    )
    found = {row["path"]: json.loads(row["predictions"]) for row in predictor.iter_rows()}
    model = mobilenetv2.load(tiny_file)
    assert len(found) == COUNT
    for path, predictions in found.items():
        if predictions:
            assert predictions == model.predict(path, top=2).to_json()["predictions"]
    assert [Path(path).name for path, said in found.items() if not said] == ["p0007.png"]


@pytest.mark.usefixtures("ray_cluster")
def test_threads_are_as_many_as_ray_gave():
    import ray

    tasks = [ray.remote(num_cpus=cpus)(given_threads).remote() for cpus in (2, 1, 0.5)]
    assert ray.get(tasks) == [2, 1, 1]
    assert given_threads() is None  # who asks for work has no share of it


def test_a_part_gets_to_another_machine_as_it_is(tmp_path: Path):
    file, name = tmp_path / "a\udcff.jpg", "given/a\udcff.jpg"
    sources = (
        Input(name, file),
        Input("https://u:***@host/b.jpg", "https://u:p@host/b.jpg"),
        Input("-", b"\xff\xd8picture"),
        Input("s.tar/a.jpg", Member(str(tmp_path / "s.tar"), 512, 7, "a.jpg")),
        Input("gs://b/s.tar/a.jpg", Member("gs://b/s.tar", 512, 7, "a.jpg")),
        Video(str(tmp_path / "clip.mp4")),
    )
    there = part_from_text(part_to_text(Part(12, sources)))
    assert (there.number, there.sources) == (12, sources)


def test_relative_paths_lead_to_the_same_files_and_keep_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    sources = (Input("a.jpg", Path("a.jpg")), Video("clip.mp4"))
    there = part_from_text(part_to_text(Part(0, sources)))
    clip = str(tmp_path / "clip.mp4")
    assert there.sources == (Input("a.jpg", tmp_path / "a.jpg"), Video(clip))
    assert there.given == {clip: "clip.mp4"}


def test_a_video_has_its_given_name_in_every_line(
    tmp_path: Path, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
):
    need_av()
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", 3, (70, 100))
    model, work = mobilenetv2.load(tiny_file), Work(Options(), EVERY_FRAME, "jsonl")
    here = Part(4, (Video("clip.mp4"), Video("none.mp4")))
    done = [
        answer_part(model, part, work, warn, lambda: None)
        for part in (here, part_from_text(part_to_text(here)))
    ]
    lines = [[json.loads(line) for line in part.content.splitlines()] for part in done]
    assert [line["path"] for line in lines[1]] == ["clip.mp4"] * 3 + ["none.mp4"]
    assert lines[1][:3] == lines[0][:3]
    assert [(part.number, part.lines, part.errors) for part in done] == [(4, 4, 1)] * 2


def test_another_engine_than_ray_is_refused(pictures: Path, tmp_path: Path):
    result = predict(pictures, "--out", tmp_path, "--on", "spark")
    assert result.exit_code == 2
    assert "here or on ray" in result.stderr


def test_a_cluster_that_is_not_there_is_told_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for form in (address, f"ray://{address}"):
            with pytest.raises(JobError, match=f"no Ray cluster answers at {form}: .*refused"):
                require_listener(form)
    for left_to_ray in (None, "auto", "local"):
        require_listener(left_to_ray)
