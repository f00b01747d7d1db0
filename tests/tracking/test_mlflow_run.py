import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stressid_keras.config import RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.tracking import log_to_mlflow

CONFIG = RunConfig().to_dict()
SPLIT = {"train": ["a001", "a002"], "val": ["b001"], "test": ["0012", "2e45"], "extra_train": ["d004"]}
METRICS = {
    "student": {
        "test": {
            "n_windows": 12,
            "macro_f1": 0.0012,
            "macro_f1_interval": [0.25, None],
            "auroc": None,
            "confusion_matrix": [[1, 2], [3, 4]],
        }
    },
    "robustness": {"student": {"noise": [{"level": -5, "macro_f1": 0.25}, {"level": 20, "macro_f1": 0.5}]}},
    "protocol": {"name": "one split by subject", "seed": 0},
    "method": {
        "method": "logits",
        "loss": "cross-entropy + 1 × T² KL(teacher, student)",
        "weights": ["logits"],
    },
    "findings": ["The student does not beat its floors."],
}
OFFLINE = """
import sys
from pathlib import Path

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("NETWORK", event, arguments)
        raise OSError("no network")

sys.addaudithook(refuse)
from stressid_keras.tracking import log_to_mlflow

log_to_mlflow(Path("run"), {"student": {"test": {"macro_f1": 0.5}}}, {}, Path("store").absolute().as_uri(), "a", "b")
import atexit
atexit._run_exitfuncs()
"""


