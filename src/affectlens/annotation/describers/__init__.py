"""Who describes: by rule, a served model, or one on this machine; plug-ins by file name."""
