"""What people read: report, model card, tables, figures and pictures."""

FIGURES = "figures"  # the folder of a report's figures as files, beside it
