"""Dated settings of a unit: which values they take, and which of two is the tighter one.

A unit inherits what stands above it and may only tighten: finality towards "on leaving", an earlier entry day, quick
entry off, a shorter idle time, remarks on nền nếp more often, more seats in a correction, a watch list that looks
sooner. Where tiers differ the
strictest value holds, whoever set it last; of two ways to correct, all that both ask for; of two rules of the
watch list, the stricter number in each place. Of the readings of a circular
none is tighter (`FIXED_ABOVE`): what the highest unit has chosen holds for all below it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from app.domain import corrections, watch
from app.domain.assessment import tt43_2021
from app.domain.corrections import Preset
from app.domain.locks import LOOSER_POLICY
from app.domain.notes import Span
from app.domain.units import CENTRES, taught_levels
from app.domain.vocabulary import N_, Finality, Level, UnitKind
from app.domain.watch import Pattern

UNKNOWN_VALUE: Final = N_("Choose one of the values offered.")
ENTRY_DAY_RANGE: Final = N_("The entry day is a day of the month, from 1 to 31.")
IDLE_RANGE: Final = N_("The idle time is from 5 to 240 minutes.")
CORRECTION_RANGE: Final = N_("A request may wait from 1 to 60 days.")
LOOSER_SETTING: Final = N_("A unit can only tighten what the unit above it has set.")
NOT_IN_FORM: Final = N_("Write it in the form shown beside the field.")
SCHOOLS_OWN: Final = N_("A school decides by itself how its own forms look.")
FIXED_SETTING: Final = N_("The unit above has chosen for all units below it.")


class PolicyKey(StrEnum):
    """What a policy decides."""

    FINALITY = "finality"  # khi nào điểm đã nhập thành điểm đã chốt
    ENTRY_DAY = "entry_day"  # ngày nhập điểm hằng tháng (S1 Điều 5.1)
    PLAN_DAY = "plan_day"  # ngày cập nhật kế hoạch giáo dục hằng tháng (S1 Điều 3 khoản 5.6)
    QUICK_ENTRY = "quick_entry"  # gõ 85 hiểu là 8,5
    IDLE_MINUTES = "idle_minutes"  # tự thoát sau bao nhiêu phút không thao tác
    COMMENT_SUBJECT = (
        "comment_subject"  # môn nhận xét có thể là "duy nhất một môn học" (TT 22/2021 Điều 9 khoản 3)
    )
    DISCIPLINE_PERIOD = (
        "discipline_period"  # nhận xét nền nếp theo tuần, tháng hay học kì (S4 Điều 14.3, S1 Điều 3.5.3)
    )
    CORRECTION_PRESET = (
        "correction_preset"  # ai duyệt, ai chứng kiến khi điều chỉnh (S0 Điều 11.4, S4 Điều 15.4)
    )
    CORRECTION_DAYS = "correction_days"  # đề nghị điều chỉnh hết hạn sau bao nhiêu ngày
    ONE_SUBJECT = "one_subject"  # xét như môn đó đạt mức cần có, hay như không có môn đó
    KEEP_BOOKS = "keep_books"  # lưu giữ sổ theo dõi và đánh giá, sổ điểm
    KEEP_RECORDS = "keep_records"  # lưu giữ học bạ, sổ đăng bộ (S2 Điều 8 khoản 2)
    KEEP_HISTORY = "keep_history"  # lưu giữ dấu vết, hồ sơ điều chỉnh
    LEGAL_HOLD = "legal_hold"  # giữ nguyên mọi hồ sơ theo yêu cầu của cơ quan có thẩm quyền
    CENTRE_GOOD = "centre_subjects_good"  # GDTX: số môn cho mức Tốt (TT 43/2021), và các mục sau
    CENTRE_FAIR = "centre_subjects_fair"  # mức Khá
    CENTRE_PASSED = "centre_subjects_passed"  # mức Đạt
    CENTRE_ADJUSTMENT = "centre_adjustment"  # điều chỉnh khi chỉ một môn kéo xuống
    CENTRE_REGULAR = "centre_regular_scores"  # số điểm thường xuyên theo số tiết
    CENTRE_TITLES = "centre_titles"  # danh hiệu
    FORM_GRADE_SLIP = "form_grade_slip"  # phiếu báo điểm của trường theo mẫu nào
    WATCH_BURST = "watch_burst"  # danh sách cần xem lại: nhiều ô bị sửa trong ít phút, và các mục sau
    WATCH_DRIFT = "watch_drift"  # phần lớn các lần sửa theo một chiều
    WATCH_STUDENT = "watch_student"  # nhiều điểm của một học sinh được nâng
    WATCH_NIGHT = "watch_night"  # sửa điểm ban đêm
    WATCH_REOPENED = "watch_reopened"  # mở lại sổ, gia hạn nhiều lần
    WATCH_RATE = "watch_rate"  # tỉ lệ sửa điểm cao


READINGS: Final = (PolicyKey.COMMENT_SUBJECT, PolicyKey.ONE_SUBJECT)
"""The open readings of TT 22/2021 Điều 9 khoản 3 (facts A6)."""

CENTRE_SETTINGS: Final = {
    PolicyKey.CENTRE_GOOD: tt43_2021.SUBJECTS_GOOD,
    PolicyKey.CENTRE_FAIR: tt43_2021.SUBJECTS_FAIR,
    PolicyKey.CENTRE_PASSED: tt43_2021.SUBJECTS_PASSED,
    PolicyKey.CENTRE_ADJUSTMENT: tt43_2021.ADJUSTMENT,
    PolicyKey.CENTRE_REGULAR: tt43_2021.REGULAR_SCORES,
    PolicyKey.CENTRE_TITLES: tt43_2021.TITLES,
}
"""What a centre's leader confirms from the text of TT 43/2021, by its name there; without a decision not confirmed."""

