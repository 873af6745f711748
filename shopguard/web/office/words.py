"""What the office's pages call states, categories, letters, acts and the like, in the reader's language."""

from collections.abc import Mapping
from enum import StrEnum

from shopguard.model import Category, Effect
from shopguard.registry.acts import SYSTEM
from shopguard.registry.calendar import day_of, end_of
from shopguard.registry.desk import Role
from shopguard.registry.disputes.letters import Template
from shopguard.registry.disputes.model import Outcome, Proof, RequestKind, Withheld
from shopguard.registry.disputes.outbox import PERSON, MessageState
from shopguard.registry.disputes.protecting import Part
from shopguard.registry.disputes.words import DEADLINES
from shopguard.registry.entries.model import Ending, LifeState, NoticeState
from shopguard.registry.log import LeafKind
from shopguard.registry.members.fees import What
from shopguard.registry.members.model import State
from shopguard.registry.members.particulars import TraitKind
from shopguard.registry.office.quality import Step
from shopguard.registry.office.service import CHECKED_ONCE
from shopguard.registry.reports.model import Mark, ReportState
from shopguard.registry.search.model import Purpose
from shopguard.web import formats
from shopguard.web.bilingual import of_two
from shopguard.web.categories import CATEGORIES
from shopguard.web.language import gettext, later


def word(value: object) -> str:
    """Return what people call a state or a kind of the registry; of what has no word, what the program calls it."""
    if not isinstance(value, StrEnum):
        return str(value)
    said = _WORDS.get(type(value), {}).get(value)
    return value.value if said is None else gettext(said)


def step(state: str) -> str:
    """Return what people call that which an act came from or led to; only states have words."""
    first, _, ending = state.partition("/")
    said = _STATES.get(first)
    if said is None:
        return state
    return f"{gettext(said)} ({word(Ending(ending))})" if ending in set(Ending) else gettext(said)


def who(by: str) -> str:
    """Return whom an act is by, as people say it: an account and a member by their names."""
    if by == SYSTEM:
        return gettext("by itself")
    return gettext("the person") if by == PERSON else by.removeprefix("member:")


def why(reason: str) -> str:
    """Return the reason of an act; where a deadline is the reason, in words."""
    return of_two(*DEADLINES[reason]) if reason in DEADLINES else reason


def until(at: float) -> str:
    """Return until when something is due: the last day, if it is due when a day is over, else the moment."""
    last = day_of(at - 1)
    return formats.day(last) if end_of(last) == at else formats.moment(at)


