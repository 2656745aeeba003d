"""What a job is about is found anew, not held; its mark tells names and sizes."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.errors import ImageError, JobError
from mobilenetv2.jobs import listing as listing_module
from mobilenetv2.jobs.job import Choice, Job
from mobilenetv2.jobs.listing import Found, list_sources, list_words
from mobilenetv2.jobs.run_here import Tally, run_here
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.streaming import warn
from mobilenetv2.sources.words import sources_of
from tests.jobs.pictures import make_pictures
from tests.shards.tars import classes, png


def nobody() -> None:
    pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = make_pictures(tmp_path / "pictures", 6)
    make_pictures(pictures / "p0002", 3)
    (pictures / "notes.txt").write_text("p0001.png\np0000.png\n")
    classes(tmp_path / "s-0.tar", [("a", "x"), ("b", "y")])
    return tmp_path


@pytest.mark.parametrize("word", ["pictures", "s-0.tar", "s-{0..0}.tar"])
def test_a_folder_and_shards_are_found_each_time_as_predict_finds_them(folder: Path, word: str):
    words, told, seen = [str(folder / word)], [], []
    listing = list_words(words, told.append, lambda: seen.append(1))
    expected = sources_of(words, warn_not)
    assert isinstance(listing.sources, Found)
    assert list(listing.sources) == list(listing.sources) == expected
    assert listing.count == len(seen) == len(expected)
    assert listing.fingerprint == list_sources(expected).fingerprint
    # Once, however often they are found.
    assert [text.partition("left aside ")[2] for text in told] == (
        ["1 x text or data file (notes.txt)"] if word == "pictures" else []
    )


def warn_not(_: str) -> None:
    pass


def test_what_several_words_name_is_there_once(folder: Path):
    pictures = str(folder / "pictures")
    words = [pictures, f"{pictures}/p0001.png", f"{pictures}/notes.txt"]
    listing = list_words(words, warn_not, nobody)
    assert list(listing.sources) == sources_of(words, warn_not)
    assert listing.count == 9


@pytest.mark.parametrize("change", ["more", "fewer", "renamed", "more than a block"])
def test_an_input_that_changes_while_a_job_runs_is_told_before_a_part_is_wrong(
    folder: Path, change: str, monkeypatch: pytest.MonkeyPatch
):
    pictures = folder / "pictures"
    monkeypatch.setattr(listing_module, "BLOCK", 4)
    listing = list_words([str(pictures)], warn_not, nobody)
    assert listing.count == 9
    match change:
        case "more":
            make_pictures(pictures / "a", 1)
        case "fewer":
            (pictures / "p0005.png").unlink()
        case "renamed":
            (pictures / "p0005.png").rename(pictures / "p0006.png")
        case "more than a block":
            make_pictures(pictures / "z", 4)
    found = []
    with pytest.raises(JobError, match=r"is not what it was when it was listed: .* places"):
        found.extend(listing.sources)
    # What stood before the change is the same.
    assert len(found) % 4 == 0


def test_an_empty_folder_is_no_job(tmp_path: Path):
    with pytest.raises(ImageError, match="must hold at least one picture, got none"):
        list_words([str(tmp_path)], warn_not, nobody)


@dataclass
class Many:
    """Pictures that nobody holds."""

    count: int

    def __iter__(self) -> Iterator[Input]:
        content = png(1, (8, 8))
        return (Input(f"{number}", content) for number in range(self.count))


def test_memory_does_not_grow_with_the_pictures(tmp_path: Path, tiny_file: Path):
    model = mobilenetv2.load(tiny_file)

    def peak(count: int) -> int:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        job = Job(out, model, list_sources(Many(count)), Choice(part_size=50))
        tracemalloc.reset_peak()
        run_here(job, model, tally := Tally(), warn, nobody)
        assert tally.lines == count
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(100)
        few, many = peak(100), peak(1000)
    finally:
        tracemalloc.stop()
    # The results of 1000 pictures are 1.1 MB; waste that waits for its collector is less.
    assert many - few < 300_000
