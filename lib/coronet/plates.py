"""What a plate is: its cleaning, the formats of countries, and characters that look alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

MAX_LENGTH = 10
CERTAIN = 0.9
"""A reading whose confidence is below this is to be looked at by a person."""
KNOWN = 0.7
"""What `fit` says at least of a text in a known format."""

_OTHER = re.compile(r"[^A-Za-z0-9-]+")
_SHAPED = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9]{4,8}")
_ALIKE = ("0OQD", "1IL", "2Z", "5S", "6G", "8B")
_STROKES = str.maketrans("OQI", "001")
_ROUND_AND_STRAIGHT = str.maketrans("OI", "01")
_TWINS = {each: group.replace(each, "") for group in _ALIKE for each in group}
_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASSES = {
    "9": _DIGITS,
    "A": _LETTERS,
    "B": "BCDFGHJKLMNPRSTVWXYZ",  # Spain since 2000: no vowels, no Q
    "C": "BCDFGHJKLPRSTVWXYZ",  # Chile since 2007: no vowels, M, N or Q
    "E": "ABEHIKMNOPTXYZ",  # Greece: the letters that its alphabet shares with ours
    "P": "ABCEGHIJKLMNOPQRSTUVWXYZ",  # Ecuador's provinces: every letter but D and F
}
_SPAIN = re.findall(
    r"\w+",
    """
A AB AL AV B BA BI BU C CA CC CE CO CR CS CU GC GE GI GR GU H HU IB J L LE LO LU M MA ML MU NA O OR OU P PM PO
S SA SE SG SH SO SS T TE TF TO V VA VI Z ZA
    """,
)


def clean(text: str) -> str:
    """`text` as a plate: upper case, `A-Z 0-9 -` only; empty where that leaves no plate.

    Nothing is cut off: what is longer than MAX_LENGTH is a sentence, not a plate.
    """
    plate = _OTHER.sub("", text).upper().strip("-")
    return plate if len(plate) <= MAX_LENGTH else ""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of plate: `country` is ISO 3166-1 alpha-2; `positions` has the characters allowed at each place."""

    country: str
    kind: str
    positions: tuple[str, ...]

    def readings(self, text: str) -> list[str]:
        """`text`, of the format's length, with look-alikes exchanged only where it would not fit; none if it cannot."""
        options = [
            each if each in allowed else [twin for twin in _TWINS.get(each, "") if twin in allowed]
            for each, allowed in zip(text, self.positions, strict=True)
        ]
        return ["".join(each) for each in product(*options)]


def formats(text: str) -> tuple[Format, ...]:
    """The formats that `text` fits, hyphens aside; none where it is no known plate."""
    bare = text.replace("-", "")
    return tuple(
        each
        for each in _formats().get(len(bare), ())
        if all(character in allowed for character, allowed in zip(bare, each.positions, strict=True))
    )


def fit(text: str, countries: Collection[str]) -> float:
    """How well `text` is a plate: 1 in a format of `countries`, KNOWN in another's, 0.2 if just shaped like one, or 0.

    The shape of a plate whose format is not known (a personal one, say) is 4 to 8 letters and digits, both of them.
    """
    bare = text.replace("-", "")
    if _pattern(frozenset(countries)).fullmatch(bare):
        return 1.0
    if _pattern(None).fullmatch(bare):
        return KNOWN
    return 0.2 if _SHAPED.fullmatch(bare) else 0.0


def drawn_alike(text: str) -> str:
    """`text` with the characters that a font may draw alike as one: O and Q as 0, I as 1."""
    return text.translate(_STROKES)


def as_drawn(text: str) -> str:
    """The one text in a known format that may be drawn as `text` is; `text` where there is none, or several.

    Only O and 0, and I and 1 are exchanged, and only among letters and digits: a word that happens to fit stays a word.
    """
    if not _SHAPED.fullmatch(text):
        return text
    ways = {
        way
        for each in _formats().get(len(text), ())
        for way in each.readings(text)
        if way.translate(_ROUND_AND_STRAIGHT) == text.translate(_ROUND_AND_STRAIGHT)
    }
    return ways.pop() if len(ways) == 1 else text


