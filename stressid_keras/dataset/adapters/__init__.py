"""Kinds of data sets, a module each: where recordings, labels and modalities are."""

from stressid_keras.dataset.adapters.adapter import (
    ADAPTERS,
    Adapter,
    Contents,
    adapter,
    adapter_of,
    data_root,
    data_title,
)
from stressid_keras.system.registry import import_modules

import_modules(__name__, __path__)

__all__ = ["ADAPTERS", "Adapter", "Contents", "adapter", "adapter_of", "data_root", "data_title"]
