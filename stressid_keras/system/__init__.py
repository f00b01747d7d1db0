"""What the operating system is asked for: locks between processes, temporary names, a quiet screen."""
