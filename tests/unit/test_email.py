"""Mail addresses as people write them: one mailbox from many spellings, and none from what reaches nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopguard.identity.email import MOST_EMAILS, is_role, is_throwaway, mail_name, normalize_email, normalize_emails


@pytest.mark.parametrize(
    "raw",
    [
        "taro@example.jp",
        "TARO@Example.JP",
        " taro@example.jp ",
        "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "taro＠example.jp",
        "taro @ example.jp",
        "taro@ example.jp",
        "taro@example .jp",
        "taro@example. jp",
        "taro@example,jp",
        "taro@example。jp",
        "taro@example..jp",
        "taro@@example.jp",
        "taro(at)example.jp",
        "taro [at] example.jp",
        "taro（アットマーク）example.jp",
        "taro@example.jp.",
        "taro@example.jp,",
        "taro@example.jp、",
        "taro@example.jp;",
        "<taro@example.jp>",
        "山田 太郎 <taro@example.jp>",
        "Taro <taro@example.jp>",
        "「taro@example.jp」",
        "(taro@example.jp)",
        "mailto:taro@example.jp",
        "mailto:taro@example.jp?subject=order",
        "メールはtaro@example.jpです",
        "メール：taro@example.jp",
        "taro@example.jp / hanako@example.jp",
        "taro@example.jp,hanako@example.jp",
        "taro@\u200bexample.jp",
        "taro@example.jpp",
        "taro@example.jp\r\n",
    ],
)
def test_one_address_from_many_spellings(raw: str) -> None:
    assert normalize_email(raw) == "taro@example.jp"


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("Taro.Yamada+shop@GMAIL.com", "taroyamada@gmail.com"),
        ("t.a.r.o@gmail.com", "taro@gmail.com"),
        ("taroyamada@googlemail.com", "taroyamada@gmail.com"),
        ("taro. yamada@gmail.com", "taroyamada@gmail.com"),
        ("taro+x@outlook.jp", "taro@outlook.jp"),
        ("taro+x@outlook.com", "taro@outlook.com"),
        ("taro+x@hotmail.co.jp", "taro@hotmail.co.jp"),
        ("taro+x@live.jp", "taro@live.jp"),
        ("taro+x@msn.com", "taro@msn.com"),
        ("ta.ro@outlook.com", "ta.ro@outlook.com"),
        ("taro+x@icloud.com", "taro@icloud.com"),
        ("taro@me.com", "taro@icloud.com"),
        ("taro@mac.com", "taro@icloud.com"),
        ("ta.ro@icloud.com", "ta.ro@icloud.com"),
        ("taro+x@proton.me", "taro@proton.me"),
        ("ta.ro_a-b@protonmail.com", "taroab@proton.me"),
        ("taro@pm.me", "taro@proton.me"),
        ("taro+x@fastmail.com", "taro@fastmail.com"),
        ("taro.a+x@example.com", "taro.a+x@example.com"),
        ("taro-a@yahoo.co.jp", "taro-a@yahoo.co.jp"),
        ("taro+a@yahoo.co.jp", "taro+a@yahoo.co.jp"),
        ("taro@yahoo.ne.jp", "taro@yahoo.ne.jp"),
        ("taro@ymail.ne.jp", "taro@ymail.ne.jp"),
        ("taro@ezweb.ne.jp", "taro@au.com"),
        ("taro@au.com", "taro@au.com"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
        (".taro-@ezweb.ne.jp", ".taro-@au.com"),
        ("taro@t.vodafone.ne.jp", "taro@t.vodafone.ne.jp"),
        ("taro@jp-t.ne.jp", "taro@t.vodafone.ne.jp"),
        ("taro@softbank.ne.jp", "taro@softbank.ne.jp"),
        ("taro@i.softbank.jp", "taro@i.softbank.jp"),
        ("taro@例え.jp", "taro@xn--r8jz45g.jp"),
        ("taro@xn--r8jz45g.jp", "taro@xn--r8jz45g.jp"),
        ("太郎@example.jp", "太郎@example.jp"),
        ("+@icloud.com", "+@icloud.com"),
    ],
)
def test_the_providers_own_rules(raw: str, canonical: str) -> None:
    assert normalize_email(raw) == canonical


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.co.jp", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("g-mail.com", "gmail.com"),
        ("yaho.co.jp", "yahoo.co.jp"),
        ("yahoo.co.jo", "yahoo.co.jp"),
        ("yahoo.cojp", "yahoo.co.jp"),
        ("yahoo.co,jp", "yahoo.co.jp"),
        ("yahoo.co.jpp", "yahoo.co.jp"),
        ("yahooo.co.jp", "yahoo.co.jp"),
        ("docomo.ne.jo", "docomo.ne.jp"),
        ("docomo.co.jp", "docomo.ne.jp"),
        ("docomo.nejp", "docomo.ne.jp"),
        ("docomo.me.jp", "docomo.ne.jp"),
        ("ezweb.co.jp", "au.com"),
        ("ezwebne.jp", "au.com"),
        ("ezweb.ne.jo", "au.com"),
        ("i.softbank.ne.jp", "i.softbank.jp"),
        ("i.softbank.co.jp", "i.softbank.jp"),
        ("softbank.nejp", "softbank.ne.jp"),
        ("icloud.co", "icloud.com"),
        ("iclould.com", "icloud.com"),
        ("icloud.con", "icloud.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmai.co.jp", "hotmail.co.jp"),
        ("outlok.jp", "outlook.jp"),
        ("outlook.con", "outlook.com"),
        ("example.con", "example.com"),
        ("example.co.jpp", "example.co.jp"),
    ],
)
def test_slips_in_a_providers_name_are_put_right(domain: str, meant: str) -> None:
    assert normalize_email(f"taro@{domain}") == f"taro@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        "yahoo.com",
        "yahoo.ne.jp",
        "ymail.com",
        "mail.com",
        "email.com",
        "softbank.co.jp",
        "gmx.com",
        "ymobile.ne.jp",
        "disney.ne.jp",
        "t.vodafone.ne.jp",
        "willcom.com",
        "aol.com",
        "au.com",
        "live.com",
        "example.co",
        "example.cm",
    ],
)
def test_a_provider_of_its_own_keeps_its_name(domain: str) -> None:
    assert normalize_email(f"taro@{domain}") == f"taro@{domain}"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "@",
        "taro@",
        "@example.jp",
        "not mail",
        "taro@localhost",
        "taro@192.0.2.1",
        "t***@example.jp",
        "x1@pc.fw.rakuten.ne.jp",
        "x1@mb.fw.rakuten.ne.jp",
        "x1@shop.invalid",
        "x1@marketplace.amazon.co.jp",
        "x1@marketplace.amazon.com",
        "x1@marketplace.amazon.de",
        "x1@privaterelay.appleid.com",
        "noreply@example.jp",
        "no-reply@example.jp",
        "dummy@example.jp",
        "nomail@example.jp",
        "なし",
    ],
)
def test_what_reaches_nobody_is_no_address(raw: str) -> None:
    assert normalize_email(raw) is None


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("taro.yamada@example.jp", "taroyamada"),
        ("yamada-taro_1985@example.jp", "yamadataro"),
        ("tyamada1@example.jp", "tyamada"),
        ("tyamada+shop@example.jp", "tyamada"),
        ("taro1@example.jp", ""),
        ("12345678@example.jp", ""),
        ("info@example.jp", ""),
        ("order123@example.jp", ""),
        ("contact@example.jp", ""),
        ("web-master@example.jp", ""),
        ("support.1@example.jp", ""),
        ("", ""),
        ("no mail", ""),
    ],
)
def test_the_name_in_an_address(email: str, name: str) -> None:
    assert mail_name(email) == name


@pytest.mark.parametrize(
    "email", ["x@mailinator.com", "x@box.mailinator.com", "x@sute.jp", "X@EAY.JP", "x@yopmail.com"]
)
def test_a_throw_away_service_is_told(email: str) -> None:
    assert is_throwaway(email)


@pytest.mark.parametrize(
    "email", ["taro@gmail.com", "taro@gmial.com", "taro@example.jp", "taro@docomo.ne.jp", "", "x@com"]
)
def test_an_ordinary_address_is_no_throw_away_one(email: str) -> None:
    assert not is_throwaway(email)


locals_ = st.from_regex(r"taro[a-z]{1,8}[0-9]{0,3}", fullmatch=True)


@given(locals_, st.sampled_from(["{}", " {} ", "<{}>", "メール：{}", "{}です", "({})", "mailto:{}", "{}。"]))
def test_width_case_and_text_around_do_not_matter(local: str, around: str) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) for char in f"{local}@EXAMPLE.jp")
    assert normalize_email(around.format(wide)) == f"{local}@example.jp" == normalize_email(f"{local}@example.jp")


@given(st.text("abAB.+@-_,ａ＠jpcom 。가가例1/<>:", max_size=24))
def test_a_normalized_address_stays_itself(raw: str) -> None:
    found = normalize_email(raw)
    assert found is None or normalize_email(found) == found


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=60))
def test_no_field_raises(raw: str) -> None:
    for text in (raw, f"{raw}@{raw}", f"a@{raw}.jp"):
        found = normalize_email(text)
        assert found is None or normalize_email(found) == found
        assert is_throwaway(text) in (True, False)
        assert mail_name(mail_name(text)) == ""


@pytest.mark.parametrize("piece", ["a", "@", ".", " ", "a@", "@a.", "例", "taro@example.jp ", "a.b-"])
def test_a_huge_field_is_cut(piece: str) -> None:
    assert len(normalize_email(piece * (1_000_000 // len(piece))) or "") <= 600


@pytest.mark.parametrize(
    "field",
    [
        "taro@example.jp; hanako@example.com",
        "taro@example.jp,hanako@example.com",
        "taro@example.jp、hanako@example.com",
        "taro@example.jp/hanako@example.com",
        "taro@example.jp・hanako@example.com",
        "taro@example.jp&hanako@example.com",
        "taro@example.jp hanako@example.com",
        "taro@example.jp\nhanako@example.com",
        "PC：taro@example.jp　携帯：hanako@example.com",
        "taro@example.jp taro@example.jp HANAKO@example.com",
    ],
)
def test_every_address_of_a_field_is_read(field: str) -> None:
    assert normalize_emails(field) == ("taro@example.jp", "hanako@example.com")


def test_no_more_than_a_few_addresses_are_read_of_a_field() -> None:
    assert len(normalize_emails(" ".join(f"taro{number}@example.jp" for number in range(20)))) == MOST_EMAILS


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("taro.yamada@gmail", "taroyamada@gmail.com"),
        ("taro.yamada@gmail.", "taroyamada@gmail.com"),
        ("taro@yahoo", "taro@yahoo.co.jp"),
        ("taro@docomo", "taro@docomo.ne.jp"),
        ("taro@docomo.ne", "taro@docomo.ne.jp"),
        ("taro@ezweb.ne", "taro@au.com"),
        ("taro@icloud", "taro@icloud.com"),
        ("taro@i.softbank", "taro@i.softbank.jp"),
    ],
)
def test_an_ending_left_out_is_added_for_the_large_providers(raw: str, canonical: str) -> None:
    assert normalize_email(raw) == canonical


@pytest.mark.parametrize("raw", ["taro@example", "taro@localhost", "taro@a.b"])
def test_a_domain_without_an_ending_of_the_net_is_none(raw: str) -> None:
    assert normalize_email(raw) is None


@pytest.mark.parametrize(
    "raw",
    ["no@no.no", "NO@NO.jp", "a@a.a", "a@a.jp", "aaa@aaa.co.jp", "aaa@bbb.com", "test@test.com", "test@test.ne.jp",
     "111@111.com", "abc@abc.com", "hoge@hoge.jp", "dummy@dummy.com", "asdf@asdf.com", "test@gmail.com",
     "a.a.a@gmail.com", "x@gmail.com", "aaaaaa@gmail.com", "aaa@softbank.ne.jp", "no@docomo.ne.jp", "test@au.com",
     "guest@yahoo.co.jp", "test@example.com", "user@example.com", "aaa@example.co.jp", "example@example.com",
     "test@shop.example.com", "TEST@TEST.jp", "guest@shop.com", "sample@sample.com", "mail@mail.com",
     "dummy@yamada.jp", "xxx@xxx", "xxx@xxx.com", "test@t.vodafone.ne.jp", "test@gmial.com"],
)  # fmt: skip
def test_what_people_type_who_give_no_address_is_none(raw: str) -> None:
    assert normalize_email(raw) is None


@pytest.mark.parametrize(
    "raw",
    ["taro@taro.jp", "a@docomo.ne.jp", "test@yamada.jp", "aaa@yamada.jp", "noriko@no.jp", "ana@abc.jp",
     "info@info-yamada.jp", "nonno@gmail.com", "user@tanaka.com", "x@example.com", "taro@mail.com",
     "nobuko@docomo.ne.jp", "testarossa@docomo.ne.jp"],
)  # fmt: skip
def test_a_short_name_at_a_real_provider_stays(raw: str) -> None:
    assert normalize_email(raw) == raw


@pytest.mark.parametrize(
    "raw",
    ["info@gmail.com", "contact@gmail.com", "shop@yahoo.co.jp", "order@icloud.com", "master@docomo.ne.jp",
     "info@hotmail.co.jp", "support@outlook.jp", "shop@shop.jp", "webmaster@ezweb.ne.jp"],
)  # fmt: skip
def test_a_role_where_only_persons_have_mailboxes_is_nobodys(raw: str) -> None:
    assert normalize_email(raw) is None


@pytest.mark.parametrize(
    "raw", ["info@example.jp", "info@sample-company.example.jp", "shop@yamada.co.jp", "info@yamada.gmail.jp"]
)
def test_a_role_at_a_companys_own_domain_is_read_by_several(raw: str) -> None:
    assert normalize_email(raw) == raw
    assert is_role(raw)


@pytest.mark.parametrize(
    "raw",
    ['"misaki.takahashi"@docomo.ne.jp', '"MISAKI.TAKAHASHI" @docomo.ne.jp', "“misaki.takahashi”@docomo.ne.jp",
     '""misaki.takahashi""@docomo.ne.jp', '高橋 <"misaki.takahashi"@docomo.ne.jp>', '"misaki.takahashi@docomo.ne.jp"',
     '"高橋 美咲" <misaki.takahashi@docomo.ne.jp>', "＂misaki.takahashi＂＠docomo.ne.jp"],
)  # fmt: skip
def test_quotes_around_the_name_are_no_part_of_it(raw: str) -> None:
    assert normalize_emails(raw) == ("misaki.takahashi@docomo.ne.jp",)


def test_the_quotes_that_double_dots_need_are_left_out() -> None:
    assert normalize_email('"a..b."@docomo.ne.jp') == normalize_email("a..b.@docomo.ne.jp")


def test_the_keyword_of_a_yahoo_address_says_nothing_of_the_person() -> None:
    assert mail_name("sekiya2335-shop@yahoo.co.jp") == mail_name("sekiya@yahoo.co.jp") == "sekiya"
    assert mail_name("t-sekiya@example.jp") == "tsekiya"
