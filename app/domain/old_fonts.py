"""Recognises text typed for the old TCVN3 (ABC) and VNI fonts, and UTF-8 read as something else.

A word is old-font text when it can't be a Vietnamese syllable as it stands but is one once decoded. Names
that are no Vietnamese syllables either way (Byă, Hmông, Müller) therefore raise no alarm.
"""

import re
import unicodedata
from functools import lru_cache

_TCVN3 = dict(
    zip(
        "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊËÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô­õö÷øùúûüýþ®¡¢£¤¥¦§",
        "àảãáạăằẳẵắặâầẩẫấậèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵđĂÂÊÔƠƯĐ",
        strict=True,
    )
)
_TONE = {"ø": "\u0300", "ù": "\u0301", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_HAT = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_VNI_ALONE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI_LETTERS = re.compile("([aeo])([âáàåãä])|(a)([êéèúüë])|([aeouyôö])([øùûõï])|([ñôöæóòî])")

_ONSET = "ngh|ng|nh|kh|gh|gi|ch|th|tr|ph|qu|[bcdđghklmnprstvx]"
_RHYME_TABLE = """
    a ai ao au ay ac ach am an ang anh ap at ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu
    o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt
    oe oen oeo oet oong ooc ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u uc ui um un ung up ut ua uân uâng uât uây uê uêch uên uênh uơ uôc uôi uôm uôn uông uôp uôt
    uy uya uych uynh uyt uyu uyên uyêt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    y yêm yên yêng yêt yêu ynh yt ych
"""
_RHYMES = frozenset(_RHYME_TABLE.split())
_WORDS = re.compile(r"[^\s'’.,;:!?()\[\]{}\"/\\-]+")
_SOUND = frozenset({"µm", "loïc"})
"""Words of today that would decode: a unit, and the French name that VNI's Lọc looks like."""
_CONTINUATION = {bytes([byte]).decode("cp1252", "replace"): byte for byte in range(0x80, 0xA0)}


def is_old_font(text: str) -> bool:
    """True when `text` (NFC) holds a word of TCVN3 or VNI text.

    One letter beyond Latin-1 (đ, ơ, ễ) proves Unicode. VNI's ñ for đ alone is weak evidence, as Ê Đê names
    have a ñ: it counts only where every other word is Vietnamese and none is a bare Y or H.
    """
    if any(char.isalpha() and char > "\u00ff" for char in text):
        return False
    words = _WORDS.findall(text)
    old = [word for word in words if _is_old_word(word)]
    if any(not word.lower().replace("ñ", "").isascii() for word in old):
        return True
    return bool(old) and all(word in old or (len(word) > 1 and is_syllable(word)) for word in words)


def _is_old_word(word: str) -> bool:
    if word.isascii() or len(word) == 1 or is_syllable(word) or word.lower() in _SOUND:
        return False
    return is_syllable(_from_tcvn3(word)) or is_syllable(_from_vni(word))


def _from_tcvn3(word: str) -> str:
    return "".join(_TCVN3.get(char, char) for char in word)


def _from_vni(word: str) -> str:
    return unicodedata.normalize("NFC", _VNI_LETTERS.sub(_vni_letter, word.lower()))


def _vni_letter(match: re.Match[str]) -> str:
    hatted, hat, breved, breve, toned, tone, alone = match.groups()
    if hatted:
        return f"{hatted}\u0302{_HAT[hat]}"
    if breved:
        return f"a\u0306{_BREVE[breve]}"
    if toned:
        return f"{_VNI_ALONE.get(toned, toned)}{_TONE[tone]}"
    return _VNI_ALONE[alone]


@lru_cache(maxsize=4096)
def is_syllable(word: str) -> bool:
    """True when the letters could be one Vietnamese syllable, whatever its tone."""
    decomposed = unicodedata.normalize("NFD", word.lower())
    bare, tones = re.subn("(?<!n)[\u0300\u0301\u0303\u0309\u0323]", "", decomposed)  # ñ is a letter
    letters = unicodedata.normalize("NFC", bare)
    if tones > 1:
        return False
    if letters in _RHYMES:
        return True
    starts = [length for length in (1, 2, 3) if re.fullmatch(_ONSET, letters[:length])]
    return any(letters[length:] in _RHYMES for length in starts)


def is_broken_utf8(text: str) -> bool:
    """True when the text is UTF-8 that was read as Windows-1252 or Latin-1 (Nguyá»…n)."""
    if text.isascii():
        return False
    try:
        return not bytes(_byte(char) for char in text).decode("utf-8").isascii()
    except ValueError:
        return False


def _byte(char: str) -> int:
    """The byte behind a character of Windows-1252 or Latin-1; ValueError for any other."""
    value = _CONTINUATION.get(char, ord(char))
    if value > 0xFF:
        raise ValueError(char)
    return value
