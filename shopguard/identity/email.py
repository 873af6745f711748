"""Mail addresses to the one that reaches the same mailbox; masked ones become None."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from shopguard.identity.text import fold

MOST_EMAILS = 4
"""Addresses read from one field."""

_LONGEST = 320  # characters of an address: 64 before the @ and 255 after it (RFC 5321)
_FIELD = 600  # characters of a field that are read

_PLAIN = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9-]+\.)+[a-z]+")
_SEPARATORS = r"\s@<>()\[\]\"',;:、。「」『』【】"
_ADDRESS = re.compile(f"([^{_SEPARATORS}]+)@([^{_SEPARATORS}/?&・]+)")
_LATIN_END = re.compile(r"[!-~]+$")
_LATIN_START = re.compile(r"[a-z0-9._-]+")
_AROUND_AT = re.compile(r"\s*(?:@+|[(\[](?:at|アット(?:マーク)?)[)\]])\s*")
_QUOTED = re.compile(r"[\"“”]+([^\s\"“”@]+)[\"“”]+@")  # "a..b"@docomo.ne.jp, as the RFC wants it
_STRAY_SPACE = re.compile(r"(?<=[a-z0-9])\s+(?=[._][a-z0-9])|(?<=[a-z0-9][._])\s+(?=[a-z0-9])")
_STRAY_DOT = re.compile(r"\s*[.,。、]\s*(?=(?:com?|ne|or|ac|jp|net|org)\b)")
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]+")

# Domains of one mailbox under several names. ezweb.ne.jp: au moved its users to au.com under the same local part in
# 2018. Apple gives one local part under its three domains to one account; so does Proton. A vodafone.ne.jp user's
# name may belong to somebody else at softbank.ne.jp, so those stay apart.
# Source: support.apple.com/118230, proton.me/support/addresses-and-aliases, the carriers' press (read 2026-10).
_SAME_MAILBOX = {
    "googlemail.com": "gmail.com",
    "ezweb.ne.jp": "au.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
_J_PHONE = re.compile(r"jp-([cdhknqrst])\.ne\.jp")  # J-PHONE's own, renamed to ?.vodafone.ne.jp in 2003
_TAGGED = re.compile(
    r"gmail\.com|icloud\.com|proton\.me|fastmail\.(?:com|fm)|yandex\.ru|zohomail\.(?:com|jp)|hey\.com"
    r"|(?:outlook|hotmail|live|msn)\.(?:[a-z]{2,3}|com?\.[a-z]{2})"
)

# Names that are no provider's but that people type for one. Left out: whatever is a mail service of its own
# (yahoo.ne.jp, ymail.com, softbank.co.jp) or may mean two (yahoo.co). A bare name means what most people in Japan
# have there.
_MISTYPED = """
gmail.com: gmail gmail.co gmail.cm gmail.om gmail.jp gmail.co.jp gmail.ne.jp gmailcom gmail.comjp gmail.com.jp
 gmai.com gmial.com gmal.com gmil.com gmaill.com gmaiil.com gmali.com gamil.com gmaul.com gmaol.com gmeil.com
 gnail.com gmain.com gmaik.com gmqil.com gmsil.com gmaio.com gmaii.com ggmail.com gmmail.com gimail.com gimeil.com
 g-mail.com g.mail.com gmail.c gmail.cim gmail.cok gmail.coom gmail.como gmail.comn gmailo.com gmaim.com
yahoo.co.jp: yahoo yaho.co.jp yahooo.co.jp yahho.co.jp yahou.co.jp yhaoo.co.jp yhoo.co.jp yaoo.co.jp yafoo.co.jp
 yshoo.co.jp tahoo.co.jp yaahoo.co.jp yahhoo.co.jp yahoo.co.jo yahoo.co.jb yahoo.co.j yahoo.co.ip yahoo.co.lp
 yahoo.c.jp yahoo.co.jpn yahoo.cojp yahoo.o.jp yahoo.vo.jp yahoo.xo.jp yahoo.cp.jp yahoo.ci.jp yahoo.com.jp yahooco.jp
 yahoo.co.jp.jp yahoo.coo.jp yahoo.cco.jp yahoocojp ahoo.co.jp yahoo.co.jp.com yahoo.c0.jp
