"""Small jobs and a large upload over HTTP, against a whole service."""
