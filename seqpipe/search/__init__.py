"""Search: reading a sequence out of a model, as pure functions over its steps."""
