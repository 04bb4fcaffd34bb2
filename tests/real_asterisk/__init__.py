"""A real Asterisk on loopback, and SIPp to call it."""
