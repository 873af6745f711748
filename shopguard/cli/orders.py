"""Deliveries and orders as an operator handles them: deliveries, dead, replay, reviews, release, keep."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from shopguard.cli.invocation import Invocation
from shopguard.cli.output import json_option, show_json, show_table
from shopguard.cli.running import Refused, opened, operator
from shopguard.guard.effects import Effect
from shopguard.guard.inbox import DeliveryLine
from shopguard.guard.pairs import pairs_of
from shopguard.guard.policy import Action
from shopguard.guard.reviews import Decision, Review
from shopguard.model import OrderRef

if TYPE_CHECKING:
    from shopguard.bootstrap import Installation

_WAIT_S = 5.0
_LOOK_EVERY_S = 0.1
_BY_HAND = {
    Action.HOLD: "stop the order at the platform",
    Action.FLAG: "look at the order before it ships",
    Action.RELEASE: "take the hold off at the platform",
    Action.CLEAR_GATE: "let the order go at the platform",
    Action.CANCEL: "cancel the order at the platform",
}

_shop_option = click.option("--shop", metavar="SHOP", help="Only this shop.")


@click.command()
@click.option("--state", type=click.Choice(["received", "claimed", "done", "dead", "settled"]), help="Only these.")
@_shop_option
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many, newest first.")
@json_option
@click.pass_obj
def deliveries(invocation: Invocation, state: str | None, shop: str | None, limit: int, as_json: bool) -> None:
    """Show the stored deliveries, newest first."""
    with opened(invocation) as installation:
        lines = installation.inbox.lines(state=state, shop=shop, limit=limit)
    if as_json:
        show_json([_delivery(line) for line in lines])
        return
    headings = ("delivery", "shop", "source", "state", "received", "attempts", "order", "error")
    show_table(headings, [_delivery_row(line) for line in lines])


def _delivery(line: DeliveryLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "shop": line.shop,
        "source": line.source,
        "state": line.state,
        "received_at": _moment(line.received_at),
        "attempts": line.attempts,
        "order_id": line.order_id,
        "last_error": line.last_error,
    }


def _delivery_row(line: DeliveryLine) -> Sequence[object]:
    received = _local(line.received_at)
    return (
        line.id,
        line.shop,
        line.source,
        line.state,
        received,
        line.attempts,
        line.order_id,
        line.last_error,
    )


@click.command()
@click.argument("ids", nargs=-1, type=int, metavar="[NUMBER]...")
@click.option("--settle", is_flag=True, help="You looked at these: list and count them no more.")
@click.option("--effects", "are_effects", is_flag=True, help="With --settle: the numbers are failed effects.")
@_shop_option
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="At most so many of each.")
@json_option
@click.pass_context
def dead(
    context: click.Context,
    ids: tuple[int, ...],
    settle: bool,
    are_effects: bool,
    shop: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what was given up, each with what to do: dead letters, and effects that failed at the platform.

    With --settle: mark dead letters as looked at, by their numbers, also those that retention emptied. They stay
    stored and can be run again. Exit code 1 if one of them is not on the list.
    """
    if settle != bool(ids) or (are_effects and not settle):
        raise click.UsageError("name what to settle: dead --settle NUMBER..., or dead --settle --effects NUMBER...")
    invocation = context.ensure_object(Invocation)
    if settle:
        context.exit(_settle(invocation, ids, are_effects))
    with opened(invocation) as installation:
        letters = installation.inbox.lines(state="dead", shop=shop, limit=limit)
        failed = [effect for effect in installation.effects.failed() if shop in (None, effect.shop)][-limit:]
    if as_json:
        show_json(
            {
                "deliveries": [{**_delivery(line), "remedy": _letter_remedy(line)} for line in letters],
                "effects": [_failed_effect(effect) for effect in failed],
            }
        )
        return
    headings = ("delivery", "shop", "received", "order", "error", "what to do")
    rows = [
        (line.id, line.shop, _local(line.received_at), line.order_id, line.last_error, _letter_remedy(line))
        for line in letters
    ]
    _section("Dead letters: deliveries that could not be worked on", headings, rows)
    click.echo()
    headings = ("effect", "shop", "order", "action", "error", "what to do")
    rows = [
        (effect.id, effect.shop, effect.order_id, effect.action.value, effect.last_error, _effect_remedy(effect))
        for effect in failed
    ]
    _section("Failed effects: verdicts that the platform did not take", headings, rows)


