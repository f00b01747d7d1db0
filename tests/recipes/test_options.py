"""Mistakes on the command line and in a configuration file are one sentence each."""

import codecs
import json
import re
import time

import pytest

from stressid_keras.config import DistillationConfig, RunConfig
from stressid_keras.errors import StressIDError


@pytest.fixture
def read(recipe_module):
    """read(*options) → the configuration that a recipe makes of them."""
    common = recipe_module("common")
    return lambda *options: common.read_config(common.parser("").parse_args(["--data-dir", "x", *options]))


def test_a_run_distils_by_the_default_method(read):
    from stressid_keras.config import DEFAULT_METHOD, SPECIFIED_METHOD
    from stressid_keras.distillation import with_methods

    assert read().distillation == RunConfig().distillation
    assert read("--method", DEFAULT_METHOD).distillation == RunConfig().distillation
    assert with_methods(DEFAULT_METHOD, DistillationConfig()) == RunConfig().distillation
    assert read("--method", SPECIFIED_METHOD).distillation.weights == DistillationConfig().weights


def test_whoever_weighs_features_has_them_imitated(read):
    found = read("--alpha", "0.5").distillation
    assert found.weights == {"video": 0.5, "ecg": 1, "eda": 1, "rr": 1}
    assert found.imitated == "teacher"
    assert not found.imitation
    assert read("--method", "mers", "--beta", "0").distillation.weights == found.weights | {
        "video": 1,
        "ecg": 0,
    }
    assert not any(read("--method", "logits", "--beta", "2").distillation.weights.values())
    zero = [word for name in ("alpha", "beta", "gamma", "delta") for word in (f"--{name}", "0")]
    with pytest.raises(StressIDError, match="are all 0; expected one above 0, or --method cross-entropy"):
        read(*zero)


def test_weights_go_with_the_method_of_a_configuration(read, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(
        json.dumps({"distillation": {"alpha": 0, "beta": 0, "gamma": 0, "delta": 0, "logits": 2}})
    )
    found = read("--config", str(path), "--alpha", "0.5").distillation
    assert found.weights == {"video": 0.5, "ecg": 0, "eda": 0, "rr": 0}
    assert found.logits == 2


@pytest.mark.parametrize(
    "text",
    [
        "nan",
        "inf",
        "-1",
        "0",
        "",
        " 3",
        "1e400",
        "１２",
        "1_0",
        "9" * 5000,
        "0x10",
        "3.0.0",
        "3\n",
        "1" + "0" * 30,
    ],
)
@pytest.mark.parametrize(
    "option", ["--epochs", "--batch-size", "--learning-rate", "--width", "--jobs", "--subjects", "--tasks"]
)
def test_a_number_that_is_none_or_outside_its_range_is_named(read, option, text):
    with pytest.raises(StressIDError) as caught:
        read(f"{option}={text}")
    assert re.fullmatch(rf"{option} is '.*'; expected a (whole )?number .*\.", str(caught.value))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--seed", "4294967296"],
            "--seed is '4294967296'; expected a whole number from 0 to 4,294,967,295.",
        ),
        (["--alpha=-0.1"], "--alpha is '-0.1'; expected a number from 0 to 1,000,000."),
        (["--jobs", "100000"], "--jobs is '100000'; expected a whole number from 1 to 1,024."),
        (["--epochs"], "argument --epochs: expected one argument; see --help."),
        (
            ["--label", "x"],
            "argument --label: invalid choice: 'x' (choose from 'affect3', 'binary'); see --help.",
        ),
        (["--nothing"], "unrecognized arguments: --nothing; see --help."),
        (["--class-names", "a", "a", "b"], "class_names is ('a', 'a', 'b'); expected names that differ."),
    ],
)
def test_a_mistake_is_one_sentence_without_a_usage(read, options, sentence):
    with pytest.raises(StressIDError) as caught:
        read(*options)
    assert str(caught.value) == sentence


def test_numbers_are_read_as_they_are_written(read):
    config = read(
        "--epochs", "3", "--learning-rate", "1e-2", "--width", ".5", "--delta", "0", "--seed", "4294967295"
    )
    assert config.teacher_training.epochs == config.student_training.epochs == 3
    assert config.student_training.learning_rate == 0.01
    assert (config.student.width, config.distillation.delta, config.seed) == (0.5, 0.0, 2**32 - 1)
    assert type(config.distillation.delta) is float


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_configuration_file_of_any_unicode_is_read(read, tmp_path, encoding):
    path = tmp_path / "config.json"
    values = RunConfig(seed=7).to_dict() | {"dataset": {"class_names": ["tief – 低", "é", "hoch"]}}
    path.write_bytes(json.dumps({"config": values}, ensure_ascii=False).encode(encoding))
    config = read("--config", str(path))
    assert config.seed == 7
    assert config.dataset.names[0] == "tief – 低"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON; expected a configuration such as"),
        (b"\xff\xfe\xfa", "is not JSON; expected a configuration such as"),
        (b"\x89PNG\r\n\x1a\n", "is not JSON; expected a configuration such as"),
        (codecs.BOM_UTF8, "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b"[1, 2]", ": configuration is [1, 2]; expected a table of options."),
        (b'"text"', ": configuration is 'text'; expected a table of options."),
        (b'{"config": [1]}', ": configuration is [1]; expected a table of options."),
        (b'{"seed": NaN}', ": configuration.seed is nan; expected a whole number from 0 to"),
        (
            b'{"preparation": {"video": {"frames": 1e30}}}',
            "configuration.preparation.video.frames is 1e+30; expected",
        ),
        (
            b'{"preparation": {"audio": {"top_db": 0}}}',
            "configuration.preparation.audio.top_db is 0; expected a number",
        ),
        (b'{"old_option": 1}', ": configuration has no option 'old_option'; expected some of dataset"),
        (b'{"dataset": {"val_share": 0.6, "test_share": 0.6}}', "expected less than 1 together"),
        (b" " * (17 << 20), "is larger than 16 MiB"),
    ],
    ids=range(15),
)
def test_a_configuration_file_that_is_none_is_named(read, tmp_path, content, message):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(StressIDError) as caught:
        read("--config", str(path))
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert len(str(caught.value)) <= 600


@pytest.mark.parametrize(("name", "reason"), [("missing.json", "No such file"), (".", "Is a directory")])
def test_a_configuration_that_cannot_be_read_is_named(read, tmp_path, name, reason):
    with pytest.raises(StressIDError, match=rf"cannot be read \({reason}.*\); expected a configuration"):
        read("--config", str(tmp_path / name))


def test_the_first_step_does_not_count_in_the_rate_of_a_bar(recipe_module, capsys):
    with recipe_module("screen").Bar(total=40, delay=0) as bar:
        time.sleep(0.3)  # imports
        assert "0/40 [00:00<?, ?it/s]" in str(bar)
        bar.update()
        assert bar.format_dict["rate"] == 0
        time.sleep(0.01)
        bar.update(3)
        assert bar.format_dict["rate"] > 20  # about 300, where all the time gives 13


def test_the_video_is_cut_to_the_face_where_that_is_asked_for(read):
    assert read().preparation.video.crop == "frame"
    assert read("--crop", "face").preparation.video.crop == "face"
    with pytest.raises(StressIDError, match="'head'"):
        read("--crop", "head")
