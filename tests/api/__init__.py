"""Tests of the recorders' languages."""
