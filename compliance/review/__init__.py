"""复核台: what screening stopped, decided by people; what they decide teaches and corrects rules."""
