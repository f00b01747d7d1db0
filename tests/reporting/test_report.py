import html
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from stressid_keras.errors import StressIDError
from stressid_keras.evaluation import leakage_audit, score_run
from stressid_keras.media.mel import MelAxes
from stressid_keras.reporting.evidence import LookedAt
from stressid_keras.reporting.figure_files import named_figures, write_figures
from stressid_keras.reporting.figures.frequency_axis import span_text
from stressid_keras.reporting.page import FigureGrid
from stressid_keras.reporting.report import write_report
from stressid_keras.reporting.sections import SECTIONS
from stressid_keras.reporting.tables import score_rows

AXES = MelAxes(16_000, 512, 128)
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Collects text, tags and links, and checks that every element is closed."""

    def __init__(self, source):
        super().__init__()
        self.text, self.tags, self.links, self.labels, self.open = [], [], [], [], []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href", "xlink:href", "data")]
        if tag == "svg":
            self.labels.append(dict(attributes)["aria-label"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def source(tmp_path_factory, evidence):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, evidence)
    return path.read_text(encoding="utf-8")


def test_report_loads_nothing_and_runs_nothing(source):
    page = Page(source)
    assert not {"script", "link", "img", "iframe", "object", "image"} & set(page.tags)
    assert all(link.startswith("#") for link in page.links)
    assert not re.search(r"https?://|@import|url\((?!#)", source)


def test_report_holds_every_row_of_the_score_tables(source, run):
    for part in ("train", "val", "test"):
        first, *_ = re.findall(rf"<table><caption>{part}: .*?</table>", source, re.DOTALL)
        shown = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", first)]
        assert shown[1:] == [[html.escape(cell.strip()) for cell in row] for row in score_rows(run[2], part)]


def test_every_figure_has_a_text_alternative(source):
    labels = Page(source).labels
    assert sum(label.startswith("Confusion matrix of the") for label in labels) == 3
    assert sum(label.startswith("Loss terms of the") for label in labels) == 3
    assert any("true Low: " in label for label in labels)
    assert "Validation UAR 0.850 in epoch 5, which was kept." in " ".join(labels)
    assert "Validation UAR 0.625 in epoch 3, which was kept." in " ".join(labels)


def test_subjects_split_and_caveats_are_shown(source, split):
    text = " ".join(Page(source).text)
    for subjects in (split["train"], split["val"], split["test"]):
        assert ", ".join(subjects) in text
    assert "not a medical device" in text
    assert "The test part holds 3 subjects" in text


def test_same_run_gives_the_same_bytes(source, rewrite):
    assert rewrite() == source


def test_names_and_configuration_are_escaped(rewrite, run, class_names):
    predictions, train, _ = run
    odd = ("<i>Low</i>", "a & $b$", "긴장")
    renamed = predictions.rename(
        columns=dict(zip([f"p_{n}" for n in class_names], [f"p_{n}" for n in odd], strict=True))
    )
    source = rewrite(metrics=score_run(renamed, odd, train, 0), predictions=renamed, class_names=odd)
    assert not {"i", "b"} & set(Page(source).tags)
    assert {"<i>Low</i>", "a & $b$", "긴장"} <= {text.strip() for text in Page(source).text}


def test_report_of_one_model_one_subject_and_no_history(rewrite, manifest, predict, class_names):
    rows = manifest[manifest["subject"] == "c003"]
    predictions = predict("student", "test", rows)
    metrics = score_run(predictions, class_names, manifest[manifest["subject"] == "a001"], 0)
    page = Page(rewrite(metrics=metrics, predictions=predictions, histories={}))
    text = " ".join(page.text)
    assert "No training history was kept." in text
    assert "The test part holds 1 subject," in text
    assert len(page.labels) == 3  # confusion, calibration, subjects


def test_probes_audit_groups_and_looks_inside_are_shown(rewrite, run, class_names):
    """Everything that a whole evaluation adds to the scores."""
    predictions, _, metrics = run
    test = predictions[predictions["split"] == "test"]
    point = {"macro_f1": 0.5, "macro_f1_interval": [0.3, 0.7], "balanced_accuracy": 0.45}
    curve = [{"level": 0.0, **point}, {"level": 5.0, **point, "macro_f1": 0.4375}]
    group = {**point, "n_subjects": 2, "n_windows": 8}
    identity = {"accuracy": 0.625, "chance": 0.1, "times_chance": 6.25, "n_subjects": 4.5, "n_windows": 18.0}
    availability = {"balanced_accuracy": 0.4, "majority_macro_f1": 0.2, "n_recordings": 40, "n_subjects": 9}
    rng = np.random.default_rng(0)
    rows = test[test["model"] == "student"]
    whole = {
        **metrics,
        "leakage_audit": leakage_audit(test, test, class_names),
        "robustness": {"student": {"white_noise": curve}, "student_ce": {"white_noise": curve}},
        "probes": {
            "identity": {"student": identity},
            "availability": {**availability, **point, "accuracy": 0.5, "weighted_f1": 0.5},
        },
        "fairness": {"student": {"groups": {"female": group, "male": group}, "difference": None}},
        "findings": ["Something to know."],
    }
    source = rewrite(
        metrics=whole,
        features={"student": rng.normal(size=(len(rows), 8))},
        feature_rows=rows,
        bands={"student": rng.normal(size=(len(rows), 8))},
        band_subjects=rows["subject"].to_numpy(),
        corruption_names={"white_noise": ("White noise", "dB SNR")},
        band_axes={"student": AXES},
        looked_at=[LookedAt("Math, High", rng.random((40, 128)), AXES, {"student": rng.random((5, 8))})],
    )
    page = Page(source)
    text = " ".join(page.text)
    for expected in ("LEAKY macro F1", "6.2 ×", "Something to know.", "student: Math, High"):
        assert expected in text
    for row in (
        "<td>student: female</td><td>2</td><td>8</td><td>0.450</td><td>0.500</td>",
        '<td>White noise, 5 dB SNR</td><td class="text">student</td><td>0.438</td>',
        "<td>floor: availability (of 40 labelled recordings)</td><td>0.500</td>",
    ):
        assert row in source
    assert "image" in page.tags  # the log-mel, within the file
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)


def test_what_a_student_hears_is_drawn_on_its_own_axes(rewrite, run):
    """A log-mel of the configuration's bands and hops; a speech encoder's frames of 40 bands every 10 ms."""
    rows = run[0][(run[0]["split"] == "test") & (run[0]["model"] == "student")]
    rng, of_encoder = np.random.default_rng(0), MelAxes(16_000, 160, 40)
    found = {"student": of_encoder, "student_ce": AXES}
    shapes = {"student": (400, 40), "student_ce": (125, 128)}  # 4 seconds
    page = Page(
        rewrite(
            bands={model: rng.normal(size=(len(rows), 4)) for model in found},
            band_axes=found,
            band_subjects=rows["subject"].to_numpy(),
            looked_at=[
                LookedAt("Math, High", rng.random(shapes[model]), axes, {model: rng.random((1, 1))})
                for model, axes in found.items()
            ],
        )
    )
    maps = [label for label in page.labels if "when a patch of the mel spectrogram is hidden" in label]
    assert [label.split(",")[0] for label in maps] == ["student", "control"]
    assert all("at 0.0 to 4.0 s," in label for label in maps)
    bands = [label for label in page.labels if label.startswith("Importance by frequency")]
    assert [("student: " in label, "control: " in label) for label in bands] == [(True, False), (False, True)]
    for label, axes in zip(bands, found.values(), strict=True):
        assert span_text(0, axes.n_mels // 4, axes.sample_rate, axes.n_mels) in label


def test_a_run_without_test_scores_leaves_no_report(rewrite, run, tmp_path):
    with pytest.raises(StressIDError, match="no scores for split 'test'"):
        rewrite(metrics={**run[2], "floors": {}})
    assert list(tmp_path.iterdir()) == []


def test_every_figure_is_a_file_under_a_name_of_its_own(tmp_path, source, evidence):
    drawn = write_report(tmp_path / "report.html", evidence)
    assert [str(figure) in source for figure in drawn.values()] == [True] * source.count("<svg")
    assert {"calibration", "confusions_student", "subjects_accuracy", "training_teacher_loss"} <= set(drawn)
    files = write_figures(tmp_path, drawn)
    assert sorted(files) == sorted(f"figures/{path.name}" for path in (tmp_path / "figures").iterdir())
    assert len(files) == 3 * len(drawn)
    assert pd.read_csv(tmp_path / "figures" / "training_teacher_score.csv")["kept"].tolist() == [
        0,
        0,
        1,
        0,
        0,
    ]


def test_names_of_figures_hold_whatever_the_captions(evidence):
    *_, figure = SECTIONS["calibration"].shown(evidence)
    grid = FigureGrid([("긴장/../x", figure), ("<b>", figure), ("긴장/../x", figure), ("a" * 300, figure)])
    assert list(named_figures({"inside": ["<p></p>", grid, figure]})) == [
        "inside_x",
        "inside_b",
        "inside_x-2",
        f"inside_{'a' * 73}",
        "inside",
    ]
