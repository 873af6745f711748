"""Western given names and their short forms: Bob and Robert are one.

Classes of our own: the package ``nicknames`` (Apache-2.0) relates each short form to many names, so that its relation
joins nearly all of them (read 2026-11).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

# The formal name first. A short form of several names (Al, Chris, Sam) stands with the commonest of them; one that is
# a name of its own nearly everywhere (Max, Leo, Emma, Anna, Maria, Jan) stands for itself. Our own list, from common
# knowledge; names that are equal in Japanese romaji (Ken, Jun, Rei, Mari, Kay, Naomi, Dan, Tom are not) are left out.
_CLASSES = """
abigail abby abbie gail
abraham abe abram
albert al bert
alexander alex alec sandy xander sasha alexandre aleksandr
alexandra alexa lexi
alfred alf alfie
andrew andy drew andreas andrei
anthony tony antony antonio anton
arthur art artie
barbara barb babs barbie
benjamin ben benny benji
bernard bernie barney
bradley brad
bridget biddy bridie
calvin cal
cameron cam
catherine kate katherine kathryn cathy kathy katie katy cath kathleen katharine katrina catharine kitty
charles charlie chuck chas carlos
charlotte lottie
christine chris tina christina chrissy
christopher kris topher christoph
clifford cliff
cynthia cindy
daniel danny dan daniele
david dave davey davy
deborah deb debbie debra
dennis denny denis
dominic dom
donald don donny donnie
dorothy dot dottie dolly
douglas doug
edward ed eddie ned ted teddy eduardo
eleanor ellie nell nellie
elizabeth liz beth betty lizzie eliza lisbeth elisabeth betsy libby bess
emily em emmy
eugene gene
evelyn evie
florence flo flossie
frances fran francie
francis frank frankie francisco
frederick fred freddie freddy frederic friedrich fritz
gabriel gabe
gabrielle gabby
geoffrey jeff geoff jeffrey
george georgie jorge georg
gerald gerry jerry
gregory greg gregg
gwendolyn gwen
harold hal
henry harry hank henri
herbert herb
howard howie
isaac ike zac
isabella bella izzy isabel isabelle
jacob jake jakob
jacqueline jackie
james jim jimmy jamie
jennifer jen jenny jenn
jessica jess jessie
joanna joanne jo
john jack johnny johnnie jon
jonathan jonny jonathon
joseph joe joey josef jose giuseppe
joshua josh
judith judy
julia julie
kenneth kenny
kimberly kim kimberley
lawrence larry laurence lorenzo
leonard lenny len
leslie les
lillian lily lil
louis lou louie luis lewis
lucille lucy
madeline maddie maddy madeleine
margaret maggie meg peggy marge margie greta madge
martha marty
mary molly polly marie
matthew matt matty mathew matthias mateo
megan meghan
melissa missy mel
michael mike mick mickey micky mikey mitch michel miguel michal
michelle shelly
nancy nan
natalie nat natalia
nathaniel nate nathan
nicholas nick nicky nicolas klaus nico
nicole nikki nicola
olivia liv livvy
oliver ollie
pamela pam
patricia pat patty trish patsy tricia
patrick paddy patric
paul pablo
penelope penny
peter pete pedro
philip phil phillip philippe
rachel rach
randall randy randolph
raymond ray
rebecca becky becca
reginald reggie reg
richard rick dick rich ricky richie ricardo rickie
robert bob rob bobby robbie roberto
roderick rod
roger rodge
ronald ron ronnie ronny
rosemary rosie
russell russ
samuel sam sammy
sarah sally sara sadie
sebastian seb
sidney sid sydney
solomon sol
sophia sophie
stanley stan
stephanie steph steffi
stephen steve steven stevie stefan stephan esteban
stuart stu stewart
susan sue susie suzy suzanne susanna
sylvester sly
terence terry terrence
theodore theo
theresa terri tess teresa tracy
thomas tom tommy thom tomas
timothy tim timmy
tobias toby
valerie val
vanessa nessa
veronica
victor vic viktor
victoria vicky vicki tori
vincent vince vinny vincenzo
virginia ginny
vivian viv vivienne
walter walt wally
wesley wes
wilfred wilf
william bill will billy willie liam guillermo wilhelm willy
winifred winnie
zachary zach zack
"""


def formal(given: str) -> str:
    """Return the formal name of a folded given name in plain letters: ``robert`` for ``bob``; others as they are."""
    return _formal_names().get(given, given)


def all_names() -> Iterable[str]:
    """Return every name of the list, formal or short."""
    return dict.fromkeys(_CLASSES.split())


@cache
def _formal_names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for line in _CLASSES.split("\n"):
        first, *others = line.split() or [""]
        for name in others:
            names.setdefault(name, first)
    return MappingProxyType(names)
