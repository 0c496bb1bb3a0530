"""The commands of ``gengyun``: one file for each thing an operator does."""
