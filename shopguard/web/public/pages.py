"""What a listed person does on our pages: type in a code, read what is held, ask, show who asks, hear the answer.

Codes come and go in forms alone, never in an address. The same desk and the same door as over JSON.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from shopguard.registry.disputes.codes import new_code
from shopguard.registry.disputes.door import Door
from shopguard.registry.disputes.genuine import Genuine
from shopguard.registry.disputes.model import Fact, Opened, Recorded, RequestKind, RequestState, Status
from shopguard.registry.disputes.routes import place_of
from shopguard.registry.disputes.service import PersonsDesk
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.values import Odd, day
from shopguard.web import formats
from shopguard.web.bilingual import in_one_language
from shopguard.web.language import gettext as _
from shopguard.web.public import words
from shopguard.web.public.filled import Filled

_LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class Counter:
    """Where persons are served: the desk, behind its door. ``proxies``: how many of our own stand in front."""

    desk: PersonsDesk
    door: Door
    proxies: int

    @property
    def place(self) -> str:
        """Where this request comes from."""
        return place_of(self.proxies)

    def recorded(self, code: str) -> Recorded:
        """What is held under the code of a letter."""
        with self.door.let_in(self.place):
            return self.desk.what_is_recorded(code)

    def opened(self, kind: RequestKind, filled: Filled) -> Opened:
        """Take in what a form asks; the same form again is the same request."""
        with self.door.let_in(self.place):
            self.door.take(self.place, has_code=filled.code is not None)
            return self.desk.open_request(kind, filled.text, filled.contact, filled.code, filled.form)

    def status(self, receipt: str) -> Status:
        """How a request stands."""
        with self.door.let_in(self.place):
            return self.desk.status(receipt)

    def proven(self, receipt: str, facts: Mapping[Fact, str], letter_code: str) -> Status:
        """How a request stands after somebody showed who they are."""
        with self.door.let_in(self.place):
            return self.desk.prove(receipt, facts, letter_code)

    def checked(self, mark: str, on: date | None) -> Genuine:
        """Whether a letter with this code or number and this date is ours."""
        with self.door.let_in(self.place):
            return self.desk.check_letter(mark, on)


def persons_pages(counter: Counter) -> Blueprint:
    """Return the pages of ``counter``."""
    pages = Blueprint("persons", __name__, template_folder="templates")

    @pages.get("/")
    def start() -> ResponseReturnValue:
        return render_template("public/start.html")

    @pages.get("/record")
    def code() -> ResponseReturnValue:
        return render_template("public/code.html")

    @pages.post("/record")
    def record() -> ResponseReturnValue:
        typed = _typed("code")

        def retry(**told: Any) -> str:
            return render_template("public/code.html", code=typed, **told)

        if not typed:
            return retry(errors={"code": _("Please type in the code of the letter.")}), 400
        return _or_again(lambda: _held(typed, counter.recorded(typed)), retry, "code")

    @pages.get("/ask")
    @pages.get("/ask/send")
    def blank() -> ResponseReturnValue:
        return _form(Filled(form=new_code()))

    @pages.post("/ask")
    def fill() -> ResponseReturnValue:
        """What was typed so far: from the page of what is held, or to go on in another language."""
        return _form(Filled.read(request.form))

    @pages.post("/ask/send")
    def ask() -> ResponseReturnValue:
        filled = Filled.read(request.form)
        kind, errors = filled.kind, filled.errors()
        if kind is None or errors:
            return _form(filled, errors=errors), 400

        def retry(**told: Any) -> str:
            return _form(filled, **told)

        return _or_again(lambda: _received(counter.opened(kind, filled), filled), retry)

    @pages.get("/status")
    @pages.get("/status/proof")
    def receipt() -> ResponseReturnValue:
        return render_template("public/receipt.html")

    @pages.post("/status")
    def status() -> ResponseReturnValue:
        typed = _typed("receipt")

        def retry(**told: Any) -> str:
            return render_template("public/receipt.html", receipt=typed, **told)

        if not typed:
            return retry(errors={"receipt": _("Please type in the code of your request.")}), 400
        return _or_again(lambda: _standing(typed, counter.status(typed)), retry, "receipt")

    @pages.post("/status/proof")
    def prove() -> ResponseReturnValue:
        typed = _typed("receipt")
        facts = {fact: told for fact in Fact if (told := request.form.get(fact.value, "").strip())}
        letter_code = _typed("letter_code")

        def tried() -> ResponseReturnValue:
            if not facts and not letter_code:
                error = _("Please fill in two of these, or the code of the letter about your identity.")
                return _standing(typed, counter.status(typed), errors={"proof": error}), 400
            found = counter.proven(typed, facts, letter_code)
            if found.proven:
                return _standing(typed, found, just_proven=True)
            error = _("This could not be confirmed. For safety we do not say which part was different.")
            return _standing(typed, found, errors={"proof": error}), 400

        def retry(**told: Any) -> str:
            try:
                return _standing(typed, counter.status(typed), **told)
            except Refused:
                return render_template("public/receipt.html", receipt=typed, **told)

        return _or_again(tried, retry, "receipt")

    @pages.get("/letter")
    def letter() -> ResponseReturnValue:
        return render_template("public/letter.html")

    @pages.post("/letter")
    def check_letter() -> ResponseReturnValue:
        typed, dated = _typed("code"), _typed("date")

        def said(**told: Any) -> str:
            return render_template("public/letter.html", code=typed, date=dated, **told)

        errors = {} if typed else {"code": _("Please type in the code or the number that stands on the letter.")}
        on = _day(dated)
        if dated and on is None:
            errors["date"] = _("Please write the day as 2026-11-09.")
        if errors:
            return said(errors=errors), 400
        try:
            return said(found=counter.checked(typed, on))
        except Refused as refused:
            if refused.code is Refusal.NOT_FOUND:
                return said(is_unknown=True), 404
            return _refused(refused, said, "code")

    return pages


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:_LONGEST_CODE]


def _day(text: str) -> date | None:
    try:
        return day(text)
    except Odd:
        return None


def _held(code: str, found: Recorded) -> str:
    months = [date.fromisoformat(f"{month}-01") for month in dict.fromkeys((found.first, found.last)) if month]
    amount = in_one_language(found.amount)
    return render_template("public/held.html", code=code, held=found, amount=amount, months=months, words=words)


def _form(filled: Filled, **told: Any) -> str:
    return render_template("public/ask.html", filled=filled, kinds=words.KINDS, **told)


def _received(opened: Opened, filled: Filled) -> str:
    asked, is_unserved = words.KINDS[opened.kind][0], opened.kind.unserves and filled.code is not None
    return render_template("public/received.html", opened=opened, asked=asked, is_unserved=is_unserved)


def _standing(receipt: str, found: Status, **told: Any) -> str:
    return render_template(
        "public/status.html",
        receipt=receipt,
        status=found,
        is_open=found.state is RequestState.OPEN,
        words=words,
        typed={fact: request.form.get(fact.value, "") for fact in Fact},
        **told,
    )


def _or_again(
    answer: Callable[[], ResponseReturnValue], again: Callable[..., str], field: str = ""
) -> ResponseReturnValue:
    """Return the answer, or the form once more with what was typed and why it is not answered."""
    try:
        return answer()
    except Refused as refused:
        return _refused(refused, again, field)


def _refused(refused: Refused, again: Callable[..., str], field: str) -> ResponseReturnValue:
    if refused.retry_after_s is not None:
        wait = formats.age(refused.retry_after_s, 0)
        page = again(wait=wait, is_busy=refused.code is not Refusal.SLOW_DOWN)
        return page, refused.code.status, {"Retry-After": str(math.ceil(refused.retry_after_s))}
    said = in_one_language(str(refused))
    told = {"errors": {field: said}} if field and refused.code is Refusal.NOT_FOUND else {"refused": said}
    return again(**told), refused.code.status
