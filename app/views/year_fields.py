"""The fields of the page of a class's year: which ones a reader sees, what they hold, and what was typed into them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.domain.assessment.facts import YEAR, SubjectFigure
from app.domain.assessment.items import vietnamese
from app.domain.assessment.registry import PRIMARY
from app.domain.assessment.terms import SubjectLevel, TraitLevel
from app.domain.cell_values import show_cell
from app.domain.corrections import Place
from app.domain.vocabulary import RETEST, SubjectKind
from app.domain.year_decisions import REASON, Field, by_head, column_of, fields_of
from app.errors import N_, Invalid
from app.services.correction_places.port import PlaceFacts
from app.services.retests import LEVEL, RetestChange, cell_kind, cells_asked
from app.services.year_book import YearBook
from app.services.year_decisions import DecisionChange, proposed_conduct, reason_of, value_of, words_of
from app.services.year_locks import HEADS_OWN, NO_SUBJECT, Key, YearChange, changes_of
from app.views import correction_cells
from app.views import results_texts as words
from app.views import year_texts as texts
from app.views.correction_form import ask_url

Option = tuple[str, str]

NO_PLAN = N_("Write the plan and the reason for the student with a disability.")


@dataclass(frozen=True)
class Row:
    """One field of one student, with its past. `options`: what to choose from; None: text or mark is typed.

    `proposal`: what the rule proposes; `also`: a second field that belongs to it.
    """

    name: str
    student_id: int
    student: str
    what: str
    stands: str  # what the year ended with
    value: str
    typed: str
    options: tuple[Option, ...] | None
    tick: bool
    short: bool
    reason: str | None  # None: no reason goes with it
    typed_reason: str
    open: bool
    held: str
    problem: str
    history: tuple[tuple[str, int | None], ...]  # each change, and the request it was made by
    struck: str | None = None  # what a correction has struck out; '' for blank
    ask_url: str = ""  # where a correction is asked for: locked, and the reader's to ask
    proposal: str = ""
    also: "Row | None" = None


@dataclass(frozen=True)
class Block:
    """Rows of one kind under a heading, with the headings of their columns; `also`: of the second field."""

    key: str
    title: str
    help: str
    rows: tuple[Row, ...]
    stands: str
    column: str
    also: str = ""

    @property
    def held(self) -> str:
        """What holds all of its fields alike; empty where they differ or something is open."""
        found = {row.held for row in self.rows}
        return found.pop() if len(found) == 1 else ""

    @property
    def proposes(self) -> bool:
        """True where something is left to the rule's proposal."""
        return any(row.open and row.proposal and not row.value for row in self.rows)


@dataclass
class Typed:
    """What a refused form held, and what was wrong with each field."""

    form: MultiDict[str, str] = field(default_factory=MultiDict)
    problems: dict[tuple[Key, str], str] = field(default_factory=dict)


