"""Whatever a recorder answers: valid data comes out, or an error that says so."""