FORM_VERSIONS: Final = {PolicyKey.FORM_GRADE_SLIP: ("grade_slip", "grade_slip.compact")}
"""Versions of the school's own forms, by their codes in the catalogue; the first is used until the head decides otherwise."""

WATCH: Final = {
    PolicyKey.WATCH_BURST: Pattern.BURST,
    PolicyKey.WATCH_DRIFT: Pattern.DRIFT,
    PolicyKey.WATCH_STUDENT: Pattern.ONE_STUDENT,
    PolicyKey.WATCH_NIGHT: Pattern.NIGHT,
    PolicyKey.WATCH_REOPENED: Pattern.REOPENED,
    PolicyKey.WATCH_RATE: Pattern.RATE,
}
"""From where on the watch list shows a pattern."""

FIXED_ABOVE: Final = frozenset({*READINGS, *CENTRE_SETTINGS, *FORM_VERSIONS})
"""Settings no value of which is the tighter one: a unit above fixes them for those below, or the unit chooses."""

NEVER: Final = "never"
RETENTION: Final = (PolicyKey.KEEP_BOOKS, PolicyKey.KEEP_RECORDS, PolicyKey.KEEP_HISTORY)
"""Years a kind of record is kept after the student has left; the program itself never deletes any."""

DEFAULTS: Mapping[PolicyKey, str] = {
    **dict.fromkeys(RETENTION, NEVER),
    PolicyKey.LEGAL_HOLD: "off",
    PolicyKey.FINALITY: Finality.WINDOW_CLOSE.value,
    PolicyKey.ENTRY_DAY: "23",
    PolicyKey.PLAN_DAY: "28",
    PolicyKey.QUICK_ENTRY: "off",
    PolicyKey.IDLE_MINUTES: "30",
    PolicyKey.COMMENT_SUBJECT: "on",
    PolicyKey.ONE_SUBJECT: "replace",
    PolicyKey.DISCIPLINE_PERIOD: Span.WEEKLY.value,
    PolicyKey.CORRECTION_PRESET: Preset.S0_S4.value,
    PolicyKey.CORRECTION_DAYS: "10",
    **{key: codes[0] for key, codes in FORM_VERSIONS.items()},
    **{key: watch.usual_rule(pattern) for key, pattern in WATCH.items()},
}
"""What holds where nobody has set anything; of a centre's settings nothing does."""

_CHOICES: Mapping[PolicyKey, tuple[str, ...]] = {
    **dict.fromkeys(RETENTION, ("5", "10", "20", "50", NEVER)),  # five at least: S2 Điều 8 khoản 2
    PolicyKey.LEGAL_HOLD: ("off", "on"),
    PolicyKey.FINALITY: tuple(value.value for value in Finality),
    PolicyKey.QUICK_ENTRY: ("on", "off"),
    PolicyKey.COMMENT_SUBJECT: ("on", "off"),
    PolicyKey.ONE_SUBJECT: ("replace", "ignore"),
    PolicyKey.CENTRE_ADJUSTMENT: ("yes", "no"),
    PolicyKey.DISCIPLINE_PERIOD: tuple(value.value for value in Span),
    PolicyKey.CORRECTION_PRESET: tuple(value.value for value in Preset),
    **FORM_VERSIONS,
}
_RANGES: Mapping[PolicyKey, tuple[int, int, str]] = {
    PolicyKey.ENTRY_DAY: (1, 31, ENTRY_DAY_RANGE),
    PolicyKey.PLAN_DAY: (1, 31, ENTRY_DAY_RANGE),
    PolicyKey.IDLE_MINUTES: (5, 240, IDLE_RANGE),
    PolicyKey.CORRECTION_DAYS: (1, 60, CORRECTION_RANGE),
}