docomo.ne.jp: docomo docomo.ne docomo.co.jp docomo.ne.jo docomo.nejp docomo.ne.j docomo.ne.ip docomo.me.jp
 docomo.be.jp docomo.na.jp docomo.ne.jpn docomone.jp docomo.en.jp docomo.n.jp docomo.e.jp docom.ne.jp docmo.ne.jp
 dokomo.ne.jp docono.ne.jp docomoo.ne.jp doocomo.ne.jp decomo.ne.jp docom0.ne.jp docoomo.ne.jp dcomo.ne.jp
 dicomo.ne.jp docomo.nr.jp docomo.nw.jp d0como.ne.jp docomp.ne.jp docomonejp
au.com: ezweb au ezweb.ne ezweb.co.jp ezweb.ne.jo ezweb.nejp ezweb.ne.j ezweb.me.jp ezweb.be.jp ezwebne.jp ezwed.ne.jp
 ezwab.ne.jp ezweeb.ne.jp ezewb.ne.jp ezwb.ne.jp esweb.ne.jp ezueb.ne.jp ezweb.jp ezweb.na.jp ez.web.ne.jp ezweb.ne.ip
 ezweb.en.jp ezweb.ne.jpn aucom
i.softbank.jp: i.softbank i.softbank.ne.jp i.softbank.co.jp i.softbank.com i.softbank.jo i.softbak.jp i.softbnk.jp
 i.sofbank.jp isoftbank.jp i-softbank.jp i.softbankjp i.sotbank.jp i.softbanl.jp
softbank.ne.jp: softbank softbank.ne softbank.ne.jo softbank.nejp softbank.me.jp softbank.ne.j softbnk.ne.jp
 sofbank.ne.jp softbak.ne.jp softbankne.jp softbank.ne.jpn sotbank.ne.jp softbank.be.jp softbunk.ne.jp softbank.na.jp
icloud.com: icloud icloud.co icloud.cm icloud.om icloud.jp icloud.co.jp icloud.ne.jp icloudcom icoud.com iclud.com
 icloude.com iclod.com icloid.com icloub.com iclaud.com icluod.com icluud.com iclound.com iclould.com icliud.com
 iicloud.com ivloud.com ixloud.com i.cloud.com i-cloud.com icould.com icloudo.com icloud.coom icioud.com
hotmail.com: hotmail hotmai.com hotmial.com hotmal.com hotmil.com hotmaill.com hotmali.com hotamil.com hotmeil.com
 hotmaul.com hotnail.com hotmail.cm hotmail.om hotmailcom hotmaio.com hotmain.com homtail.com htomail.com
hotmail.co.jp: hotmai.co.jp hotmial.co.jp hotmal.co.jp hotmail.cojp hotmail.co.jo hotmailco.jp hotmeil.co.jp
outlook.com: outlook outlok.com outloo.com outllok.com outlool.com outook.com outlock.com outluk.com outlookcom
 ootlook.com outlook.cm outlook.co oulook.com outolook.com outlookl.com