def _settle(invocation: Invocation, ids: Sequence[int], are_effects: bool) -> int:
    """Mark as looked at and say so; 1 if one of ``ids`` cannot be."""
    with opened(invocation) as installation:
        settle = installation.settling.effect if are_effects else installation.settling.letter
        refused = [id_ for id_ in dict.fromkeys(ids) if not settle(id_, operator())]
    click.echo(f"{len(set(ids)) - len(refused)} settled")
    for id_ in refused:
        click.echo(f"{id_}: no {'failed effect' if are_effects else 'dead letter'}, or settled before", err=True)
    return 1 if refused else 0


def _section(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    click.echo(f"{title}: none" if not rows else title)
    if rows:
        show_table(headings, rows)


def _failed_effect(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.id,
        "shop": effect.shop,
        "order_id": effect.order_id,
        "action": effect.action.value,
        "intended_at": _moment(effect.intended_at),
        "attempts": effect.attempts,
        "last_error": effect.last_error,
        "remedy": _effect_remedy(effect),
    }


def _letter_remedy(line: DeliveryLine) -> str:
    return f"remove the cause, then: shopguard replay {line.id}; or: shopguard dead --settle {line.id}"


def _effect_remedy(effect: Effect) -> str:
    again = f"shopguard replay --effects {effect.id}"
    settle = f"shopguard dead --settle --effects {effect.id}"
    return f"{_BY_HAND[effect.action]}, then: {settle}; or remove the cause, then: {again}"


@click.command()
@click.argument("ids", nargs=-1, required=True, type=int, metavar="DELIVERY...")
@click.option("--effects", "are_effects", is_flag=True, help="The numbers are failed effects of `shopguard dead`.")
@click.pass_context
def replay(context: click.Context, ids: tuple[int, ...], are_effects: bool) -> None:
    """Run stored deliveries again, or failed effects; an order that was judged is not judged twice.

    Exit code 1 if one of them cannot be run again: unknown, under way, or emptied by retention.
    """
    invocation = context.ensure_object(Invocation)
    with opened(invocation) as installation:
        now = installation.clock()
        again = installation.effects.try_again if are_effects else installation.inbox.replay
        refused = [id_ for id_ in dict.fromkeys(ids) if not again([id_], now)]
        done = len(set(ids)) - len(refused)
        if done:
            click.echo(f"{done} will run again{'' if installation.is_worked() else _NO_WORKER}")
    why = "unknown or not failed" if are_effects else "unknown, under way now, or emptied by retention or erasure"
    for id_ in refused:
        click.echo(f"{id_}: {why}", err=True)
    context.exit(1 if refused else 0)


_NO_WORKER = " when a worker runs; none does on this machine now: start `shopguard serve`"


@click.command()
@_shop_option
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def reviews(invocation: Invocation, shop: str | None, limit: int, as_json: bool) -> None:
    """Show the orders that wait for a decision, oldest first."""
    with opened(invocation) as installation:
        waiting = installation.reviews.waiting(shop, limit)
        if as_json:
            show_json([_review(installation, review) for review in waiting])
            return
    headings = ("order", "id", "shop", "verdict", "stage", "mode", "waiting since", "hold", "trouble")
    rows = [
        (
            review.number,
            review.ref.order_id,
            review.ref.shop,
            review.verdict.value,
            review.stage,
            review.mode,
            _local(review.opened_at),
            review.hold_state,
            review.effect_error,
        )
        for review in waiting
    ]
    show_table(headings, rows)


def _review(installation: "Installation", review: Review) -> dict[str, Any]:
    latest = installation.store.latest(review.ref)
    verdict = latest.verdict if latest else None
    return {
        "order_id": review.ref.order_id,
        "number": review.number,
        "shop": review.ref.shop,
        "verdict": review.verdict.value,
        "stage": review.stage,
        "strength": verdict.strength.value if verdict else None,
        "reasons": verdict.reasons if verdict else (),
        "mode": review.mode,
        "opened_at": _moment(review.opened_at),
        "hold": review.hold_state,
        "last_error": review.effect_error,
    }


@click.command()
@click.argument("order")
@_shop_option
@click.option(
    "--different-person", is_flag=True, help="Never match this buyer with these entries again in this shop."
)
@click.option("--wait/--no-wait", default=True, help="Wait a few seconds for the platform to confirm.")
@click.pass_context
def release(context: click.Context, order: str, shop: str | None, different_person: bool, wait: bool) -> None:
    """Let an order go: takes exactly our hold away. ORDER is its id or its display number."""
    with opened(context.ensure_object(Invocation)) as installation:
        ref = _the_order(installation, order, shop, "release")
        pairs = _not_same_person(installation, ref) if different_person else ()
        decision = installation.reviews.release(ref, operator(), pairs)
        if pairs:
            entries = sorted({entry for _, entry in pairs})
            click.echo(f"noted: order {order} is of another person than {', '.join(entries)}")
        context.exit(_tell_release(installation, decision, wait))


@click.command()
@click.argument("order")
@_shop_option
@click.pass_obj
def keep(invocation: Invocation, order: str, shop: str | None) -> None:
    """Leave an order as it is and take it off the list. ORDER is its id or its display number."""
    with opened(invocation) as installation:
        ref = _the_order(installation, order, shop, "keep")
        if installation.reviews.get(ref) is None:
            raise Refused(f"order {ref.order_id} of {ref.shop} does not wait for a decision")
        changed = installation.reviews.keep(ref, operator()).changed
    click.echo(f"order {ref.order_id} of {ref.shop} {'stays' if changed else 'was kept before: it stays'} as it is")


def _the_order(installation: "Installation", order: str, shop: str | None, command: str) -> OrderRef:
    """Return the one order that is meant; ``Refused`` lists the candidates if there are several."""
    found = installation.store.find(order, shop)
    if not found:
        raise Refused(f"{order}: no such order is stored{f' of {shop}' if shop else ''}")
    if len(found) > 1:
        choices = [f"  shopguard {command} {ref.order_id} --shop {ref.shop}" for ref in found]
        raise Refused("\n".join([f"{order}: several orders; choose one:", *choices]))
    return found[0]


def _not_same_person(installation: "Installation", ref: OrderRef) -> Sequence[tuple[str, str]]:
    """Return whom the buyer and the recipients of the order are not; ``Refused`` once they are erased."""
    order, latest = installation.store.order(ref), installation.store.latest(ref)
    if order is None or latest is None or latest.verdict is None:
        raise Refused(f"order {ref.order_id}: its people were erased, nobody can be told apart; nothing was done")
    return pairs_of(order, latest.verdict, installation.keyring)


def _tell_release(installation: "Installation", decision: Decision, wait: bool) -> int:
    """Say what became of the release; 1 if the platform did not take it."""
    ref, said = decision.ref, f"order {decision.ref.order_id} of {decision.ref.shop}"
    effect = _last_word(installation, ref)
    if effect is None or effect.action is Action.HOLD:  # a hold that needs no release: called off, or it failed
        if not decision.changed:
            click.echo(f"{said}: nothing to release")
        elif decision.releases_hold:
            click.echo(f"{said}: released; our hold was called off before it was sent")
        else:
            click.echo(f"{said}: released; no hold of ours stands at the platform")
        return 0
    if wait and installation.is_worked():
        effect = _wait_for(installation, effect)
    if effect.state == "confirmed":
        click.echo(f"{said}: the platform confirmed that our hold is gone")
    elif effect.state == "failed":
        click.echo(f"{said}: the platform did not take the release: {effect.last_error}", err=True)
        click.echo(f"  {_effect_remedy(effect)}", err=True)
        return 1
    elif installation.is_worked():
        click.echo(f"{said}: stored; the worker will tell the platform{_trouble(effect)}")
    else:
        click.echo(f"{said}: stored; the platform will be told{_NO_WORKER}")
    return 0


def _trouble(effect: Effect) -> str:
    return f" (so far: {effect.last_error})" if effect.last_error else ""


def _last_word(installation: "Installation", ref: OrderRef) -> Effect | None:
    """Return the last effect that decides whether our hold stands."""
    deciding = (Action.HOLD, Action.RELEASE)
    effects = [effect for effect in installation.effects.of_order(ref) if effect.action in deciding]
    return effects[-1] if effects else None


def _wait_for(installation: "Installation", effect: Effect) -> Effect:
    """Return the release as it stands when it is final, or after a few seconds."""
    give_up_at = time.monotonic() + _WAIT_S
    while effect.state in ("intended", "sent") and time.monotonic() < give_up_at:
        time.sleep(_LOOK_EVERY_S)
        effect = next(row for row in installation.effects.of_order(effect.ref) if row.id == effect.id)
    return effect


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _local(seconds: float) -> str:
    return _moment(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
