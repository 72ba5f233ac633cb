"""What a description must stand up to; plug-ins by file name."""
