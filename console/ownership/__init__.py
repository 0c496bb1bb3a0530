"""管户: allocation plans, transfer forms, recalls, grids and scorecards at the desk."""
