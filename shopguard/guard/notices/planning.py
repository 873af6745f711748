"""What is told when: holds that would ship next and shops that cannot be heard at once, all else once a day.
What a shop that observes would have done is told once, after two weeks.

An order ships next unless money for it is waited for. What is planned is a row, written together with up to when the
target was told: nothing is told twice or forgotten, whichever worker plans.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVarTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from shopguard.guard.heartbeats import Beating, Heartbeats
from shopguard.guard.notices.model import Target
from shopguard.guard.notices.targets import Targets
from shopguard.guard.shadow import LONG_ENOUGH_S, Shadows
from shopguard.guard.store import OrderStore
from shopguard.model import OrderRef, PaymentKind, Stage, VerdictKind
from shopguard.storage.engine import reading
from shopguard.storage.tables import audit, notice, notice_target, orders, review, screening, shop_state
from shopguard.storage.writer import Writer

Columns = TypeVarTuple("Columns")

JAPAN = ZoneInfo("Asia/Tokyo")
_WAITS_FOR_MONEY = frozenset({PaymentKind.BANK_TRANSFER, PaymentKind.PREPAID})
_NAMED = 10  # orders that one notice names
_KEPT_S = 30 * 86_400.0


_DEAF = (
    "受信プロセスが応答していないため、ショップから送られる注文を受け取れません。shopguard serve をご確認ください。",
    "The receiver is silent, so no order that a shop sends can come in. See that shopguard serve runs and is well.",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A notice before it has a number: neutral, without names."""

    subject: str
    text: str


