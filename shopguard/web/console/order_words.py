"""What the page of an order calls steps, reasons, moments and states; and the words that a shop may send a buyer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.numbers import format_currency

from shopguard.config import Language
from shopguard.guard.advice import Step, Why
from shopguard.guard.timeline import Moment, What
from shopguard.model import Order, Party
from shopguard.web.language import gettext, later

STEPS: Mapping[Step, str] = {
    Step.NOTHING: later("Nothing needs to be done"),
    Step.WAIT: later("Wait a moment"),
    Step.PHONE: later("Phone the buyer"),
    Step.PREPAYMENT: later("Ask for prepayment"),
    Step.SIGNATURE: later("Ship with signature on delivery"),
    Step.CANCEL: later("Cancel the order"),
}

WHYS: Mapping[Why, str] = {
    Why.CLOSED: later("The order has ended: it was cancelled or refunded."),
    Why.SHIPPED: later("It has left already. A call now shows whether the parcel will be taken."),
    Why.PASSED: later("Nothing speaks against it."),
    Why.SILENT: later("The registry has not answered yet. It is asked again by itself."),
    Why.MISUSED_NAME: later("Somebody else has used this name before. A call protects the person it belongs to."),
    Why.KNOWN_HERE: later("This buyer's earlier orders went well here. It may be a mix-up: ask before you decide."),
    Why.UNREACHABLE: later("Details agree with earlier orders under invented names, and nobody can be phoned."),
    Why.SHOP_BEARS_IT: later("Two details agree, and with this way of paying the shop would bear the loss."),
    Why.CLAIMS: later("Earlier claims did not hold. A signature and photos of the packing settle who is right."),
    Why.RESALE: later("An offer may be used again. Ask, and go by the conditions of the offer."),
    Why.PAID: later("Two details agree, but the payment is safe. A signature shows that the parcel arrived."),
    Why.SURE: later("Two details agree. The number that the order gives shows whether it is meant."),
    Why.UNSURE: later("One detail agrees; it may well be another person. A call settles it."),
    Why.NO_PHONE: later("No number can be called. Prepayment lets an honest buyer go on all the same."),
    Why.ODD_PLACE: later("The address does not fit together: ask where the parcel shall go."),
    Why.FORWARDED: later("The parcel goes on to somebody else: a signature shows who took it."),
    Why.ODD: later("Something is unusual, and nothing more: a short call is enough."),
}

_ACTIONS = {
    "hold": later("Put on hold at the shop"),
    "flag": later("Note on the order at the shop"),
    "release": later("Hold taken away at the shop"),
    "clear_gate": later("Let through the shop's own check"),
    "cancel": later("Cancelled at the shop"),
}
_JUDGED = {
    "allow": later("Checked: passed"),
    "flag": later("Checked: please check"),
    "hold": later("Checked: on hold"),
}
_RECEIVED = {
    "webhook": later("The shop reported the order"),
    "feed": later("Found in the shop's list of orders"),
}
_DECIDED = {
    "release": later("Released"),
    "keep": later("Left as it is"),
    "cancel": later("Decided to cancel"),
    "undo": later("Decision taken back"),
    "reopen": later("Waits again: the shop did not take the decision"),
    "close": later("Settled in the shop"),
    "ask_prepayment": later("Buyer asked to pay before shipping"),
    "different_person": later("Found to be another person"),
    "retry": later("Tried again at the shop"),
    "report": later("Reported to the registry"),
    "settle_effect": later("Marked as looked at"),
    "erase": later("Erased at the person's request"),
    "access_request": later("The person asked what is stored"),
}


def action_words(action: str) -> str:
    """Return what an effect is called."""
    return gettext(_ACTIONS.get(action, action))


def moment_words(moment: Moment) -> str:
    """Return what happened at a moment."""
    if moment.what is What.RECEIVED:
        return gettext(_RECEIVED.get(moment.code, moment.code))
    if moment.what is What.JUDGED:
        return gettext(_JUDGED.get(moment.code, moment.code))
    if moment.what is What.NOTED:
        return gettext("Note")
    if moment.what is What.DECIDED:
        return gettext(_DECIDED.get(moment.code, moment.code))
    does = action_words(moment.code)
    if moment.what is What.DONE:
        return gettext("%(does)s: the shop confirmed it", does=does)
    if moment.what is What.FAILED:
        return gettext("%(does)s: the shop did not take it", does=does)
    if moment.what is What.CALLED_OFF:
        return gettext("%(does)s: not needed any more", does=does)
    return gettext("%(does)s: written down", does=does)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to a buyer."""

    language: Language
    subject: str
    text: str


def prepayment_letters(order: Order, shop: str, contest: str | None) -> Sequence[Letter]:
    """Return the mail that asks a buyer to pay first in both languages, the one that is likely theirs first.

    Neutral: it names the order, offers a way on, and says where questions about a registration go, never that there
    is one (law-and-fairness rule "tell the buyer enough").
    """
    number = order.number or order.id
    letters = []
    for spoken, (subject, text, where) in _LETTERS.items():
        more = where.format(page=contest) if contest else ""
        total = format_currency(order.total, order.currency, locale=spoken.value)
        said = text.format(number=number, total=total, shop=shop, more=more)
        letters.append(Letter(spoken, subject.format(number=number), said))
    return sorted(letters, key=lambda letter: letter.language is not _language_of(order.buyer))


def _language_of(buyer: Party) -> Language:
    """The language in which a buyer most likely reads mails: Japanese, unless name and country both say otherwise."""
    name = "".join(filter(None, (buyer.name, buyer.family, buyer.given, buyer.kana)))
    is_latin = name.isascii() and bool(name)
    return Language.EN if is_latin and buyer.country not in (None, "JP") else Language.JA


def cancel_words(number: str, shop_language: Language) -> str:
    """Return what to note where the platform must be told by hand that an order is cancelled."""
    return _BY_HAND[shop_language].format(number=number)


_LETTERS = {
    Language.JA: (
        "ご注文 {number} のお支払い方法について",
        "このたびはご注文いただき、ありがとうございます。\n\n"
        "ご注文 {number}（{total}）は、発送前の確認のためお手続きを止めております。\n"
        "恐れ入りますが、先にお支払い（銀行振込またはカード）をいただけましたら、確認後すぐに発送いたします。\n"
        "ご都合が悪い場合は、このメールにご返信いただくか、お電話でお知らせください。\n"
        "お問い合わせの際は、注文番号 {number} をお伝えください。\n{more}\n{shop}\n",
        "\n情報の取り扱いについての確認・異議のお申し出: {page}\n",
    ),
    Language.EN: (
        "How to pay for your order {number}",
        "Thank you for your order.\n\n"
        "We check some orders before shipping, and order {number} ({total}) is waiting for that.\n"
        "If you pay in advance, by bank transfer or card, we ship it as soon as the payment is here.\n"
        "If that does not suit you, please answer this mail or call us.\n"
        "Your reference is the order number, {number}.\n{more}\n{shop}\n",
        "\nTo ask about or object to how your data is used: {page}\n",
    ),
}
_BY_HAND = {
    Language.JA: "注文 {number}：店舗が内容を確認し、取り消しました。",
    Language.EN: "Order {number}: checked and cancelled by the shop.",
}
