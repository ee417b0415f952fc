"""Which roles a unit fills: those its administrators may grant, who heads it, and who administers it."""

from collections.abc import Mapping

from app.domain.vocabulary import Role, Tier

GRANTED_ROLES: Mapping[Tier, frozenset[Role]] = {
    Tier.SCHOOL: frozenset(
        {
            Role.VICE_PRINCIPAL,
            Role.OFFICE_STAFF,
            Role.IT_STAFF,
            Role.TEAM_LEADER,
            Role.SUBJECT_TEACHER,
            Role.INSPECTOR,
            Role.PARENT,
            Role.STUDENT,
        }
    ),
    Tier.DISTRICT: frozenset({Role.DISTRICT_OFFICER, Role.INSPECTOR}),
    Tier.DEPARTMENT: frozenset({Role.DEPARTMENT_OFFICER, Role.INSPECTOR}),
}
"""Roles a unit's own administrators may grant there: never their own, never a head's (the tier above appoints heads)."""

HEAD_ROLE: Mapping[Tier, Role] = {
    Tier.SCHOOL: Role.PRINCIPAL,
    Tier.DISTRICT: Role.DISTRICT_LEADER,
    Tier.DEPARTMENT: Role.DEPARTMENT_LEADER,
}
ADMIN_ROLE: Mapping[Tier, Role] = {
    Tier.SCHOOL: Role.SCHOOL_ADMIN,
    Tier.DISTRICT: Role.DISTRICT_ADMIN,
    Tier.DEPARTMENT: Role.DEPARTMENT_ADMIN,
}
