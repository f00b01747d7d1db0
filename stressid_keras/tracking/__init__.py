"""Experiment tracking, optional and off unless an address is named."""

from stressid_keras.tracking.mlflow_run import log_to_mlflow

__all__ = ["log_to_mlflow"]
