import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import names
from app.domain.names import (
    account_name,
    account_stem,
    admin_account_name,
    fold,
    full_name,
    nfc,
    sort_key,
    split_suggestion,
    unicode_problem,
)

LETTERS = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
WORDS = st.text(alphabet=LETTERS + LETTERS.upper() + " '-0", max_size=20)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Nguyễn Thị Giang", "nguyen thi giang"), ("  ĐỖ   Đức\u00a0Đạt ", "do duc dat"), ("H’Hen Niê", "h'hen nie"),
     ("Y Khương Byă", "y khuong bya"), ("Nguye\u0302\u0303n", "nguyen"), ("Ðặng", "dang"), ("Ƀăh", "bah"),
     ("K'Brĕu Ñ", "k'breu n"), ("", "")],
)  # fmt: skip
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(WORDS)
def test_folding_is_plain_and_stable(text: str) -> None:
    assert fold(text).isascii()
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tổng hợp 8A, cả năm 2026", "tong-hop-8a-ca-nam-2026"),
        ("Tiếng dân tộc 7/1 – hk2", "tieng-dan-toc-7-1-hk2"),
    ],
)
def test_the_name_of_a_file(text: str, name: str) -> None:
    assert names.file_name(text) == name


def key(given_name: str, family: str = "", middle: str = "") -> str:
    return sort_key(family, middle, given_name)


@pytest.mark.parametrize(
    "ordered",
    [
        "a ă â b c d đ e ê g h i k l m n o ô ơ p q r s t u ư v x y",
        "ma mà mả mã má mạ",
        "An Anh Ánh Ân Ấn Bảo Châu Dũng Đạt Đức Em Giang Hà Hải Hằng Hân Hoa Hòa Hương Khánh Khương",
        "hoa hoàn hoàng hoạt hoe hô hồ hổ",
        "thi thì thỉ thĩ thí thị thia",
        "lan làn lăn lân",
    ],
)
def test_the_vietnamese_alphabet_then_the_tones(ordered: str) -> None:
    given_names = ordered.split()
    keys = [key(name) for name in given_names]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_given_name_then_family_then_middle() -> None:
    people = [
        ("Trần", "Văn", "An"),
        ("Bùi", "Thị", "Anh"),
        ("Đỗ", "Thị", "Anh"),
        ("Nguyễn", "Hà", "Anh"),
        ("Nguyễn", "Thị", "Anh"),
        ("Nguyễn", "Thị Vân", "Anh"),
        ("Lê", "", "Ánh"),
        ("An", "An", "Ân"),
    ]
    shuffled = people.copy()
    random.Random(7).shuffle(shuffled)
    assert sorted(shuffled, key=lambda person: sort_key(*person)) == people


def test_people_of_one_given_name_stand_together() -> None:
    assert key("Hoa", "Vũ") < key("Hòa", "An")


def test_case_old_tone_places_and_composition_make_no_difference() -> None:
    assert key("HÒA") == key("Hoà") == key("hòa") == key("ho\u0300a")
    assert key("Đức") == key("Ðức")


def test_syllable_by_syllable_shorter_first() -> None:
    assert key("An", "Thi Minh") < key("An", "Thị Anh") < key("An", "Thị Anh Thư")
    assert key("Nam 2") < key("Nam A")
    assert key("Nam") < key("Nam 2") < key("Nam 3")


def test_two_syllables_written_as_one_go_by_the_first_tone() -> None:
    assert key("hàhá") < key("háhà")


def test_ethnic_letters_sort_beside_their_plain_ones() -> None:
    assert key("Ban") < key("Byă") < key("Ca")
    assert key("Hen") < key("Hĕo") < key("Hép")
    assert key("Ƀah") == key("Bah")


@given(WORDS, WORDS, WORDS)
def test_a_key_holds_only_what_every_collation_orders_alike(
    family: str, middle: str, given_name: str
) -> None:
    made = sort_key(family, middle, given_name)
    assert set(made) <= set(string.digits + string.ascii_lowercase)
    assert len(made) <= 191


def test_a_long_name_is_cut_to_what_an_index_holds() -> None:
    assert len(sort_key("Nguyễn " * 40, "Thị " * 40, "Giang " * 40)) == names.SORT_KEY_LENGTH


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_key(family: str, middle: str, given_name: str) -> None:
    assert sort_key(family, middle, given_name).isascii()


