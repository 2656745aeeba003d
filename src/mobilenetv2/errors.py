"""The errors a user can meet. Every message states the rule, the value received and the way out."""

from typing import Self


class MobileNetV2Error(Exception):
    """Parent of every error this package raises on purpose."""


class SpecError(MobileNetV2Error, ValueError):
    """A network description asks for something that cannot be built."""


class GraphError(MobileNetV2Error, ValueError):
    """A graph breaks a structural rule: names, order, channels, shapes or outputs."""


class LoweringError(MobileNetV2Error, ValueError):
    """The native engine has no step for a part of a graph."""


class EngineError(MobileNetV2Error, RuntimeError):
    """The native engine is missing, of another version, or refuses what it was given."""


class CheckpointError(MobileNetV2Error, ValueError):
    """A weight file is corrupt, hostile, of another format, or does not fit the network."""


class ParityError(MobileNetV2Error, RuntimeError):
    """A file's own runtime is here, but has no such network, or refuses the file."""


class ImageError(MobileNetV2Error, ValueError):
    """A picture cannot be read or is not a picture."""


class SourceError(MobileNetV2Error, OSError):
    """A video, camera or stream cannot be opened, shows nothing, or broke off."""


class DatasetError(MobileNetV2Error, ValueError):
    """A data set is missing, empty, or disagrees with the model's labels."""


class RecipeError(MobileNetV2Error, ValueError):
    """A training recipe has a value out of range, or cannot be read."""


class TrainingError(MobileNetV2Error, RuntimeError):
    """Training cannot go on: numbers that are not finite, another run's folder, a full disk."""


class JobError(MobileNetV2Error, RuntimeError):
    """A job over many pictures cannot go on: another job's folder, a full disk, a lost part."""


class OptionError(MobileNetV2Error, ValueError):
    """A choice of the caller's lies outside of what there is."""


class ExportError(MobileNetV2Error, ValueError):
    """A network has something that the wanted format cannot say, or its name says no format."""


class QuantizationError(MobileNetV2Error, ValueError):
    """A network would lose more in integers than was agreed to."""


class BenchmarkError(MobileNetV2Error, RuntimeError):
    """An engine could not be measured: its process ended, or it refused the network."""


class DownloadError(MobileNetV2Error, OSError):
    """Public weights could not be fetched, or what arrived is not what was promised."""


class UnknownModelError(MobileNetV2Error, LookupError):
    """A name is neither a file nor an entry of the catalogue."""


class MissingDependencyError(MobileNetV2Error, ImportError):
    """An optional library is needed and not installed; the message names the command."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed. "
            f"Install it with: pip install 'mobilenetv2[{extra}]'"
        )
        self.library = library
        self.extra = extra
        self._purpose = purpose

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        # What a worker process raises has to arrive: without this, a pool waits for ever.
        return type(self), (self.library, self.extra, self._purpose)
