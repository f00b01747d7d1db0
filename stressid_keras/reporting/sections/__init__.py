"""Sections of the report, registered in `SECTIONS`: each makes pieces of HTML and figures from the evidence."""

from stressid_keras.reporting.sections.section import SECTIONS, Section, section
from stressid_keras.system.registry import import_modules

import_modules(__name__, __path__)

__all__ = ["SECTIONS", "Section", "section"]
