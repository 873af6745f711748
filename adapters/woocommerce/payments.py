"""Which kind of payment a WooCommerce payment method is: slugs of core and of common plugins, then their titles."""

from adapters.woocommerce.settings import WooCommerceSettings
from shopguard.adapter import PaymentMap
from shopguard.model import PaymentKind

# Whole slugs, because short ones such as "cod" occur inside others. Core: "plugins/woocommerce/includes/gateways";
# bankjp, postofficebank, atstore and cod2: Japanized for WooCommerce (sources read 2026-11).
_SLUGS = {
    "cod": PaymentKind.COD,
    "cod2": PaymentKind.COD,
    "bacs": PaymentKind.BANK_TRANSFER,
    "cheque": PaymentKind.BANK_TRANSFER,
    "bankjp": PaymentKind.BANK_TRANSFER,
    "postofficebank": PaymentKind.BANK_TRANSFER,
    "atstore": PaymentKind.OTHER,
    "np": PaymentKind.PAY_LATER_PROVIDER,
    "atone": PaymentKind.PAY_LATER_PROVIDER,
    "stripe": PaymentKind.CARD,
    "woocommerce_payments": PaymentKind.CARD,
}

# Parts of slugs and titles; the first that occurs decides. From the special to the general: a provider's pay-later
# before the shop's own, pay-later at the convenience store before the store, a wallet before the card behind it.
_PARTS = {
    PaymentKind.PAY_LATER_PROVIDER: (
        *("paidy", "あと払い", "np後払い", "np掛け払い", "np-", "np_", "netprotections", "atone", "gmo後払い"),
        *("gmo掛け払い", "アトディーネ", "atodene", "ミライバライ", "afterpay", "klarna", "affirm"),
    ),
    PaymentKind.PAY_LATER: ("後払い", "atobarai", "掛け払い", "掛払", "請求書", "invoice", "pay later", "pay_later"),
    PaymentKind.COD: ("代金引換", "代引", "cash on delivery", "cash_on_delivery", "cashondelivery", "daibiki"),
    PaymentKind.PREPAID: (
        *("コンビニ", "konbini", "convenience", "_cvs", "cvs_", "ペイジー", "pay-easy", "payeasy", "前払い"),
    ),
    PaymentKind.BANK_TRANSFER: (
        *("銀行振込", "郵便振替", "ゆうちょ", "振込", "bank transfer", "bank_transfer", "banktransfer"),
    ),
    PaymentKind.WALLET: (
        *("paypay", "amazon", "paypal", "ppcp", "楽天ペイ", "rakuten", "line pay", "line_pay", "linepay"),
        *("メルペイ", "merpay", "d払い", "au pay", "aupay", "apple pay", "apple_pay", "applepay"),
        *("google pay", "google_pay", "googlepay"),
    ),
    PaymentKind.CARD: ("stripe", "credit", "クレジット", "card", "カード"),
}

_DEFAULTS = PaymentMap(by_label=_SLUGS, defaults={part: kind for kind, parts in _PARTS.items() for part in parts})


def payment_kind(settings: WooCommerceSettings, slug: str | None, title: str | None) -> PaymentKind | None:
    """Return the kind: the shop's own word first, then what is commonly known; None if neither knows the method."""
    return PaymentMap(by_label=settings.payment_kinds).kind_of(slug, title) or _DEFAULTS.kind_of(slug, title)
