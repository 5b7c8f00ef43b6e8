"""The pipe on which a process of ours answers the backend."""

from __future__ import annotations

import os
from typing import BinaryIO


def own_stdout() -> BinaryIO:
    """Keep stdout for messages to the backend; what libraries print goes to stderr."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe
