"""
Text of a console in a code page of Windows, which nothing in the bytes names: a guess.

Every code page that Windows uses for a console (OEM) or for texts (ANSI) is tried. What a wrong one
makes of a language looks wrong in ways that need no dictionary: drawings of boxes inside words,
capitals behind small letters, words of two scripts, syllables of no use together. The page with the
fewest of them counts; of equals, the first.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: OEM before ANSI, since consoles write OEM; frequent before rare; lead bytes last
PAGES: Final = (
    *("cp850", "cp1252", "cp437", "cp858", "cp852", "cp1250", "cp866", "cp1251", "cp737", "cp1253"),
    *("cp857", "cp1254", "cp862", "cp1255", "cp720", "cp1256", "cp775", "cp1257", "cp1258"),
    *("cp855", "cp860", "cp861", "cp863", "cp864", "cp865", "cp869", "cp874"),
    *("cp932", "cp949", "cp936", "cp950"),
)
#: spaces that do not break: of texts (ANSI), and of consoles (OEM)
_NO_BREAK: Final = (b"\xa0", b"\xff")
#: how many of them stand for each other space where they took its place
_SPACES_EACH: Final = 8
#: bytes that decide
_SAMPLE: Final = 1 << 13
_WORD: Final = re.compile(r"[^\W\d_]+")
_SIGN: Final = re.compile(r"[^\x00-\x7f]")
#: what stands beside words in some language, so that it tells nothing
_PUNCTUATION: Final = frozenset(
    "\u00a0\u202f«»‘’‚‛“”„–—…·•¿¡º°№©、。「」『』（）：；，．［］・ー・\u200e\u200f"
)
_BETWEEN: Final = re.compile(
    r"[^\W\d_][^\x00-\x7f\w'’·\u200e\u200f\u0300-\u036f\u0e00-\u0e7f][^\W\d_]"
)
#: a foreign letter inside of numbers, of which ids are made
_BESIDE_DIGIT: Final = re.compile(
    r"(?<=[0-9a-f])[^\x00-\x7f\W\d_](?=\d)|(?<=\d)[^\x00-\x7f\W\d_](?=[0-9a-f])"
)
_SCRIPTS: Final = (
    (0x0250, "latin"),
    (0x0370, "sign"),
    (0x0400, "greek"),
    (0x0530, "cyrillic"),
    (0x0590, "sign"),
    (0x0600, "hebrew"),
    (0x0700, "arabic"),
    (0x0E00, "sign"),
    (0x0E80, "thai"),
    (0x1E00, "sign"),
    (0x1F00, "latin"),
    (0x2000, "greek"),
    (0x3040, "sign"),
    (0x3100, "kana"),
    (0x4E00, "sign"),
    (0xA000, "han"),
    (0xAC00, "sign"),
    (0xD7A4, "hangul"),
    (0xFF66, "sign"),
    (0xFFA0, "narrow kana"),
)
#: scripts that stand together in words
_TOGETHER: Final = (frozenset({"kana", "han"}),)
#: penalties
_DRAWING, _MIXTURE, _CAPITAL, _RARE = 6, 5, 4, 2


class Guess(NamedTuple):
    """Text, and the code page that it was read in."""

    text: str
    page: str


def guess(data: bytes) -> Guess:
    """Give the text of *data*, which is in some code page of Windows."""
    # A page or a word processor may have put another space in the place of most.
    space = max(_NO_BREAK, key=data.count)
    if data.count(space) > _SPACES_EACH * data.count(b" "):
        data = data.replace(space, b" ")
    sample = b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_SAMPLE]
    page = min(PAGES, key=lambda name: _oddness(sample, name))
    return Guess(data.decode(page, "replace"), page)


def _oddness(sample: bytes, page: str) -> float:
    """Tell how odd *sample* looks in a code page."""
    text = sample.decode(page, "replace")
    odd = sum(_odd_signs(text)) + sum(_odd_word(word) for word in _WORD.findall(text))
    return odd + _odd_letters(text, page) + _odd_script(text, page)


def _odd_letters(text: str, page: str) -> int:
    """Tell how many letters are not those of the language that fits best."""
    letters = [sign for sign in text.lower() if not sign.isascii() and _script(sign) == "latin"]
    languages = _LETTERS.get(page, _WESTERN)
    odd = min(sum(sign not in known for sign in letters) for known in languages)
    if page not in _LETTERS:  # what others take for letters of this one is Turkish, as a rule
        odd = min(odd, sum(sign not in _ICELANDIC for sign in letters) + 2)
    return _RARE * odd


def _odd_signs(text: str) -> Iterator[int]:
    yield from (_DRAWING for found in _SIGN.findall(text) if not _is_usual(found))
    yield from (_DRAWING for _ in _BETWEEN.finditer(text))
    yield from (_MIXTURE for _ in _BESIDE_DIGIT.finditer(text))


def _is_usual(sign: str) -> bool:
    # Marks beside letters are those of Vietnamese.
    known = sign.isalpha() or sign in _PUNCTUATION or "\u0300" <= sign <= "\u036f"
    return known or _script(sign) in ("thai", "arabic", "hebrew")


def _odd_word(word: str) -> int:
    if word.isascii():
        return 0
    scripts = {_script(sign) for sign in word}
    if len(scripts) > 1 and scripts not in _TOGETHER:
        return _MIXTURE * sum(not sign.isascii() for sign in word)
    odd = 0 if word.islower() or word.isupper() or word[1:].islower() or _has_no_case(word) else 1
    odd += word.isupper() and len(word) > 3
    foreign = sum(not sign.isascii() for sign in word)
    if scripts == {"latin"} and foreign > 2 and foreign * 2 > len(word):
        odd += foreign
    return odd * _CAPITAL + sum(_rarity(word.lower(), scripts))


#: letters of each language beside those of ASCII, by the code pages that are made for them
_WESTERN: Final = (
    *("àâæçéèêëîïôœùûüÿ", "äöüßé", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìîòù", "æøåéö", "åäöé"),
    *("áéíóúëïèöü", "àçéèíïóòúü·", "äöõüšž"),
)
_ICELANDIC: Final = "áðéíóúýþæö"
_CENTRAL: Final = (
    *("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "äöüß"),
    *("čćđšž", "çë"),
)
_TURKISH: Final = ("çğıiöşüâîû",)
_BALTIC: Final = ("ąčęėįšųūž", "āčēģīķļņōŗšūž", "äöõüšž")
_VIETNAMESE: Final = ("ăâđêôơưáàãéèíìóòõúùý",)
_LETTERS: Final = {
    **dict.fromkeys(("cp852", "cp1250"), _CENTRAL),
    **dict.fromkeys(("cp857", "cp1254"), _TURKISH),
    **dict.fromkeys(("cp775", "cp1257"), _BALTIC),
    "cp1258": _VIETNAMESE,
}
#: letters of Cyrillic that are rare in Russian, and that wrong pages give
_RARE_CYRILLIC: Final = frozenset("ъщэфцй")
#: graves inside words, a sharp s behind no vowel, letters of small languages: seldom right
_SELDOM: Final = re.compile(r"[ìòù](?=\w)|(?<![aeiouyäöü])ß|[ŕĺđë](?!$)")
#: what nearly every Greek word of some length has
_ACCENTS: Final = frozenset("άέήίόύώΐΰ")


def _rarity(word: str, scripts: set[str]) -> Iterator[int]:
    if scripts == {"latin"}:
        yield from (1 for _ in _SELDOM.finditer(word))
    elif scripts == {"cyrillic"}:
        yield from (1 for sign in word if sign in _RARE_CYRILLIC)
    elif scripts == {"greek"}:
        yield int(len(word) > 3 and not _ACCENTS & {*word})
    elif scripts == {"sign"}:  # letters of no script that has a code page
        yield from (_RARE for _ in word)


def _has_no_case(word: str) -> bool:
    return word.lower() == word.upper()


def _odd_script(text: str, page: str) -> int:
    """Tell how little *text* fits the code page of a language with thousands of signs."""
    found = [_script(sign) for sign in _SIGN.findall(text)]
    han, kana, hangul = (found.count(name) for name in ("han", "kana", "hangul"))
    if page == "cp932":
        return 0 if kana else han * _RARE
    if page == "cp949":
        return han * _MIXTURE
    if page in ("cp936", "cp950"):
        return (kana + hangul) * _RARE + sum(_is_rare_han(sign, page) for sign in text) * _RARE
    return 0


def _is_rare_han(sign: str, page: str) -> bool:
    """Tell whether a sign stands outside of the first level of its character set."""
    if _script(sign) != "han":
        return False
    lead = sign.encode(page, "replace")[0]
    return not (0xB0 <= lead <= 0xD7 if page == "cp936" else 0xA4 <= lead <= 0xC6)


def _script(sign: str) -> str:
    number = ord(sign)
    return next((name for end, name in _SCRIPTS if number < end), "sign")
