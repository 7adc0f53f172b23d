"""What every page that asks questions needs of the server: uploads, and choosing as one types."""
