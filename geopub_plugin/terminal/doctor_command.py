"""`geopub doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Optional

import click

from ..backend.translation import tr
from .diagnosis import diagnose, missing
from .options import data_folder, data_option, json_option, out, print_json
from .outcome import ExitCode
from .store_audit import audit_store, show_audit


@click.command(help=tr("Say which versions are at hand, what is missing, and how to get it."))
@data_option
@json_option
@click.option("--deep", is_flag=True, help=tr("Prove that catalogue and files agree; the backend must not run."))
def doctor(data: Optional[Path], as_json: bool, deep: bool) -> None:
    """Look at everything that GeoPub needs; end with 4 when something is missing or damaged."""
    findings = diagnose(data_folder(data))
    lacking = missing(findings)
    store = audit_store(data_folder(data)) if deep else None
    ok = not lacking and (store is None or store.sound)
    if as_json:
        told = {} if store is None else {"store": store.wire}
        print_json({"ok": ok, "findings": [asdict(finding) for finding in findings], **told})
    else:
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
            out().print(f"{mark} {finding.name:<18} {finding.found}", soft_wrap=True)
            if not finding.ok:
                out().print(f"  {finding.cure}", soft_wrap=True, markup=False)
        if store is not None:
            show_audit(out(), store)
    raise SystemExit(int(ExitCode.OK if ok else ExitCode.FAILED))
