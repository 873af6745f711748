"""Mail addresses to the one that reaches the same mailbox; masked ones become None."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from shopguard.identity.text import fold

_LONGEST = 320  # characters of an address: 64 before the @ and 255 after it (RFC 5321)
_FIELD = 600  # characters of a field that are read

_PLAIN = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9-]+\.)+[a-z]+")
_SEPARATORS = r"\s@<>()\[\]\"',;:、。「」『』【】"
_ADDRESS = re.compile(f"([^{_SEPARATORS}]+)@([^{_SEPARATORS}/?]+)")
_LATIN_END = re.compile(r"[!-~]+$")
_LATIN_START = re.compile(r"[a-z0-9._-]+")
_AROUND_AT = re.compile(r"\s*(?:@+|[(\[](?:at|アット(?:マーク)?)[)\]])\s*")
_STRAY_SPACE = re.compile(r"(?<=[a-z0-9])\s+(?=[._][a-z0-9])|(?<=[a-z0-9][._])\s+(?=[a-z0-9])")
_STRAY_DOT = re.compile(r"\s*[.,。、]\s*(?=(?:com?|ne|or|ac|jp|net|org)\b)")
_DOMAIN = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*")

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
# (yahoo.ne.jp, ymail.com, softbank.co.jp) or may mean two (yahoo.co).
_MISTYPED = """
gmail.com: gmail.co gmail.cm gmail.om gmail.jp gmail.co.jp gmail.ne.jp gmailcom gmail.comjp gmail.com.jp
 gmai.com gmial.com gmal.com gmil.com gmaill.com gmaiil.com gmali.com gamil.com gmaul.com gmaol.com gmeil.com
 gnail.com gmain.com gmaik.com gmqil.com gmsil.com gmaio.com gmaii.com ggmail.com gmmail.com gimail.com gimeil.com
 g-mail.com g.mail.com gmail.c gmail.cim gmail.cok gmail.coom gmail.como gmail.comn gmailo.com gmaim.com
yahoo.co.jp: yaho.co.jp yahooo.co.jp yahho.co.jp yahou.co.jp yhaoo.co.jp yhoo.co.jp yaoo.co.jp yafoo.co.jp yshoo.co.jp
 tahoo.co.jp yaahoo.co.jp yahhoo.co.jp yahoo.co.jo yahoo.co.jb yahoo.co.j yahoo.co.ip yahoo.co.lp yahoo.c.jp
 yahoo.co.jpn yahoo.cojp yahoo.o.jp yahoo.vo.jp yahoo.xo.jp yahoo.cp.jp yahoo.ci.jp yahoo.com.jp yahooco.jp
 yahoo.co.jp.jp yahoo.coo.jp yahoo.cco.jp yahoocojp ahoo.co.jp yahoo.co.jp.com yahoo.c0.jp
docomo.ne.jp: docomo.co.jp docomo.ne.jo docomo.nejp docomo.ne.j docomo.ne.ip docomo.me.jp docomo.be.jp docomo.na.jp
 docomo.ne.jpn docomone.jp docomo.en.jp docomo.n.jp docomo.e.jp docom.ne.jp docmo.ne.jp dokomo.ne.jp
 docono.ne.jp docomoo.ne.jp doocomo.ne.jp decomo.ne.jp docom0.ne.jp docoomo.ne.jp dcomo.ne.jp dicomo.ne.jp
 docomo.nr.jp docomo.nw.jp d0como.ne.jp docomp.ne.jp docomonejp
au.com: ezweb.co.jp ezweb.ne.jo ezweb.nejp ezweb.ne.j ezweb.me.jp ezweb.be.jp ezwebne.jp ezwed.ne.jp
 ezwab.ne.jp ezweeb.ne.jp ezewb.ne.jp ezwb.ne.jp esweb.ne.jp ezueb.ne.jp ezweb.jp ezweb.na.jp ez.web.ne.jp
 ezweb.ne.ip ezweb.en.jp ezweb.ne.jpn aucom
i.softbank.jp: i.softbank.ne.jp i.softbank.co.jp i.softbank.com i.softbank.jo i.softbak.jp i.softbnk.jp i.sofbank.jp
 isoftbank.jp i-softbank.jp i.softbankjp i.sotbank.jp i.softbanl.jp
softbank.ne.jp: softbank.ne.jo softbank.nejp softbank.me.jp softbank.ne.j softbnk.ne.jp sofbank.ne.jp softbak.ne.jp
 softbankne.jp softbank.ne.jpn sotbank.ne.jp softbank.be.jp softbunk.ne.jp softbank.na.jp
