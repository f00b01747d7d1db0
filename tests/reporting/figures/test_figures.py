import re
from xml.etree import ElementTree

import cv2
import numpy as np
import pandas as pd
import pytest

from stressid_keras.evaluation.metrics.calibration import expected_calibration_error
from stressid_keras.evaluation.models import short_name
from stressid_keras.evaluation.predictions import probabilities_of
from stressid_keras.reporting import figures
from stressid_keras.reporting.figures.embedding import neighbour_shares
from stressid_keras.reporting.figures.style import group_styles, model_styles

ODD_NAMES = ("$", "<b>", "_a class whose name goes on & on, far beyond the width of a telephone's screen")
LINK = "{http://www.w3.org/1999/xlink}href"


def parsed(drawn):
    return ElementTree.fromstring(f'<page xmlns:xlink="http://www.w3.org/1999/xlink">{drawn}</page>')[0]


def marker_paths(drawn):
    """The shapes of markers that are drawn on the picture."""
    return [use.get("d") for defs in parsed(drawn).iter("defs") for use in defs.iter("path")]


def alternative(drawn):
    return parsed(drawn).get("aria-label")


def texts(drawn):
    return [" ".join(element.itertext()).strip("\u200b") for element in parsed(drawn).iter("text")]


def predictions(models, class_names, n=60):
    rng = np.random.default_rng(0)
    tables = []
    for model in models:
        odds = np.exp(rng.normal(size=(n, len(class_names))))
        table = pd.DataFrame({"model": model, "label": rng.integers(len(class_names), size=n)})
        for index, name in enumerate(class_names):
            table[f"p_{name}"] = odds[:, index] / odds.sum(axis=1)
        tables.append(table)
    return pd.concat(tables)


def embedding(n_windows=60, n_subjects=8, class_names=("Low", "Medium", "High")):
    rng = np.random.default_rng(n_windows)
    labels = np.arange(n_windows) % len(class_names)
    subjects = [f"s{i % n_subjects:03d}" for i in range(n_windows)]
    return figures.embedding_figures(rng.normal(size=(n_windows, 2)), labels, class_names, subjects, "t-SNE")


