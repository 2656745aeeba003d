"""Numbers that options take."""

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["train", "classify", "--data", "."], "--minutes"),
        (["quantize", "objects", "--pictures", "."], "--max-loss"),
        (["predict", "."], "--threshold"),
        (["evaluate", "--data", "."], "--threshold"),
        (["benchmark"], "--seconds-per-turn"),
        (["serve"], "--seconds"),
    ],
)
def test_nan_is_no_number(command: list[str], option: str) -> None:
    result = CliRunner().invoke(main, [*command, option, "nan"])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': 'nan' is not a number" in result.output
