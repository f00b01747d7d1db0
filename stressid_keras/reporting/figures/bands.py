"""Which frequencies the networks need."""

import pandas as pd

from stressid_keras.analysis.inspection.patches import patches
from stressid_keras.evaluation.models import short_name
from stressid_keras.reporting.figures.drawn import NARROW, Drawn, draw, legend_below, legend_height
from stressid_keras.reporting.figures.frequency_axis import frequency_axis, span, span_text
from stressid_keras.reporting.figures.style import model_styles, value_text


def band_figure(importances: dict[str, pd.DataFrame], sample_rate: int, n_mels: int) -> Drawn:
    """Importance by frequency band, a line per model with its interval.

    Args:
        importances: model → columns `importance`, `low` and `high` (drop of the true class's probability; the ends may
            be NaN), a row per band from low to high, as `band_summary.summarise_bands` gives them.
        sample_rate: Hz.
        n_mels: number of mel bands, which the bands of `importances` divide.
    """
    text = (
        "Importance by frequency: drop of the true class's probability when the band is hidden. "
        + " ".join(
            f"{short_name(model)}: {_bands_text(table, sample_rate, n_mels)}."
            for model, table in importances.items()
        )
    )
    height = 2.9 + legend_height([short_name(model) for model in importances])
    table = _table(importances, sample_rate, n_mels)
    return draw(_draw, (NARROW, height), text, table, importances, sample_rate, n_mels)


def _table(importances: dict[str, pd.DataFrame], sample_rate: int, n_mels: int) -> pd.DataFrame:
    tables = []
    for model, table in importances.items():
        spans = [span(band.start, band.stop, sample_rate, n_mels) for band in patches(n_mels, len(table))]
        ends = pd.DataFrame(spans, columns=["from_hz", "to_hz"])
        numbers = table[["importance", "low", "high"]].reset_index(drop=True)
        tables.append(pd.concat([ends, numbers], axis=1).assign(model=model))
    return pd.concat(tables).set_index("model").reset_index()


def _bands_text(table: pd.DataFrame, sample_rate: int, n_mels: int) -> str:
    return "; ".join(
        f"{span_text(band.start, band.stop, sample_rate, n_mels)} "
        + value_text(row.importance, row.low, row.high, "+z.3f")
        for band, row in zip(patches(n_mels, len(table)), table.itertuples(), strict=True)
    )


def _draw(axes, importances: dict[str, pd.DataFrame], sample_rate: int, n_mels: int) -> None:
    axes.axhline(0, color="gray", linewidth=0.8, linestyle=":")
    for model, (marker, colour) in model_styles(importances).items():
        table = importances[model]
        middles = [(band.start + band.stop - 1) / 2 for band in patches(n_mels, len(table))]
        low, high = (table[end].to_numpy(dtype=float) for end in ("low", "high"))
        axes.fill_between(middles, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            middles, table["importance"], f"{marker}-", color=colour, markersize=4, label=short_name(model)
        )
    axes.set(xlabel="Hz", ylabel="drop of the probability", xlim=(-0.5, n_mels - 0.5))
    frequency_axis(axes.xaxis, sample_rate, n_mels)
    axes.yaxis.get_major_locator().set_params(nbins=5)
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)
    legend_below(axes)
