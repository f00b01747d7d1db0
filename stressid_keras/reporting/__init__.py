"""What people read: report, model card, tables, figures and pictures."""
