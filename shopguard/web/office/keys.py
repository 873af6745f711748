"""The keys that a member signs under: one more, what each is for, and the end of one."""

from collections.abc import Collection

from flask import request

from shopguard.registry.desk import Role
from shopguard.registry.members.model import public_key
from shopguard.web.app import viewer
from shopguard.web.language import gettext as _
from shopguard.web.office.desk import Answer, Missing, comes_back_to, done_by_office, home, needed, pages, typed
from shopguard.web.office.members import back, member

_LIST = "signing_keys"  # where on the page the keys stand


@pages.post("/members/<member_id>/keys")
@done_by_office
@comes_back_to(member, "public")
def add_key(member_id: str) -> Answer:
    """Let a member sign under one more key, whose public part it sent."""
    public = public_key(needed("public", _("Paste the public key that the shop sent.")))
    home().members.add_key(member_id, public, viewer().name, _roles())
    return back(member_id, "key_added")


@pages.post("/members/<member_id>/keys/roles")
@done_by_office
@comes_back_to(member, _LIST)
def key_roles(member_id: str) -> Answer:
    """Let a key be for what is ticked, and nothing else."""
    home().members.set_roles(member_id, typed("key"), _roles(_LIST), viewer().name)
    return back(member_id)


@pages.post("/members/<member_id>/keys/end")
@done_by_office
@comes_back_to(member, _LIST)
def end_key(member_id: str) -> Answer:
    """Believe nothing signed under a key any more. It never comes back, and the last one stays."""
    home().members.remove_key(member_id, typed("key"), viewer().name)
    return back(member_id, "key_ended")


def _roles(field: str = "role") -> Collection[Role]:
    if not (ticked := [Role(role) for role in request.form.getlist("role") if role in set(Role)]):
        raise Missing(field, _("Tick what the key is for."))
    return ticked
