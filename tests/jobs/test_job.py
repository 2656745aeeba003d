"""A job's folder: whose it is, what is left, and what a part looks like from outside."""

import json
import os
from pathlib import Path

import pytest
from pyarrow import dataset

import mobilenetv2
from mobilenetv2.errors import JobError, SourceError
from mobilenetv2.jobs.job import DONE, Choice, Job
from mobilenetv2.jobs.listing import list_sources
from mobilenetv2.jobs.plan import MANIFEST, default_part_size
from mobilenetv2.jobs.run_here import Tally, run_here
from mobilenetv2.jobs.shard import Shard
from mobilenetv2.model import Model
from mobilenetv2.pipeline import predict_sources
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.streaming import warn
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import sources_of
from mobilenetv2.tasks.options import Options
from tests.jobs.pictures import BAD, make_pictures

COUNT = 21


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Input | Video]:
    return sources_of([str(make_pictures(tmp_path_factory.mktemp("many"), COUNT))], warn)


@pytest.fixture(scope="module")
def model(tiny_file: Path) -> Model:
    return mobilenetv2.load(tiny_file)


def work(folder: Path, model: Model, sources: list[Input | Video], choice: Choice) -> Tally:
    job, tally = Job(folder, model, list_sources(sources), choice), Tally()
    run_here(job, model, tally, warn, lambda: None)
    return tally


def lines_in(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for part in sorted(folder.glob("part-*.jsonl"))
        for line in part.read_text("utf-8").splitlines()
    ]


def test_parts_in_the_order_of_their_names_are_what_predict_prints(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    tally = work(tmp_path / "out", model, sources, Choice(part_size=4))
    assert (tally.parts, tally.lines, tally.errors) == (6, COUNT, 1)
    expected = [answer.to_json() for answer in predict_sources(model, sources)]
    assert lines_in(tmp_path / "out") == expected
    (bad,) = [line for line in expected if "error" in line]
    assert str(bad["path"]).endswith(BAD)


def test_machines_share_a_folder_and_each_finds_its_own_part_of_the_work_done(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    work(whole, model, sources, Choice(part_size=4))
    listing = list_sources(sources)
    for number, parts, pictures in ((1, 2, 8), (2, 2, 8), (3, 2, 5)):
        choice = Choice(part_size=4, shard=Shard(number, 3))
        job = Job(shared, model, listing, choice)
        assert (len(job.left), job.pictures_left) == (parts, pictures)
        work(shared, model, sources, choice)
        assert not (shared / DONE).exists()
        again = Job(shared, model, listing, choice)
        assert (again.left, len(again.earlier), again.pictures_left) == ([], parts, 0)
    assert again.finish() == 0
    assert json.loads((shared / DONE).read_text()) == {"parts": 6, "lines": COUNT, "errors": 1}
    # Another number of machines may go on, and finds nothing.
    assert Job(shared, model, listing, Choice(part_size=4, shard=Shard(1, 2))).left == []
    names = {path.name for path in whole.iterdir()}
    assert {path.name for path in shared.iterdir()} == names | {DONE}
    for path in whole.iterdir():
        assert (shared / path.name).read_bytes() == path.read_bytes()


def test_a_part_that_was_taken_away_is_made_again(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    work(tmp_path, model, sources, Choice(part_size=4))
    listing, choice = list_sources(sources), Choice(part_size=4)
    assert Job(tmp_path, model, listing, choice).finish() == 0
    taken = (tmp_path / "part-000003.jsonl").read_bytes()
    (tmp_path / "part-000003.jsonl").unlink()
    assert Job(tmp_path, model, listing, choice).left == [3]
    assert not (tmp_path / DONE).exists()
    work(tmp_path, model, sources, choice)
    assert (tmp_path / "part-000003.jsonl").read_bytes() == taken


def test_what_killed_writers_left_is_cleared_once_it_is_old(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    old = [".part-000001.jsonl.abcd_123", ".manifest.json.abcd_123", ".done.json.abcd_123"]
    others = [".part-000002.jsonl.new_file", ".keep", "notes.txt", ".part-1.jsonl.abcd_123"]
    for name in (*old, *others):
        (tmp_path / name).write_text("")
        if name != ".part-000002.jsonl.new_file":
            os.utime(tmp_path / name, (0, 0))
    Job(tmp_path, model, list_sources(sources), Choice())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, MANIFEST])


def test_more_machines_than_parts_leave_some_without_work(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    choice = Choice(part_size=100, shard=Shard(2, 2))
    assert work(tmp_path, model, sources, choice) == Tally(0, 0, 0)


@pytest.mark.parametrize(
    "kind", ["tiny_file", "tiny_labels_file", "tiny_detector_file", "tiny_segmenter_file"]
)
def test_parquet_says_the_same_in_columns(
    tmp_path: Path, sources: list[Input | Video], kind: str, request: pytest.FixtureRequest
):
    model = mobilenetv2.load(request.getfixturevalue(kind))
    tally = work(tmp_path, model, sources, Choice(part_size=8, format="parquet"))
    rows = dataset.dataset(tmp_path, exclude_invalid_files=True).to_table().to_pylist()
    assert len(rows) == tally.lines == COUNT
    found = [{key: value for key, value in row.items() if value is not None} for row in rows]
    assert found == [answer.to_json() for answer in predict_sources(model, sources)]
    job = Job(tmp_path, model, list_sources(sources), Choice(part_size=8, format="parquet"))
    assert job.counted_earlier() == (COUNT, 1)


def test_names_that_are_no_unicode_and_labels_called_error_are_counted_right(
    tmp_path: Path, model: Model
):
    picture = Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg"
    sources: list[Input | Video] = [
        Input("a\udcff.jpg", picture), Input('"error"', picture), Input("b", b"no picture"),
    ]  # fmt: skip
    for kind in ("jsonl", "parquet"):
        choice = Choice(format=kind)
        work(tmp_path / kind, model, sources, choice)
        job = Job(tmp_path / kind, model, list_sources(sources), choice)
        assert job.counted_earlier() == (3, 1)
    assert lines_in(tmp_path / "jsonl")[0]["path"] == "a\udcff.jpg"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ("model", "model.sha256"),
        ("options", "options.top ('5' there, '2' here)"),
        ("input", "input.count ('21' there, '20' here)"),
        ("file", "input.sha256"),
        ("size", "parts.size ('4' there, '5' here)"),
        ("format", "parts.format ('jsonl' there, 'parquet' here)"),
    ],
)
def test_another_job_in_the_same_folder_is_refused_by_what_differs(
    tmp_path: Path, model: Model, changed: str, what: str
):
    pictures = make_pictures(tmp_path / "pictures", COUNT)
    sources = sources_of([str(pictures)], warn)
    out = tmp_path / "out"
    work(out, model, sources, Choice(part_size=4))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    choice = Choice(part_size=4)
    match changed:
        case "model":
            weights = {name: value * 1.5 for name, value in model.checkpoint.weights.items()}
            model = Model(replace_weights(model, weights))
        case "options":
            choice = Choice(options=Options(top=2), part_size=4)
        case "input":
            sources = sources[:-1]
        case "file":
            (pictures / "p0003.png").write_bytes(b"another")
        case "size":
            choice = Choice(part_size=5)
        case "format":
            choice = Choice(part_size=4, format="parquet")
    with pytest.raises(JobError) as caught:
        Job(out, model, list_sources(sources), choice)
    assert what in str(caught.value)
    assert "Choose another folder for --out" in str(caught.value)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def replace_weights(model: Model, weights: dict[str, object]):
    from dataclasses import replace

    return replace(model.checkpoint, weights=weights)


def test_a_copy_of_the_model_is_the_same_model(tmp_path: Path, tiny_file: Path):
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(tiny_file.read_bytes())
    named, unnamed = mobilenetv2.load(copy), Model(mobilenetv2.load(tiny_file).checkpoint)
    assert named.sha256() == mobilenetv2.load(tiny_file).sha256()
    assert unnamed.sha256() == Model(named.checkpoint).sha256()


def test_another_release_is_told_of(tmp_path: Path, model: Model, sources: list[Input | Video]):
    work(tmp_path, model, sources, Choice(part_size=16, shard=Shard(1, 2)))
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps(manifest | {"mobilenetv2": "0.0.9"}))
    job = Job(tmp_path, model, list_sources(sources), Choice(part_size=16))
    assert (job.begun_with, len(job.earlier), len(job.left)) == ("0.0.9", 1, 1)


