"""The engine on the command line, without the server: `csvapi process`, one command per operation, `csvapi detect`.

arguments, flags, where, packed, sizes   what was asked for
pipeline_file, file_parameters  a pipeline in a file, and the files that it takes
source, dialect           the bytes to read, and how
target, compression       the bytes to write, under their name only when they are whole
run, progress             the pass itself, and how far it is
process, operation, pipeline, detect  the commands
remote, mcp               a service's, by its client (clients/python)
"""
