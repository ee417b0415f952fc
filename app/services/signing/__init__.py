"""Electronic signatures: keys and certificates, signing of PDF and XML, and what a signed file says."""
