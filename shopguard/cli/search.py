"""The member's search of the registry: shopguard search --phone … --case …"""

from collections.abc import Mapping
from typing import Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, say, show_json
from shopguard.cli.running import opened
from shopguard.guard.searching import weighed
from shopguard.identity import Identity, Token, identify, tokens
from shopguard.matching import explain, explained, meets
from shopguard.model import Comparison, Effect, Party
from shopguard.registry.messages import MAX_CASE
from shopguard.registry.protocol import Candidate
from shopguard.wire import comparison as comparison_shape


@click.command()
@click.option("--name", help="The person's name, as you know it.")
@click.option("--address", help="The whole address; a postal code may stand in front.")
@click.option("--phone", help="A phone number.")
@click.option("--email", help="A mail address.")
@click.option("--case", required=True, help="What for: an order's number and a few words. Kept; the person may ask.")
@json_option
@click.pass_context
def search(
    context: click.Context,
    name: str | None,
    address: str | None,
    phone: str | None,
    email: str | None,
    case: str,
    as_json: bool,
) -> None:
    """Search the registry for a person, for a stated case.

    Each search is written down with its case: whoever is found may ask who looked. Searches are few: those of two
    days are kept ready. One detail alone opens nothing, and a name alone finds nobody.
    """
    _check_case(case)
    party = Party(
        name=name,
        lines=(address,) if address else (),
        phones=(phone,) if phone else (),
        emails=(email,) if email else (),
    )
    invocation = context.ensure_object(Invocation)
    with opened(invocation) as installation:
        identity = identify(party)
        asked = tokens(identity)
        _check_details(party, identity, asked)
        answer = installation.searches.search(asked, case)
    found = weighed(identity, asked, answer)
    if as_json:
        show_json({"as_of": answer.as_of, "found": [_shape(*one) for one in found]})
        return
    for candidate, comparison in found:
        _show(candidate, comparison)
    if not found:
        click.echo(say("nobody is listed by these details", "この内容に一致する登録はありません"))


def _check_case(case: str) -> None:
    if not case.strip() or len(case) > MAX_CASE:
        raise click.UsageError(
            say(f"--case: say what for, in at most {MAX_CASE} characters", f"--case：目的を{MAX_CASE}字以内で")
        )


def _check_details(party: Party, identity: Identity, asked: tuple[Token, ...]) -> None:
    """Say which details cannot be read, and that a name alone is not searched."""
    given = {
        "name": party.name is not None,
        "address": bool(party.lines),
        "phone": bool(party.phones),
        "email": bool(party.emails),
    }
    for field, is_given in given.items():
        if is_given and field not in identity.fields:
            click.echo(
                say(f"--{field}: cannot be read, and is left out", f"--{field}：読み取れないため使いません"), err=True
            )
    if not any(given.values()) or not meets(asked):
        raise click.UsageError(
            say(
                "give a phone, a mail or an address; a name alone is nobody, as many people share it",
                "電話・メール・住所のどれかを指定してください。氏名だけでは検索できません（同姓同名のため）",
            )
        )


def _shape(candidate: Candidate, comparison: Comparison) -> Mapping[str, Any]:
    facts = candidate.facts
    return {
        "entry": candidate.handle,
        "opened": facts.opened,
        "category": facts.category.value if facts.opened else None,
        "reporters": facts.reporters,
        "month": facts.last_on.strftime("%Y-%m"),
        "effect": facts.effect.value,
        **comparison_shape(comparison, explained),
    }


def _show(candidate: Candidate, comparison: Comparison) -> None:
    facts, strength = candidate.facts, comparison.strength.value
    if facts.effect is Effect.CONFIRM:
        click.echo(say("please confirm by phone before shipping", "発送前に電話で確認してください"))
        return
    month = facts.last_on.strftime("%Y-%m")
    least = "" if facts.opened else say(" or more", "以上")
    reports = say(f"{facts.reporters}{least} reports", f"{facts.reporters}件{least}")
    category = facts.category.value if facts.opened else say("not opened", "詳細は未開示")
    click.echo(f"{candidate.handle}  {strength}  {category}  {reports}  {month}")
    for line in explain(comparison, say("en", "ja")):
        click.echo(f"    {line}")
