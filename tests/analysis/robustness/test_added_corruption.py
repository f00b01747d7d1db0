"""A corruption that is registered from outside is heard, scored and drawn like any other."""

import json

import numpy as np
import pytest

from stressid_keras.analysis.robustness import (
    CORRUPTIONS,
    register_corruption,
    robustness_predictions,
    robustness_scores,
)
from stressid_keras.config import AudioConfig, RobustnessConfig, RunConfig
from stressid_keras.errors import StressIDError
from stressid_keras.provenance import fingerprint
from stressid_keras.ranges import Range
from stressid_keras.reporting.card_scores import robustness_table
from stressid_keras.reporting.figures import robustness_figures

RATE = 16_000
NAMES = ("Low", "Medium", "High")


@pytest.fixture
def hum():
    @register_corruption("hum", "Mains hum", "dB SNR", (20.0, 0.0), Range(-60, 60, "dB"))
    def hum(waveform, level, conditions):
        tone = np.sin(2 * np.pi * 50 * np.arange(len(waveform)) / conditions.sample_rate)
        return (0.5 * waveform + 0.5 * 10 ** (-level / 20) * tone).astype(np.float32).clip(-1, 1)

    yield hum
    CORRUPTIONS.remove("hum")


def alone(levels=None):
    others = dict.fromkeys([name for name in CORRUPTIONS if name != "hum"], ())
    config = RobustnessConfig().with_levels(others)
    return config if levels is None else config.with_levels({"hum": levels})


def test_from_the_waveform_to_the_curve(hum, small_student, voice):
    windows = [
        (
            {"recording": f"s{n}_t", "subject": f"s{n}", "task": "t", "window": 0, "label": n % 3},
            voice(seed=n),
        )
        for n in range(6)
    ]
    networks = {"student": small_student}
    table = robustness_predictions(networks, windows, [], AudioConfig(n_mels=16), NAMES, alone(), seed=1)
    assert set(table["corruption"]) == {"clean", "hum"}
    curves = robustness_scores(table, NAMES, seed=1)
    assert [point["level"] for point in curves["student"]["hum"]] == ["clean", 20.0, 0.0]
    ((name, drawing),) = robustness_figures(curves, {"hum": ("Mains hum", "dB SNR")})
    assert name == "Mains hum"
    assert "Macro F1 under Mains hum (dB SNR)" in drawing.svg
    assert "dB SNR" in robustness_table({"robustness": curves})


def test_its_levels_are_a_table_of_the_configuration(hum):
    config = RunConfig(robustness=alone((10, 5.0)))
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.to_dict()["robustness"]["added"] == {"hum": [10, 5.0]}
    assert config.robustness.levels("hum") == (10, 5.0)
    assert alone().levels("hum") == (20.0, 0.0)
    for levels, message in (
        ((99.0,), "an item of hum is 99.0; expected a number from -60 to 60 dB"),
        (3, "added.hum is 3; expected a list"),
    ):
        with pytest.raises(StressIDError, match=message):
            alone(levels)


def test_an_option_of_its_own_has_no_place_among_the_added():
    with pytest.raises(StressIDError, match="added has babble; expected its levels in the option"):
        RobustnessConfig(added={"babble": (3.0,)})
    with pytest.raises(StressIDError, match="corruption 'hum' is unknown; expected one of white_noise"):
        RobustnessConfig(added={"hum": (3.0,)})


def test_results_depend_on_it_and_without_it_on_what_they_did(request):
    """The configuration of before has the fingerprint of before."""
    config = RobustnessConfig()
    assert "added" not in RunConfig(robustness=config.complete).to_dict()["robustness"]
    without = fingerprint(RunConfig(robustness=config.complete).to_dict())
    assert without == fingerprint(RunConfig().to_dict())
    request.getfixturevalue("hum")
    assert fingerprint(RunConfig(robustness=config.complete).to_dict()) != without
