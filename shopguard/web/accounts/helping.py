"""What is done for somebody who cannot get in, or should be in no more: from the pages and by command alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopguard.web.accounts.model import Account

if TYPE_CHECKING:
    from shopguard.web.accounts.people import People


@dataclass(frozen=True, slots=True)
class Help:
    """One thing to do with an account, by its number, and how the audit log calls it."""

    do: "Callable[[People, int], None]"
    action: str
    detail: str = ""

    def give(self, people: "People", account: Account, note: Callable[[str, str], None]) -> None:
        """Do it; ``note`` writes action and detail into the audit log."""
        self.do(people, account.id)
        note(self.action, f"{account.name}: {self.detail}" if self.detail else account.name)


def _close(people: "People", number: int) -> None:
    people.accounts.close(number)
    people.passkeys.remove(number)


HELP: Mapping[str, Help] = {
    "unlock": Help(lambda people, number: people.proofs.forget_tries(number), "account_unlock"),
    "codes-off": Help(lambda people, number: people.proofs.drop_codes(number), "account_codes", "off"),
    "sign-out": Help(lambda people, number: people.sessions.end_others(number), "account_sign_out"),
}
CLOSE = Help(_close, "account_close")
