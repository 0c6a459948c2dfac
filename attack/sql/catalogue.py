"""What the portal's role may do, as PostgreSQL's own catalogue has it: what is new is tried too."""

import asyncpg
import msgspec

from attack.sql.session import ROLE

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'"
_TABLES = f"""
    SELECT c.relname AS name,
           has_table_privilege('{ROLE}', c.oid, 'DELETE') AS deletes,
           coalesce(array_agg(a.attname::text) FILTER
             (WHERE has_column_privilege('{ROLE}', c.oid, a.attnum, 'SELECT')), '{{}}') AS seen,
           coalesce(array_agg(a.attname::text) FILTER
             (WHERE has_column_privilege('{ROLE}', c.oid, a.attnum, 'UPDATE')), '{{}}') AS updates,
           coalesce(array_agg(a.attname::text) FILTER
             (WHERE a.attname IN ('tenant', 'tenant_id', 'member', 'id')), '{{}}') AS names
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND {_OURS}
     GROUP BY c.oid, c.relname ORDER BY c.relname
"""
_COLUMNS = f"""
    SELECT c.relname AS table, a.attname::text AS name, format_type(a.atttypid, NULL) AS type,
           a.attnotnull AND NOT a.atthasdef AS required,
           has_column_privilege('{ROLE}', c.oid, a.attnum, 'INSERT') AS inserts,
           has_column_privilege('{ROLE}', c.oid, a.attnum, 'UPDATE') AS updates
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND {_OURS} AND a.attgenerated = '' AND a.attidentity = ''
     ORDER BY c.relname, a.attnum
"""
_FUNCTIONS = f"""
    SELECT p.proname AS name, p.prosecdef AS is_definer,
           ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS u (t, i)
                  ORDER BY i) AS types
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE {_OURS} AND has_function_privilege('{ROLE}', p.oid, 'EXECUTE')
       AND p.prorettype <> 'trigger'::regtype
       AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
     ORDER BY p.proname
"""


class Table(msgspec.Struct, frozen=True):
    """seen, updates: the columns that the role may read, and change. names: those that may name
    whose a row is.
    """

    name: str
    deletes: bool
    seen: list[str]
    updates: list[str]
    names: list[str]

    @property
    def reads(self) -> bool:
        return bool(self.seen)

    @property
    def as_text(self) -> str:
        """Of a row, all that the role may read."""
        return f"concat_ws(' ', {', '.join(self.seen)})"

    @property
    def owner_column(self) -> str | None:
        """The column that names the tenant."""
        if self.name == "tenants":
            return "id"
        return next((each for each in ("tenant", "tenant_id") if each in self.names), None)


class Column(msgspec.Struct, frozen=True):
    """required: a row needs a value for it."""

    table: str
    name: str
    type: str
    required: bool
    inserts: bool
    updates: bool


class Function(msgspec.Struct, frozen=True):
    name: str
    is_definer: bool
    types: list[str]


async def list_tables(owner: asyncpg.Connection) -> list[Table]:
    return [Table(**row) for row in await owner.fetch(_TABLES)]


async def list_columns(owner: asyncpg.Connection) -> list[Column]:
    return [Column(**row) for row in await owner.fetch(_COLUMNS)]


async def list_functions(owner: asyncpg.Connection) -> list[Function]:
    return [Function(**row) for row in await owner.fetch(_FUNCTIONS)]


async def picture(owner: asyncpg.Connection, tables: list[Table], tenant_id: str) -> dict[str, str]:
    """Of every row of a tenant, by table: two are the same when nothing was changed.

    Columns that change by themselves (a heartbeat, a key's last use) are left out.
    """
    found = {}
    for table in tables:
        if table.owner_column is None or table.name in _RESTLESS:
            continue
        found[table.name] = await owner.fetchval(
            f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table.name} t"
            f" WHERE {table.owner_column} = $1::uuid",
            tenant_id,
        )
    return found


_RESTLESS = {"worker_processes", "whatsapp_sessions", "api_keys", "message_hours", "contacts"}
