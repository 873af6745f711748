"""A report of each category that keeps every rule, and what the rules find in one that does not."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from shopguard.model import Category, Party, PaymentKind
from shopguard.registry.reports.model import Answers, Channel, Reminder, ReportContent
from shopguard.registry.reports.rules import History, faults
from shopguard.registry.reports.wording import QUESTIONS, FaultCode

TODAY = date(2026, 5, 15)
FILES = ("invoice.pdf",)
ANSWERS = Answers(
    ground="期日を過ぎても入金がありません",
    clear="請求書と配達記録にこの注文番号があります",
    fits="商品は届き、代金は支払われていません",
    acted="督促を2回送りました",
    evidence=dict.fromkeys(QUESTIONS, FILES),
)
BUYER = Party(
    name="見本 太郎", lines=("東京都港区芝公園4-2-8",), phones=("090-0000-0000",), emails=("taro@example.jp",)
)
UNPAID = ReportContent(
    order_id="1042",
    category=Category.UNPAID,
    party=BUYER,
    ordered_on=date(2026, 4, 1),
    payment=PaymentKind.PAY_LATER,
    items="コーヒー豆 2kg",
    amount=Decimal(12_800),
    shipped_on=date(2026, 4, 2),
    carrier="見本運輸",
    tracking="0000-0000-0000",
    delivered_on=date(2026, 4, 3),
    due_on=date(2026, 5, 1),
    reminders=(
        Reminder(date(2026, 5, 5), Channel.MAIL),
        Reminder(date(2026, 5, 10), Channel.PHONE, by_person=True),
    ),
    warned_on=date(2026, 5, 10),
    answers=ANSWERS,
)
REFUSED = replace(
    UNPAID,
    category=Category.COD_REFUSED,
    payment=PaymentKind.COD,
    delivered_on=None,
    due_on=None,
    reminders=(),
    warned_on=None,
    refused_on=date(2026, 4, 12),
    return_reason="長期不在",
)
CLAIM = replace(
    UNPAID,
    category=Category.MALICIOUS_CLAIM,
    payment=PaymentKind.CARD,
    due_on=None,
    reminders=(),
    warned_on=None,
    replies="商品が壊れていたと言うが、写真は別の商品。返金だけを求めている",
)
PRANK = replace(CLAIM, category=Category.PRANK_ORDER)
RESALE = replace(CLAIM, category=Category.RESALE_ABUSE)
OTHER = replace(CLAIM, category=Category.OTHER)
EACH = {content.category: content for content in (UNPAID, REFUSED, CLAIM, PRANK, RESALE, OTHER)}


def codes(content: ReportContent, history: History | None = None, **more: Any) -> set[FaultCode]:
    return {found.code for found in faults(content, history or History(), TODAY, FILES, **more)}


def places(content: ReportContent) -> Mapping[str, FaultCode]:
    return {found.field: found.code for found in faults(content, History(), TODAY, FILES)}
