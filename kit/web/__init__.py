"""Sessions, sign-in, security headers, templates: what every page stands on."""
