"""The `.nam` file: its document, fields, weights and limits."""