outlook.jp: outlook.co.jp outlok.jp outlook.ne.jp outlookjp outlook.jo outllok.jp outook.jp outlock.jp
yahoo.com: yaho.com yahooo.com yahho.com yahoocom yahoo.cm
ymobile.ne.jp: ymobile ymobile.nejp ymobile.ne.jo ymobil.ne.jp y-mobile.ne.jp
"""
# Endings that no top-level domain has.
_BROKEN_ENDING = re.compile(
    r"(?:\.(?P<com>con|comm|ccom|cpm|vom|xom|cmo|ocm|c0m|coml|comu|comcom|com\.com|kom)"
    r"|(?P<jp>(?P<second>\.(?:co|ne|or|ac|gr))?\.(?:jpp|jjp|jp\.jp)))$"
)

# Addresses that a mall or a phone makes up per shop or per order, and names that never receive mail (RFC 2606).
_MASKED = re.compile(
    r"(?:.*\.)?(?:invalid|(?:[a-z]+\.)?fw\.rakuten\.(?:ne|co)\.jp|marketplace\.amazon\.[a-z.]{2,6}|privaterelay\.appleid\.com"
    r"|members\.ebay\.[a-z.]{2,6}|relay\.walmart\.com|scs\d?\.tiktok[a-z]{0,2}\.[a-z]{2,3})"
)
_NOBODY = re.compile(r"(?:do-?not|no)[-_.]?reply[0-9]*|no-?mail|none|null|nashi|dummy|unknown|mailer-daemon|[-_.]+")
# What people type who give no address: no@no.no, test@test.com, guest@shop.com, aaa@docomo.ne.jp. The domain must say
# as little, or be a provider's: taro@taro.jp may well be Taro's, test@yamada.jp a mailbox of the Yamadas. A role
# (info, order) is nobody's at a provider, whose customers are persons; at a company's own domain it is read.
_PLACEHOLDERS = """
123 1234 12345 123456 123456789 abc abcd abcde abcdef aiueo anonymous asdf asdfg bar demo dummy email fake foo
fuga guest hoge hogehoge mail na name nanashi nashi nil no nobody nomail non noname nope nothing piyo qwe qwert qwerty
sample tekito tekitou test test1 test2 test123 tester testtest user xyz
"""
_PROVIDER = re.compile(
    r"(?:gmail|icloud|aol|gmx|mail|ymail|rocketmail|yandex|zoho(?:mail)?|naver|daum|qq|163|126|nifty|au|ezweb|uqmobile)"
    r"\.(?:com|jp|net|ru)|(?:yahoo|hotmail|outlook|live|msn)\.(?:[a-z]{2,3}|(?:com?|ne)\.[a-z]{2})"
    r"|proton\.me|fastmail\.(?:com|fm)|hanmail\.net|gmx\.de|web\.de|ymail\.ne\.jp|(?:mail\.)?goo\.(?:ne\.)?jp"
    r"|excite\.co\.jp|infoseek\.jp|rakuten\.jp|(?:docomo|softbank|ymobile1?|disney|[cdhknqrst]\.vodafone)\.ne\.jp"
    r"|i\.softbank\.jp|willcom\.com|(?:[a-z]{2}\.)?pdx\.ne\.jp|rakumail\.jp|uqmobile\.jp"
)
_NO_LABEL = frozenset({"ac", "co", "com", "ne", "net", "or", "org"})
_NOT_LETTER = re.compile("[^a-z]+")
_NAME_LETTERS = 5  # fewer are shared by too many people
_GENERIC = """
account accounts admin administrator android billing club company contact customer customers customerservice docomo
dummy eigyo email example family gmail hello hostmaster hotmail icloud inbox info inquiry iphone jimukyoku keiri
keitai koho kouhou mail mailbox manager marketing master member mobile netshop newsletter office online order orders
otoiawase outlook personal postmaster privacy press private purchase rakuten reception recruit register request sales
sample service services shipping shop shopping shops smartphone softbank soumu staff support systems test tester
testing testmail testtest toiawase uketsuke username users webmaster webshop welcome yahoo yoyaku
"""


def normalize_email(raw: str) -> str | None:
    """Return the first address of ``raw`` in its canonical form, or None; see ``normalize_emails``."""
    return next(iter(normalize_emails(raw)), None)


def normalize_emails(raw: str) -> tuple[str, ...]:
    """Return the canonical addresses of a field, in order, at most ``MOST_EMAILS``.

    Masked ones, ones that nobody reads and placeholders (no@no.no, test@test.com) are left out. Real carrier
    addresses break the RFC (double dots, a dot before @) and stay. What a provider ignores is left out (+tags,
    Gmail's dots), names of one provider become one, and well-known slips in its name are put right;
    a ``-suffix`` at yahoo.co.jp is another mailbox name and stays.

    Source: the providers' own help pages (read 2026-10).
    """
    usable = (f"{local}@{domain.name}" for local, domain in _mailboxes(raw) if not _is_nobody(local, domain))
    return tuple(islice(dict.fromkeys(usable), MOST_EMAILS))


def mail_name(email: str) -> str:
    """Return the letters before the @ of a canonical address, or "" where they are few or say nothing of a person.

    Digits, separators, a +tag and Yahoo! JAPAN's -keyword are left out: taro.yamada1 and tarou-yamada2 differ,
    tyamada1 and t.yamada.2 do not.
    """
    local, _, domain = email.rpartition("@")
    local = local.partition("-" if domain == "yahoo.co.jp" else "+")[0]
    letters = _NOT_LETTER.sub("", local) if local.isascii() else fold("".join(filter(str.isalpha, local)))
    return "" if len(letters) < _NAME_LETTERS or letters in _words(_GENERIC) else letters


def is_role(email: str) -> bool:
    """Say whether a canonical address is a role's (info, shop, order), read by everyone in an office or a family."""
    letters = _NOT_LETTER.sub("", email.rpartition("@")[0])
    return letters in _words(_GENERIC)


def is_throwaway(email: str) -> bool:
    """Say whether the address is of a service that hands out mailboxes for minutes. A signal, not identity.

    Source: the list of the package disposable-email-domains; see docs/decisions/0022.
    """
    labels = next((domain.name for _, domain in _mailboxes(email)), "").split(".")[-6:]
    return any(".".join(labels[start:]) in _throwaway_domains() for start in range(len(labels) - 1))


class _Domain(NamedTuple):
    name: str  # the one that is meant, in ASCII, or "" if it is none
    drops_tags: bool  # what follows a + reaches the same mailbox
    is_masked: bool
    is_provider: bool


@lru_cache(maxsize=4096)  # most people share a few dozen domains
def _domain(written: str) -> _Domain:
    name = _rightly_named(written)
    return _Domain(name, *(kind.fullmatch(name) is not None for kind in (_TAGGED, _MASKED, _PROVIDER)))


def _mailboxes(raw: str) -> Iterator[tuple[str, _Domain]]:
    """Yield what stands before and after each @, the domain under its right name, the local part as it is kept."""
    plain = raw.strip().lower() if len(raw) <= _LONGEST else ""
    for written in (plain,) if _PLAIN.fullmatch(plain) else _addresses_in(raw):
        local, _, after = written.rpartition("@")
        domain = _domain(after)
        if not (local and domain.name):
            continue
        if domain.drops_tags:
            local = local.partition("+")[0] or local
        if domain.name == "gmail.com":
            local = local.replace(".", "") or local
        elif domain.name == "proton.me":
            local = re.sub("[._-]", "", local) or local
        yield local if local.isascii() else fold(local), domain


def _is_nobody(local: str, domain: _Domain) -> bool:
    if domain.is_masked or "*" in local or _NOBODY.fullmatch(local):
        return True
    if not _is_placeholder(local):
        return local in _words(_GENERIC) and (domain.is_provider or domain.name.startswith(f"{local}."))
    if domain.is_provider:
        return len(local) > 2 or local in _words(_PLACEHOLDERS) or domain.name == "gmail.com"
    labels = [label for label in domain.name.split(".")[:-1] if label not in _NO_LABEL]
    return all(_is_placeholder(label) or (len(local) > 2 and label in _words(_GENERIC)) for label in labels)


def _is_placeholder(word: str) -> bool:
    return word in _words(_PLACEHOLDERS) or word == word[0] * len(word)


def _addresses_in(raw: str) -> Iterator[str]:
    text = _QUOTED.sub(r"\1@", _AROUND_AT.sub("@", fold(raw[:_FIELD])))
    text = _STRAY_SPACE.sub("", _STRAY_DOT.sub(".", text))
    for found in _ADDRESS.finditer(text):
        # メールはtaro@example.jpです: text around an address stands in other letters than the address itself
        local = _LATIN_END.search(found[1])
        domain = _LATIN_START.match(found[2])
        name = (local[0] if local else found[1]).lstrip("/&")
        yield f"{name}@{domain[0] if domain and '.' in domain[0] else found[2]}"[-_LONGEST:]


def _rightly_named(domain: str) -> str:
    """Return the domain that is meant, in ASCII, or "" if it is none."""
    domain = re.sub(r"\.{2,}", ".", domain).strip(".-")
    if not domain.isascii():
        domain = _punycode(domain)
    domain = _BROKEN_ENDING.sub(lambda end: ".com" if end["com"] else (end["second"] or "") + ".jp", domain)
    domain = _meant_domains().get(domain, domain)
    domain = _SAME_MAILBOX.get(domain, domain)
    domain = _J_PHONE.sub(r"\1.vodafone.ne.jp", domain)
    return domain if _DOMAIN.fullmatch(domain) else ""


def _punycode(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


@cache
def _meant_domains() -> Mapping[str, str]:
    meant: dict[str, str] = {}
    for line in _MISTYPED.replace("\n ", " ").split("\n"):
        right, _, wrong = line.partition(": ")
        meant |= dict.fromkeys(wrong.split(), right)
    return MappingProxyType(meant)


@cache
def _words(table: str) -> frozenset[str]:
    return frozenset(table.split())


@cache
def _throwaway_domains() -> frozenset[str]:
    from disposable_email_domains import blocklist  # ten thousand names: only where somebody asks

    return frozenset(blocklist)
