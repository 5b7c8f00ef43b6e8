"""The rows of the catalogue, audited: references, pins, and states that must agree with each other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, List, Set

from sqlalchemy import Connection, Row, func, select

from . import tables
from .findings import Findings
from .lifecycles import ENDED, LIFE_CYCLES, LIVE, READABLE
from .personal_tables import sharing
from .style_fit import pins_of

# They name an entity of any of these tables.
_WITHOUT_KEY = (tables.comment, tables.event, tables.content_revision, sharing)
_NAMED = (
    tables.upload, tables.stored_data, tables.static, tables.annexe, tables.record, tables.configuration,
    tables.offering, tables.execution, tables.user, tables.datastore,
)  # fmt: skip


def look_at_references(connection: Connection, findings: Findings) -> int:
    """See that every reference between rows leads somewhere; return the number of rows."""
    count = 0
    for table in tables.metadata.sorted_tables:
        count += connection.execute(select(func.count()).select_from(table)).scalar_one()
        for reference in table.foreign_keys:
            column, target = reference.parent, reference.column
            lost = select(column).where(column.is_not(None), column.not_in(select(target)))
            findings.add_all("row-orphan", (_reference(column, value) for (value,) in connection.execute(lost)))
    for table in _WITHOUT_KEY:
        lost = select(table.c.entity)
        for named in _NAMED:
            lost = lost.where(table.c.entity.not_in(select(named.c.id)))
        lines = (_reference(table.c.entity, value) for (value,) in connection.execute(lost))
        findings.add_all("row-orphan", lines)
    _look_at_pins(connection, findings)
    return count


def look_at_states(connection: Connection, findings: Findings) -> None:
    """See that every state is one of its life cycle, and agrees with those that it depends on."""
    executions = connection.execute(select(tables.execution)).all()
    _look_at_executions(connection, executions, findings)
    _look_at_uploads(connection, executions, findings)
    _look_at_stored_data(connection, executions, findings)
    _look_at_services(connection, executions, findings)


def _reference(column: Any, value: Any) -> str:
    return f"{column.table.name}.{column.name} = {value}"


def _look_at_pins(connection: Connection, findings: Findings) -> None:
    """See that what offerings show is kept, and that configurations note what they stand on."""
    revision = tables.data_revision.c
    revisions = set(map(tuple, connection.execute(select(revision.stored_data, revision.number))))
    statics = set(connection.execute(select(tables.static.c.id)).scalars())
    for row in connection.execute(select(tables.offering.c.id, tables.offering.c.published)):
        for pin in row.published.get("data", {}).items():
            if tuple(pin) not in revisions:
                findings.add("pin-lost", f"offering {row.id}: {pin[0]}/{pin[1]}")
        for style in (pin[0] for pins in pins_of(row.published) for pin in pins.values()):
            if style not in statics:
                findings.add("pin-lost", f"offering {row.id}: static {style}")
    noted: Dict[str, Set[str]] = defaultdict(set)
    for link, column in ((tables.configuration_data, "stored_data"), (tables.configuration_static, "static")):
        for row in connection.execute(select(link.c.configuration, link.c[column].label("used"))):
            noted[row.configuration].add(row.used)
    for row in connection.execute(select(tables.configuration.c.id, tables.configuration.c.type_infos)):
        for used in _used_by(row.type_infos) - noted[row.id]:
            findings.add("row-orphan", f"configuration {row.id} uses {used}")


def _used_by(type_infos: Dict[str, Any]) -> Set[str]:
    """Return the stored data and the styles that a definition names."""
    used = set()
    for item in type_infos.get("used_data", ()):
        used.add(item["stored_data"])
        used.update(relation["style"] for relation in item.get("relations", ()) if relation.get("style"))
    return used


def _look_at_executions(connection: Connection, executions: List[Row], findings: Findings) -> None:
    spoken = set(connection.execute(select(tables.log_line.c.execution).distinct()).scalars())
    for row in executions:
        _known(findings, row.family, row.id, row.status)
        ended = row.status in ENDED
        if ended != (row.finished is not None) or (row.status == "PROGRESS") > (row.started is not None):
            moments = f"started {row.started}, finished {row.finished}"
            findings.add("state-incoherent", f"execution {row.id}: {row.status}, {moments}")
        if row.status == "FAILURE" and row.id not in spoken:
            findings.add("failure-unexplained", f"execution {row.id}")


def _look_at_uploads(connection: Connection, executions: List[Row], findings: Findings) -> None:
    checks: Dict[str, List[str]] = defaultdict(list)
    for row in executions:
        if row.upload:
            checks[row.upload].append(row.status)
    file = tables.upload_file.c
    open_files = set(connection.execute(select(file.upload).where(file.received != file.total)).scalars())
    for row in connection.execute(select(tables.upload.c.id, tables.upload.c.status)):
        if not _known(findings, "upload", row.id, row.status):
            continue
        live = any(status in LIVE for status in checks[row.id])
        if row.status == "CHECKING" and not live:
            findings.add("state-unsettled", f"upload {row.id}: CHECKING")
        wrong = live and row.status != "CHECKING"
        wrong |= row.status == "CLOSED" and "FAILURE" in checks[row.id]
        wrong |= row.status in ("CLOSED", "CHECKING") and row.id in open_files
        if wrong or row.status == "DELETED":
            findings.add("state-incoherent", f"upload {row.id}: {row.status}, checks {sorted(checks[row.id])}")


def _look_at_stored_data(connection: Connection, executions: List[Row], findings: Findings) -> None:
    makers: Dict[str, Set[str]] = defaultdict(set)
    for row in executions:
        if row.output:
            makers[row.output].add(row.status)
    revision = tables.data_revision.c
    sizes = {(row.stored_data, row.number): row.size for row in connection.execute(select(tables.data_revision))}
    newest = dict(
        connection.execute(select(revision.stored_data, func.max(revision.number)).group_by(revision.stored_data))
        .tuples()
        .all()
    )
    columns = tables.stored_data.c
    for row in connection.execute(select(columns.id, columns.status, columns.revision, columns.size)):
        if not _known(findings, "stored_data", row.id, row.status):
            continue
        made = bool(makers[row.id] & LIVE)
        if row.status in ("GENERATING", "MODIFYING") and not made:
            findings.add("state-unsettled", f"stored_data {row.id}: {row.status}")
        wrong = row.status in READABLE and not row.revision
        wrong |= row.status == "CREATED" and "CREATED" not in makers[row.id]
        wrong |= row.status in ("CREATED", "GENERATED") and made
        if wrong or row.status == "DELETED":
            findings.add("state-incoherent", f"stored_data {row.id}: {row.status}, made by {sorted(makers[row.id])}")
        current = (row.id, row.revision)
        if (row.revision and sizes.get(current) != row.size) or newest.get(row.id, 0) < row.revision:
            findings.add("revision-wrong", f"stored_data {row.id}: revision {row.revision} of {row.size} bytes")


def _look_at_services(connection: Connection, executions: List[Row], findings: Findings) -> None:
    making = {row.output for row in executions if row.status in LIVE}
    offering, configuration = tables.offering.c, tables.configuration.c
    live: Dict[str, Set[str]] = defaultdict(set)
    states = dict(connection.execute(select(configuration.id, configuration.status)).tuples().all())
    for row in connection.execute(select(offering.id, offering.status, offering.configuration, offering.published)):
        if _known(findings, "offering", row.id, row.status):
            live[row.configuration].add(row.status)
            if row.status == "PUBLISHED" and not row.published.get("type_infos"):
                findings.add("state-incoherent", f"offering {row.id}: PUBLISHED, shows nothing")
            used = _used_by(row.published.get("type_infos", {}))
            if row.status == "PUBLISHING" and not used & making:  # live already, while its tiles are being made
                findings.add("state-incoherent", f"offering {row.id}: PUBLISHING, nobody makes its tiles")
    for identifier, status in states.items():
        _known(findings, "configuration", identifier, status)
        shown = bool(live[identifier] - {"UNPUBLISHED", "UNPUBLISHING"})
        if shown != (status in ("PUBLISHED", "SYNCHRONIZING")):
            offerings = sorted(live[identifier])
            findings.add("state-incoherent", f"configuration {identifier}: {status}, offerings {offerings}")


def _known(findings: Findings, kind: str, identifier: str, status: str) -> bool:
    if status in LIFE_CYCLES[kind]:
        return True
    findings.add("state-unknown", f"{kind} {identifier}: {status}")
    return False
