"""What alarms say, in words that accuse nobody."""

from collections.abc import Mapping

from shopguard.registry.search.rules import AlarmCode

ALARMS: Mapping[AlarmCode, tuple[str, str]] = {
    AlarmCode.BURST: ("a day's work in one hour", "1時間に1日分以上の照会"),
    AlarmCode.MORE_THAN_ORDERS: ("many more look-ups than orders", "注文数を大きく超える照会"),
    AlarmCode.AGAIN: ("the same person again and again", "同じ人を繰り返し照会"),
    AlarmCode.STAFF: ("a person of a member shop", "加盟店の関係者の照会"),
    AlarmCode.NIGHT: ("searches at night", "夜間の検索"),
    AlarmCode.NO_ORDER: ("searches that no order goes with", "注文を伴わない検索"),
    AlarmCode.MANY_MEMBERS: ("one entry searched by many shops", "一つの登録を多くの店が検索"),
}
"""What is odd, in English and Japanese."""
