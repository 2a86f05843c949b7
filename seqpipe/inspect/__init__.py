"""Seeing inside a trained model."""
