"""The signal quality of a prepared folder as a table for the screen."""

from stressid_keras.modalities import RECORDS
from stressid_keras.store.store import PreparedStore

HEADER = ("modality", "windows", "median s", "refused", "worst values")
MORE_IS_BETTER = ("face_share",)  # of measures; others count faults


def quality_table(store: PreparedStore) -> str:
    """One line per modality: windows, their median length, recordings with a refusal, worst of each measure."""
    lines = [HEADER, *(_line(store, modality) for modality in store.modalities)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER) - 1)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(line[i].rjust(widths[i]) for i in range(1, len(widths))), line[-1]]
        )
        for line in lines
    )


def _line(store: PreparedStore, modality: str) -> tuple[str, ...]:
    windows = store.manifest[store.has(modality)]
    failures = store.failures
    refused = failures.loc[failures["modality"] == modality, "recording"].nunique()
    seconds = windows[f"{modality}_seconds"].median()
    worst = []
    for measure in (*RECORDS[modality].measures, *RECORDS[modality].optional_measures):
        values = windows[f"{modality}_{measure}"].dropna()
        if len(values):
            value = values.min() if measure in MORE_IS_BETTER else values.max()
            shown = f"{value:.1%}" if measure.endswith("_share") else f"{value:d}"
            worst.append(f"{measure.removesuffix('_share').replace('_', ' ')} {shown}")
    length = f"{seconds:.1f}" if len(windows) else "-"
    return modality, str(len(windows)), length, str(refused), ", ".join(worst)
