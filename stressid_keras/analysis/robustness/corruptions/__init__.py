"""What is done to speech before a student hears it, a file each, named as the option and the column that it fills."""