class Planning:
    """Writes down what is to be told.

    Args:
        sent: the shops whose orders a receiver must take in.
        page: the address that people open; empty: none is told.
        clock: Unix seconds.
    """

    def __init__(
        self,
        engine: sa.Engine,
        writer: Writer,
        targets: Targets,
        store: OrderStore,
        heartbeats: Heartbeats,
        shadows: Shadows,
        sent: Sequence[str],
        page: str,
        clock: Callable[[], float],
    ) -> None:
        self._engine, self._writer, self._targets = engine, writer, targets
        self._store, self._page, self._clock = store, page, clock
        self._heartbeats, self._shadows, self._sent = heartbeats, shadows, sent

    def plan(self) -> None:
        """Write down what each target is to be told by now; may be done at any time, by several at once."""
        now, observed = self._clock(), self._shadows.long_enough()
        for target in self._targets.all():
            if target.paused_at is not None:
                continue
            if target.at_once:
                self._at_once(target, now)
            if (due := digest_due(target, now)) is not None:
                self._keep(target, now, f"digest {int(due)}", self._digest(target, due), digest_at=now)
            for shop, since in observed.items():
                self._observed(target, now, shop, since)
        old = (notice.c.state != "waiting") & (notice.c.due_at < now - _KEPT_S)
        self._writer.run(lambda connection: connection.execute(sa.delete(notice).where(old)))

    def test(self, target: Target) -> Said:
        """Return what a test tells."""
        return self._said(
            "試しのお知らせです / This is a test",
            [f"「{target.label}」に届きました。", f"It reached “{target.label}”."],
        )

    def _at_once(self, target: Target, now: float) -> None:
        holds = [held for held in self._new_holds(target) if self._ships_next(held)]
        alarms = self._new_alarms(target)
        deaf = self._newly_deaf(target)
        if holds or alarms or deaf:
            said = self._urgent(holds, alarms, deaf)
            self._keep(target, now, f"at once {now:.3f}", said, told_until=now)

    def _new_holds(self, target: Target) -> Sequence[Any]:
        """What was put on hold since the target was last told, as far as it has not left the shop."""
        same = (orders.c.shop == review.c.shop) & (orders.c.order_id == review.c.order_id)
        query = (
            sa.select(review.c.shop, review.c.order_id, orders.c.number)
            .join(orders, same)
            .where(review.c.state == "open", review.c.verdict == VerdictKind.HOLD.value)
            .where(review.c.opened_at > target.told_until, orders.c.stage == Stage.OPEN.value)
            .order_by(review.c.opened_at)
        )
        with reading(self._engine) as connection:
            return [row for row in connection.execute(query) if target.hears_of(row.shop)]

    def _ships_next(self, held: Any) -> bool:
        order = self._store.order(OrderRef(held.shop, held.order_id))
        return order is not None and order.payment.kind not in _WAITS_FOR_MONEY

    def _new_alarms(self, target: Target) -> Sequence[str]:
        query = sa.select(shop_state.c.shop).where(shop_state.c.alarm_at > target.told_until)
        with reading(self._engine) as connection:
            return [shop for shop in connection.scalars(query) if target.hears_of(shop)]

    def _newly_deaf(self, target: Target) -> bool:
        """Whether the receiver fell silent since the target was last told."""
        if not any(map(target.hears_of, self._sent)):
            return False
        silence = self._heartbeats.silence(Beating.RECEIVER)
        return silence is not None and silence.since is not None and silence.missed_at > target.told_until

    def _observed(self, target: Target, now: float, shop: str, since: float) -> None:
        """Tell once what a shop would have done; so late that a notice of it may be forgotten, nothing is told."""
        about = f"observed {shop} {int(since)}"
        is_late = now - since >= LONG_ENOUGH_S + _KEPT_S
        if is_late or not target.hears_of(shop) or self._is_planned(target, about):
            return
        shadow = self._shadows.of(shop, since)
        ja = f"{shop}: 観察を始めて2週間たちました。判定 {shadow.judged}件のうち、"
        en = f"{shop} has observed for two weeks: of {shadow.judged} orders "
        lines = [
            f"{ja}出荷保留になるはずだった注文 {shadow.held}件、要確認 {shadow.flagged}件でした。",
            "内容を確かめて、モードを決めてください。",
            f"{en}{shadow.held} would have been held and {shadow.flagged} marked. See which, then choose the mode.",
        ]
        self._keep(target, now, about, self._said("観察の結果 / What observing showed", lines))

    def _is_planned(self, target: Target, about: str) -> bool:
        with reading(self._engine) as connection:
            same = sa.exists().where(notice.c.target == target.id, notice.c.about == about)
            return bool(connection.execute(sa.select(same)).scalar())

    def _urgent(self, holds: Sequence[Any], alarms: Sequence[str], deaf: bool) -> Said:
        lines = []
        if holds:
            named = ", ".join(f"{held.number} ({held.shop})" for held in holds[:_NAMED])
            more = f" …+{len(holds) - _NAMED}" if len(holds) > _NAMED else ""
            lines += [f"出荷前の確認をお願いします: {named}{more}", f"Please check before shipping: {named}{more}"]
        for shop in alarms:
            lines += [f"{shop}: 注文を受け取れていない恐れがあります。", f"{shop}: orders may not arrive."]
        lines += _DEAF if deaf else ()
        ja = f"出荷保留 {len(holds)}件" if holds else "ショップからの注文が止まっている恐れ"
        en = f"{len(holds)} on hold" if holds else "a shop may not be heard"
        return self._said(f"{ja} / {en}", lines)

    def _digest(self, target: Target, due: float) -> Said:
        """The summary of the day before ``due``."""
        since = due - 86_400.0
        waiting, oldest = self._waiting(target)
        judged, held, released = self._judged(target, since), self._held(target, since), self._released(target, since)
        ja = [f"確認待ち {waiting}件（最も古いもの {oldest}時間前）" if waiting else "確認待ちの注文はありません。"]
        en = [f"{waiting} waiting, the oldest for {oldest} h" if waiting else "No order is waiting."]
        ja.append(f"この24時間: 判定 {judged}件、出荷保留 {held}件、解除 {released}件")
        en.append(f"The last 24 hours: {judged} judged, {held} held, {released} released")
        return self._said(f"確認待ち {waiting}件 / {waiting} waiting", [*ja, *en])

    def _waiting(self, target: Target) -> tuple[int, int]:
        """How many orders wait, and the hours that the oldest has waited."""
        query = sa.select(sa.func.count(), sa.func.min(review.c.opened_at)).where(review.c.state == "open")
        with reading(self._engine) as connection:
            count, oldest = connection.execute(_of(query, review.c.shop, target)).one()
        return count, int((self._clock() - oldest) // 3600) if count else 0

    def _judged(self, target: Target, since: float) -> int:
        return self._count(screening.c.shop, target, screening.c.screened_at >= since)

    def _held(self, target: Target, since: float) -> int:
        is_hold = screening.c.verdict == VerdictKind.HOLD.value
        return self._count(screening.c.shop, target, is_hold & (screening.c.screened_at >= since))

    def _released(self, target: Target, since: float) -> int:
        return self._count(audit.c.shop, target, (audit.c.action == "release") & (audit.c.at >= since))

    def _count(self, shop: sa.ColumnElement[Any], target: Target, where: sa.ColumnElement[bool]) -> int:
        with reading(self._engine) as connection:
            return int(connection.execute(_of(sa.select(sa.func.count()).where(where), shop, target)).scalar_one())

    def _said(self, subject: str, lines: Sequence[str]) -> Said:
        page = [f"{self._page.rstrip('/')}/console/"] if self._page else []
        return Said(f"ShopGuard: {subject}", "\n".join([*lines, *page]))

    def _keep(self, target: Target, now: float, about: str, said: Said, **told: float) -> None:
        """Let a notice wait, unless another worker has meanwhile planned it."""
        unchanged = [notice_target.c[name] == getattr(target, name) for name in told]
        row = {
            "target": target.id,
            "about": about,
            "subject": said.subject[:200],
            "text": said.text,
            "state": "waiting",
            "due_at": now,
        }

        def work(connection: sa.Connection) -> None:
            mine = sa.update(notice_target).where(notice_target.c.id == target.id, *unchanged)
            if not told or connection.execute(mine.values(**told)).rowcount == 1:
                connection.execute(_NOTICE, row)

        self._writer.run(work)


_NOTICE = sa.text(
    "INSERT INTO notice (target, about, subject, text, state, due_at)"
    " VALUES (:target, :about, :subject, :text, :state, :due_at) ON CONFLICT DO NOTHING"
)


def digest_due(target: Target, now: float) -> float | None:
    """Return the moment of the summary that is to be sent by now; None if it was, or none is wanted."""
    if target.digest_hour is None:
        return None
    today = datetime.fromtimestamp(now, JAPAN)
    due = today.replace(hour=target.digest_hour, minute=0, second=0, microsecond=0)
    if due > today:
        due -= timedelta(days=1)
    return due.timestamp() if target.digest_at < due.timestamp() else None


def _of(query: sa.Select[*Columns], shop: sa.ColumnElement[Any], target: Target) -> sa.Select[*Columns]:
    return query if target.shops is None else query.where(shop.in_(target.shops))
