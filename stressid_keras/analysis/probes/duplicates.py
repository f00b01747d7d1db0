"""The probe for one person under two names."""

from collections.abc import Iterator

from stressid_keras.analysis.probes.probe import PROBES, Key, Probe, ProbeInputs
from stressid_keras.analysis.probes.same_person import duplicate_subjects
from stressid_keras.analysis.probes.sentences import looked_up, number_at


class Duplicates(Probe):
    name, place, gravity = "duplicates", 30, 10
    keys = (
        Key(
            "",
            "list of objects",
            "",
            "pairs of names that seem to be one person; empty if there are none. **Names subjects**",
        ),
        Key(
            "[].first",
            "text",
            "",
            "a subject",
            "in every pair",
        ),
        Key(
            "[].second",
            "text",
            "",
            "another",
            "in every pair",
        ),
        Key(
            "[].share",
            "number or null",
            "≥ 0",
            "how often a recording of the one has its nearest neighbour in the other, by how often it would "
            "if both were one person: 1 as one person, more for copies",
            "in every pair",
        ),
        Key(
            "[].p_value",
            "number or null",
            "0 to 1",
            "of the two being so alike, corrected for the number of pairs; null with too few people",
            "in every pair",
        ),
        Key(
            "[].identical_recordings",
            "integer",
            "≥ 0",
            "recordings that both have",
            "in every pair",
        ),
        Key(
            "[].n_recordings",
            "integer",
            "≥ 2",
            "recordings of the two together",
            "in every pair",
        ),
    )

    def run(self, inputs: ProbeInputs) -> list[dict]:
        # Not a speech encoder's: it was made to put a speaker's recordings together, whoever else is like them.
        groups = (columns for group, columns in inputs.measure_groups.items() if group != "speech")
        every = [name for columns in groups for name in columns]
        return duplicate_subjects(inputs.measures[every].to_numpy(), inputs.subjects, inputs.recordings)

    def findings(self, metrics: dict) -> Iterator[str]:
        pairs = looked_up(metrics, "probes", "duplicates")
        for pair in pairs if isinstance(pairs, list) else []:
            first, second, copies = (
                looked_up(pair, key) for key in ("first", "second", "identical_recordings")
            )
            if first is None or second is None:
                continue
            if copies:
                seen = f"{copies} recording{'' if copies == 1 else 's'} of {first} and {second} are identical"
            else:
                evidence = number_at(pair, "p_value")
                how = "" if evidence is None else f" (p {_p(evidence)} after correction for all pairs)"
                seen = f"{first} and {second} are more alike than two people are{how}"
            yield (
                f"{seen}: they may be one person under two names. A split by subject can then put the same person into "
                "training and test, and the scores are too good. Listen to and look at their recordings; if they are "
                "one person, give them one name and run again."
            )

    def caveat(self, found: list) -> str | None:
        n_pairs = len(_named(found))
        if not n_pairs:
            return None
        seen = "1 pair of names looks" if n_pairs == 1 else f"{n_pairs} pairs of names look"
        return f"{seen} like one person; then a split by subject does not divide people."

    def subjects_named(self, found: list) -> set[str]:
        return {str(pair[key]) for pair in _named(found) for key in ("first", "second")}


PROBES.register(Duplicates())


def _named(found: list) -> list[dict]:
    return [pair for pair in found if pair and pair.get("first") and pair.get("second")]


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".")
