"""Tables of features: rows and names stay together, whatever else is asked of them."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import mobilenetv2
from mobilenetv2.cli import main
from mobilenetv2.cli.outputs.embeddings import open_embeddings
from mobilenetv2.errors import OptionError

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


def embed(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["embed", *map(str, arguments)])


def test_a_row_a_picture_and_a_name_a_row(tiny_file: Path, tmp_path: Path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    out = tmp_path / "a.npy"
    result = embed("--model", tiny_file, "--out", out, bad, EXAMPLES)
    assert result.exit_code == 1
    assert "bad.jpg" in result.stderr
    names = [Path(name) for name in (tmp_path / "a.txt").read_text("utf-8").splitlines()]
    assert [path.name for path in names] == ["cat.jpg", "coffee.jpg", "photographer.jpg"]
    rows = np.load(out)
    np.testing.assert_array_equal(rows, mobilenetv2.load(tiny_file).embed(names))


def test_parquet(tiny_file: Path, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "a.parquet"
    assert embed("--model", tiny_file, "--out", out, EXAMPLES / "cat.jpg").exit_code == 0
    table = parquet.read_table(out).to_pydict()
    assert table["path"] == [str(EXAMPLES / "cat.jpg")]
    features = mobilenetv2.load(tiny_file).embed(EXAMPLES / "cat.jpg")
    np.testing.assert_array_equal(np.array(table["features"][0], np.float32), features)


def test_another_ending_is_refused(tmp_path: Path):
    with pytest.raises(OptionError, match=r"NAME\.npy or NAME\.parquet, got .*a\.csv"):
        open_embeddings(tmp_path / "a.csv", 3)


def test_a_table_of_nothing_can_be_read(tmp_path: Path):
    with open_embeddings(tmp_path / "a.npy", 7):
        pass
    assert np.load(tmp_path / "a.npy").shape == (0, 7)


def test_a_table_grows_beyond_what_its_first_header_says(tmp_path: Path):
    with open_embeddings(tmp_path / "a.npy", 2) as table:
        for number in range(1001):
            table.add(f"{number}\n.jpg", np.full(2, number, np.float32))
    rows = np.load(tmp_path / "a.npy")
    np.testing.assert_array_equal(rows[:, 0], np.arange(1001))
    assert len((tmp_path / "a.txt").read_text().splitlines()) == 1001
