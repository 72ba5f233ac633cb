"""A file as a clip: frames at times, mono 16 kHz sound, subtitles; decoded in a child process."""
