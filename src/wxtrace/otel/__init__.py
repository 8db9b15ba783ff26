"""What `opentelemetry-instrument` loads by name; a module for each, as some are loaded while OpenTelemetry is."""
