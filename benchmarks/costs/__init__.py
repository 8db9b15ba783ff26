"""The parts of `cost.py`: pushes, variants, and the process that measures one of them."""
