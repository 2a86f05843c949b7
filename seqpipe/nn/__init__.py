"""Building blocks of recurrent models, each beside its equation.

Shapes: B batch, T time, S source time, F features, H hidden, V vocabulary, L layers.
"""