class Rows:
    """Makes the rows of a book for one reader."""

    def __init__(
        self, book: YearBook, typed: Typed, corrected: Mapping[Key, str | None], *, may_ask: bool
    ) -> None:
        self._book = book
        self._corrected = corrected
        self._may_ask = may_ask
        self._typed = typed
        self._circular = book.places.school_class.circular
        self._past: dict[Key, list[YearChange]] = {}
        for change in changes_of(book.writes):
            self._past.setdefault(change.key, []).append(change)

    def retests(self, *, may_enter: bool, sees_all: bool) -> Block:
        """What is assessed again: all of the class, or the reader's own subjects alone."""
        title = _("Supplementary assessment") if self._circular in PRIMARY else _("Retests")
        return Block(
            "retests",
            title,
            _("The new result stands in place of the year's for promotion, be it lower."),
            tuple(self._retest_rows(may_enter, sees_all)),
            _("As the year ended"),
            title,
        )

    def _retest_rows(self, may_enter: bool, sees_all: bool) -> Iterator[Row]:
        ids = {subject.code: subject.id for subject in self._book.subjects.values()}
        for student, judged in self._book.judged.items():
            for figure in judged.facts.subjects:
                subject = ids.get(figure.code, NO_SUBJECT)
                mine = may_enter and self._book.places.teaches(student, subject)
                for cell in cells_asked(self._circular, self._book.asked[student], figure.code):
                    if mine or sees_all:
                        yield self._retest_row(student, subject, figure, cell, mine)

    def _retest_row(self, student: int, subject: int, figure: SubjectFigure, cell: str, mine: bool) -> Row:
        test = self._circular in PRIMARY and cell != LEVEL
        kind = cell_kind(self._circular, cell)
        row = self._book.reading.plans.years.get((student, subject))
        what = ", ".join((figure.name, _("test score"))) if test else figure.name
        choices: tuple[Option, ...] = ()
        if figure.kind is SubjectKind.COMMENT and self._circular not in PRIMARY:
            choices = (("Đ", _("Passed (Đạt)")), ("CĐ", _("Not passed (Chưa đạt)")))
        elif cell == LEVEL:
            choices = tuple((level.value, vietnamese(level)) for level in SubjectLevel)
        return self._row(
            (subject, student, cell),
            what=what,
            stands=texts.test_text(figure.test) if test else texts.level_text(figure.value),
            value=show_cell(getattr(row, cell, None), kind),
            options=(("", ""), *choices) if choices else None,
            short=True,
            editable=mine,
        )

    def decisions(self, *, head: bool, editable: bool) -> list[Block]:
        """Blocks of the head's fields, or of the homeroom teacher's; an award and its recognition are one block."""
        blocks = []
        for item in Field:
            if item is not Field.RECOGNISED and by_head(item, self._circular) is head:
                rows = tuple(self._decision_rows(item, editable))
                if rows:
                    blocks.append(self._block(item, rows))
        return blocks

    def _block(self, item: Field, rows: tuple[Row, ...]) -> Block:
        title, help_text = texts.titles_of(item)
        stands, column, also = _("As the year ended"), title, ""
        if item is Field.TRAINING_YEAR:
            stands = _("Proposed")
        if item is Field.OUTSTANDING:
            stands = words.measure_title("learning", self._circular)
            if self._circular in PRIMARY:
                awards = (self._book.asked[row.student_id].award for row in rows)
                title, help_text = texts.award_of(next(filter(None, awards), None))
                also = texts.titles_of(Field.RECOGNISED)[0]
        return Block(item.value, title, help_text, rows, stands, column, also)

    def _decision_rows(self, item: Field, editable: bool) -> Iterator[Row]:
        for student, judged in self._book.judged.items():
            asked = self._book.asked[student]
            row = self._book.reading.decisions.get(student)
            if item not in fields_of(judged.facts, asked):
                continue
            if item is Field.DISABILITY and not value_of(row, item):
                continue  # entered by naming the student
            parts = sorted(asked.traits) if item is Field.TRAITS_AFTER else ("",)
            for part in parts:
                found = self._decision_row(item, student, part, editable)
                if item is Field.OUTSTANDING and self._circular in PRIMARY:
                    found = replace(found, also=self._decision_row(Field.RECOGNISED, student, "", editable))
                if item is not Field.OUTSTANDING or editable or found.value or found.history:
                    yield found

    def _decision_row(self, item: Field, student: int, part: str, editable: bool) -> Row:
        judged = self._book.judged[student]
        row = self._book.reading.decisions.get(student)
        tick = item is Field.RECOGNISED
        known = () if tick else words_of(item, self._circular)
        options = tuple((str(word), texts.word_title(word)) for word in known)
        return self._row(
            (NO_SUBJECT, student, item.value),
            part=part,
            what=texts.trait_name(self._circular, part) if part else "",
            stands=self._stands(item, student, part) or words.word(judged.result.outcome),
            value=value_of(row, item, part),
            proposal=self._proposal(item, student),
            options=(("", ""), *options) if options else None,
            tick=tick,
            reason=reason_of(row, item) if item.reasoned else None,
            editable=editable,
            lock=item.lock,
            final=not by_head(item, self._circular),
        )

    def _proposal(self, item: Field, student: int) -> str:
        """Hạnh kiểm of the year by the rule."""
        proposal = proposed_conduct(self._book.facts(student)) if item is Field.TRAINING_YEAR else None
        return proposal.value if proposal else ""

    def _stands(self, item: Field, student: int, part: str) -> str:
        facts = self._book.facts(student)
        if item is Field.TRAINING_YEAR:
            return texts.conduct_text(facts, proposed_conduct(facts))
        if item is Field.TRAITS_AFTER:
            return texts.word_title(TraitLevel(facts.traits[part] or ""))
        if item is Field.TRAINING_AFTER:
            return words.word(self._book.judged[student].result.training)
        if item in (Field.OUTSTANDING, Field.RECOGNISED):  # awards go by the year's level
            return words.word(self._book.judged[student].result.learning)
        return ""

    def _row(
        self,
        key: Key,
        *,
        what: str,
        stands: str,
        value: str,
        options: tuple[Option, ...] | None,
        editable: bool,
        part: str = "",
        tick: bool = False,
        short: bool = False,
        reason: str | None = None,
        proposal: str = "",
        lock: str = RETEST,
        final: bool = True,
    ) -> Row:
        reasons = self._book.locks.reasons(key if final else HEADS_OWN, lock)
        name = field_name(key, part)
        asks = reasons and self._may_ask and (editable or self._book.places.homeroom)
        form = self._typed.form
        shown = form.get(f"new-{name}", "" if tick else value) if f"old-{name}" in form else value
        return Row(
            name=name,
            student_id=key[1],
            student=self._book.name(key[1]),
            what=what,
            stands=stands,
            value=value,
            typed=shown,
            options=options,
            tick=tick,
            short=short,
            reason=reason,
            proposal=proposal,
            typed_reason=form.get(f"reason-{name}", reason or ""),
            open=editable and not reasons,
            held=texts.lock_text(reasons, lock, self._circular) if editable else "",
            problem=self._typed.problems.get((key, part), "") or self._typed.problems.get((key, ""), ""),
            history=tuple(
                (texts.history_line(change, self._circular), change.correction)
                for change in self._past.get(key, ())
            ),
            struck=self._struck(key, part),
            ask_url=self._ask_url(key, part, reason) if asks else "",
        )

    def _struck(self, key: Key, part: str) -> str | None:
        """What the cell held before it was corrected; None where it wasn't."""
        subject, student, cell = key
        column = cell if subject else column_of(Field(cell), part)
        if (subject, student, column) not in self._corrected:
            return None
        raw, room = self._corrected[subject, student, column], self._book.places.school_class
        placed = PlaceFacts(
            Place.YEAR, room.unit_id, room.school_year, YEAR, room.circular, room.school_year.ends_on,
            school_class=room, subject=self._book.subjects.get(subject),
        )  # fmt: skip
        return correction_cells.shown(placed, column, raw)

    def _ask_url(self, key: Key, part: str, reason: str | None) -> str:
        """The form for this cell, and for its reason where none is kept yet."""
        subject, student, cell = key
        columns = [cell] if subject else [column_of(Field(cell), part)]
        if reason == "":
            columns.append(f"{cell}{REASON}")
        class_id = self._book.places.school_class.id
        return ask_url(Place.YEAR, class_id, student, *columns, subject_id=subject or None)


