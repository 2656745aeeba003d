"""Who judges or teaches wants a data set with its labels, not the pictures alone."""

from mobilenetv2.errors import DatasetError


def require_read(value: object, kind: type | tuple[type, ...], reader: str) -> None:
    """See that a value is a data set that was read.

    Args:
        value: as a program gave it.
        kind: what it must be.
        reader: what makes such a value, for the message.

    Raises:
        DatasetError: it is something else, such as a list of pictures or a path.
    """
    if not isinstance(value, kind):
        raise DatasetError(
            "labels must come with the pictures: give what "
            f"{reader} makes of a folder, got a {type(value).__name__}"
        )
