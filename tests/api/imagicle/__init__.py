"""Tests of Imagicle's client."""
