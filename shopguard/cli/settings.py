"""The commands around settings: init, config, adapters, secret."""

import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import yaml

from shopguard.adapter import Capability, Secret
from shopguard.cli.invocation import DEFAULT_CONFIG, Invocation
from shopguard.cli.output import json_option, say, show_json, show_table
from shopguard.config import find_adapters, show
from shopguard.crypto import Keyring
from shopguard.errors import ConfigError


@click.command()
@click.option("--force", is_flag=True, help="Replace the settings (never the keys).")
@click.pass_obj
def init(invocation: Invocation, force: bool) -> None:
    """Write a commented config.yaml and fresh keys."""
    path = invocation.given_config or DEFAULT_CONFIG
    if path.exists() and not force:
        raise ConfigError(f"{path}: exists; use --force to replace it, or --config to write another")
    _write_example(path)
    click.echo(say(f"wrote {path}", f"{path} を作成しました"))
    if invocation.keys_path.exists():
        click.echo(say(f"kept {invocation.keys_path}", f"{invocation.keys_path} はそのまま残しました"))
    else:
        Keyring.create(invocation.keys_path, invocation.master_key)
        click.echo(say(f"wrote {invocation.keys_path}", f"{invocation.keys_path} を作成しました"))
    click.echo(say(_NEXT_EN, _NEXT_JA))


_NEXT_EN = """
Next:
  1. Back the key file up, apart from the data: without it nothing stored can be read.
  2. Name your shop in the settings; store its secrets:  shopguard secret set NAME
  3. Check them:                                         shopguard config check
  4. Connect the shop:                                   shopguard connect SHOP
  5. Start:                                              shopguard serve"""

_NEXT_JA = """
次の手順:
  1. 鍵ファイルをデータとは別の場所に控える(失うと保存データは読めません)
  2. 設定にショップを書き、秘密情報を保管する:  shopguard secret set 名前
  3. 設定を検査する:                            shopguard config check
  4. ショップとつなぐ:                          shopguard connect ショップ名
  5. 起動する:                                  shopguard serve"""


def _write_example(path: Path) -> None:
    example = files("shopguard.config").joinpath("example.yaml").read_text("utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(example, "utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


@click.group()
def config() -> None:
    """Check or show the settings."""


@config.command()
@click.pass_obj
def check(invocation: Invocation) -> None:
    """Name every fault in the settings."""
    shops = len(invocation.config().shops)
    click.echo(f"ok: {shops} {'shop' if shops == 1 else 'shops'}")


@config.command("show")
@json_option
@click.pass_obj
def show_config(invocation: Invocation, as_json: bool) -> None:
    """Show the effective settings, secrets masked."""
    shown = show(invocation.config())
    if as_json:
        show_json(shown)
    else:
        click.echo(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False), nl=False)


@click.command()
@json_option
@click.pass_context
def adapters(context: click.Context, as_json: bool) -> None:
    """Show the platforms installed and what each can do."""
    rows: list[dict[str, Any]] = []
    faults = []
    installed = find_adapters()
    for platform in installed:
        try:
            can = installed[platform].capabilities
        except ConfigError as error:
            faults.append(str(error))
        else:
            rows.append({"platform": platform, **{able.value: able in can for able in Capability}})
    if as_json:
        show_json(rows)
    else:
        show_table(["platform", *Capability], [list(row.values()) for row in rows])
    for fault in faults:
        click.echo(fault, err=True)
    context.exit(1 if faults else 0)


@click.group()
def secret() -> None:
    """Keep secrets outside the settings, as {stored: NAME}."""


@secret.command("set")
@click.argument("name")
@click.pass_obj
def set_secret(invocation: Invocation, name: str) -> None:
    """Keep a secret, from a prompt or from stdin."""
    stored = invocation.stored_secrets()
    stored.set(name, Secret(_typed_or_piped(name)))
    click.echo(say(f"stored; write {{stored: {name}}}", f"保管しました。設定には {{stored: {name}}} と書きます"))


def _typed_or_piped(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read().rstrip("\r\n")
    typed: str = click.prompt(name, hide_input=True, err=True)
    return typed


@secret.command("list")
@json_option
@click.pass_obj
def list_secrets(invocation: Invocation, as_json: bool) -> None:
    """Show the names kept."""
    names = invocation.stored_secrets().list()
    if as_json:
        show_json(names)
    else:
        for name in names:
            click.echo(name)


@secret.command("remove")
@click.argument("name")
@click.pass_obj
def remove_secret(invocation: Invocation, name: str) -> None:
    """Forget a secret."""
    if not invocation.stored_secrets().remove(name):
        raise ConfigError(f"{name}: no such secret is stored")
    click.echo(say(f"removed {name}", f"{name} を消しました"))
