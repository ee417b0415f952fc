"""A MariaDB database that every test finds as its template is: made once, brought back in hundredths of a second."""

from pymysql.cursors import Cursor

from tests.support.mariadb import Databases

TABLES = "SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = %s"


class Copy:
    """A working copy of a template. `restore()` puts back the tables that differ, rows and counters."""

    def __init__(self, server: Databases, template: str, name: str) -> None:
        self.server = server
        self.template = template
        self.name = name
        self.url = server.create_database(name)
        with server.connect(database=name) as connection, connection.cursor() as cursor:
            cursor.execute(TABLES, (template,))
            self.counters: dict[str, int | None] = dict(cursor.fetchall())
            cursor.execute("SET foreign_key_checks = 0")
            for table in self.counters:
                cursor.execute(f"SHOW CREATE TABLE `{template}`.`{table}`")
                created = cursor.fetchone()
                assert created is not None
                cursor.execute(created[1])
                self._fill(cursor, table)
            self.sums = self._sums(cursor)

    def restore(self) -> None:
        """As new. A table that came, went or changed its columns is an error: such a test wants its own database."""
        with (
            self.server.connect(database=self.name, autocommit=False) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SET foreign_key_checks = 0, innodb_lock_wait_timeout = 20")
            cursor.execute(TABLES, (self.name,))
            counters = dict(cursor.fetchall())
            assert counters.keys() == self.counters.keys(), "a test changed the schema"
            sums = self._sums(cursor)
            for table in [name for name, total in sums.items() if total != self.sums[name]]:
                cursor.execute(f"DELETE FROM `{table}`")
                self._fill(cursor, table)
            connection.commit()
            for table in [name for name, count in counters.items() if count != self.counters[name]]:
                cursor.execute(f"ALTER TABLE `{table}` AUTO_INCREMENT = {self.counters[table]}")

    def _fill(self, cursor: Cursor, table: str) -> None:
        cursor.execute(f"INSERT INTO `{table}` SELECT * FROM `{self.template}`.`{table}`")

    def _sums(self, cursor: Cursor) -> dict[str, int]:
        cursor.execute("CHECKSUM TABLE " + ", ".join(f"`{table}`" for table in self.counters))
        return {name.partition(".")[2]: total for name, total in cursor.fetchall()}
