"""A mother and her child at the main school, with accounts of their own: they see what the school has published."""

import sqlalchemy as sa

from app.demo.accounts import act_as_admin
from app.demo.schools import MAIN
from app.demo.world import World
from app.extensions import db
from app.models import Account, Guardian
from app.services.clock import local_day
from app.services.families import make_account
from app.services.unit_of_work import plain_write


def open_family_accounts(world: World, student: int) -> None:
    """The school makes them; both have chosen the demo's password since."""
    admin = act_as_admin(db.session(), world.units[MAIN], local_day(world.clock.now))
    mother = db.session.scalar(sa.select(Guardian.id).where(Guardian.student_id == student))
    for guardian, text in ((mother, "Phụ huynh (xem điểm đã công khai của con)"), (None, "Học sinh lớp 7B")):
        made = make_account(admin, student, guardian, clock=world.clock)
        with plain_write() as session:
            account = session.scalars(sa.select(Account).where(Account.username == made.username)).one()
            account.password, account.must_change_password = world.password_hash, False
        world.families.append((made.username, text))
