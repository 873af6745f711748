"""What the persons' pages call states, requests, facts and answers: plain words, marked for the catalogue."""

from collections.abc import Mapping

from shopguard.model import Category
from shopguard.registry.disputes.model import Fact, Outcome, RequestKind
from shopguard.registry.entries.model import LifeState
from shopguard.web.language import later

CATEGORIES: Mapping[Category, str] = {
    Category.UNPAID: later("An order whose payment the shop could not confirm"),
    Category.COD_REFUSED: later("A cash-on-delivery parcel that was not received"),
    Category.PRANK_ORDER: later("An order whose name or address could not be confirmed"),
    Category.MALICIOUS_CLAIM: later("An order with a claim about the goods"),
    Category.RESALE_ABUSE: later("An order under an offer for first purchases"),
    Category.OTHER: later("Another order"),
}
STATES: Mapping[LifeState, str] = {
    LifeState.PENDING: later("Not recorded yet. Member shops are told nothing."),
    LifeState.ACTIVE: later("Recorded. When an order comes, member shops may be asked to check it first."),
    LifeState.CONTESTED: later("You told us something, and we are checking it. Member shops are told nothing."),
    LifeState.SUSPENDED: later("Our office is checking it. Member shops are told nothing."),
    LifeState.ASLEEP: later("It waits for the shop to confirm it. Member shops are told nothing."),
    LifeState.ERASED: later("Erased. Nothing that says who you are is left."),
}
KINDS: Mapping[RequestKind, tuple[str, str]] = {
    RequestKind.CONTEST: (
        later("This is not right"),
        later("You have paid, you received the parcel, or it was not like this."),
    ),
    RequestKind.MISUSE: (
        later("Somebody else used my name"),
        later("You did not order. We check it, and can protect your name."),
    ),
    RequestKind.CORRECT: (later("A detail is wrong"), later("A name, an address, an amount or a date.")),
    RequestKind.STOP: (later("Do not use it any more"), later("Nothing of it is to be told to shops.")),
    RequestKind.ERASE: (later("Erase it"), later("All of it is to go.")),
    RequestKind.ACCESS: (
        later("Send me a copy"),
        later("Everything that is held about you, and which kind of shop looked, and when."),
    ),
}
"""What can be asked, and what that means."""

FACTS: Mapping[Fact, str] = {
    Fact.ORDER_NUMBER: later("Number of the order"),
    Fact.AMOUNT: later("Amount of the order in yen"),
    Fact.PHONE_END: later("Last four digits of the phone number you gave the shop"),
    Fact.EMAIL: later("Mail address you gave the shop"),
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DISCLOSED: later("We sent you the copy."),
    Outcome.PARTLY: later("We sent you the copy. A part is left out; the letter says why."),
    Outcome.UPHELD: later("We checked it, and the record stays. The letter says why."),
    Outcome.CORRECTED: later("We corrected the record."),
    Outcome.ERASED: later("We erased the record."),
    Outcome.PROTECTED: later("We erased the record. Shops are asked to protect your name from misuse."),
    Outcome.NOTHING_HELD: later("We looked, and nothing is recorded."),
    Outcome.NOT_SHOWN: later("We could not make sure that it was you who asked. You may ask again at any time."),
}
