"""What training needs beyond the package itself."""

from mobilenetv2.errors import MissingDependencyError


def require_torch() -> None:
    """Name the extra before anything else is done.

    Raises:
        MissingDependencyError: torch or torchvision is not installed.
    """
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("torch and torchvision", "train", "Training") from error
