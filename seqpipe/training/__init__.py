"""Training: from stores of features to fitted weights."""
