"""A form page as Wagtail's own form builder makes it, to measure ours against. Only benchmarks install it."""
