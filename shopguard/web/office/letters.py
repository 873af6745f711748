"""The letters that wait to be posted, each to be printed, and what became of them."""

from collections.abc import Mapping, Sequence

from flask import redirect, render_template, request, url_for

from shopguard.registry.disputes.outbox import OFFICE, PERSON, Message, Way
from shopguard.registry.home import RegistryHome
from shopguard.registry.subjects import Subject
from shopguard.web.app import viewed, viewer
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import (
    Answer,
    Missing,
    comes_back_to,
    done_by_office,
    home,
    needed,
    pages,
    seen_by_office,
    typed,
)

_WAYS = (Way.POST, Way.MAIL)
_TO = {"person": PERSON, "members": "member:"}


@pages.get("/letters")
@seen_by_office
def letters() -> str:
    registry, to = home(), request.args.get("to", "")
    outbox = registry.persons.files.outbox
    found = [one for one in outbox.waiting(_TO.get(to)) if one.addressee != OFFICE]
    viewed("letters")
    can_be_answered = registry.persons.files.sender.can_be_answered
    return render_template("office/letters.html", letters=found, to=to, can_be_answered=can_be_answered)


def letters_about(registry: RegistryHome, subject: Subject) -> Sequence[Message]:
    """Return the letters about a record, without what the office was warned of."""
    return [one for one in registry.persons.files.outbox.of(subject) if one.addressee != OFFICE]


@pages.get("/letters/<int(max=2147483647):number>")
@seen_by_office
def letter(number: int, errors: Mapping[str, str] = {}) -> str:  # read only
    message = home().persons.files.outbox.get(number)
    viewed("letter", detail=str(number))
    return render_template("office/letter.html", message=message, errors=errors)


@pages.post("/letters/<int(max=2147483647):number>/sent")
@done_by_office
@comes_back_to(letter, "proof")
def letter_sent(number: int) -> Answer:
    """Keep that a letter left; a notice begins the time in which the person may answer."""
    way = typed("way")
    if way not in set(_WAYS):
        raise Missing("way", _("Say how it left: by post or by mail."))
    home().persons.mailroom.sent(number, viewer().name, Way(way), typed("proof"))
    return redirect(url_for("office.letters", did="sent"), 303)


@pages.post("/letters/<int(max=2147483647):number>/undeliverable")
@done_by_office
@comes_back_to(letter)
def letter_undeliverable(number: int) -> Answer:
    said = needed("reason", _("Say why it reaches nobody."))
    home().persons.mailroom.undeliverable(number, viewer().name, said)
    return redirect(url_for("office.letters", did="undeliverable"), 303)