def keys_of(kind: UnitKind, levels: Iterable[str]) -> list[PolicyKey]:
    """What a unit decides: readings where TT 22/2021 is used, settings of TT 43/2021 in a centre, versions of its own forms
    in a school with marks; an office everything but these.
    """
    secondary = {Level.LOWER_SECONDARY, Level.UPPER_SECONDARY} & set(taught_levels(kind, levels))
    has = {
        **dict.fromkeys(READINGS, bool(secondary)),
        **dict.fromkeys(CENTRE_SETTINGS, kind in CENTRES),
        **dict.fromkeys(FORM_VERSIONS, kind is not UnitKind.PRESCHOOL),
    }
    if not kind.is_school:
        return [key for key in PolicyKey if key not in FORM_VERSIONS]
    return [key for key in PolicyKey if has.get(key, True)]


def choices(key: PolicyKey) -> tuple[str, ...]:
    """Values to choose from, loosest first where one is; empty for what is typed."""
    return _CHOICES.get(key, ())


def clean_value(key: PolicyKey, text: str) -> str:
    """The value as it is stored. ValueError with what to do when it is none."""
    text = text.strip()
    if key in _CHOICES:
        if text not in _CHOICES[key]:
            raise ValueError(UNKNOWN_VALUE)
        return text
    if key in CENTRE_SETTINGS:
        return _centre_value(CENTRE_SETTINGS[key], text)
    if key in WATCH:
        return watch.write_rule(watch.read_rule(WATCH[key], text))
    lowest, highest, message = _RANGES[key]
    if not (text.isascii() and text.isdigit()) or not lowest <= int(text) <= highest:
        raise ValueError(message)
    return str(int(text))


def _centre_value(name: str, text: str) -> str:
    value = " ".join(text.split())
    if not tt43_2021.SETTINGS[name].takes(value):
        raise ValueError(NOT_IN_FORM)
    return value


def strictness(key: PolicyKey, value: str) -> int:
    """Rank of a value among those of its key; the higher, the tighter. 0 where none is tighter."""
    if key in FIXED_ABOVE:
        return 0
    return _CHOICES[key].index(value) if key in _CHOICES else -int(value)


def strictest(key: PolicyKey, values: Iterable[str]) -> str | None:
    """The value that holds when the tiers set different ones; None when nobody set any.

    `values`: those of the highest unit first, whose value holds where none is tighter.
    """
    if key is PolicyKey.CORRECTION_PRESET:
        return corrections.together(Preset(value) for value in values)
    if key in WATCH:
        found = list(values)
        return watch.strictest_rule(WATCH[key], found) if found else None
    return max(values, key=lambda value: strictness(key, value), default=None)


def require_tighter(key: PolicyKey, own: str, above: str | None) -> None:
    """ValueError when a unit's own value is looser than what stands above it, or differs from what is fixed there."""
    if above is None or own == above:
        return
    if key in FIXED_ABOVE:
        raise ValueError(FIXED_SETTING)
    if key is PolicyKey.CORRECTION_PRESET and not corrections.includes(Preset(own), Preset(above)):
        raise ValueError(LOOSER_SETTING)
    if key in WATCH:
        if strictest(key, [own, above]) != own:
            raise ValueError(LOOSER_SETTING)
        return
    if strictness(key, own) < strictness(key, above):
        raise ValueError(LOOSER_POLICY if key is PolicyKey.FINALITY else LOOSER_SETTING)


def is_looser(key: PolicyKey, value: str, former: str) -> bool:
    """True when `value` asks for less than what held before; never where no value is the tighter one."""
    return key not in FIXED_ABOVE and bool(former) and not _may_have(key, value, former)


def offered(key: PolicyKey, above: str | None) -> tuple[str, ...]:
    """Of the values to choose from, those a unit may have under what stands above it."""
    return tuple(value for value in choices(key) if _may_have(key, value, above))


def _may_have(key: PolicyKey, value: str, above: str | None) -> bool:
    try:
        require_tighter(key, value, above)
    except ValueError:
        return False
    return True
