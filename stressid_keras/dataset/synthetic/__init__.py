"""A StressID tree of invented people: real wav, mp4 and txt files whose texture follows an arousal."""
