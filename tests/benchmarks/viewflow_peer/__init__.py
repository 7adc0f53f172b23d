"""Two steps of viewflow that follow one another for ever, to measure ours against."""
