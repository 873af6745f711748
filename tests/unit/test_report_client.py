"""What a shop hears when the registry will not, or is silent."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from shopguard import wire
from shopguard.registry.client.reading import refusal
from shopguard.registry.client.reports import Declined, ReportClient
from shopguard.registry.client.silence import NoAnswer, Silence
from shopguard.registry.refusals import Refusal

if TYPE_CHECKING:
    from shopguard.registry.client import RegistryClient


class Refusing:
    """A line on which every request ends so."""

    def __init__(self, answer: NoAnswer) -> None:
        self._answer = answer

    def ask_for_proof(self, *_: object) -> Any:
        raise self._answer


def asked(answer: NoAnswer) -> None:
    ReportClient(cast("RegistryClient", Refusing(answer))).show("R-0000000000")


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_is_said_in_one_sentence(code: Refusal) -> None:
    body = wire.encode({"code": code, "message": "規則 / the rule", "time": "2026-11-02T10:00:00+09:00"})
    heard, _ = refusal(body)
    assert (heard.code, heard.said) == (code, "規則 / the rule")
    assert str(heard)


@pytest.mark.parametrize("code", [Refusal.RULES, Refusal.STATE, Refusal.NOT_FOUND, Refusal.UNREADABLE])
def test_what_the_shop_can_mend_is_said_in_the_registrys_own_words(code: Refusal) -> None:
    with pytest.raises(Declined, match="規則 / the rule"):
        asked(NoAnswer(code, said="規則 / the rule"))


@pytest.mark.parametrize("code", [Refusal.NOT_AUTHENTICATED, Refusal.UNAVAILABLE, Silence.TIMED_OUT])
def test_what_it_cannot_mend_is_said_in_ours(code: Refusal | Silence) -> None:
    with pytest.raises(NoAnswer) as caught:
        asked(NoAnswer(code, said="something"))
    assert caught.value.code is code
