"""How far an integration is, as the platform's clients note it in tags of the upload: for whoever looks, and later."""

from __future__ import annotations

import json
from typing import Dict, Mapping, Optional, Tuple

KEY, STEP_KEY = "integration_progress", "integration_current_step"
STEPS = ("send_files_api", "wait_checks", "integration_processing")
SENDING, CHECKING, INTEGRATING, DONE = range(4)

WAITING, IN_PROGRESS, SUCCESSFUL, FAILED = "waiting", "in_progress", "successful", "failed"
_STATES = (WAITING, IN_PROGRESS, SUCCESSFUL, FAILED)


def progress_tags(step: int, failed: bool = False) -> Dict[str, str]:
    """Return the tags of an upload whose integration is at a step: those before are successful, those after wait."""
    states = [SUCCESSFUL if place < step else WAITING for place in range(len(STEPS))]
    if step < len(STEPS):
        states[step] = FAILED if failed else IN_PROGRESS
    shown = min(step, len(STEPS) - 1)
    return {KEY: json.dumps(dict(zip(STEPS, states)), separators=(",", ":")), STEP_KEY: str(shown)}


def progress_of(tags: Mapping[str, str]) -> Optional[Tuple[str, ...]]:
    """Return the states of the three steps, None where the tags do not tell."""
    try:
        told = json.loads(tags.get(KEY, ""))
    except ValueError:
        return None
    if not isinstance(told, dict) or any(told.get(step) not in _STATES for step in STEPS):
        return None
    return tuple(told[step] for step in STEPS)
