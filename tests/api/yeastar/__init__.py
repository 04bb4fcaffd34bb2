"""Tests of Yeastar's client."""
