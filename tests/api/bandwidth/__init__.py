"""Tests of Bandwidth's client."""
