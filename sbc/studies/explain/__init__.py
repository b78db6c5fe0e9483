"""From a verdict to its cause: what is compared, fitted again and scanned."""
