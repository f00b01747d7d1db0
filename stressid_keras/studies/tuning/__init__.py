"""Search for the options of a teacher or a student with keras-tuner, scored on people they were not trained on."""

from stressid_keras.studies.tuning.oracles import TUNERS
from stressid_keras.studies.tuning.result import result_table, tune
from stressid_keras.studies.tuning.search import Search, SearchOptions
from stressid_keras.studies.tuning.space import chosen_config, dimensions

__all__ = ["TUNERS", "Search", "SearchOptions", "chosen_config", "dimensions", "result_table", "tune"]
