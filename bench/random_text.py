"""Random text through identity and tokens: nothing raises, and what was normalized stays as it is.

python bench/random_text.py --strings 1000000 --seed 1
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from scorecard import Progress

from shopguard.identity import Identity, identify, tokens
from shopguard.model import Party

_PIECES = (Path(__file__).parent / "people" / "words" / "pieces.txt").read_text("utf-8").split()
_INVISIBLE = "\x00\x1b\u200b\u200e\u202e\u2060\ufeff\u00ad\ufe0f\U000e0100\ud800\udfff\u0301\u3099"
_SPECIAL = " \u3000\t\r\n\U0001f468\U0001f3fd" + _INVISIBLE


def text(rng: random.Random) -> str:
    """Return a short random string: any code points, Japanese pieces, or both mixed."""
    kind = rng.random()
    if kind < 0.25:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(0, 12)))
    parts = (rng.choice(_PIECES) if rng.random() < 0.8 else _odd(rng) for _ in range(rng.randint(1, 9)))
    return rng.choice(("", "", " ")).join(parts)


def _odd(rng: random.Random) -> str:
    return rng.choice(_SPECIAL) if rng.random() < 0.5 else chr(rng.randrange(0x3000, 0xA000))


def party(rng: random.Random) -> Party:
    """Return a party with one to three random texts, each in any field."""
    fields: dict[str, str] = {}
    many: dict[str, tuple[str, ...]] = {}
    for _ in range(rng.choice((1, 1, 2, 3))):
        name = rng.choice(Party.__slots__)
        if name in ("lines", "phones", "emails"):
            many[name] = (*many.get(name, ()), text(rng))
        else:
            fields[name] = text(rng)
    return Party(**fields, **many)


def again(identity: Identity) -> Party:
    """Return the canonical name, phones and mails as a party, to be normalized once more."""
    name = identity.name
    return Party(
        name=None if name is None or (name.family and name.given) else name.full,
        family=name.family if name and name.given else None,
        given=name.given if name and name.family else None,
        phones=identity.phones,
        emails=identity.emails,
    )


def canonical(identity: Identity) -> dict[str, object]:
    """Return what must stay as it is: the whole name (where it is cut depends on the field), phones and mails."""
    full = identity.name.full if identity.name else ""
    return {"name": full, "phones": identity.phones, "emails": identity.emails}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strings", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    faults: Counter[str] = Counter()
    shown: dict[str, str] = {}
    slowest = 0.0
    done = 0
    with Progress("strings", arguments.strings) as progress:
        while done < arguments.strings:
            one = party(rng)
            done += sum(1 if isinstance(value, str) else len(value) for value in _values(one))
            began = time.perf_counter()
            if fault := _fault(one):
                faults[fault] += 1
                shown.setdefault(fault, ascii(one))
            slowest = max(slowest, time.perf_counter() - began)
            progress.at(done)
    for fault, count in faults.most_common():
        print(f"{count} x {fault}\n    {shown[fault]}")
    print(f"{done} strings, {sum(faults.values())} faults, slowest party {slowest * 1000:.1f} ms")
    sys.exit(1 if faults else 0)


def _values(one: Party) -> list[str | tuple[str, ...]]:
    return [value for name in one.__slots__ if (value := getattr(one, name))]


def _fault(one: Party) -> str:
    """Return what went wrong with this party, empty if nothing did."""
    try:
        identity = identify(one)
        for token in tokens(identity):
            token.encode()
        once, twice = canonical(identity), canonical(identify(again(identity)))
    except Exception as error:  # whatever it is, it is the finding
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename.rpartition('/')[2]}:{where.tb_lineno}" if where else ""
        return f"{type(error).__name__} at {place}"
    changed = [name for name, value in once.items() if value != twice[name]]
    return f"normalized twice differs: {', '.join(changed)}" if changed else ""


if __name__ == "__main__":
    main()
