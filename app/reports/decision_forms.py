"""The head's decisions in the catalogue of forms, laid out as NĐ 30/2020/NĐ-CP has it."""

from typing import Final

from app.reports.form import YEAR, DrawnFor, Form, Orientation, Signatory

SIGNED: Final = ("number", "signed_on", "place", "grounds")
"""What is typed when a decision is ordered: number and sign, day and place of signing, grounds of the school's own."""


def _decision(
    code: str, name: str, short: str, law: str, builder: str, periods: tuple[int, ...] = (), *asked: str
) -> Form:
    return Form(
        code=f"decision.{code}",
        name=name,
        legal_source=f"{law}; thể thức theo NĐ 30/2020/NĐ-CP",
        orientation=Orientation.PORTRAIT,
        template="documents/decision.html",
        signatories=(Signatory.PRINCIPAL,),
        drawn_for=DrawnFor.UNIT,
        periods=periods,
        builder=builder,
        short=short,
        details=(*SIGNED, *asked),
    )


DECISIONS: Final = (
    _decision(
        "board",
        "Quyết định thành lập Ban quản trị hệ thống",
        "Quyết định thành lập Ban quản trị",
        "TT 42/2021/TT-BGDĐT; quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 12, 17)",
        "decision_board",
    ),
    _decision(
        "duties",
        "Quyết định phân công nhiệm vụ",
        "Quyết định phân công nhiệm vụ",
        "Điều lệ nhà trường (TT 15/2026/TT-BGDĐT); quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 12, 17)",
        "decision_duties",
        (),
        "as_of",
    ),
    _decision(
        "closing",
        "Quyết định khóa sổ học kì, năm học",
        "Quyết định khóa sổ",
        "Quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 19, 20), quy chế của nhà trường",
        "decision_closing",
        (1, 2, YEAR),
    ),
    _decision(
        "reopening",
        "Quyết định mở lại sổ đã khóa",
        "Quyết định mở lại sổ",
        "Quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 12), quy chế của nhà trường",
        "decision_reopening",
        (1, 2, YEAR),
    ),
    _decision(
        "locks",
        "Quyết định quy định thời điểm khóa, mở sổ",
        "Quyết định thời điểm khóa, mở sổ",
        "Quy định của Sở GDĐT (như QĐ 150/QĐ-SGDĐT ngày 24/3/2018, Điều 12), quy chế của nhà trường",
        "decision_locks",
    ),
)
