"""The guard's tables. Moments are Unix seconds (UTC); ``sealed`` columns hold encrypted JSON and nothing else does.

Migrations under ``migrations/guard`` create them; a test compares the two.
"""

import sqlalchemy as sa
from sqlalchemy import Column, Float, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint

from shopguard.storage.columns import NUMBER

metadata = MetaData()

inbox = Table(
    "inbox",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("delivery_key", String(500), nullable=False),
    Column("source", String(10), nullable=False),  # webhook | feed
    Column("received_at", Float, nullable=False),
    Column("sealed", LargeBinary),  # the request, or the order of a feed; emptied by retention
    Column("state", String(10), nullable=False),  # received | claimed | done | dead | settled
    Column("due_at", Float, nullable=False),
    Column("lease_until", Float),
    Column("worker", String(100)),
    Column("boot", String(40)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", String(500)),
    Column("order_id", String(200)),
    Column("done_at", Float),
    UniqueConstraint("shop", "delivery_key", name="inbox_once"),
    Index("inbox_due", "state", "due_at"),
)

orders = Table(
    "orders",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("number", String(200), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("placed_at", Float),
    Column("changed_at", Float),  # at the platform: tells an old delivery from a new one
    Column("updated_at", Float, nullable=False),
    Column("sealed", LargeBinary),  # the latest order; emptied by retention and erasure
    Index("orders_number", "shop", "number"),
)

screening = Table(
    "screening",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(200), nullable=False),
    Column("digest", String(64), nullable=False),  # keyed digest of the screened fields
    Column("generation", Integer, nullable=False),  # 1 for the first screening of an order
    Column("verdict", String(10), nullable=False),
    Column("strength", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("policy", String(40), nullable=False),
    Column("sealed", LargeBinary),  # the whole verdict
    Column("screened_at", Float, nullable=False),
    Column("ask_again_at", Float),  # set while the registry has not answered
    Column("asked", Integer, nullable=False, server_default="1"),
    UniqueConstraint("shop", "order_id", "digest", name="screening_once"),
    Index("screening_ask_again", "ask_again_at"),
    Index("screening_when", "screened_at", "shop", "verdict"),
)

review = Table(
    "review",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("mode", String(10), nullable=False),  # the shop's mode when it was judged
    Column("state", String(10), nullable=False),  # open | released | kept | cancelled | closed
    Column("opened_at", Float, nullable=False),
    Column("decided_at", Float),
    Column("decided_by", String(100)),
    Column("shipped", Integer, nullable=False, server_default="0"),  # 1: it had left when it was put before a person
    Column("ship_by", Float),  # when it is to leave; empty: nobody knows
    Column("asked_at", Float),  # the buyer was asked to pay first
    Column("look_by", Float, nullable=False, server_default="0"),  # by when a person should have looked at it
    Index("review_open", "state", "opened_at"),
    Index("review_queue", "state", "shipped", "look_by", "opened_at", "shop", "order_id"),
    Index("review_counts", "state", "shop", "verdict"),
    Index("review_decided", "decided_at"),
)

pair_ok = Table(
    "pair_ok",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("buyer", String(64), primary_key=True),  # keyed digest of the buyer's identity
    Column("entry", String(200), primary_key=True),
    Column("decided_at", Float, nullable=False),
    Column("decided_by", String(100), nullable=False),
)

phone_use = Table(
    "phone_use",
    metadata,
    Column("phone", String(64), primary_key=True),  # keyed digest of the number
    Column("surname", String(64), primary_key=True),  # keyed digest of number and surname: alike for no two numbers
    Column("seen_at", Float, nullable=False),
    Index("phone_use_seen", "seen_at"),
)

watch = Table(
    "watch",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("digest", String(64), primary_key=True),  # the form that was judged, as in screening
    Column("sealed", LargeBinary, nullable=False),  # by what an entry listed later would be noticed
    Column("until_at", Float, nullable=False),
    Column("noticed_at", Float),  # an entry listed later may concern it, and nobody has asked since
    Index("watch_until", "until_at"),
)

listing_cursor = Table(
    "listing_cursor",
    metadata,
    Column("registry", String(500), primary_key=True),
    Column("position", sa.BigInteger),  # what was listed up to here was compared with all that is watched
    Column("rounds", sa.BigInteger, nullable=False),  # how many comparisons were begun
)

effect = Table(
    "effect",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(200), nullable=False),
    Column("action", String(12), nullable=False),  # hold | flag | release | clear_gate | cancel
    Column("generation", Integer, nullable=False),
    Column("state", String(10), nullable=False),  # intended | sent | confirmed | failed | settled | cancelled
    Column("text", String(500), nullable=False),  # what stands on the order; neutral, without names
    Column("argument", String(100)),  # clear_gate: the status to set
    Column("undo", Text),  # JSON of the adapter: what stood before
    Column("intended_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("lease_until", Float),
    Column("worker", String(100)),
    Column("boot", String(40)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", String(500)),
    Column("confirmed_at", Float),
    UniqueConstraint("shop", "order_id", "action", "generation", name="effect_once"),
    Index("effect_due", "state", "due_at"),
)

shop_state = Table(
    "shop_state",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("guarded_since", Float),
    Column("last_event_at", Float),
    Column("feed_cursor", Float),  # orders changed before this moment were fetched
    Column("feed_due_at", Float),
    Column("feed_by", String(150)),  # the worker and boot that read the feed now
    Column("feed_error", String(500)),
    Column("calls_left", Float),  # token bucket of write-backs
    Column("calls_at", Float),
    Column("alarm_code", String(100)),
    Column("alarm_text", String(500)),
    Column("alarm_at", Float),
)

platform_token = Table(
    "platform_token",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("sealed", LargeBinary),  # access and refresh token together
    Column("expires_at", Float),
    Column("locked_until", Float),
    Column("locked_by", String(40)),
)

answer_cache = Table(
    "answer_cache",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("expires_at", Float, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the registry's signed answer, and the digests of its tokens
    Index("answer_cache_expires", "expires_at"),
)

answer_token = Table(
    "answer_token",
    metadata,
    Column("token", LargeBinary(16), primary_key=True),  # keyed digest of the token
    Column("answer", sa.BigInteger(), nullable=False),  # the newest answer about it
    Index("answer_token_answer", "answer"),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("link_hash", String(64), primary_key=True),
    Column("made_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
    Column("account", NUMBER),  # whose way back in it is; empty: the owner's
)

account = Table(
    "account",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),  # what is typed to sign in
    Column("shown", String(100), nullable=False),  # what others see
    Column("roles", String(200), nullable=False),  # separated by spaces
    Column("shops", Text),  # JSON list of names; empty: all
    Column("language", String(5)),
    Column("password", String(200)),  # argon2id
    Column("sealed", LargeBinary),  # the secret of its one-time codes
    Column("totp_step", Integer),  # the last one used: none is good twice
    Column("oidc", String(300), unique=True),  # issuer and subject
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", Float),
    Column("closed_at", Float),
    Column("made_at", Float, nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", LargeBinary, primary_key=True),  # the credential's
    Column("account", NUMBER, nullable=False),
    Column("public", LargeBinary, nullable=False),
    Column("uses", Integer, nullable=False),  # as the authenticator counts them
    Column("label", String(100), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("used_at", Float),
    Index("passkey_account", "account"),
)

session = Table(
    "session",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account", NUMBER, nullable=False),
    Column("form_key", String(40), nullable=False),
    Column("made_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("ends_at", Float, nullable=False),
    Column("browser", String(200), nullable=False),  # as it names itself
    Index("session_account", "account"),
)

presence = Table(
    "presence",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("order_id", String(200), primary_key=True),
    Column("account", NUMBER, primary_key=True),
    Column("seen_at", Float, nullable=False),  # the order stood open then
)

note = Table(
    "note",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("order_id", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("by", String(100), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("note_order", "shop", "order_id"),
)

own_entry = Table(
    "own_entry",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("shop", String(40), nullable=False),
    Column("kind", String(10), nullable=False),  # watch | allow
    Column("person", LargeBinary(16), nullable=False),  # keyed digest: nobody is on a list twice
    Column("fields", String(100), nullable=False),  # which kinds of details there are, separated by spaces
    Column("profile", Integer, nullable=False),  # of the rules of identity that made its tokens
    Column("sealed", LargeBinary, nullable=False),  # the person, and why
    Column("added_at", Float, nullable=False),
    Column("added_by", String(100), nullable=False),
    UniqueConstraint("shop", "kind", "person", name="own_entry_once"),
    Index("own_entry_shop", "shop", "kind", "added_at"),
)

own_token = Table(
    "own_token",
    metadata,
    Column("shop", String(40), primary_key=True),
    Column("token", LargeBinary(16), primary_key=True),  # keyed digest
    Column("entry", NUMBER, primary_key=True),
    Index("own_token_entry", "entry"),
)

notice_target = Table(
    "notice_target",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("label", String(100), nullable=False),
    Column("kind", String(20), nullable=False),  # mail | chat | webhook | line
    Column("sealed", LargeBinary, nullable=False),  # its address, with secrets
    Column("shops", Text),  # JSON list of names; empty: all
    Column("at_once", sa.Boolean, nullable=False),
    Column("digest_hour", Integer),  # of the day in Japan; empty: none
    Column("told_until", Float, nullable=False),  # up to when it was told of holds and alarms
    Column("digest_at", Float, nullable=False),  # when the last one was planned
    Column("last_error", String(500)),
    Column("paused_at", Float),
)

notice = Table(
    "notice",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("target", NUMBER, nullable=False),
    Column("about", String(300), nullable=False),  # what it tells of: once for each target
    Column("subject", String(200), nullable=False),
    Column("text", Text, nullable=False),  # neutral, without names
    Column("state", String(10), nullable=False),  # waiting | sent | failed
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", String(500)),
    UniqueConstraint("target", "about", name="notice_once"),
    Index("notice_due", "state", "due_at"),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("process", String(20), primary_key=True),  # receiver | worker
    Column("at", Float, nullable=False),  # its last sign of life
)

audit = Table(
    "audit",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(40), nullable=False),
    Column("shop", String(40)),
    Column("order_id", String(200)),
    Column("detail", String(500), nullable=False, server_default=""),
    Index("audit_order", "shop", "order_id"),
)
