"""The suites: a module each, with SUMMARY and run(bench)."""
