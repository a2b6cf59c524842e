"""Runs the plate models: onnxruntime, set up to be small."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from coronet.errors import ReaderUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@cache
def session(model: Path) -> InferenceSession:
    """The process's session for the model in the file `model`; raises ReaderUnavailable without it or onnxruntime.

    Readers share it, and its memory: a session may be used by several threads at once.
    """
    os.putenv("ORT_DISABLE_TELEMETRY", "1")  # read as it is loaded: else it calls its makers ten seconds later
    try:
        import onnxruntime
    except ImportError as error:
        raise ReaderUnavailable(f"onnxruntime cannot be loaded: {error}") from error
    options = onnxruntime.SessionOptions()
    options.enable_mem_pattern = False  # photographs differ in size: plans for each would only pile up
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class
        raise ReaderUnavailable(f"the model {model.name} cannot be loaded: {type(error).__name__}") from error
