"""Page to Document to cleaner Document: main content, chrome, language, filters."""