_REPORT: Mapping[StrEnum, str] = {
    ReportState.DRAFT: later("The shop is still writing it"),
    ReportState.SUBMITTED: later("Waits for the office"),
    ReportState.RETURNED: later("Returned to the shop"),
    ReportState.CHECKED: later("Accepted"),
    ReportState.REJECTED: later("Rejected"),
    ReportState.WITHDRAWN: later("Withdrawn"),
}
_LIFE: Mapping[StrEnum, str] = {
    LifeState.PENDING: later("Not served yet: the person may answer first"),
    LifeState.ACTIVE: later("Served to members"),
    LifeState.CONTESTED: later("Contested, not served"),
    LifeState.SUSPENDED: later("Suspended, not served"),
    LifeState.ASLEEP: later("Asleep: waits for a shop to confirm it"),
    LifeState.ERASED: later("Erased"),
}
_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    ReportState: _REPORT,
    LifeState: _LIFE,
    Category: CATEGORIES,
    Role: {
        Role.LOOK_UP: later("Check orders"),
        Role.REPORT: later("File reports"),
        Role.SEARCH: later("Search"),
        Role.ADMIN: later("Keys and fees"),
    },
    Mark: {
        Mark.RETALIATION: later("The buyer had complained to the shop shortly before"),
        Mark.PROTECTED: later("Resembles somebody whose name was misused"),
        Mark.CONFLICT: later("Resembles a person of a member shop"),
        Mark.DOUBLE_CHECK: later("Two have to check: the shop's reports often did not hold"),
        Mark.AGE_DOUBT: later("The buyer may be under age"),
    },
    Step: {
        Step.NONE: later("Nothing to do"),
        Step.WARN: later("A word with the shop"),
        Step.DOUBLE_CHECK: later("Two check each further report"),
        Step.SUSPEND: later("Suspend the shop"),
        Step.EXPEL: later("Expel the shop"),
    },
    NoticeState: {
        NoticeState.DUE: later("The person is still to be told"),
        NoticeState.SENT: later("The person was told"),
        NoticeState.IMPOSSIBLE: later("The person cannot be told"),
    },
    RequestKind: {
        RequestKind.ACCESS: later("A copy of what is held"),
        RequestKind.CONTEST: later("It is not so"),
        RequestKind.CORRECT: later("A correction"),
        RequestKind.STOP: later("No more use"),
        RequestKind.ERASE: later("Erasure"),
        RequestKind.MISUSE: later("Somebody else used the name"),
    },
    Proof: {
        Proof.NONE: later("Not shown yet"),
        Proof.FACTS: later("Knew two facts of the order"),
        Proof.LETTER: later("Typed in the code of a letter to the recorded address"),
        Proof.SEEN: later("Seen by the office"),
    },
    Outcome: {
        Outcome.DISCLOSED: later("A copy was sent"),
        Outcome.PARTLY: later("A part of the copy was sent"),
        Outcome.UPHELD: later("The entry stands"),
        Outcome.CORRECTED: later("Corrected"),
        Outcome.ERASED: later("The entry was erased"),
        Outcome.PROTECTED: later("The name is protected"),
        Outcome.NOTHING_HELD: later("Nothing is held"),
        Outcome.NOT_SHOWN: later("It was not shown who asks"),
    },
    Withheld: {
        Withheld.OTHERS: later("To protect the rights of another person"),
        Withheld.OPERATIONS: later("It would seriously disturb the office's work"),
        Withheld.LAW: later("Another law forbids it"),
    },
    Part: {
        Part.NAME: later("The name"),
        Part.ADDRESS: later("The address"),
        Part.PHONES: later("The phone numbers"),
        Part.EMAILS: later("The mail addresses"),
    },
    MessageState: {
        MessageState.DRAFTED: later("To be sent"),
        MessageState.SENT: later("Was sent"),
        MessageState.UNDELIVERABLE: later("Reaches nobody"),
    },
    Template: {
        Template.NOTICE: later("Notice before an entry is served"),
        Template.FURTHER_NOTICE: later("Notice of a further report"),
        Template.RECEIVED: later("That we received the request"),
        Template.ADDRESS_CHECK: later("Code to the recorded address"),
        Template.REPORTER_TOLD: later("To the shop: the person objects"),
        Template.EXTENDED: later("That it takes longer"),
        Template.UPHELD: later("Decision: the entry stands"),
        Template.CORRECTED: later("Decision: corrected"),
        Template.ERASED: later("Decision: erased"),
        Template.DISCLOSED: later("The copy that was asked for"),
        Template.NOTHING_HELD: later("That nothing is held"),
        Template.NOT_SHOWN: later("That it was not shown who asks"),
        Template.PROTECTED: later("Decision: the name is protected"),
        Template.REPORTER_ANSWERED: later("To the shop: how it was decided"),
        Template.REPORTER_ASKED: later("To the shop: whether its report still holds"),
        Template.REPORTER_RETURNED: later("To the shop: more is needed"),
        Template.DEADLINE: later("Warning of a deadline"),
    },
    State: {
        State.ACTIVE: later("Member"),
        State.SUSPENDED: later("Suspended"),
        State.LEFT: later("Has left"),
    },
    TraitKind: {
        TraitKind.OWNER: later("corporate number"),
        TraitKind.ADDRESS: later("address"),
        TraitKind.BANK: later("bank account"),
        TraitKind.SIGN_IN: later("sign-in"),
        TraitKind.PHONE: later("phone number"),
        TraitKind.OFFICE: later("found out by the office"),
        TraitKind.NAME: later("name of the representative"),
        TraitKind.FIRM: later("name of the firm"),
        TraitKind.HOUSE: later("building"),
    },
    Effect: {
        Effect.CONFIRM: later("A call before shipping"),
        Effect.NOTE: later("Nothing: it is only shown"),
        Effect.FLAG: later("A flag"),
        Effect.HOLD: later("A hold"),
    },
    Ending: {
        Ending.PAID: later("paid"),
        Ending.WITHDRAWN: later("withdrawn by the shop"),
        Ending.EXPIRED: later("its time was over"),
        Ending.OVERTURNED: later("decided for the person"),
        Ending.UNDECIDED: later("not decided in time"),
        Ending.UNTOLD: later("the person was not told in time"),
        Ending.UNCONFIRMED: later("confirmed by no shop"),
        Ending.MERGED: later("merged into another"),
        Ending.MISUSED: later("the name was misused"),
        Ending.ERASED: later("erased by the office"),
    },
    What: {What.JOINING: later("Joining"), What.MONTHLY: later("Monthly fee")},
    Purpose: {Purpose.ORDER: later("About an order"), Purpose.SEARCH: later("A search")},
    LeafKind: {
        LeafKind.MEMBER_CREATED: later("Member taken in"),
        LeafKind.MEMBER_SUSPENDED: later("Member suspended"),
        LeafKind.MEMBER_RESUMED: later("Member may ask again"),
        LeafKind.MEMBER_LEFT: later("Member left"),
        LeafKind.MEMBER_BUDGET: later("Budget of a member"),
        LeafKind.MEMBER_KEY_ADDED: later("Key of a member added"),
        LeafKind.MEMBER_KEY_ENDED: later("Key of a member ended"),
        LeafKind.MEMBER_APPLIED: later("Application of a shop"),
        LeafKind.MEMBER_CHANGED: later("Member changed"),
        LeafKind.OFFICE_AFFILIATION: later("Whom somebody of the office belongs to"),
        LeafKind.REPORT_RECEIVED: later("Report received"),
        LeafKind.REPORT_RETURNED: later("Report returned"),
        LeafKind.REPORT_CHECKED: later("Report accepted"),
        LeafKind.REPORT_REJECTED: later("Report rejected"),
        LeafKind.REPORT_WITHDRAWN: later("Report withdrawn"),
        LeafKind.REPORT_PAID: later("Payment reported"),
        LeafKind.REPORT_CONFIRMED: later("Report confirmed"),
        LeafKind.ENTRY_OPENED: later("Entry opened"),
        LeafKind.ENTRY_CHANGED: later("Entry changed"),
        LeafKind.ENTRY_NOTICE: later("Notice of an entry"),
        LeafKind.ENTRY_ACTIVE: later("Entry served"),
        LeafKind.ENTRY_CONTESTED: later("Entry contested"),
        LeafKind.ENTRY_SUSPENDED: later("Entry suspended"),
        LeafKind.ENTRY_ASLEEP: later("Entry asleep"),
        LeafKind.ENTRY_ERASED: later("Entry erased"),
        LeafKind.REQUEST_RECEIVED: later("Request received"),
        LeafKind.REQUEST_DECIDED: later("Request worked on"),
        LeafKind.PROTECTION_BEGUN: later("Protection of a name begun"),
        LeafKind.PROTECTION_ENDED: later("Protection of a name ended"),
        LeafKind.ALARM_ANSWERED: later("Alarm answered"),
        LeafKind.LOOK_UPS: later("An hour of looks"),
    },
}
_STATES: Mapping[str, str] = {
    **{state.value: said for state, said in _REPORT.items()},
    **{state.value: said for state, said in _LIFE.items()},
    **{kind.value: said for kind, said in _WORDS[RequestKind].items()},
    **{outcome.value: said for outcome, said in _WORDS[Outcome].items()},
    CHECKED_ONCE: later("Accepted by one of two"),
    "attached": later("It is about this entry"),
    "detached": later("It is not about this entry"),
    "seen": later("Seen by the office"),
    "address_check": later("Code to the recorded address"),
}
