"""Which payment kind stands behind the labels on an order: the shop's own list first, then what Japan commonly uses.

Labels are free text of the shop; the defaults are those seen in public order fixtures and apps' pages (2026-11).
"""

from collections.abc import Mapping, Sequence

from shopguard.adapter import PaymentMap
from shopguard.model import Payment, PaymentKind

# The order matters: コンビニ後払い is paid after delivery, クロネコ代金後払い is no 代金引換, and a plain 後払い is
# the shop's own invoice only where no provider is named.
_DEFAULTS: Mapping[str, PaymentKind] = {
    "np後払い": PaymentKind.PAY_LATER_PROVIDER,
    "atone": PaymentKind.PAY_LATER_PROVIDER,
    "paidy": PaymentKind.PAY_LATER_PROVIDER,
    "あと払い": PaymentKind.PAY_LATER_PROVIDER,
    "後払い.com": PaymentKind.PAY_LATER_PROVIDER,
    "gmo後払い": PaymentKind.PAY_LATER_PROVIDER,
    "クロネコ代金後払い": PaymentKind.PAY_LATER_PROVIDER,
    "後払い": PaymentKind.PAY_LATER,
    "代引": PaymentKind.COD,
    "代金引換": PaymentKind.COD,
    "cash on delivery": PaymentKind.COD,
    "(cod)": PaymentKind.COD,
    "銀行振込": PaymentKind.BANK_TRANSFER,
    "bank deposit": PaymentKind.BANK_TRANSFER,
    "コンビニ": PaymentKind.PREPAID,
    "shopify_payments": PaymentKind.CARD,
    "stripe": PaymentKind.CARD,
    "amazon_payments": PaymentKind.WALLET,
    "paypay": PaymentKind.WALLET,
    "paypal": PaymentKind.WALLET,
}
_WHOLE_LABELS = {"cod": PaymentKind.COD}  # only as the whole label: "cod" also stands in "QR code"


class PaymentRules:
    """Reads the payment of an order. ``own`` is the shop's list of labels; it wins over everything."""

    def __init__(self, own: Mapping[str, PaymentKind]) -> None:
        self._own = PaymentMap(by_label=own)
        self._common = PaymentMap(by_label=_WHOLE_LABELS, defaults=_DEFAULTS)

    def payment(self, labels: Sequence[str], has_terms: bool) -> Payment:
        """Return kind and wording; ``has_terms`` says that the shop lets this order be paid after delivery."""
        kind = self._own.kind_of(*labels)
        if kind is None:
            kind = PaymentKind.PAY_LATER if has_terms else self._common.kind_of(*labels)
        return Payment(kind or PaymentKind.OTHER, ", ".join(labels))

    def knows(self, label: str) -> bool:
        """Whether ``label`` says anything to us."""
        return self._own.kind_of(label) is not None or self._common.kind_of(label) is not None
