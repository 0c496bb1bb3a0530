"""Where every customer stands: class, activity, file, assets over time; set-based."""
