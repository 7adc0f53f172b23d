"""What every list one arranges for oneself needs: filters in use and the panel they are set in, and saved views."""
