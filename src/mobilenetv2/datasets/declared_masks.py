"""What a person says of a data set's masks: where they lie and what their values mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.mask_meaning import MaskMeaning, find_meaning, model_meaning
from mobilenetv2.datasets.masks import MaskedPictures


@dataclass(frozen=True, slots=True)
class DeclaredMasks:
    """Everything may be left unsaid."""

    folder: Path | None = None
    """Masks under their pictures' names; None: the data set's own folder `masks`."""
    labels: Path | None = None
    """A file: the ids' names, one a line."""
    colors: Path | None = None
    """A file: for masks in colors, lines of name,red,green,blue."""
    ignore: frozenset[int] = frozenset()
    """Ids that are no class, besides 255."""

    def options(self) -> Iterator[str]:
        """The command line's options that say what was said here."""
        said = {"masks": self.folder, "labels": self.labels, "colors": self.colors,
                "ignore": self.ignore}  # fmt: skip
        return (f"--{name}" for name, value in said.items() if value)

    def meaning(self, data: MaskedPictures, labels: Sequence[str]) -> MaskMeaning:
        """What the values mean to a model; where nothing names them, they are its own classes.

        Args:
            data: to be judged on.
            labels: the model's, in the order of its classes.

        Raises:
            DatasetError: as `find_meaning`.
        """
        if self.labels or self.colors:
            return find_meaning(data, self.labels, self.ignore, self.colors)
        return model_meaning(data, labels, self.ignore)
