"""What the script of the queue says, in the reader's language; it fills in the values itself."""

from collections.abc import Mapping

from shopguard.web.language import gettext, later

_WORDS = {
    "released": later("%(number)s: released."),
    "checked": later("%(number)s: marked as checked."),
    "kept": later("%(number)s: left as it is."),
    "cancelled": later("%(number)s: cancelled."),
    "settled": later("%(number)s: done."),
    "written": later("Written down."),
    "many": later("Done: %(num)s orders."),
    "sending": later("The shop is being told."),
    "confirmed": later("The shop confirmed it."),
    "failed": later("%(number)s waits again: the shop refused to let it go."),
    "undo": later("Undo"),
    "undone": later("%(number)s waits again."),
    "late": later("It was too late to take this back."),
    "overtaken": later("%(number)s was decided meanwhile by %(name)s. Nothing was changed."),
    "changed": later("%(number)s was changed by the shop or judged anew. Please look again."),
    "open": later("%(name)s has it open"),
    "by-released": later("released by %(name)s"),
    "by-kept": later("left as it is by %(name)s"),
    "by-cancelled": later("cancelled by %(name)s"),
    "by-closed": later("settled in the shop"),
    "new": later("New orders: %(num)s. Show them"),
    "unshown": later("This order cannot be shown now. Please try again in a moment."),
    "lost": later("The connection is lost; nothing was done. Please try again."),
    "out": later("You are signed out. Please sign in again in another tab, then go on here."),
}


def words() -> Mapping[str, str]:
    """Return each sentence by its name, with its values still to be filled in."""
    return {name: gettext(said) for name, said in _WORDS.items()}
