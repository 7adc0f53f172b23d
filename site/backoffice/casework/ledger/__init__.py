"""The screens of ledgers: a case's entries, what is open and how old, months that close, lists that payers send."""
