"""The archive of a recorder: what is finished."""
