"""A group that imports only the command that was called, and gives every command the two options that say where."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import say
from shopguard.errors import ShopGuardError


class Lazy(NamedTuple):
    """Where a command stands, as ``module:function``, and its line in the list of commands, English and Japanese."""

    target: str
    english: str
    japanese: str


class LazyGroup(click.Group):
    """``lazy`` maps each command's name to where it is found."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        add_places(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return None
        module, function = self._lazy[cmd_name].target.split(":")
        command = getattr(import_module(module), function)
        return add_places(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(say("Commands", "コマンド")):
            formatter.write_dl([(name, say(lazy.english, lazy.japanese)) for name, lazy in self._lazy.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what ShopGuard itself finds wrong goes to stderr, with exit code 1."""
        try:
            return super().invoke(ctx)
        except ShopGuardError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)


def add_places(command: click.Command) -> click.Command:
    """Let ``command`` and all below it take ``--config`` and ``--data-dir``, so that both may stand anywhere."""
    if not any(option.name == "given_config" for option in command.params):
        command.params.extend([_config_option(), _data_dir_option()])
    if isinstance(command, click.Group) and not isinstance(command, LazyGroup):
        for below in command.commands.values():
            add_places(below)
    return command


def _config_option() -> click.Option:
    return click.Option(
        ["--config", "given_config"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The settings (config.yaml, else built-in defaults).",
    )


def _data_dir_option() -> click.Option:
    return click.Option(
        ["--data-dir", "data_dir"],
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        expose_value=False,
        callback=_keep,
        help="The keys and data (var/).",
    )


def _keep(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
    invocation = ctx.ensure_object(Invocation)
    if value is not None and option.name is not None:
        setattr(invocation, option.name, value)
