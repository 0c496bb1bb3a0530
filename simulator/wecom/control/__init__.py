"""The control API under /_sim/: build a world, play the people, set faults, read what was seen."""