def occlusion(shape=(1876, 128), patches=(20, 8), scale=0.1):
    rng = np.random.default_rng(0)
    log_mel = rng.uniform(0, 1, shape).astype(np.float32)
    drops = scale * rng.uniform(-0.5, 0.5, patches)
    drops[patches[0] // 2, patches[1] // 2] = scale
    return figures.occlusion_figure(log_mel, drops, 16_000, 512, "a001 Math, High")


def band_table(peak):
    values = np.linspace(0, peak, 16)
    return pd.DataFrame({"importance": values, "low": values - 0.01, "high": values + 0.01})


def bands(models=("student", "student_ce")):
    return figures.band_figure(
        {model: band_table(0.1 + 0.1 * i) for i, model in enumerate(models)}, 16_000, 128
    )


def curve(levels, start=0.5, step=0.05):
    scores = [start - step * index for index in range(len(levels) + 1)]
    return [
        {"level": level, "macro_f1": score, "macro_f1_interval": [score - 0.1, score + 0.1]}
        for level, score in zip([None, *levels], scores, strict=True)
    ]


def robustness(models=("student", "student_ce")):
    curves = {
        model: {
            "clean": curve([]),
            "noise": curve([20, 10, 0]),
            "telephone_band": curve(["300 Hz to 3.4 kHz"]),
        }
        for model in models
    }
    return figures.robustness_figures(curves, {"noise": ("white noise", "SNR in dB")})


def history(epochs, start=0.4):
    steps = np.arange(epochs)
    return pd.DataFrame({"epoch": steps, "val_uar": start + steps / 100, "val_loss": np.exp(-steps / 4)})


def folds(models=("teacher", "student")):
    return figures.fold_curves_figures({model: [history(12, 0.4), history(9, 0.5)] for model in models})


def forest(names=("video", "video + ECG")):
    rows = pd.DataFrame(
        {"name": names, "difference": [0.02, -0.013], "low": [-0.05, -0.1], "high": [0.09, 0.07]}
    )
    return figures.forest_figure(rows.assign(difference_by_seed=[{"0": 0.01, "1": 0.03}, {"0": -0.013}]))


def reliability(models=("teacher", "student"), class_names=("Low", "Medium", "High")):
    return figures.reliability_figure(predictions(models, class_names), class_names)


def subjects(models=("teacher", "student"), n=5):
    scores = np.random.default_rng(0).random((n, len(models)))
    return figures.subject_figure(pd.DataFrame(scores, [f"s{i:03d}" for i in range(n)], list(models)))


def confusion(class_names=("Low", "Medium", "High")):
    return figures.confusion_figure([[9, 2, 1], [0, 0, 0], [3, 4, 5]], class_names, "student")


def search():
    return figures.search_figure([0.4, None, 0.5], [True, False, True], 0.45)


def every_figure():
    pieces = [*embedding(), *robustness(), *folds()]
    single = [reliability(), occlusion(), bands(), forest(), subjects(), confusion()]
    return [*single, search(), *(drawn for _, drawn in pieces)]


@pytest.fixture(scope="module")
def all_figures():
    return every_figure()


def test_figures_are_whole_and_load_nothing(all_figures):
    for drawn in all_figures:
        links = [element.get(LINK) for element in parsed(drawn).iter() if element.get(LINK)]
        assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
        assert not re.search(r"https?://|@import|url\((?!#)|<script", str(drawn))
        assert parsed(drawn).get("role") == "img"


def test_text_is_as_large_on_a_phone_as_it_was_drawn(all_figures):
    assert all("max-width: 3.6in" in parsed(drawn).get("style") for drawn in all_figures)


def test_same_data_give_the_same_bytes(all_figures):
    for drawn, again in zip(all_figures, every_figure(), strict=True):
        assert again.svg == drawn.svg
        pd.testing.assert_frame_equal(again.table, drawn.table)
    assert confusion().png() == confusion().png()


def test_files_are_of_one_size_and_hold_the_same_texts(all_figures):
    for drawn in all_figures[:3]:
        root = ElementTree.fromstring(drawn.svg_file().encode())
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        shown = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert shown == [element.text for element in parsed(drawn).iter("text")]
        width, height = (float(root.get(side).removesuffix("pt")) / 72 for side in ("width", "height"))
        pixels = cv2.imdecode(np.frombuffer(drawn.png(), np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape[:2] == pytest.approx((height * 200, width * 200), abs=1)
        assert (pixels[0] == 255).all(), "on white"


def test_models_are_told_apart_without_colours():
    """In grey, or by whoever sees no colours: by markers, and bars by hatching."""
    models = ("teacher", "student", "student_ce")
    assert len({marker for marker, _ in model_styles(models).values()}) == len(models)
    assert str(reliability(models)).count("<pattern") >= len(models) - 1
    drops = np.zeros((4, 4))
    shapes = []
    for sign in (1, -1):
        drops[1, 2] = sign
        shapes.append(marker_paths(figures.occlusion_figure(np.zeros((40, 16)), drops, 16_000, 512, "a")))
    assert shapes[0] != shapes[1]


def test_tables_hold_what_is_drawn(all_figures):
    assert all(len(drawn.table) and drawn.table.columns.is_unique for drawn in all_figures)
    assert confusion().table["windows"].tolist() == [9, 2, 1, 0, 0, 0, 3, 4, 5]
    assert confusion().table["share_of_true"].tolist()[:4] == [0.75, 2 / 12, 1 / 12, 0]
    noise = robustness()[0][1].table
    assert noise[noise["model"] == "student"]["level"].tolist() == ["clean", "20", "10", "0"]
    assert reliability().table.groupby("model")["windows"].sum().tolist() == [60, 60]
    assert bands().table["to_hz"].max() == pytest.approx(8000, rel=0.02)
    assert forest().table[["seed_0", "seed_1"]].to_numpy().tolist()[0] == [0.01, 0.03]
    curves = folds()[0][1].table
    assert curves["epoch"].tolist() == list(range(1, 13))
    assert curves["mean"].notna().sum() == 9


def test_identifiers_differ_from_figure_to_figure(all_figures):
    identifiers = [set(re.findall(r'\bid="([^"]+)"', str(drawn))) for drawn in all_figures]
    assert sum(map(len, identifiers)) == len(set.union(*identifiers))


def test_reliability_tells_the_error_and_the_windows_of_each_bin():
    table = predictions(["student"], ("Low", "High"))
    text = alternative(figures.reliability_figure(table, ("Low", "High")))
    error = expected_calibration_error(table["label"].to_numpy(), probabilities_of(table, ("Low", "High")))
    assert f"student, calibration error {error:.3f}" in text
    assert sum(int(count) for count in re.findall(r"(\d+) windows?", text)) == 60


def test_embedding_tells_groups_and_neighbours():
    by_class, by_subject = (alternative(svg) for _, svg in embedding())
    assert "Low 20, Medium 20, High 20" in by_class
    assert "s000 8" in by_subject
    assert "by chance in 11%" in by_subject  # 7.5 windows each, minus the point itself, of 59


def test_neighbour_shares_of_clusters_copies_and_a_single_point():
    groups = np.array([0, 0, 1, 1])
    apart = np.array([[0.0, 0], [1, 0], [9, 0], [10, 0]])
    assert neighbour_shares(apart, groups) == pytest.approx((1.0, 1 / 3))
    assert neighbour_shares(np.zeros((4, 2)), groups) == pytest.approx((1 / 3, 1 / 3))
    assert np.isnan(neighbour_shares(np.zeros((1, 2)), np.zeros(1))).all()


@pytest.mark.parametrize("n_subjects", [1, 12, 60])
def test_many_subjects_are_told_apart_without_a_legend(n_subjects):
    _, (_, svg) = embedding(120, n_subjects)
    assert ("s000" in texts(svg)) == (n_subjects <= 12)
    assert "s000" in alternative(svg)
    assert len(set(group_styles(n_subjects))) == n_subjects


@pytest.mark.parametrize("n_windows", [1, 2])
def test_a_window_or_two_can_be_drawn(n_windows):
    assert len(embedding(n_windows, n_windows)) == 2


def test_occlusion_tells_the_largest_drop_and_where_it_is():
    svg = occlusion()
    assert alternative(svg).startswith("a001 Math, High. Drop of the probability")
    assert "largest +0.100 at 30.0 to 33.0 s, 1689 to 2484 Hz;" in alternative(svg)
    assert {"500", "1000", "2000", "4000"} <= set(texts(svg))


def test_the_picture_of_a_whole_minute_stays_small():
    assert len(str(occlusion())) < 200_000  # noise, which compresses worst; speech takes a third


@pytest.mark.parametrize("shape", [(1, 128), (3, 16), (150, 32)])
def test_short_windows_and_maps_of_nothing_are_drawn(shape):
    assert "largest +0.000" in alternative(occlusion(shape, scale=0.0))


def test_bands_tell_frequencies_and_intervals():
    text = alternative(bands())
    assert "student: " in text
    assert "control: " in text
    assert "+0.200 [+0.190, +0.210]" in text  # the highest band of the control
    assert len(re.findall(r"\d+ to \d+ Hz", text)) == 32


def test_robustness_has_a_panel_for_each_corruption_and_tells_each_level():
    (noise, svg), (band, other) = robustness()
    assert (noise, band) == ("white noise", "telephone band")
    assert "white noise (SNR in dB). student: clean 0.500 [0.400, 0.600]; 20 0.450" in alternative(svg)
    assert "300 Hz to 3.4 kHz 0.450 [0.350, 0.550]" in alternative(other)
    shown = texts(svg)
    assert [label for label in shown if label in ("clean", "20", "10", "0")] == ["clean", "20", "10", "0"]


def test_robustness_without_intervals_scores_or_levels():
    points = [
        {"level": 0, "macro_f1": 0.4, "macro_f1_interval": [None, None]},
        {"level": None, "macro_f1": None, "macro_f1_interval": [None, None]},
    ]
    [(caption, svg)] = figures.robustness_figures({"student": {"gain": points}}, {})
    assert caption == "gain"
    assert "student: clean 0.400; applied none." in alternative(svg)


def test_fold_curves_tell_their_mean_as_far_as_all_folds_went():
    drawn = dict(folds())
    assert list(drawn) == [
        f"{model}: validation {score}" for score in ("UAR", "loss") for model in ("teacher", "student")
    ]
    text = alternative(drawn["student: validation UAR"])
    assert "2 folds of 9 to 12 epochs; mean 0.450 in the first and 0.530 in epoch 9;" in text
    assert "from 0.510 to 0.580" in text


def test_fold_curves_are_of_those_trained_on_where_nobody_is_validated_on():
    tables = [history(3).rename(columns=lambda name: name.removeprefix("val_"))]
    assert [caption for caption, _ in figures.fold_curves_figures({"student": tables})] == [
        "student: training UAR",
        "student: training loss",
    ]


def test_fold_curves_leave_out_what_no_fold_holds():
    tables = [history(3).drop(columns="val_loss").assign(val_uar=[0.3, np.nan, 0.5])]
    assert [caption for caption, _ in figures.fold_curves_figures({"student": tables})] == [
        "student: validation UAR"
    ]
    assert figures.fold_curves_figures({"student": [pd.DataFrame({"epoch": [0]})]}) == []


def test_forest_tells_difference_and_interval():
    text = alternative(forest())
    assert "video +0.020 [-0.050, +0.090]; video + ECG -0.013 [-0.100, +0.070]." in text


def test_forest_of_one_row_without_interval():
    rows = pd.DataFrame({"name": ["video"], "difference": [0.02], "low": [None], "high": [None]})
    assert "control. video +0.020." in alternative(figures.forest_figure(rows))


@pytest.mark.parametrize(
    "models", [("student",), ("all_random_forest", "teacher", *(f"m{i}" for i in range(9)))]
)
def test_one_model_and_many_models_are_drawn_under_their_names(models):
    drawn = [reliability(models), bands(models), subjects(models), robustness(models)[0][1]]
    for svg in drawn:
        assert {short_name(model) for model in models} <= set(texts(svg))
    assert len(folds(models)) == 2 * len(models)


def test_models_look_the_same_in_every_figure_and_differ():
    few, many = model_styles(["student"]), model_styles(["a", "student", "teacher", "student_ce", *"bcdefgh"])
    assert few["student"] == many["student"]
    assert len(set(many.values())) == len(many)
    assert short_name("audio_svm") == "audio features, SVM"
    assert short_name("student_ce") == "control"


def test_odd_class_names_are_shown_as_they_are():
    for svg in (confusion(ODD_NAMES), embedding(class_names=ODD_NAMES)[0][1]):
        assert {"$", "<b>"} <= set(texts(svg))
        assert all(name in alternative(svg) for name in ODD_NAMES)
    assert "student" in texts(reliability(class_names=ODD_NAMES))
    assert "$ <b>" in texts(forest(("$ <b>", ODD_NAMES[2])))
