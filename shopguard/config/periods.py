"""How long everything in an entry's life takes. Settings may be stricter than the law page asks, never laxer."""

from dataclasses import dataclass
from typing import Annotated

from shopguard.config.limits import Within


@dataclass(frozen=True, slots=True)
class Periods:
    """Days are whole days in Japan, of which the first does not count.

    Sources: the rows of the law page that each line names (read 2026-11); what those leave open is chosen here, in
    favour of the person.

    Args:
        notice_days: by when the person must have been told, or the entry is erased (L7; Spain: 30 days).
        pending_days: how long the person may answer before anything is served (L7).
        told_business_days: by when the reporters must hear of a dispute (L10; US FCRA 611).
        dispute_days, extension_days: by when it must be decided, and the one extension (L10).
        suspended_days: how long the office may look again; as long as a dispute.
        confirm_months: how long a reporter's word holds (L12).
        asleep_months: how long an entry waits for its reporters; as long as their word holds.
        phone_months: after which a phone number alone may have a new owner (L12).
        paid_hours: by when an entry that was paid is gone (L11; France).
        unpaid_years: from the due date (L11; Spain: 5 years from the due date).
        refused_years: from the day the parcel came back (L11).
        other_years: from the day it happened. The law page names no term for these categories; the shorter of its two
            is taken, since none of them is a debt that could still be owed.
        warn_days, warn_business_days, warn_hours: how long before a deadline people are warned: in general, of one
            that counts business days, and of one that counts hours.
        ask_days: how long before its word lapses a reporter is asked to confirm it.
        copy_days: by when a person who asks gets a copy (L8).
        clear_days: by when a clear case is decided; the office hears of it (L9).
        forget_days: how long a person's answered request is kept, for questions about it; no law names a term.
        protected_years: how long a misused name is protected, unless its person wishes otherwise: as long as the case
            would stand against whoever misused it.
    """

    notice_days: Annotated[int, Within(7, 30)] = 30
    pending_days: Annotated[int, Within(14, 60)] = 14
    told_business_days: Annotated[int, Within(1, 5)] = 5
    dispute_days: Annotated[int, Within(5, 30)] = 30
    extension_days: Annotated[int, Within(0, 15)] = 15
    suspended_days: Annotated[int, Within(5, 30)] = 30
    confirm_months: Annotated[int, Within(2, 6)] = 6
    asleep_months: Annotated[int, Within(1, 6)] = 6
    phone_months: Annotated[int, Within(1, 12)] = 12
    paid_hours: Annotated[int, Within(1, 48)] = 48
    unpaid_years: Annotated[int, Within(1, 5)] = 5
    refused_years: Annotated[int, Within(1, 2)] = 2
    other_years: Annotated[int, Within(1, 2)] = 2
    warn_days: Annotated[int, Within(1, 4)] = 3
    warn_business_days: Annotated[int, Within(1, 4)] = 2
    warn_hours: Annotated[int, Within(1, 24)] = 24
    ask_days: Annotated[int, Within(7, 50)] = 30
    copy_days: Annotated[int, Within(5, 14)] = 14
    clear_days: Annotated[int, Within(5, 14)] = 14
    forget_days: Annotated[int, Within(30, 180)] = 180
    protected_years: Annotated[int, Within(1, 2)] = 2


USUAL = Periods()
