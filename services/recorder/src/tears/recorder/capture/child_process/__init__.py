"""The process that captures a microphone or a camera, and its pipe to the recorder."""
