"""Joining a central registry: what a shop sends to its office, and what it writes into its settings."""

import base64
from pathlib import Path

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, say, show_json
from shopguard.private_file import KEYS_FOLDER
from shopguard.registry.members.enrolling import member_settings, printed
from shopguard.registry.signing_keys import SigningKeys

_NO_ID = "your-id"


@click.command()
@click.option("--name", default="", help="Your business, for the office that takes you in.")
@json_option
@click.pass_obj
def enrol(invocation: Invocation, name: str, as_json: bool) -> None:
    """Make this shop's own key for a central registry, once, and print what to send to its office.

    Run again, it prints the same: a key that is there stays.
    """
    keys = _member_keys(invocation)
    public = printed(keys.signer.public)
    settings = invocation.config().registry
    if as_json:
        show_json({"name": name, "public_key": public, "key_id": keys.signer.key_id})
        return
    told = f'--name "{name}" ' if name else '--name "NAME OF YOUR BUSINESS" '
    click.echo(say(_SEND_EN, _SEND_JA).format(public=public, key_id=keys.signer.key_id))
    click.echo(f"  shopguard registry members create ID {told}--key {public} --daily-orders ORDERS\n")
    click.echo(say(_WRITE_EN, _WRITE_JA))
    known = tuple(base64.b64decode(key) for key in settings.answer_keys)
    click.echo(member_settings(settings.member or _NO_ID, settings.url, known), nl=False)


_SEND_EN = """Your public key (key {key_id}); it is no secret:

  {public}

Send it to the registry's office, with how many orders you have in a day. They run:
"""
_SEND_JA = """あなたの公開鍵(鍵 {key_id}、秘密ではありません):

  {public}

1日の注文数を添えて登録簿の事務局に送ってください。事務局での操作:
"""
_WRITE_EN = "They answer with these lines, filled in, for your config.yaml:\n"
_WRITE_JA = "事務局から返ってくる次の行を config.yaml に書いてください:\n"


def _member_keys(invocation: Invocation) -> SigningKeys:
    path = invocation.data_dir / KEYS_FOLDER / "member.json"
    if path.exists():
        return SigningKeys(path, invocation.master_key)
    return _made(path, invocation)


def _made(path: Path, invocation: Invocation) -> SigningKeys:
    try:
        return SigningKeys.create(path, invocation.master_key)
    except FileExistsError:  # another process was quicker
        return SigningKeys(path, invocation.master_key)
