"""Template tags of the form fields."""
