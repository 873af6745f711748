"""The reports that wait: which, how old, how complete, how well the shop's reports held, and who works on them."""

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from shopguard.model import Category
from shopguard.registry.office.queue import PAGE, Filters
from shopguard.web.app import viewed, viewer
from shopguard.web.office.desk import Answer, done_by_office, home, pages, seen_by_office
from shopguard.web.office.paging import skipped, turned


@pages.get("/reports")
@seen_by_office
def queue() -> str:
    skip, filters = skipped(), _filters(request.args)
    found = home().moderation.queue(filters, skip, PAGE)
    viewed("reports")
    return render_template(
        "office/queue.html",
        page=found,
        filters=filters,
        categories=list(Category),
        turned=turned(skip, PAGE, found.total),
        nothing_left="nothing_left" in request.args,
    )


@pages.post("/reports/next")
@done_by_office
def take_next() -> Answer:
    """Take the report that comes next, of one category if that was chosen."""
    taken = home().moderation.take_next(viewer().name, Filters(_category(request.form)))
    if taken is None:
        return redirect(url_for("office.queue", nothing_left=1), 303)
    return redirect(url_for("office.report", report_id=taken.id), 303)


def _filters(said: Mapping[str, str]) -> Filters:
    return Filters(_category(said), said.get("member", "").strip() or None, "second" in said or None, "free" in said)


def _category(said: Mapping[str, str]) -> Category | None:
    named = said.get("category", "")
    return Category(named) if named in set(Category) else None
