"""Commands: files in, files out; each is one stage of the pipeline, or one question a person asks of a project."""
