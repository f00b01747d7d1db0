"""ECG, EDA and respiration: samples checked, scaled by person and imaged as Gramian angular fields."""