def readings(text: str, countries: Collection[str]) -> tuple[str, ...]:
    """What `text` may say, given that characters look alike; the likeliest first, at most six.

    A text that fits a format of `countries` says what it says. One of letters and digits that fits no format at all is
    settled by position where exchanging the fewest look-alikes (a format of another country counts as one more) leaves
    a single way, and that is one of `countries`: it is then the first, and `text` left out. Anywhere else `text` is
    first, and what follows would be a guess.
    """
    bare = text.replace("-", "")
    if fit(text, countries) == 1:
        return (text,)
    ways: dict[str, int] = {}
    for each in _formats().get(len(bare), ()):
        for way in each.readings(bare):
            cost = sum(map(str.__ne__, way, bare)) + (each.country not in countries)
            ways[way] = min(cost, ways.get(way, cost))
    ordered = sorted(ways, key=lambda way: ways[way])
    fewest = [way for way in ordered if ways[way] == ways[ordered[0]]]
    settled = len(fewest) == 1 and bare not in ways and _SHAPED.fullmatch(bare) and fit(fewest[0], countries) == 1
    return (*(() if settled else (text,)), *(way for way in ordered if way != bare))[:6]


# Country, kind, shapes. In a shape 9 is any digit, A any letter, B, C and E a letter of the classes above, P a province
# of Ecuador, <SPAIN> a province of Spain, and a lower-case letter is that letter itself.
# Sources: Spain: Real Decreto 2822/1998 (Reglamento General de Vehículos), annex XVIII, and for provincial plates the
# Código de la Circulación of 1934, article 233. Ecuador: Reglamento a la Ley Orgánica de Transporte Terrestre,
# Tránsito y Seguridad Vial (Decreto Ejecutivo 1196 of 2012) and Agencia Nacional de Tránsito. Brazil and the Mercosur
# shapes: Resolução CONTRAN 780/2019 and Mercosur GMC 33/14. United Kingdom: DVLA INF104. Germany:
# Fahrzeug-Zulassungsverordnung, annex 4. The others: Wikipedia's "Vehicle registration plates of ..." each, in 2025.
_TABLE = """
ES turismo       9999BBB
ES provincial    <SPAIN>9999A <SPAIN>9999AA <SPAIN>9999 <SPAIN>99999 <SPAIN>999999
ES ciclomotor    c9999BBB
ES remolque      r9999BBB <SPAIN>99999r
ES temporal      p9999BBB s9999BBB v9999BBB
ES histórico     h9999BBB
ES especial      e9999BBB
ES diplomático   cd99999 cd999999 cc99999 cc999999 oi99999 oi999999 ta99999 ta999999
ES oficial       pgc9999A cnp9999AA dgp9999AA et999999 ea999999 fn999999 mf99999 pme9999A mma99999
EC particular    PAA9999 PAA999
EC motocicleta   PA999A
EC especial      cc9999 cd9999 oi9999 at9999 it9999 cc999 cd999 oi999
MX automóvil     AAA9999 AAA999A A99AAA AAA99AA 999AAA AAA999
MX motocicleta   99AAA9 A9AAA A99AA
GT particular    p999AAA c999AAA m999AAA a999AAA u999AAA o999AAA
SV particular    p999999 p99999 p9A999 a99999 m999999 n99999
HN particular    AAA9999 paa9999
NI particular    m99999 m999999 AA99999
CR particular    AAA999 BBB999 999999 c999999 cl999999 mot999999
PA particular    AA9999 999999
CU particular    A999999 AAA999
DO particular    A999999 AA99999
PR particular    AAA999
CO particular    AAA999
CO motocicleta   AAA99A AAA99
CO remolque      r99999 s99999
VE particular    AA999AA AAA99A A99AA9A
VE motocicleta   AA9A99A
PE particular    A9A999 AAA999 AA9999
PE motocicleta   9999AA 9999A9
BO particular    9999AAA 999AAA
CL particular    CCCC99 AA9999
CL motocicleta   CCC99 AA999
AR particular    AA999AA AAA999
AR motocicleta   A999AAA 999AAA
UY particular    AAA9999
UY motocicleta   AAA999
PY particular    AAAA999 AAA999
PY motocicleta   999AAAA 999AAA
GQ particular    AA999A
BR antiga        AAA9999
BR mercosul      AAA9A99
PT ligeiro       AA99AA 99AA99 9999AA AA9999
FR -             AA999AA 9999AA99 999AAA99 999AA99 9999AAA99
IT -             AA999AA AA99999
IT ciclomotore   AA9999A
DE -             AA99 AA999 AA9999 AAA9 AAA99 AAA999 AAA9999 AAAA99 AAAA999 AAAA9999 AAAAA99 AAAAA999 A9999 AA99999
GB -             AA99AAA A999AAA A99AAA A9AAA AAA999A AAA99A AAA9A AAA999 999AAA 9999AA AA9999
IE -             99A999 99A9999 99A99999 999A999 999A9999 999A99999 999AA999 999AA9999 99AA999 99AA9999
AT -             A99999A A9999AA A999AAA AA999A AA9999A AA999AA AA99AAA AA99999 A99999
BE -             9AAA999 1AAA999 AAA999 999AAA
NL -             99AAA9 9AAA99 AA999A A999AA AAA99A A99AAA 9AA999 999AA9 99AA99 9999AA AA9999 AAAA99 99AAAA AA99AA
LU -             AA9999 99999
CH -             AA9999 AA99999 AA999999 AA999
DK -             AA99999
SE -             AAA999 AAA99A
NO -             AA99999
FI -             AAA999 AA999 AAA99
IS -             AAA99 AA999
EE -             999AAA 99AAA
LV -             AA9999 AA999 AA99
LT -             AAA999
PL -             AA99999 AA9999A AA999AA AA9A999 AA99A99 AAA99999 AAA9999A AAA999AA AAAA999 AAA99AA AAAA99A AAA9A99
CZ -             9A99999 9AA9999 AAA9999
SK -             AA999AA AAAA999
HU -             AAA999 AAAA999
SI -             AA99AAA AA999AA AAAAA99 AA9999A AAA9999
HR -             AA9999A AA999A AA999AA AA9999AA
BA -             A99A999 999A999
RS -             AA999AA AA9999AA AA99999
ME -             AAAA999
MK -             AA9999AA AA999AA
RO -             AA99AAA b999AAA A99AAA
BG -             A9999AA AA9999AA A9999A AA9999A
GR -             EEE9999 EEE999
CY -             AAA999
MT -             AAA999
UA -             AA9999AA
TR -             99AA9999 99AAA999 99A9999 99AA999 99AAA99 99A99999
MA -             99999A9 99999A99
US -             AA9A9A AAA9999 9AAA999 AAA999 999AAA A99AAA AAA99A AA99999 AAA9A99 99A999 9999AA AA9999 A999999
US -             999999 AA999A 9A99999 A99999 999A999 9999999 AAAA99 AA99AA 99AAA9
IN -             AA99A9999 AA99AA9999
PK -             AAA999 AAA9999 AA999 AA9999
ID -             AA9999AA A9999AAA A9999AA AA9999A AA999AA
KE -             AAA999A
AU -             AAA999 AAA99A 999AAA 9AA9AA AA99AA 99AA9A
RU -             A999AA99 A999AA999
ZA -             AAA999gp AA99AAgp ca999999
CA -             AAAA999 AAA999 AA999A A99AAA 999AAA AAA9999 AA99999
"""


def _positions(shape: str) -> Iterator[tuple[str, ...]]:
    if shape.startswith("<SPAIN>"):
        rest = tuple(_positions(shape.removeprefix("<SPAIN>")))
        yield from (tuple(code) + each for code in _SPAIN for each in rest)
    else:
        yield tuple(_CLASSES.get(each, each.upper()) for each in shape)


@cache
def _formats() -> dict[int, tuple[Format, ...]]:
    """Every format, by its number of characters."""
    found: dict[int, list[Format]] = {}
    for line in _TABLE.strip().splitlines():
        country, kind, *shapes = line.split()
        for shape in shapes:
            for positions in _positions(shape):
                found.setdefault(len(positions), []).append(Format(country, kind, positions))
    return {length: tuple(each) for length, each in found.items()}


@cache
def _pattern(countries: frozenset[str] | None) -> re.Pattern[str]:
    """What fits a format of `countries`; of any where that is None."""
    shapes = {
        "".join(f"[{allowed}]" for allowed in each.positions)
        for same in _formats().values()
        for each in same
        if countries is None or each.country in countries
    }
    return re.compile("|".join(sorted(shapes)) or "(?!)")
