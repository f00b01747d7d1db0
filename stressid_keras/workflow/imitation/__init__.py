"""What a student is given to imitate: who says it, measures, how much of it."""
