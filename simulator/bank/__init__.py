"""A synthetic bank of any size by a seed. 青禾银行 and everybody in it are invented."""

from simulator.bank.shape import Bank, found
from simulator.bank.writing import generate

__all__ = ["Bank", "found", "generate"]
