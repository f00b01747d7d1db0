"""The networks and their training in sentences (Markdown), from the configuration alone."""

import re
from collections.abc import Iterable

from stressid_keras.config import FILM_BACKBONES, IMAGE_BACKBONES, SPEECH_BACKBONES
from stressid_keras.modalities import PRIVILEGED, RECORDS
from stressid_keras.reporting.card_texts import DETAILS, ENCODERS, STUDENTS, TRAINING, WORDS
from stressid_keras.reporting.markdown import escaped

BACKBONES = {
    "student.backbone": {**IMAGE_BACKBONES, **SPEECH_BACKBONES},
    "teacher.video_backbone": FILM_BACKBONES,
    "teacher.signal_backbone": IMAGE_BACKBONES,
}


def network_sentences(config: dict) -> list[str]:
    """On the student, the teacher, their windows, and the encoders of the teacher; what the configuration lacks is left
    out.

    Args:
        config: `RunConfig.to_dict()`.
    """
    return filled(
        (STUDENTS["speech" if hears_speech(config) else "audio"], *DETAILS, *_encoders(config)), config
    )


def training_sentences(config: dict) -> list[str]:
    """On the training of each network."""
    return filled(TRAINING, config)


def hears_speech(config: dict) -> bool:
    """Whether the student stands on the pretrained speech encoder."""
    return looked_up(config, "student.backbone") in SPEECH_BACKBONES


def filled(templates: Iterable[str], config: dict) -> list[str]:
    """The templates with each {dotted.name} looked up in the configuration, without those of which one is absent."""
    return [text for template in templates if (text := _filled(template, config))]


def _encoders(config: dict) -> list[str]:
    """The sentences on the teacher's encoders."""
    seen = looked_up(config, "dataset.teacher_modalities") or PRIVILEGED
    kinds = dict.fromkeys(RECORDS[name].encoder or name for name in seen)
    return [sentence for kind in kinds for sentence in ENCODERS[kind]]


def _filled(template: str, values: dict) -> str | None:
    """The template with each {dotted.name} looked up; None if one is absent."""
    found = {name: looked_up(values, name) for name in re.findall(r"{([\w.]+)}", template)}
    if None in found.values():
        return None
    return re.sub(r"{([\w.]+)}", lambda match: _shown(match.group(1), found[match.group(1)]), template)


def looked_up(values: dict, name: str):
    """The value of that dotted name; None where there is none."""
    for key in name.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _shown(name: str, value) -> str:
    """A value of the configuration, in words where the card has some."""
    if callable(words := WORDS.get(name)):
        return words(value)
    if isinstance(value, list | tuple):
        return "-".join(_shown("", item) for item in value)
    if name in BACKBONES and value in BACKBONES[name]:
        return BACKBONES[name][value].summary
    if isinstance(value, str | bool) and value in WORDS.get(name, {}):
        return WORDS[name][value]
    return f"{value:.6g}" if isinstance(value, float) else escaped(value)
