"""The persons' desk at the command line: registry persons requests, show, answer, letters, sent, undeliverable …"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, BinaryIO

import click

from shopguard import wire
from shopguard.cli.invocation import Invocation
from shopguard.cli.office_view import moment, show_acts
from shopguard.cli.output import json_option, say, show_json, show_table
from shopguard.cli.running import opened, operator, own_registry
from shopguard.registry.disputes.answering import Answers
from shopguard.registry.disputes.model import Contact, Request, RequestKind, RequestState, Withheld
from shopguard.registry.disputes.outbox import Message, Way
from shopguard.registry.disputes.protecting import USUAL_PARTS, Part
from shopguard.registry.disputes.store import subject_of
from shopguard.registry.home import RegistryHome
from shopguard.registry.refusals import Refusal, Refused

_ADDRESSEES = {"person": "person", "members": "member:", "office": "office"}
_why = click.option("--reason", required=True, help="Why; kept for the office.")
_reason = click.option("--reason", required=True, help="Why; the person is told so.")

_NO_WAY_TO_ANSWER = (
    "no notice is drafted, and so no new entry served, until registry.office says how to answer (page or contact)",
    "設定 registry.office に返答の方法（page か contact）を書くまで、お知らせは作られず、新しい登録も伝わりません",
)


@click.group()
def persons() -> None:
    """The desk of listed persons: what they ask, what they are answered, and the letters that go out.

    Everything is done in the name of the account that runs the command. Nobody decides in a case of their own shop.
    """


@persons.command()
@click.option("--state", type=click.Choice(["open", "answered"]), default="open", show_default=True)
@json_option
@click.pass_obj
def requests(invocation: Invocation, state: str, as_json: bool) -> None:
    """Show what persons ask, the oldest first. Nothing in it names a person."""
    with _registry(invocation) as home:
        found = list(_all(home, RequestState(state)))
        rows = [_row(home, request) for request in found]
    if as_json:
        show_json(rows)
    else:
        headings = "request", "asks for", "entry", "opened", "due", "shown by", "answer"
        show_table(headings, [tuple(row.values()) for row in rows])


@persons.command()
@click.argument("request")
@json_option
@click.pass_obj
def show(invocation: Invocation, request: str, as_json: bool) -> None:
    """Show all there is about REQUEST: who asks and what, what the entry says, the letters, and what was done."""
    with _registry(invocation) as home:
        found = home.persons.answers.get(request)
        held = home.persons.files.about(found)
        row = {**_row(home, found), "text": found.text, "contact": wire.plain(found.contact), "tries": found.tries}
        row["reports"] = [] if held is None else [report.id for report in held.reports]
        letters = [_letter_row(message) for message in home.persons.files.outbox.of(subject_of(found))]
        acts = home.acts.of(subject_of(found))
    if as_json:
        show_json({**row, "letters": letters})
        return
    contact = row.pop("contact")
    show_table(("request", request), [(name.replace("_", " "), _text(value)) for name, value in row.items()])
    click.echo()
    show_table(("answers go to", ""), [(name, value) for name, value in contact.items() if value])
    click.echo()
    _show_letters(letters)
    click.echo()
    show_acts(acts, as_json=False)


@persons.command()
@click.argument("kind", type=click.Choice([kind.value for kind in RequestKind]))
@click.option("--code", help="Of the letter that the person got; without it see `attach`.")
@click.option("--text", default="", help="What the person says.")
@click.option("--name", default="", help="Of the person.")
@click.option("--email", default="", help="Where the answer goes.")
@click.option("--address", default="", help="Where the answer goes.")
@json_option
@click.pass_obj
def receive(
    invocation: Invocation, kind: str, code: str | None, text: str, name: str, email: str, address: str, as_json: bool
) -> None:
    """Enter a request that came by letter or telephone. But for a copy, the entry is served no more from now on."""
    with _registry(invocation) as home:
        contact = Contact(name, email, address)
        made = home.persons.desk.open_request(RequestKind(kind), text, contact, code)
    if as_json:
        show_json(wire.plain(made))
    else:
        click.echo(_due(made.request, made.due_on))


@persons.command()
@click.argument("request")
@click.argument("entry")
@click.pass_obj
def attach(invocation: Invocation, request: str, entry: str) -> None:
    """Say that REQUEST, which came without a code, is about ENTRY; but for a copy, that is served no more."""
    with _registry(invocation) as home:
        number = home.entries.find(entry)
        if number is None:
            raise Refused(Refusal.NOT_FOUND, say(f"{entry}: there is no such entry", f"{entry}：該当なし"))
        home.persons.answers.attach(request, number, operator())
    click.echo(say(f"{request}: is about {entry}", f"{request}：{entry}についてのお申出"))


@persons.command()
@click.argument("request")
@_why
@click.pass_obj
def detach(invocation: Invocation, request: str, reason: str) -> None:
    """Take back what `attach` said of REQUEST: another entry is meant. What nobody else contests goes on."""
    with _registry(invocation) as home:
        home.persons.answers.detach(request, operator(), reason)
    click.echo(say(f"{request}: is about no entry yet", f"{request}：対象の登録はまだ分かりません"))


@persons.command()
@click.argument("request")
@click.option("--seen", is_flag=True, help="You saw who it is. Keep no copy of any document.")
@click.option("--letter", is_flag=True, help="Draft a letter with a code to the recorded address.")
@click.pass_obj
def identify(invocation: Invocation, request: str, seen: bool, letter: bool) -> None:
    """Find out whether REQUEST comes from the person it is about; two facts of the order typed in are enough, too."""
    if seen is letter:
        raise click.UsageError("say --seen or --letter")
    with _registry(invocation) as home:
        answers = home.persons.answers
        (answers.seen if seen else answers.check_address)(request, operator())
    click.echo(f"{request}: {'shown' if seen else 'a letter waits, see `shopguard registry persons letters`'}")


@persons.group()
def answer() -> None:
    """Answer a request; the letter that says so is drafted with it.

    uphold, overturn, correct and protect decide a dispute, and with it all that was asked about the entry.
    """


@answer.command()
@click.argument("request")
@_reason
@click.pass_obj
def uphold(invocation: Invocation, request: str, reason: str) -> None:
    """What the entry says was shown: it goes on."""
    _answer(invocation, request, lambda answers: answers.uphold(request, operator(), reason))


@answer.command()
@click.argument("request")
@_reason
@click.pass_obj
def overturn(invocation: Invocation, request: str, reason: str) -> None:
    """The person is right, or it could not be shown: the entry is erased."""
    _answer(invocation, request, lambda answers: answers.overturn(request, operator(), reason))


@answer.command()
@click.argument("request")
@click.argument("report")
@click.argument("changes", type=click.File("rb"))
@_reason
@click.pass_obj
def correct(invocation: Invocation, request: str, report: str, changes: BinaryIO, reason: str) -> None:
    """Put facts of REPORT right, and let the entry go on. CHANGES is a JSON file with those of its fields."""
    fields = wire.decode(changes.read(), dict[str, Any])
    _answer(invocation, request, lambda answers: answers.correct(request, operator(), reason, report, fields))


@answer.command()
@click.argument("request")
@_reason
@click.option(
    "--keep",
    multiple=True,
    type=click.Choice([part.value for part in Part]),
    default=sorted(part.value for part in USUAL_PARTS),
    show_default=True,
    help="What of the recorded party belongs to the person.",
)
@click.pass_obj
def protect(invocation: Invocation, request: str, reason: str, keep: Sequence[str]) -> None:
    """Somebody else used the name: the entry is erased, and shops are asked to confirm orders under the name."""
    parts = [Part(part) for part in keep]
    _answer(invocation, request, lambda answers: answers.protect(request, operator(), reason, parts))


@answer.command()
@click.argument("request")
@click.option(
    "--withhold",
    type=click.Choice([each.value for each in Withheld]),
    help="Leave out what the shops wrote in their own words, and why. Their names are never told.",
)
@click.pass_obj
def disclose(invocation: Invocation, request: str, withhold: str | None) -> None:
    """Send the copy that was asked for, with who looked; it must be shown who asks, see `identify`."""
    reason = None if withhold is None else Withheld(withhold)
    _answer(invocation, request, lambda answers: answers.disclose(request, operator(), reason))


@answer.command()
@click.argument("request")
@click.pass_obj
def nothing(invocation: Invocation, request: str) -> None:
    """There is no entry about whoever asks."""
    _answer(invocation, request, lambda answers: answers.nothing_held(request, operator()))


@answer.command("not-shown")
@click.argument("request")
@click.pass_obj
def not_shown(invocation: Invocation, request: str) -> None:
    """It was not shown who asks, so no copy is sent."""
    _answer(invocation, request, lambda answers: answers.not_shown(request, operator()))


@persons.command()
@click.argument("request")
@_reason
@click.pass_obj
def extend(invocation: Invocation, request: str, reason: str) -> None:
    """Take longer for a dispute, once, because of new facts; the person is told why and until when."""
    with _registry(invocation) as home:
        due_on = home.persons.answers.extend(request, operator(), reason).due_on
    click.echo(_due(request, due_on))


@persons.command()
@click.option("--to", type=click.Choice(list(_ADDRESSEES)), help="Only those to them.")
@json_option
@click.pass_obj
def letters(invocation: Invocation, to: str | None, as_json: bool) -> None:
    """Show the letters that wait to be sent, the oldest first. Nothing in it names a person."""
    with _registry(invocation) as home:
        home.persons.following.follow()
        waiting = home.persons.files.outbox.waiting(None if to is None else _ADDRESSEES[to])
        if not home.persons.files.sender.can_be_answered:
            click.echo(say(*_NO_WAY_TO_ANSWER), err=True)
    rows = [_letter_row(message) for message in waiting]
    if as_json:
        show_json(rows)
    else:
        _show_letters(rows)


@persons.command()
@click.argument("number", type=int)
@json_option
@click.pass_obj
def letter(invocation: Invocation, number: int, as_json: bool) -> None:
    """Print the letter NUMBER, in Japanese and English, with where it goes: to be posted, or copied into a mail."""
    with _registry(invocation) as home:
        message = home.persons.files.outbox.get(number)
    text = message.letter
    if text is None:
        raise Refused(Refusal.STATE, say(f"{number}: what it is about was erased", f"{number}：対象は消去されました"))
    if as_json:
        show_json({**_letter_row(message), "letter": wire.plain(text)})
        return
    to = (message.addressee, text.to.name, text.to.address, text.to.email)
    click.echo("\n".join([*filter(None, to), "", text.text]), nl=False)


@persons.command()
@click.argument("number", type=int)
@click.option("--by", "way", type=click.Choice(["post", "mail"]), required=True, help="How it left.")
@click.option("--proof", default="", help="What shows it: the number of a registered letter, the id of a mail.")
@click.pass_obj
def sent(invocation: Invocation, number: int, way: str, proof: str) -> None:
    """Keep that the letter NUMBER was sent today. A notice begins the 14 days in which the person may answer."""
    with _registry(invocation) as home:
        home.persons.mailroom.sent(number, operator(), Way(way), proof)
    click.echo(say(f"{number}: sent", f"{number}：送付済み"))


@persons.command()
@click.argument("number", type=int)
@_why
@click.pass_obj
def undeliverable(invocation: Invocation, number: int, reason: str) -> None:
    """Keep that the letter NUMBER came back, or can go nowhere. What a notice told of may flag at most."""
    with _registry(invocation) as home:
        home.persons.mailroom.undeliverable(number, operator(), reason)
    click.echo(say(f"{number}: reaches nobody", f"{number}：不達"))


@persons.command()
@json_option
@click.pass_obj
def protected(invocation: Invocation, as_json: bool) -> None:
    """Show how many persons are protected because their name was misused, and until when; not who."""
    with _registry(invocation) as home:
        found = home.persons.protections.store.all()
    rows = [{"number": one.number, "since": moment(one.since), "until": one.until.isoformat()} for one in found]
    if as_json:
        show_json(rows)
    else:
        show_table(("number", "since", "until"), [tuple(row.values()) for row in rows])


@persons.command()
@click.argument("number", type=int)
@_why
@click.pass_obj
def unprotect(invocation: Invocation, number: int, reason: str) -> None:
    """Protect a person no more, for instance because they ask for it: nothing of them stays."""
    with _registry(invocation) as home:
        home.persons.protections.end(number, operator(), reason)
    click.echo(say(f"{number}: protected no more", f"{number}：保護を終了しました"))


@contextmanager
def _registry(invocation: Invocation) -> Iterator[RegistryHome]:
    with opened(invocation) as installation:
        yield own_registry(installation)


def _answer(invocation: Invocation, request: str, decide: Callable[[Answers], object]) -> None:
    with _registry(invocation) as home:
        decide(home.persons.answers)
        home.entries.settle()
        answered = home.persons.answers.get(request).answer
    click.echo(f"{request}: {'' if answered is None else answered.outcome.value}")


def _due(request: str, due_on: date) -> str:
    return say(f"{request}: to be answered by {due_on}", f"{request}：{due_on}までに返答")


def _all(home: RegistryHome, state: RequestState) -> Iterator[Request]:
    after = 0
    while found := home.persons.files.requests.in_state(state, after):
        yield from found
        after = found[-1].number


def _row(home: RegistryHome, request: Request) -> dict[str, Any]:
    """What the office sees of a request in a list: nothing of who asks."""
    held = home.persons.files.about(request)
    return {
        "id": request.id,
        "kind": request.kind.value,
        "entry": None if held is None else held.life.reference,
        "opened": moment(request.opened_at),
        "due": request.due_on.isoformat(),
        "proof": request.proof.value,
        "answer": None if request.answer is None else request.answer.outcome.value,
    }


def _letter_row(message: Message) -> dict[str, Any]:
    return {
        "number": message.number,
        "what": message.template.value,
        "to": message.addressee,
        "subject": str(message.subject),
        "state": message.state.value,
        "drafted": moment(message.drafted_at),
        "sent": None if message.sent_at is None else moment(message.sent_at),
        "proof": message.proof,
    }


def _show_letters(rows: Sequence[Mapping[str, Any]]) -> None:
    headings = "letter", "what", "to", "about", "state", "drafted", "sent", "proof"
    show_table(headings, [tuple(row.values()) for row in rows])


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "-" if value is None else str(value)
