"""Text files are read in all their dialects; what is no signal is refused in a sentence."""

import numpy as np
import pytest

from stressid_keras.config import QualityConfig
from stressid_keras.errors import RecordingError
from stressid_keras.preprocessing.signals.physiology import clean_signal, load_signals

PLAIN = "ECG,EDA,RR\n0.1,2.5,-1\n0.2,2.25,-2e-1\n0.3,2.125,3\n"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r\n").rstrip(),
        "\ufeff" + PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", " "),
        PLAIN.replace(",", " , "),
        PLAIN.replace(",", ", ").replace("ECG", " ECG "),
        PLAIN.replace("ECG,EDA,RR", "ecg,Eda,rr"),
        PLAIN.replace("ECG,EDA,RR", '"ECG","EDA","RR"'),
        PLAIN + "\n",
        "time,RR,EDA,ECG\n0,-1,2.5,0.1\n1,-2e-1,2.25,0.2\n2,3,2.125,0.3\n",
    ],
)
def test_every_dialect_gives_the_same_signals(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    signals = load_signals(path)
    assert list(signals) == ["ecg", "eda", "rr"]
    assert all(signal.dtype == np.float32 for signal in signals.values())
    np.testing.assert_allclose(signals["ecg"], [0.1, 0.2, 0.3], rtol=1e-6)
    np.testing.assert_allclose(signals["eda"], [2.5, 2.25, 2.125], rtol=1e-6)
    np.testing.assert_allclose(signals["rr"], [-1, -0.2, 3], rtol=1e-6)


def test_empty_fields_are_nan(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("ECG,EDA,RR\n1,,3\n2,NaN,4\n3,,\n")
    signals = load_signals(path)
    np.testing.assert_array_equal(np.isnan(signals["eda"]), [True, True, True])
    np.testing.assert_array_equal(signals["ecg"], [1, 2, 3])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "empty"),
        (b"ECG,EDA,RR\n", "no rows"),
        (b"ECG,RR\n1,2\n", "no column EDA; expected ECG, EDA, RR, found ECG, RR"),
        (b"0.1,0.2,0.3\n0.1,0.2,0.3\n", "no column ECG"),
        (b"ECG,EDA,RR\n1,2,3\n1,oops,3\n", "line 3: found 'oops'; expected a number for EDA"),
        (b"ECG,EDA,RR\n0,1,0,2,0,3\n", "line 2, has 6 fields; expected 3"),
        (b"ECG,EDA,RR\n1,2,3\n1,2,31,2,3\n", "line 3"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "not text"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, content, found):
    path = tmp_path / "2ea4_Stroop.txt"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=found) as error:
        load_signals(path)
    assert str(error.value).startswith("2ea4_Stroop.txt")


def test_few_missing_samples_are_interpolated():
    signal = np.arange(100, dtype=np.float32)
    broken = signal.copy()
    broken[[10, 11, 50]] = [np.nan, np.inf, -np.inf]
    np.testing.assert_allclose(clean_signal(broken, QualityConfig(), "a.txt, ECG"), signal)


@pytest.mark.parametrize(
    ("signal", "found"),
    [
        (
            np.where(np.arange(100) < 10, np.nan, np.arange(100)),
            "10.0% of the samples are missing; expected at most 5%",
        ),
        (np.full(100, np.nan), "100.0% of the samples are missing"),
        (np.full(100, 2.5), "constant at 2.5"),
    ],
)
def test_an_unusable_signal_is_refused_in_one_sentence(signal, found):
    with pytest.raises(RecordingError, match=found) as error:
        clean_signal(signal.astype(np.float32), QualityConfig(), "2ea4_Stroop.txt, EDA")
    assert str(error.value).startswith("2ea4_Stroop.txt, EDA")