@pytest.mark.parametrize(
    ("person", "stem"),
    [(("Nguyễn", "Thị", "Giang"), "giangnt"), (("Ngô", "Thanh", "Giang"), "giangnt"),
     (("Y", "Byă", "Khương"), "khuongyb"),
     (("Niê", "", "H'Hen"), "hhenn"), (("Đỗ", "Thị Đoan", "Đan Thanh"), "danthanhdtd"), (("", "", "Thảo"), "thao"),
     (("K'", "", "Brễu"), "breuk"), (("Công Tằng Tôn Nữ", "Thị", "Huế"), "huecttnt"),
     (("Giàng", "A", "Sử"), "suga"), (("Lê", "Văn-An", "Bảy 2"), "bay2lv")],
)  # fmt: skip
def test_account_stem(person: tuple[str, str, str], stem: str) -> None:
    assert account_stem(*person) == stem


def test_a_name_without_letters_makes_no_account() -> None:
    with pytest.raises(ValueError, match="empty name"):
        account_stem(" ", "'", "-")


@given(WORDS, WORDS, WORDS)
def test_a_stem_is_short_and_plain(family: str, middle: str, given_name: str) -> None:
    if any(char.isalnum() for char in family + middle + given_name):
        stem = account_stem(family, middle, given_name)
        assert 0 < len(stem) <= names.MAX_STEM
        assert set(stem) <= set(string.ascii_lowercase + string.digits)


def test_account_names_count_up_from_two() -> None:
    taken: set[str] = set()
    made = []
    for _ in range(3):
        name = account_name("giangnt", "THCSTK", taken)
        taken.add(name)
        made.append(name)
    assert made == ["giangnt.thcstk", "giangnt2.thcstk", "giangnt3.thcstk"]
    assert account_name("giangnt", "thpt-lqd", taken) == "giangnt.thptlqd"


def test_admin_account_names() -> None:
    assert admin_account_name("BG", "THCSTK") == "bg_thcstk"
    assert admin_account_name("Bình Giang", "THCS Thúc Kháng") == "binhgiang_thcsthuckhang"


