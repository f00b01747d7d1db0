"""A finished run as a run of MLflow.

What goes to the tracking URI names nobody. `predictions.csv`, `split.json` and `report.html` list people and are never
sent; a file that would be sent and names one of the run's subjects stays behind too, with a warning. Nothing goes
elsewhere: MLflow's own reports of its use are off. The networks stay where they are.
"""

import contextlib
import logging
import math
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from stressid_keras.errors import StressIDError
from stressid_keras.provenance import read_json, versions
from stressid_keras.tracking.anonymity import names_subject, subjects_of
from stressid_keras.tracking.values import histories, legally_named, options, scores

ARTIFACTS = ("model_card.md", "metrics.json", "config.json")
ERROR_LENGTH = 200  # of MLflow's sentence in ours
PARAMETERS_AT_ONCE, METRICS_AT_ONCE = 100, 1000  # MLflow's limits of one request
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # otherwise it asks config.mlflow-telemetry.io and reports its use
    "DO_NOT_TRACK": "true",  # the same, by its general name
    "MLFLOW_ALLOW_FILE_STORE": "true",  # a folder is refused by newer versions unless one insists
}
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"
}  # its default waits minutes for a server that is not there

log = logging.getLogger(__name__)


def log_to_mlflow(
    folder: Path, metrics: dict, config: dict, tracking_uri: str, experiment: str, run_name: str
) -> str:
    """Log a finished run: parameters, scores, the course of its training, and the files of `ARTIFACTS`.

    Args:
        folder: of the run, or of a cross-validation. Its `split.json` and `predictions.csv` tell who the subjects
            are, its `history_<model>.csv` give a metric a step per epoch, its `config.json` the versions.
        metrics: the content of `metrics.json`. Every finite number becomes a metric, called by its keys with slashes
            between them (`student/test/macro_f1`, `student/test/macro_f1_interval/low`).
        config: `RunConfig.to_dict()`; every option becomes a parameter (`student_training.epochs`).
        tracking_uri: a server (`https://…`), a database (`sqlite:///runs.db`; files then go to `runs-artifacts`
            beside it) or a folder.
        experiment: its name; made if it does not exist.
        run_name: of the run in it. Logging twice gives two runs of one name.

    Returns:
        The identifier of the run.

    Raises:
        StressIDError: MLflow is not installed, `folder` does not tell who its subjects are, or the URI is empty or
            cannot be used; a run that broke off is marked as failed.
    """
    folder = Path(folder)
    subjects = subjects_of(folder)
    if not tracking_uri:  # MLflow would take it for a database of its own wherever the program was started
        raise StressIDError("the tracking URI is empty; expected one such as sqlite:///runs.db.")
    with _environment():
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise StressIDError(
                "a tracking URI was given and MLflow is not installed; install it with "
                'pip install -e ".[mlflow]", or leave the URI out.'
            ) from error
        try:
            client = MlflowClient(tracking_uri=tracking_uri)
            experiment_id = _experiment(client, experiment, tracking_uri)
            run = client.create_run(experiment_id, run_name=run_name, tags=_tags(folder, metrics))
            with _ended(client, run.info.run_id):
                _send_values(client, run.info.run_id, folder, metrics, config, subjects)
                for path in _anonymous_files(folder, subjects):
                    client.log_artifact(run.info.run_id, str(path))
        except Exception as error:  # MLflow lets through what its database and storage drivers raise
            raise StressIDError(
                f"the run cannot be logged to {_without_password(tracking_uri)} "
                f"({_without_password(_first_line(error))}); expected a tracking server, a database such as "
                "sqlite:///runs.db, or a folder."
            ) from error
    return run.info.run_id


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """MLflow's settings for the length of a call; it reads them when it is imported and when it is used."""
    wanted = QUIET | {name: value for name, value in PATIENCE.items() if name not in os.environ}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _ended(client, run_id: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # the first error is the one to show
            client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)


def _experiment(client, name: str, tracking_uri: str) -> str:
    """Its identifier."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found.experiment_id
    place = None
    if tracking_uri.startswith("sqlite:///"):  # MLflow would make a folder wherever the program was started
        database = Path(tracking_uri.removeprefix("sqlite:///").partition("?")[0]).absolute()
        place = database.with_name(f"{database.stem}-artifacts").as_uri()
    return client.create_experiment(name, artifact_location=place)


def _tags(folder: Path, metrics: dict) -> dict[str, str]:
    made = read_json(folder / "config.json")
    made = made if isinstance(made, dict) else {}
    tags = {f"version.{name}": version for name, version in (made.get("versions") or versions()).items()}
    method = metrics.get("method") or {}
    named = {"data": made.get("data"), "protocol": metrics.get("protocol", {}).get("name")}
    named |= {"method": method.get("method"), "loss": method.get("loss")}
    return tags | {name: str(value) for name, value in named.items() if value}


def _send_values(client, run_id: str, folder: Path, metrics: dict, config: dict, subjects: set[str]) -> None:
    from mlflow.entities import Metric, Param

    parameters = [Param(name, text) for name, text in options(config)]
    for start in range(0, len(parameters), PARAMETERS_AT_ONCE):
        client.log_batch(run_id, params=parameters[start : start + PARAMETERS_AT_ONCE])
    now = int(time.time() * 1000)
    measured = [
        Metric(name, float(value), now, step)
        for name, steps in legally_named([*scores(metrics, subjects), *histories(folder)])
        for step, value in steps
        if isinstance(value, int | float) and math.isfinite(value)
    ]
    for start in range(0, len(measured), METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=measured[start : start + METRICS_AT_ONCE])


def _anonymous_files(folder: Path, subjects: set[str]) -> Iterator[Path]:
    for path in (folder / name for name in ARTIFACTS if (folder / name).is_file()):
        if names_subject(path, subjects):
            log.warning("%s names subjects of the run and is not sent to MLflow.", path)
        else:
            yield path


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:ERROR_LENGTH].rstrip(".")


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)
