from shopguard.identity.one_line import address_line, name_line
from shopguard.model import Party


def test_a_name_is_shown_as_it_was_written_and_else_the_family_first() -> None:
    assert name_line(Party(name="見本 花子", family="見本", given="華子")) == "見本 花子"
    assert name_line(Party(family="見本", given="花子")) == "見本 花子"
    assert name_line(Party(given="花子")) == "花子"
    assert name_line(Party(kana="ミホン")) == ""


def test_the_code_of_a_prefecture_is_shown_by_its_name() -> None:
    for code in ("JP13", "JP-13", "jp-13"):
        party = Party(region=code, city="港区", lines=("芝公園4-2-8", "101"))
        assert address_line(party) == "東京都 港区 芝公園4-2-8 101"


def test_any_other_region_is_shown_as_it_was_written() -> None:
    for region in ("Tokyo", "CA", "13", "JP99", "東京都"):
        assert address_line(Party(region=region, city="Minato-ku")) == f"{region} Minato-ku"
    assert address_line(Party()) == ""
