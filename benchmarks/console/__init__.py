"""The console in a browser, over a file of many records."""