def test_an_option_that_an_older_release_did_not_know_was_not_chosen(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    work(tmp_path, model, sources, Choice())
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    del manifest["options"]["stretch"]
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert Job(tmp_path, model, list_sources(sources), Choice()).left == []
    stretched = Choice(options=Options(stretch=True))
    with pytest.raises(JobError, match=r"options\.stretch \('False' there, 'True' here\)"):
        Job(tmp_path, model, list_sources(sources), stretched)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("{", "not valid JSON"), ("[1]", "must hold an object"), ('{"model": 3}', "model ('3' there")],
)
def test_a_damaged_manifest_is_refused(
    tmp_path: Path, model: Model, sources: list[Input | Video], text: str, rule: str
):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(JobError) as caught:
        Job(tmp_path, model, list_sources(sources), Choice())
    assert rule in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_parts_without_a_manifest_are_nobodys(
    tmp_path: Path, model: Model, sources: list[Input | Video]
):
    (tmp_path / "part-000000.jsonl").write_text("{}\n")
    with pytest.raises(JobError, match=r"no manifest\.json that says of what"):
        Job(tmp_path, model, list_sources(sources), Choice())


@pytest.mark.parametrize("endless", ["camera:0", "rtsp://host/stream"])
def test_what_never_ends_is_no_job(endless: str):
    with pytest.raises(SourceError, match=f"come to an end, and {endless} does not"):
        list_sources([Video(endless)])


def test_parts_are_small_where_there_are_few_pictures_and_seldom_more_than_ten_thousand():
    assert [default_part_size(count) for count in (1, 1000, 6400, 64_000, 10**6)] == [
        64, 64, 100, 1000, 1000,
    ]  # fmt: skip