@pytest.mark.parametrize(("locality", "unit"), [("", "x"), ("x", " "), ("-", "-")])
def test_account_names_need_their_parts(locality: str, unit: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        admin_account_name(locality, unit)
    with pytest.raises(ValueError, match="needs"):
        account_name(locality, unit, ())


def test_full_names() -> None:
    assert full_name("Nguyễn", "Thị", "Giang") == "Nguyễn Thị Giang"
    assert full_name(" Lê ", "", "An") == "Lê An"
    assert full_name("Y", "Byă", "Khương", "Y Khương  Byă") == "Y Khương Byă"
    assert full_name("Lê", "Thị", "An", "  ") == "Lê Thị An"
    assert full_name("Lê", "", "Hu\u031bng") == "Lê Hưng"


@pytest.mark.parametrize(
    ("full", "parts"),
    [("Nguyễn Thị Thu Giang", ("Nguyễn", "Thị Thu", "Giang")), ("Lê An", ("Lê", "", "An")), ("An", ("", "", "An")),
     ("", ("", "", "")), ("  Lê   Văn  An ", ("Lê", "Văn", "An"))],
)  # fmt: skip
def test_a_suggestion_for_splitting(full: str, parts: tuple[str, str, str]) -> None:
    assert split_suggestion(full) == parts


def test_nfc_composes() -> None:
    assert nfc("Nguye\u0302\u0303n") == "Nguyễn"


TCVN3 = ["NguyÔn", "NguyÔn V¨n Hïng", "TrÇn ThÞ Lª", "Ph¹m", "Hoµng", "§ç", "D\u00ad¬ng", "Hå ThÞ H¹nh", "Bïi", "T«n",
         "Lª V¨n §øc", "§Æng", "ViÖt"]  # fmt: skip
VNI = ["Nguyeãn", "Nguyeãn Vaên Huøng", "Traàn Thò Leâ", "Ñinh Thò Lan", "Ñoã", "Huyønh", "Döông", "Lyù", "Leâ",
       "Vuõ Ñöùc", "NGUYEÃN VAÊN", "Ñaëng", "Phan Ñình Phùng", "Traàn Quoác Toaûn", "Phaïm"]  # fmt: skip


@pytest.mark.parametrize("text", TCVN3 + VNI)
def test_old_fonts_are_noticed(text: str) -> None:
    assert unicode_problem(text) == names.OLD_FONT


@pytest.mark.parametrize("text", ["Nguyá»…n VÄƒn An", "Tráº§n Thá»‹", "Nguy\ufffdn", "LÃª", "H\u00c3\u00a0"])
def test_damaged_text_is_noticed(text: str) -> None:
    assert unicode_problem(text) == names.BROKEN_TEXT


@pytest.mark.parametrize("text", ["An\x00", "A\u200bn", "\u202eAn", "A\x1bn", "\ue000", "Le\u00adAn"])
def test_hidden_characters_are_noticed(text: str) -> None:
    assert unicode_problem(text) == names.CONTROL_CHARACTER


REAL = """
Nguyễn Văn An|NGUYỄN THỊ HOÀ|Lê Thị Thuý|Y Khương Byă|H'Hen Niê|H’Ñin Niê|Y Ñin|Giàng A Sử|Lầu A Páo|Thào Thị Dúa
Vàng Mí Lử|Sùng Seo Dế|Cứ A Chớ|Chẻo Láo Lở|Lò Văn Ính|Quàng Văn Pó|Pờ Lò Hừ|Lỳ Xá Phừ|Mlô|Êban|Ê|Rcôm H'Bơn|Ksor Phước
Kpă Klơng|Siu Blê|Kpuih Hlê|Rơ Mah Hyiêng|Brêu|Bríu Liếc|Zơrâm|Pơloong|Alăng|A Lăng|K'Brễu|Cil Múp|Kră Jăn|Jơ Ngóh
Hôih|Tơ Ngôl|Đàng Năng Thành|Thành Có|Ngụy Văn Nhuận|Thạch Sóc Kha|Néang Sa Rây|Danh Út|Châu Sô Phia|Blúp|Hmông|Niê
Müller|François|Chloë|Loïc|Zoë|Søren|Muñoz|Peña|Noël|Anaïs|Jörg|Björn|Ðinh|Thò|Vò|Quí|Quỳnh|Gì|Giếng|Xoong|Yến|Oóc|A|Ô
Tòng Văn Ón|Má A Dê|Rô|Rmah H'Uyên|Hồ Pí|Lê Nguyễn Hoàng Anh-Tú|Nguyễn Văn A (B)|O'Brien|José|Hạng A Dê
5 µm|25°C|«Toán»|m²|·|Học sinh tích cực, đạt 8,5 điểm.|½|©|Windows®|1 – 2|“Tốt”|10 ± 1
""".strip().replace("\n", "|").split("|")  # fmt: skip


@pytest.mark.parametrize("text", REAL)
def test_no_false_alarm_on_real_names_and_text(text: str) -> None:
    assert unicode_problem(text) is None


def test_lines_of_a_comment_are_sound() -> None:
    assert unicode_problem("Cố gắng.\r\n\tPhát huy.") is None


@given(WORDS)
def test_text_with_a_letter_only_unicode_has_is_sound(text: str) -> None:
    assert unicode_problem("Đỗ " + text) is None


@given(st.text(max_size=40))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert unicode_problem(text) in {None, names.OLD_FONT, names.BROKEN_TEXT, names.CONTROL_CHARACTER}


@pytest.mark.parametrize(
    ("written", "parts"),
    [("H'Nuen Kriêng", "Kriêng H' Nuen"), ("H’Nuen Kriêng", "Kriêng Nuen"), ("Y Khương Byă", "Byă Y Khương")],
)
def test_a_name_has_the_words_of_its_parts_in_whatever_order(written: str, parts: str) -> None:
    assert names.name_words(written) == names.name_words(parts)
    assert names.name_words(written) != names.name_words("Kriêng Khương")


@pytest.mark.parametrize("text", ["H'Nuen", "Ka-Ly", "Tôn Nữ", "Êban", "", "Nguye\u0302\u0303n"])
def test_letters_with_what_stands_between_them_are_a_name(text: str) -> None:
    assert names.name_problem(text) is None


@pytest.mark.parametrize("text", ["Hoa 1", "<b>Hoa</b>", "=1+1", "Hoa@", "Hoa (lớp trưởng)"])
def test_digits_and_signs_are_none(text: str) -> None:
    assert names.name_problem(text) == names.NOT_LETTERS