def field_name(key: Key, part: str = "") -> str:
    """What a field is called in the form: subject, student, cell, and the part of it."""
    return "-".join(str(item) for item in (*key, part) if item != "")


# -- what was typed ----------------------------------------------------------------------------------------------


def _sent(form: MultiDict[str, str]) -> Iterator[tuple[int, int, str, str, str]]:
    """Fields that were changed: subject, student, cell, part, and the name of the field."""
    for name in (key.removeprefix("old-") for key in form if key.startswith("old-")):
        subject, student, cell, *part = [*name.split("-", 3), "", ""][:4]
        moved = _typed(form, name).strip() != form[f"old-{name}"].strip()
        reasoned = form.get(f"reason-{name}", "").strip() != form.get(f"was-{name}", "").strip()
        if (moved or reasoned) and subject.isascii() and student.isascii() and (subject + student).isdigit():
            yield int(subject), int(student), cell, part[0], name


def _typed(form: MultiDict[str, str], name: str) -> str:
    """What a field holds now; left blank, the rule's proposal where the form takes all of those."""
    typed = form.get(f"new-{name}", "")
    return form.get(f"proposed-{name}", "") if not typed and "accept" in form else typed


def read_retests(form: MultiDict[str, str]) -> list[RetestChange]:
    """The results that were typed."""
    return [
        RetestChange(student, subject, cell, form[f"old-{name}"], form.get(f"new-{name}"))
        for subject, student, cell, _part, name in _sent(form)
    ]


def read_decisions(form: MultiDict[str, str]) -> list[DecisionChange]:
    """The decisions that were typed, and the student with a disability named anew; Invalid without plan and reason."""
    fields = {item.value: item for item in Field}
    found = [
        DecisionChange(
            student,
            fields[cell],
            form[f"old-{name}"],
            _typed(form, name),
            form.get(f"reason-{name}", ""),
            part,
        )
        for _subject, student, cell, part, name in _sent(form)
        if cell in fields
    ]
    named = form.get("add-student", type=int)
    if named:
        plan = form.get("add-reason", "").strip()
        if not plan:
            raise Invalid(NO_PLAN)
        found.append(DecisionChange(named, Field.DISABILITY, "", plan))
    return found


def any_open(blocks: Sequence[Block]) -> bool:
    """True where something can be typed."""
    return any(row.open for block in blocks for row in block.rows)
