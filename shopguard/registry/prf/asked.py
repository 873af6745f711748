"""Whether a batch is what it says: shape, limits, and the head of each token's own bytes. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from shopguard.registry.messages import (
    LOOKUPS,
    MAX_CASE,
    MAX_OF_CLASS,
    MAX_TOKEN,
    MAX_TOKENS,
    SEARCHES,
    TOKEN_HEAD,
    Element,
    LookUp,
    Search,
)
from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.signing import SignedRequest

MAX_BODY = 64 * 1024  # bytes: a batch of 32 of the longest tokens in base64 is 43 kB
COMMITMENT = 16  # bytes
_SCHEME = b"sg1"
_look_up = msgspec.json.Decoder(LookUp)
_search = msgspec.json.Decoder(Search)


def read_look_up(request: SignedRequest) -> LookUp:
    """Return the batch in a request, every limit kept; ``Refused`` says what is wrong with it.

    That of a search too, without its case, which is none of the keyed function's business but that there is one.
    """
    if request.path not in (LOOKUPS, SEARCHES):
        raise Refused(Refusal.NOT_FOUND, "the request is signed for another path than that of look-ups")
    if request.method != "POST":
        raise Refused(Refusal.METHOD, "look-ups are asked by POST")
    if len(request.body) > MAX_BODY:
        raise Refused(Refusal.TOO_LARGE, f"the body has more than {MAX_BODY} bytes")
    try:
        asked = _searched(request.body) if is_search(request) else _look_up.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(Refusal.UNREADABLE, "the body is not a look-up") from None  # the cause may quote it
    if asked.member != request.member:
        raise Refused(Refusal.OTHER_MEMBER, "the batch is of another member than the one who signed")
    if len(asked.commitment) != COMMITMENT:
        raise Refused(Refusal.UNREADABLE, f"the commitment does not have {COMMITMENT} bytes")
    check_limits(asked.tokens)
    check_elements(asked.tokens)
    if any(element.token[3] != asked.profile for element in asked.tokens):
        raise Refused(Refusal.PROFILE, "a token follows other rules of identity than the batch says")
    return asked


def is_search(request: SignedRequest) -> bool:
    """Whether a person asks, and not a guard about an order."""
    return request.path == SEARCHES


def _searched(body: bytes) -> LookUp:
    asked = _search.decode(body)
    if not asked.case.strip() or len(asked.case) > MAX_CASE:
        raise Refused(Refusal.UNREADABLE, f"a search needs a stated case of at most {MAX_CASE} characters")
    return LookUp(asked.member, asked.epoch, asked.profile, asked.commitment, asked.tokens)


def check_limits(tokens: Sequence[Element]) -> None:
    """Refuse a batch that holds nothing, too much, or something twice."""
    if not tokens:
        raise Refused(Refusal.UNREADABLE, "the batch holds no token")
    if len(tokens) > MAX_TOKENS:
        raise Refused(Refusal.TOO_MANY_TOKENS, f"the batch holds more than {MAX_TOKENS} tokens")
    for cls, count in cost(tokens).items():
        if count > MAX_OF_CLASS.get(cls, MAX_TOKENS):
            raise Refused(Refusal.TOO_MANY_TOKENS, f"the batch holds more than {MAX_OF_CLASS[cls]} of class {cls}")
    if len({element.token for element in tokens}) < len(tokens):
        raise Refused(Refusal.UNREADABLE, "the batch holds a token twice")


def check_elements(tokens: Sequence[Element]) -> None:
    """Refuse a token that is not in its encoding, or is asked under another class than its own."""
    for at, element in enumerate(tokens):
        cls, token = element.cls, element.token
        length = len(token)
        if not TOKEN_HEAD < length <= MAX_TOKEN or token[:3] != _SCHEME:
            raise Refused(Refusal.UNREADABLE, f"token {at} is not an encoded token")
        if int.from_bytes(token[6:8], "big") != length - TOKEN_HEAD:
            raise Refused(Refusal.UNREADABLE, f"token {at} is not as long as it says")
        if cls != token[4] or cls not in MAX_OF_CLASS:
            raise Refused(Refusal.WRONG_CLASS, f"token {at} is not of the class it is asked under")


def cost(tokens: Sequence[Element]) -> Mapping[int, int]:
    """Return how many tokens of each class there are."""
    return Counter([element.cls for element in tokens])
