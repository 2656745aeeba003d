"""Names in the archive behind a TFLite file: found, freed of what is no name, never guessed."""

import io
import zipfile

import pytest

from mobilenetv2.weights.tflite.importer import read_tflite
from tests.weights.tflite.test_importer import written


def packed(path, **files):
    """A file with text files in a zip archive behind it, imported."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in files.items():
            file.writestr(f"{name}.txt", content)
    path.write_bytes(path.read_bytes() + archive.getvalue())
    return read_tflite(path).checkpoint.labels


FLOWERS = [f"flower {i}" for i in "abcdefghij"]


@pytest.mark.parametrize(
    "files",
    [
        {"labels": "\n".join(FLOWERS), "score_calibration": "0.95,1.2,-0.3\n" * 10},
        {"labels": "\ufeff" + "\n".join(FLOWERS)},
        {"labels": "\r\n".join(f"{i} {name}" for i, name in enumerate(FLOWERS))},
        {"labels": "\n".join(f"{i + 1}: {name}" for i, name in enumerate(FLOWERS))},
    ],
    ids=["calibration", "byte order mark", "from 0", "from 1"],
)
def test_labels_are_found_and_freed_of_what_is_no_name(tmp_path, files):
    path, _ = written(tmp_path)
    assert packed(path, **files) == tuple(FLOWERS)


def test_numbers_that_do_not_count_are_names(tmp_path):
    path, _ = written(tmp_path)
    names = [f"{year} coin" for year in range(1990, 2000)]
    assert packed(path, labels="\n".join(names)) == tuple(names)


def test_of_two_lists_of_names_neither_is_guessed(tmp_path):
    path, _ = written(tmp_path)
    other = "\n".join(f"blume {i}" for i in range(10))
    assert packed(path, en="\n".join(FLOWERS), de=other)[0] == "class 0"
