"""Folders of other servers, as sources read them and deliver to them: one module for each kind of place."""
