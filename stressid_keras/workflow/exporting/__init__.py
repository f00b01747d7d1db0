"""A run's student as files for devices: what is exported, what it is checked on."""