@pytest.fixture
def folder(tmp_path):
    """What a run leaves, as far as tracking looks at it."""
    folder = tmp_path / "run"
    folder.mkdir()
    made = {"config": CONFIG, "data": "sample", "versions": {"keras": "3.15.1", "stressid_keras": "0.1.0"}}
    for name, content in (("split", SPLIT), ("metrics", METRICS), ("config", made)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "model_card.md").write_text("# Model card\n\n12 windows of 2 people, macro F1 .001.\n")
    (folder / "report.html").write_text("<p>Tested on 2 people</p>")  # of real runs it names them: never sent
    history = pd.DataFrame({"epoch": [0, 1], "loss": [1.5, float("nan")], "val_uar": [0.25, 0.5]})
    history.to_csv(folder / "history_student.csv", index=False)
    return folder


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The address of a folder to log to, and a client that reads it."""
    mlflow = pytest.importorskip("mlflow", reason='needs pip install -e ".[mlflow]"')
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # for the client
    uri = (tmp_path / "store").as_uri()
    return uri, mlflow.MlflowClient(tracking_uri=uri)


def files_of(client, run_id):
    return {file.path for file in client.list_artifacts(run_id)}


def test_scores_options_versions_and_files_of_a_run_are_logged(folder, store):
    uri, client = store
    run_id = log_to_mlflow(folder, METRICS, CONFIG, uri, "stress", "first")
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")
    assert client.get_experiment(run.info.experiment_id).name == "stress"
    scores = {name: value for name, value in run.data.metrics.items() if not name.startswith("history")}
    assert scores == {
        "student/test/n_windows": 12,
        "student/test/macro_f1": 0.0012,
        "student/test/macro_f1_interval/low": 0.25,
        "robustness/student/noise/level_-5/macro_f1": 0.25,
        "robustness/student/noise/level_-5/level": -5,
        "robustness/student/noise/level_20/macro_f1": 0.5,
        "robustness/student/noise/level_20/level": 20,
        "protocol/seed": 0,
    }
    assert run.data.params["student_training.epochs"] == str(CONFIG["student_training"]["epochs"])
    assert json.loads(run.data.params["student.filters"]) == CONFIG["student"]["filters"]
    assert run.data.params["dataset.label"] == "affect3"
    assert {name: value for name, value in run.data.tags.items() if not name.startswith("mlflow.")} == {
        "version.keras": "3.15.1",
        "version.stressid_keras": "0.1.0",
        "data": "sample",
        "protocol": "one split by subject",
        "method": "logits",
        "loss": "cross-entropy + 1 × T² KL(teacher, student)",
    }
    assert files_of(client, run_id) == {"model_card.md", "metrics.json", "config.json"}


def test_history_has_a_step_per_epoch(folder, store):
    uri, client = store
    run_id = log_to_mlflow(folder, METRICS, {}, uri, "stress", "first")
    found = client.get_metric_history(run_id, "history/student/val_uar")
    assert [(value.step, value.value) for value in found] == [(1, 0.25), (2, 0.5)]
    found = client.get_metric_history(run_id, "history/student/loss")
    assert [(value.step, value.value) for value in found] == [(1, 1.5)]  # NaN is no value


def test_neither_people_nor_the_user_nor_the_folder_are_named(folder, store):
    uri, client = store
    named = {"student": {"test": {"by_subject": {"2e45": 0.5}, "by_recording": {"2e45_Math": 1.0}}}}
    (folder / "model_card.md").write_text("Subject 2e45_Math was heard best.")
    (folder / "metrics.json").write_text(json.dumps({"findings": ["d004 is a001."]}))
    run_id = log_to_mlflow(folder, named, CONFIG, uri, "stress", "first")
    run = client.get_run(run_id)
    assert files_of(client, run_id) == {"config.json"}
    assert not [name for name in run.data.metrics if "2e45" in name]
    assert set(run.data.tags) & {"mlflow.user", "mlflow.source.name", "mlflow.source.git.commit"} == set()
    assert str(folder.parent) not in json.dumps(run.data.to_dictionary())


def test_card_with_words_like_names_is_sent(folder, store):
    uri, client = store
    (folder / "model_card.md").write_text("Tested on 2 people, 12e456 and x0012")
    assert "model_card.md" in files_of(client, log_to_mlflow(folder, METRICS, {}, uri, "stress", "first"))


def test_runs_of_one_experiment_lie_together(folder, store):
    uri, client = store
    runs = {log_to_mlflow(folder, METRICS, {}, uri, "stress", name) for name in ("first", "second")}
    (experiment,) = [found for found in client.search_experiments() if found.name == "stress"]
    assert {run.info.run_id for run in client.search_runs([experiment.experiment_id])} == runs


keys = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)


@settings(max_examples=10)
@given(values=st.dictionaries(keys, st.floats(-1, 1), min_size=1, max_size=8))
def test_scores_keep_their_number_whatever_a_class_is_called(values, tmp_path_factory):
    mlflow = pytest.importorskip("mlflow", reason='needs pip install -e ".[mlflow]"')
    folder = tmp_path_factory.mktemp("run")
    (folder / "split.json").write_text(json.dumps({"test": ["\0nobody"]}))
    uri = (folder / "store").as_uri()
    run_id = log_to_mlflow(folder, {"student": {"test": values}}, {"names": values}, uri, "stress", "first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        data = mlflow.MlflowClient(tracking_uri=uri).get_run(run_id).data
    assert sorted(data.metrics.values()) == sorted(values.values())
    assert len(data.params) == len(values)


def test_more_values_than_one_request_takes_and_long_ones_are_logged(folder, store):
    uri, client = store
    metrics = {"student": {f"part{i}": {f"score{j}": float(j) for j in range(4)} for i in range(260)}}
    config = {"options": {f"option{i}": i for i in range(120)}, "long": "x" * 10_000}
    data = client.get_run(log_to_mlflow(folder, metrics, config, uri, "stress", "first")).data
    assert len([name for name in data.metrics if name.startswith("student/")]) == 1040
    assert len(data.params) == 121


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, with SQLAlchemy 2.1
def test_database_keeps_its_files_beside_it(folder, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason='needs pip install -e ".[mlflow]"')
    pytest.importorskip("sqlalchemy", reason='needs pip install -e ".[mlflow]"')
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path}/there/runs.db"
    (tmp_path / "there").mkdir()
    run_id = log_to_mlflow(folder, METRICS, CONFIG, uri, "stress", "first")
    client = mlflow.MlflowClient(tracking_uri=uri)
    assert client.get_run(run_id).data.metrics["student/test/macro_f1"] == 0.0012
    assert files_of(client, run_id) == {"model_card.md", "metrics.json", "config.json"}
    assert list((tmp_path / "there" / "runs-artifacts").rglob("metrics.json"))
    assert {path.name for path in tmp_path.iterdir()} == {"run", "there"}


def test_environment_is_as_before_whether_it_worked_or_not(folder, store, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setenv("DO_NOT_TRACK", "false")
    before = dict(os.environ)
    log_to_mlflow(folder, METRICS, {}, store[0], "stress", "first")
    assert dict(os.environ) == before
    (tmp_path / "file").touch()
    with pytest.raises(StressIDError, match="cannot be logged to"):
        log_to_mlflow(folder, METRICS, {}, (tmp_path / "file").as_uri(), "stress", "first")
    assert dict(os.environ) == before


def test_nothing_but_the_tracking_uri_is_asked(folder, tmp_path):
    """In a process of its own: inside of a test, and under CI, MLflow is quiet by itself."""
    pytest.importorskip("mlflow", reason='needs pip install -e ".[mlflow]"')
    root = Path(__file__).resolve().parents[2]
    noisy = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CI"))}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        cwd=tmp_path,
        env=noisy | {"PYTHONPATH": str(root), "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "NETWORK" not in done.stdout
    assert (tmp_path / "store").is_dir()
    assert not list((tmp_path / "home").rglob("*mlflow*"))  # where it keeps the number that its reports carry


def test_server_that_is_not_there_is_one_sentence_without_the_password(folder, monkeypatch):
    pytest.importorskip("mlflow", reason='needs pip install -e ".[mlflow]"')
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(StressIDError, match="cannot be logged to http://127") as caught:
        log_to_mlflow(folder, METRICS, {}, "http://me:secret@127.0.0.1:9", "stress", "first")
    assert "secret" not in str(caught.value)


def test_absent_mlflow_is_one_sentence_with_the_way_out(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)  # what Python keeps for a module that cannot be imported
    with pytest.raises(StressIDError, match=r'pip install -e "\.\[mlflow\]"'):
        log_to_mlflow(folder, METRICS, {}, "runs", "stress", "first")


def test_folder_that_does_not_tell_its_subjects_and_empty_addresses_are_refused(folder, tmp_path):
    with pytest.raises(StressIDError, match=r"neither split\.json nor predictions\.csv"):
        log_to_mlflow(tmp_path, METRICS, {}, "runs", "stress", "first")
    with pytest.raises(StressIDError, match="URI is empty"):
        log_to_mlflow(folder, METRICS, {}, "", "stress", "first")
