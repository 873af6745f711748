"""The code of a country, out of what shops and their customers write for it."""

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from shopguard.identity.abroad.words import COUNTRY_NAMES, plain_letters

# ISO 3166-1: alpha-3 and alpha-2 in one. Source: ISO online browsing platform (read 2026-11).
_ALPHA_3 = """
AFGAF ALBAL DZADZ ASMAS ANDAD AGOAO AIAAI ATAAQ ATGAG ARGAR ARMAM ABWAW AUSAU AUTAT AZEAZ BHSBS BHRBH BGDBD BRBBB
BLRBY BELBE BLZBZ BENBJ BMUBM BTNBT BOLBO BESBQ BIHBA BWABW BRABR BRNBN BGRBG BFABF BDIBI CPVCV KHMKH CMRCM CANCA
CYMKY CAFCF TCDTD CHLCL CHNCN COLCO COMKM COGCG CODCD COKCK CRICR CIVCI HRVHR CUBCU CUWCW CYPCY CZECZ DNKDK DJIDJ
DMADM DOMDO ECUEC EGYEG SLVSV GNQGQ ERIER ESTEE SWZSZ ETHET FLKFK FROFO FJIFJ FINFI FRAFR GUFGF PYFPF GABGA GMBGM
GEOGE DEUDE GHAGH GIBGI GRCGR GRLGL GRDGD GLPGP GUMGU GTMGT GGYGG GINGN GNBGW GUYGY HTIHT VATVA HNDHN HKGHK HUNHU
ISLIS INDIN IDNID IRNIR IRQIQ IRLIE IMNIM ISRIL ITAIT JAMJM JPNJP JEYJE JORJO KAZKZ KENKE KIRKI PRKKP KORKR KWTKW
KGZKG LAOLA LVALV LBNLB LSOLS LBRLR LBYLY LIELI LTULT LUXLU MACMO MDGMG MWIMW MYSMY MDVMV MLIML MLTMT MHLMH MTQMQ
MRTMR MUSMU MYTYT MEXMX FSMFM MDAMD MCOMC MNGMN MNEME MSRMS MARMA MOZMZ MMRMM NAMNA NRUNR NPLNP NLDNL NCLNC NZLNZ
NICNI NERNE NGANG NIUNU NFKNF MKDMK MNPMP NORNO OMNOM PAKPK PLWPW PSEPS PANPA PNGPG PRYPY PERPE PHLPH POLPL PRTPT
PRIPR QATQA REURE ROURO RUSRU RWARW BLMBL SHNSH KNAKN LCALC MAFMF SPMPM VCTVC WSMWS SMRSM STPST SAUSA SENSN SRBRS
SYCSC SLESL SGPSG SXMSX SVKSK SVNSI SLBSB SOMSO ZAFZA ESPES LKALK SDNSD SURSR SJMSJ SWESE CHECH SYRSY TWNTW TJKTJ
TZATZ THATH TLSTL TGOTG TKLTK TONTO TTOTT TUNTN TURTR TKMTM TCATC TUVTV UGAUG UKRUA AREAE GBRGB USAUS URYUY UZBUZ
VUTVU VENVE VNMVN VGBVG VIRVI WLFWF ESHEH YEMYE ZMBZM ZWEZW ALAAX ATFTF BVTBV CCKCC CXRCX HMDHM IOTIO PCNPN SGSGS
SSDSS UMIUM
"""
_OTHER_NAMES = {
    "JP": "日本|日本国|japan|nippon|nihon", "US": "アメリカ|アメリカ合衆国|米国",
    "CN": "中国|中华人民共和国|中華人民共和国",
    "KR": "韓国|大韓民国|한국|대한민국", "TW": "台湾|臺灣|台灣", "HK": "香港", "GB": "イギリス|英国", "CA": "カナダ",
    "AU": "オーストラリア|豪州", "DE": "ドイツ", "FR": "フランス", "IT": "イタリア", "ES": "スペイン", "TH": "タイ",
    "SG": "シンガポール", "VN": "ベトナム|việt nam", "PH": "フィリピン", "ID": "インドネシア", "MY": "マレーシア",
    "IN": "インド", "BR": "ブラジル", "NZ": "ニュージーランド",
}  # fmt: skip
_LONGEST = 60  # characters of a country's name


@lru_cache(maxsize=1024)
def country_code(written: str) -> str:
    """Return ISO 3166-1 alpha-2 for a code (JP, JPN, UK) or a name (Japan, 日本, United States), "" if it is neither.

    Codes that no table knows stay what they are.
    """
    name = _plain(written[:_LONGEST])
    code = _codes().get(name, "")
    return name.upper() if not code and len(name) == 2 and name.isascii() and name.isalpha() else code


def _plain(name: str) -> str:
    return plain_letters(name, "").replace(".", "").strip()


@cache
def _codes() -> Mapping[str, str]:
    codes = {pair[:3].lower(): pair[3:] for pair in _ALPHA_3.split()} | {"uk": "GB", "en": "GB"}
    for code, names in (*COUNTRY_NAMES.items(), *_OTHER_NAMES.items()):
        codes |= dict.fromkeys((_plain(name) for name in names.split("|")), code)
    return MappingProxyType(codes)
