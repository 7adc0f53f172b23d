"""The auditor's screens: who changed what, when, why, and what it was before; and whether the record holds."""
