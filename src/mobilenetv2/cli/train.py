"""`mobilenetv2 train`: teach a network on your own pictures."""

import click


class Tasks(click.Group):
    """What can be learnt, each command imported when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the paper."""
        return ["classify", "detect", "segment"]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        match name:
            case "classify":
                from mobilenetv2.cli.train_classify import classify

                return classify
            case "detect":
                from mobilenetv2.cli.train_detect import detect

                return detect
            case "segment":
                from mobilenetv2.cli.train_segment import segment

                return segment
            case _:
                return None


@click.command(cls=Tasks)
def train() -> None:
    """Teach a network on your own pictures."""
