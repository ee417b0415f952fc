"""Who signs, set side by side: neighbours with the same title share one heading over their names."""

from dataclasses import dataclass
from itertools import groupby

from app.reports.contexts import Signature
from app.reports.form import Form

_WIDTH_OF_ONE_OF_MANY = 23.0  # per cent; enough for GIÁO VIÊN CHỦ NHIỆM beside a row of subject teachers


class MissingSignature(ValueError):
    """A form lacks room for somebody who has to sign it."""


@dataclass(frozen=True, slots=True)
class SignatureGroup:
    """One heading with one name or several. `width` in per cent of the page."""

    heading: tuple[str, ...]
    instruction: str
    names: tuple[str, ...]
    width: float


def check_signatures(form: Form, signatures: tuple[Signature, ...]) -> None:
    """Raise MissingSignature when a signatory of the form is not among the signatures."""
    missing = set(form.signatories) - {block.signatory for block in signatures}
    if missing:
        raise MissingSignature(f"{form.code} must be signed by {', '.join(sorted(missing))}")


def signature_groups(signatures: tuple[Signature, ...]) -> tuple[SignatureGroup, ...]:
    """The signatures in their order, neighbours of equal title taken together."""
    grouped = [
        (heading, instruction, tuple(block.name for block in blocks))
        for (heading, instruction), blocks in groupby(
            signatures, key=lambda block: (block.heading, block.signatory.instruction)
        )
    ]
    shared = sum(len(names) > 1 for _, _, names in grouped)
    single = 100 / len(grouped) if not shared else _WIDTH_OF_ONE_OF_MANY
    left = (100 - single * (len(grouped) - shared)) / max(1, shared)
    return tuple(
        SignatureGroup(heading, instruction, names, single if len(names) == 1 else left)
        for heading, instruction, names in grouped
    )
