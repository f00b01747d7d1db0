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

__all__ = ["ADAPTERS", "Adapter", "Contents", "adapter", "adapter_of", "data_root", "data_title"]