icloud.com: icloud.co icloud.cm icloud.om icloud.jp icloud.co.jp icloud.ne.jp icloudcom icoud.com iclud.com
 icloude.com iclod.com icloid.com icloub.com iclaud.com icluod.com icluud.com iclound.com iclould.com icliud.com
 iicloud.com ivloud.com ixloud.com i.cloud.com i-cloud.com icould.com icloudo.com icloud.coom icioud.com
hotmail.com: hotmai.com hotmial.com hotmal.com hotmil.com hotmaill.com hotmali.com hotamil.com hotmeil.com hotmaul.com
 hotnail.com hotmail.cm hotmail.om hotmailcom hotmaio.com hotmain.com homtail.com htomail.com
hotmail.co.jp: hotmai.co.jp hotmial.co.jp hotmal.co.jp hotmail.cojp hotmail.co.jo hotmailco.jp hotmeil.co.jp
outlook.com: outlok.com outloo.com outllok.com outlool.com outook.com outlock.com outluk.com outlookcom ootlook.com
 outlook.cm outlook.co oulook.com outolook.com outlookl.com
outlook.jp: outlook.co.jp outlok.jp outlook.ne.jp outlookjp outlook.jo outllok.jp outook.jp outlock.jp
yahoo.com: yaho.com yahooo.com yahho.com yahoocom yahoo.cm
ymobile.ne.jp: ymobile.nejp ymobile.ne.jo ymobil.ne.jp y-mobile.ne.jp
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
    """Return the canonical address, or None if ``raw`` holds none, only a masked one, or one that nobody reads.

    Real carrier addresses break the RFC (double dots, a dot before @) and stay. What a provider ignores is left out
    (+tags, Gmail's dots), names of one provider become one, and well-known slips in its name are put right;
    a ``-suffix`` at yahoo.co.jp is another mailbox name and stays.

    Source: the providers' own help pages (read 2026-10).
    """
    local, domain = _split(raw)
    if not local or "*" in local or _MASKED.fullmatch(domain) or _NOBODY.fullmatch(local):
        return None
    if _TAGGED.fullmatch(domain):
        local = local.partition("+")[0] or local
    if domain == "gmail.com":
        local = local.replace(".", "") or local
    elif domain == "proton.me":
        local = re.sub("[._-]", "", local) or local
    return f"{local if local.isascii() else fold(local)}@{domain}"


def mail_name(email: str) -> str:
    """Return the letters before the @ of a canonical address, or "" where they are few or say nothing of a person.

    Digits, separators and a +tag are left out: taro.yamada1 and tarou-yamada2 differ, tyamada1 and t.yamada.2 do not.
    """
    local = email.rpartition("@")[0].partition("+")[0]
    letters = fold("".join(char for char in local if char.isalpha()))
    return "" if len(letters) < _NAME_LETTERS or letters in _GENERIC.split() else letters


def is_throwaway(email: str) -> bool:
    """Say whether the address is of a service that hands out mailboxes for minutes. A signal, not identity.

    Source: the list of the package disposable-email-domains; see docs/decisions/0022.
    """
    labels = _split(email)[1].split(".")[-6:]
    return any(".".join(labels[start:]) in _throwaway_domains() for start in range(len(labels) - 1))


def _split(raw: str) -> tuple[str, str]:
    """Return what stands before and after the @, the domain under its right name; two empty texts where none is."""
    plain = raw.strip().lower() if len(raw) <= _LONGEST else ""
    if _PLAIN.fullmatch(plain) is None:
        plain = _address_in(raw)
    local, _, domain = plain.rpartition("@")
    domain = _rightly_named(domain) if local else ""
    return (local, domain) if domain else ("", "")


def _address_in(raw: str) -> str:
    text = _AROUND_AT.sub("@", fold(raw[:_FIELD]))
    text = _STRAY_SPACE.sub("", _STRAY_DOT.sub(".", text))
    found = _ADDRESS.search(text)
    if found is None:
        return ""
    # メールはtaro@example.jpです: text around an address stands in other letters than the address itself
    local = _LATIN_END.search(found[1])
    domain = _LATIN_START.match(found[2])
    return f"{local[0] if local else found[1]}@{domain[0] if domain and '.' in domain[0] else found[2]}"[-_LONGEST:]


@lru_cache(maxsize=4096)  # most people share a few dozen domains
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
def _throwaway_domains() -> frozenset[str]:
    from disposable_email_domains import blocklist  # ten thousand names: only where somebody asks

    return frozenset(blocklist)
