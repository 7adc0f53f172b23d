"""The builder of reports: figures of a workflow by month, or the open amounts of ledgers by age."""
